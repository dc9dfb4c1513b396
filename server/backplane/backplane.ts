/**
 * Who orders, numbers and keeps what happens in the rooms. The hub hands an accepted event to a backplane and shows it
 * only when it comes back, in one order for a room; whether that order is made in this process or by several machines
 * together, and whether what is said is written down before, is the backplane's business alone.
 *
 * @module
 */
import type {
  Joined,
  Left,
  PlainSaid,
  Renamed,
  RoomJoined,
  RoomLeft,
  Said,
  SaidTo,
} from "../../protocol/mod.ts";
import type { Receipt } from "../history/mod.ts";

/** Something that happened and that everyone in a room, or two people, are to see. */
export interface RoomEvent {
  /** The room, without `#`; for a line to one person what `conversationKey` gives. */
  room: string;
  /**
   * What they are told. A line gets its `sequence` when it is applied. A plain one must be applied before `publish` returns,
   * or be made a {@linkcode Said}: its text is good no longer.
   */
  message: Said | PlainSaid | SaidTo | Joined | Renamed | Left | RoomJoined | RoomLeft;
  /** The id of the session that it came from. */
  from: string;
  /** The id of the session that a line to one person is for. */
  to?: string | undefined;
  /** The `ref` of the request that it came from, answered when it is applied. */
  ref?: string | undefined;
  /** What makes a line known that is sent again: the key of its author's name, and the author's mark of it. */
  messageId?: { author: string; id: string } | undefined;
}

/**
 * Shows an event to everyone in its room. Called by a backplane, in one order for a room.
 *
 * @param event what happened
 * @param sequence the number of a line in its room, 1, 2, 3 …; 0 for what has none
 */
export type Apply = (event: RoomEvent, sequence: number) => void;

/**
 * Tells the author of a line how it went, where the line has a `ref`. Called by a backplane after the line was applied.
 *
 * @param event the line
 * @param sequence its number; 0 where it has none
 * @param stored whether it is kept; `true` where none is meant to be
 */
export type Acknowledge = (event: RoomEvent, sequence: number, stored: boolean) => void;

/** Orders, numbers and keeps events. */
export interface Backplane {
  /** How often lines were acknowledged that waited for that. */
  readonly settleCount: number;
  /** The value of `settled` by which a line that is published now will have been; not more than it where that is at once. */
  readonly settlesAt: number;
  /**
   * Takes an event that the hub has accepted. It is applied once, now or later.
   *
   * @param event what happened
   * @throws {StorageError} where the number of a line cannot be found out; then nothing has happened
   */
  publish(event: RoomEvent): void;
  /**
   * Makes all that was applied safe and acknowledges it. Before that, nothing that was applied may be written to anybody.
   * Never throws for what storage does.
   */
  settle(): void;
  /**
   * Looks up a line that may have been sent before.
   *
   * @param author the key of its author's name
   * @param id the author's mark of it
   * @returns what it was answered, or will be; nothing where it is not known
   * @throws {StorageError} where that cannot be found out
   */
  receipt(author: string, id: string): Receipt | undefined;
  /**
   * Tells where the numbers in a room that is made are.
   *
   * @param room its name, without `#`
   * @returns the number of the last line that was ever said in it
   * @throws {StorageError} where that cannot be found out
   */
  last(room: string): number;
  /**
   * Takes note that nobody is in a room any more.
   *
   * @param room its name, without `#`
   * @returns whether something of it is kept
   */
  close(room: string): boolean;
}
