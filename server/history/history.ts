/**
 * What a history is to the hub, however it is kept.
 *
 * @module
 */

import type { Position } from "./journal.ts";

/** Where lines have numbers of their own: a room, or what two people say to each other. */
export interface Place {
  /** What it is found by, the same for all spellings. That of a room is its name's; see `placeKey`. */
  readonly key: string;
  /** A room's name as it was first spelled. */
  readonly name: string;
  /** Its row in the database; 0 where it has none yet. */
  id: number;
  /** The last number that was given to a line. */
  last: number;
}

/** A line that is to be kept, or was. */
export interface KeptLine {
  /** Where it was said. */
  place: Place;
  /** Its number there. */
  sequence: number;
  /** When, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** Who said it. */
  username: string;
  /** To whom, where it is to one person. */
  to?: string | undefined;
  /** What was said. */
  message: string;
  /** Whether the name was known to be its owner's. */
  verified: boolean;
  /** What makes a resend of it known, where its author gave it a mark. */
  receipt?: Receipt | undefined;
}

/** What a client that sends a line again is told. */
export interface Receipt {
  /** The key of the author's name. */
  readonly author: string;
  /** The author's own mark of the line. */
  readonly id: string;
  /** The number that the line was given. */
  readonly sequence: number;
  /** Whether the line is kept. */
  stored: boolean;
  /** When the line was said, in milliseconds since 1970. */
  readonly timestamp: number;
}

/** Which lines are asked for. */
export interface PageQuery {
  /** Where they were said. */
  place: string;
  /** Only those before this number. */
  before?: number | undefined;
  /** Only those after this number; then the page begins right after it, otherwise it ends at the newest. */
  after?: number | undefined;
  /** How many lines at most. */
  limit: number;
  /** About how many bytes of JSON at most; the last line may go beyond. */
  bytes: number;
}

/** Which lines are searched for: the newest that fit. */
export interface SearchQuery extends PageQuery {
  /** Words, all of which must be in a line. */
  match: string;
}

/** Some lines, oldest first. */
export interface Page {
  /** The lines. */
  lines: KeptLine[];
  /**
   * Whether there are more: after these where `after` was given and nothing was searched for, otherwise before these.
   */
  more: boolean;
}

/** What is to be put into the database besides lines. */
export interface KeepMore {
  /** Places whose last number is to be kept, since lines that had it were not. */
  places?: Iterable<Place>;
  /** Receipts to be remembered. */
  receipts?: Iterable<Receipt>;
  /** Up to where the journal is filed then. */
  filed?: Position;
}

/** What was said, kept. Whatever cannot be done for the disk's sake throws a `StorageError`. */
export interface History {
  /** For how long lines are kept, in milliseconds; `Infinity` where only the space counts. */
  readonly retentionMs: number;
  /** The highest number of a line anywhere at which numbers that may have been lost end; 0 where none were. */
  readonly floor: number;
  /**
   * Lists the rooms of which something is kept.
   *
   * @returns their names and the numbers of their last lines, oldest room first
   */
  rooms(): { name: string; last: number }[];
  /**
   * Finds a place, or makes one without lines. The same object is given as long as the caller holds it.
   *
   * @param name the name of a room in any spelling, or the key of what two people say to each other
   * @returns the place, with the number of its last line
   */
  place(name: string): Place;
  /**
   * Tells whether there is a line of a place.
   *
   * @param place the place
   * @returns whether there is; also where the only ones there could be are none that are kept
   */
  isKept(place: Place): boolean;
  /**
   * Writes down what people are about to be shown: all or nothing. It is there when this returns, whatever becomes of
   * this
   * process; pages and searches have it after `caughtUp`.
   *
   * @param frames whole frames, in pieces: what people in rooms are told, and what `record.ts` makes of the rest
   * @param receipts of those lines among them that may be sent again
   */
  append(frames: readonly Uint8Array[], receipts?: readonly Receipt[]): void;
  /**
   * Puts lines straight into the database: all or none.
   *
   * @param lines in the order in which they were said
   * @param more what else
   */
  keep(lines: readonly KeptLine[], more?: KeepMore): void;
  /** Makes sure that there is room for more than a few lines. */
  checkRoom(): void;
  /**
   * Looks up what a line that may be sent again was given.
   *
   * @param author the key of its author's name
   * @param id its author's mark of it
   * @returns its receipt, where the line is known
   */
  receipt(author: string, id: string): Receipt | undefined;
  /**
   * Has pages and searches know all that was appended before, in steps of a few milliseconds; mostly it is one.
   *
   * @returns steps
   */
  caughtUp(): Generator<void, void>;
  /**
   * Reads lines by their numbers.
   *
   * @param query which
   * @returns them
   */
  page(query: PageQuery): Page;
  /**
   * Searches all that was appended before, in steps of a few milliseconds each; between them others may have their
   * turn.
   *
   * @param query what for
   * @returns steps, and at their end the lines that were found
   */
  search(query: SearchQuery): Generator<void, Page>;
  /**
   * Does a little of what is to be done some time: what is new is put where it stays, and made to be found by search.
   *
   * @param ms for how long at most, in milliseconds
   * @returns whether there is more to do
   */
  work(ms: number): boolean;
  /**
   * Throws away a little of what is kept for too long or takes too much space.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns whether there is more to throw away, and the keys of places of which nothing is left
   */
  prune(now: number): { more: boolean; emptied: string[] };
  /** Writes what was kept lately to where it stays, which takes a moment: for when nobody is talking. */
  checkpoint(): void;
  /**
   * Writes down for the next start how it goes, even if nothing else can be written any more.
   *
   * @param state `unkept`: lines were given numbers and are not kept, so that those are not to be given again;
   * `damaged`:
   * what is kept is damaged, so that it is to be set aside
   */
  mark(state: { unkept?: boolean; damaged?: boolean }): void;
  /** Ends: what was kept stays, and another hub may use it. */
  close(): void;
}

/**
 * Gives the key of what two people say to each other.
 *
 * @param one the key of one's name
 * @param other the key of the other's; may be the same
 * @returns the same for both; no room has such a key, as no name has an `@` in it
 */
export function conversationKey(one: string, other: string): string {
  return one < other ? `@${one}@${other}` : `@${other}@${one}`;
}
