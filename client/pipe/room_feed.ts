/**
 * The messages of some rooms in the order of their numbers, each once, over any number of links, without a gap if the
 * hub has a history.
 *
 * Rules:
 * - The hub tells after its welcome the number of the last message before this client joined. So a message that is sent
 *   while the link is lost is found also if none was printed before.
 * - After a reconnect the missed messages are fetched and printed first; stored messages of several rooms are in the
 *   order of their times. New messages wait meanwhile. If too many wait, the oldest ones are dropped and fetched, too.
 * - Changes of messages of these rooms are printed, too, each after its message. After a reconnect the missed ones of
 *   messages that were printed before are printed after the missed messages, which have their last form.
 * - If the hub does not have missed messages any more, the user is told how many.
 * - If the hub has another history after some number, such as one restored from a backup, the user is told, and the
 *   messages after that number are printed.
 *
 * The file is long because fetching, waiting and printing change one state.
 *
 * @module
 */
import {
  type Changes,
  type ChatLine,
  Code,
  type History,
  type LineChanged,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
  type Said,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { LinkError } from "../net/mod.ts";
import { hasFeature, type KnownMessages, type ReconnectingLink, type Session } from "../link/mod.ts";
import type { Report } from "../machine/mod.ts";
import { MissedChanges } from "../catch_up/mod.ts";
import { missingText, RESTORED_TEXT, unitsOf } from "../model/mod.ts";

/** How many new messages may wait while missed ones are fetched. */
const MAX_HELD = 1000;

/** For how many messages the number of the last printed change is known, so that it is not printed again. */
const MAX_PRINTED_CHANGES = 5000;

/** How many UTF-16 units they may have together: those of so many messages of the longest text. */
const MAX_HELD_UNITS = 4 * 1024 * 1024;

/** Options of a {@linkcode RoomFeed}. */
export interface RoomFeedOptions {
  /** The rooms, without `#`. */
  rooms: readonly string[];
  /** How many earlier messages of each room to print at the start. */
  lines: number;
  /** Print all messages after this sequence number, instead of `lines`. For one room only. */
  after?: number | undefined;
  /**
   * Prints a message, or a change of one.
   *
   * @param message the message
   * @param body all its fields, as the hub sent them
   * @returns resolves when the next one may come
   */
  print: (message: Said | LineChanged, body: object) => Promise<void>;
  /** Reports something to the user. */
  report: Report;
}

/** The state of one room. */
interface RoomState {
  name: string;
  /** The sequence number of the last message that was printed, or up to which none is wanted. */
  last: number | undefined;
  /** The sequence number of the last message before the first link; `undefined` if the hub does not tell it. */
  first: number | undefined;
  /** The same of this link. */
  joinedAt: number | undefined;
  /** The sequence number of the last new message that was dropped while missed ones were fetched. */
  dropped: number;
  /** The last sequence number that was fetched on this link. The same message may still arrive as a new one. */
  fetchedTo: number;
  /** Whether the next message may come after a gap. */
  mayHaveGap: boolean;
  /** Whether all missed messages were fetched. */
  isComplete: boolean;
  /** The sequence number of the last message that was printed before this link. */
  printedTo: number;
}

/** A message or a change that waits. */
interface Held {
  room: RoomState;
  message: Said | LineChanged;
  body: object;
}

/** The messages of some rooms. */
export class RoomFeed {
  readonly #options: RoomFeedOptions;
  readonly #rooms = new Map<string, RoomState>();
  #link: ReconnectingLink | undefined;
  #session: Session | undefined;
  /** The epoch of the numbers that are known. */
  #epoch: string | undefined;
  /** The epoch in which the user was told that the history was restored. */
  #toldIn: string | undefined;
  /** The new messages that wait until the missed ones are printed; `undefined` if none are fetched. */
  #held: Held[] | undefined;
  /** The size of these messages, in UTF-16 units. */
  #heldUnits = 0;
  /** Whether a change was dropped while missed messages are fetched. */
  #hasDroppedChange = false;
  readonly #missedChanges: MissedChanges;
  /** The number of the last printed change of each message, by room and number; the last one last. */
  readonly #printedChanges = new Map<string, number>();
  /** Resolves when the messages that wait are printed; `undefined` while missed ones are fetched. */
  #released: Promise<void> | undefined;

  /**
   * Prints nothing yet.
   *
   * @param options see {@linkcode RoomFeedOptions}
   */
  constructor(options: RoomFeedOptions) {
    this.#options = options;
    this.#missedChanges = new MissedChanges({
      ask: (request) => this.#link!.ask(request),
      restarted: () => this.#printedChanges.clear(),
      missed: (changes) => this.#printMissedChanges(changes),
    });
    for (const name of options.rooms) {
      this.#rooms.set(nameKey(name), {
        name,
        last: options.after,
        first: undefined,
        joinedAt: undefined,
        dropped: 0,
        fetchedTo: 0,
        mayHaveGap: false,
        isComplete: false,
        printedTo: 0,
      });
    }
  }

  /**
   * Sets the link, before it runs.
   *
   * @param link calls the other methods
   */
  attach(link: ReconnectingLink): void {
    this.#link = link;
  }

  /**
   * Returns which messages are known, for the hello of the next link.
   *
   * @returns the numbers of the last messages; `undefined` without rooms
   */
  known(): KnownMessages | undefined {
    if (this.#rooms.size === 0) return undefined;
    const after: Record<string, number> = {};
    for (const { name, last, first } of this.#rooms.values()) {
      // Without a known message only the number of the last one is wanted: no message has a higher one.
      after[name] = last ?? first ?? Number.MAX_SAFE_INTEGER;
    }
    const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
    return { after, newest: 1, ...epoch };
  }

  /** Handles the start of a new link. */
  connecting(): void {
    this.#session = undefined;
    // Messages may come before the welcome says whether the hub has a history.
    this.#held = [];
    this.#heldUnits = 0;
    this.#released = undefined;
    for (const room of this.#rooms.values()) {
      const mayHaveGap = room.last !== undefined;
      Object.assign(room, { joinedAt: undefined, dropped: 0, fetchedTo: 0, mayHaveGap, isComplete: false });
      room.printedTo = room.last ?? 0;
    }
    this.#hasDroppedChange = false;
  }

  /**
   * Handles a message of the hub.
   *
   * @param message the message
   * @param body all its fields, as the hub sent them
   * @returns whether it was a message of one of the rooms, or an answer to this feed; resolves when the next may come
   */
  async receive(message: ServerMessage, body: object): Promise<boolean> {
    if (message.code === Code.History) {
      if (message.ref === undefined) await this.#joined(message);
      return true;
    }
    if (message.code === Code.Changes) return true;
    const room = this.#roomOf(message);
    if (room === undefined || !isForRoom(message)) return false;
    if (this.#held === undefined) {
      await this.#released;
      await this.#printNew({ room, message, body });
      return true;
    }
    this.#held.push({ room, message, body });
    this.#heldUnits += heldUnitsOf(message);
    while (this.#held.length > MAX_HELD || this.#heldUnits > MAX_HELD_UNITS) {
      const dropped = this.#held.shift()!;
      this.#heldUnits -= heldUnitsOf(dropped.message);
      if (dropped.message.code === Code.LineChanged) this.#hasDroppedChange = true;
      else dropped.room.dropped = dropped.message.message.sequence ?? 0;
    }
    return true;
  }

  #roomOf(message: ServerMessage): RoomState | undefined {
    if (message.code === Code.LineChanged) return this.#rooms.get(nameKey(message.room));
    return message.code === Code.Said ? this.#rooms.get(roomKey(message.message)) : undefined;
  }

  /**
   * Handles an open link: prints the missed messages, or the latest ones at the start, and then the new ones that wait.
   *
   * @param session the facts of the link
   */
  async opened(session: Session): Promise<void> {
    this.#session = session;
    if (!hasFeature(session, "history")) return await this.#release();
    try {
      // The answer comes after what the hub tells of each room.
      if (this.#isAnyKnown && hasFeature(session, "ping")) await this.#link!.ask({ code: Code.Ping });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return;
    }
    if (session !== this.#session) return;
    this.#epoch = session.welcome?.epoch;
    await this.#fetch(session);
  }

  /** Whether messages may have been missed: not on the first link, unless the user names the last known one. */
  get #isAnyKnown(): boolean {
    return [...this.#rooms.values()].some(({ last, first }) => (last ?? first) !== undefined);
  }

  /** Handles what the hub tells of a room after its welcome. */
  async #joined({ room: name, last_sequence: joinedAt, restored_after: restored }: History): Promise<void> {
    const room = this.#rooms.get(nameKey(name));
    if (room === undefined) return;
    room.joinedAt = joinedAt;
    if (restored !== undefined) {
      if (room.last !== undefined) room.last = Math.min(room.last, restored);
      if (room.first !== undefined) room.first = Math.min(room.first, restored);
      await this.#tellRestored();
    }
    room.first ??= joinedAt;
    if (this.#options.lines === 0) room.last ??= room.first;
  }

  async #tellRestored(): Promise<void> {
    const { epoch } = this.#link?.state?.kind === "open" ? this.#link.state.session.welcome ?? {} : {};
    if (this.#toldIn !== undefined && this.#toldIn === epoch) return;
    this.#toldIn = epoch ?? "";
    await this.#options.report(RESTORED_TEXT);
  }

  async #fetch(session: Session): Promise<void> {
    const { lines } = this.#options;
    const all = [...this.#rooms.values()];
    let rooms = all.filter(({ last, joinedAt = Infinity, dropped }) =>
      dropped > 0 || (last === undefined ? lines > 0 : last < joinedAt)
    );
    while (rooms.length > 0 && session === this.#session) {
      const before = new Map(all.map((room) => [room, room.fetchedTo]));
      for await (const { room, line } of byTime(rooms.map((room) => this.#missed(room, session)))) {
        if (session !== this.#session) return;
        await this.#tellGap(room, line.sequence ?? 0);
        room.last = room.fetchedTo = line.sequence ?? room.fetchedTo;
        const message: Said = { code: Code.Said, message: line };
        await this.#options.print(message, message);
      }
      if (session !== this.#session) return;
      for (const room of rooms) await this.#fetched(room);
      // Dropped messages are in the history as well. If nothing more comes, they are not.
      rooms = all.filter((room) =>
        room.dropped > room.fetchedTo && (room.fetchedTo > before.get(room)! || !rooms.includes(room))
      );
    }
    if (session === this.#session) await this.#missedChanges.opened(session, this.#hasDroppedChange);
    if (session === this.#session) await this.#release();
  }

  /** Prints the changes of messages that were printed before this link. */
  async #printMissedChanges({ changes }: Changes): Promise<void> {
    for (const change of changes) {
      const room = this.#rooms.get(nameKey(change.room));
      if (room === undefined || change.sequence > room.printedTo) continue;
      const message: LineChanged = { code: Code.LineChanged, ...change };
      await this.#printChange(message, message);
    }
  }

  /** Prints a change, unless it or a later one of the message was printed. */
  async #printChange(message: LineChanged, body: object): Promise<void> {
    const key = `${message.sequence} ${nameKey(message.room)}`;
    if (message.change <= (this.#printedChanges.get(key) ?? 0)) return;
    this.#printedChanges.delete(key);
    this.#printedChanges.set(key, message.change);
    const [oldest] = this.#printedChanges.keys();
    if (this.#printedChanges.size > MAX_PRINTED_CHANGES) this.#printedChanges.delete(oldest!);
    await this.#options.print(message, body);
  }

  /** Notes that all missed messages of a room are printed. */
  async #fetched(room: RoomState): Promise<void> {
    if (!room.isComplete || room.joinedAt === undefined) return;
    if (room.last !== undefined && room.last < room.joinedAt) await this.#tellGap(room, room.joinedAt + 1);
    room.last = Math.max(room.last ?? 0, room.joinedAt);
  }

  /** Fetches the messages of a room that are missing, after earlier ones at the start. */
  async *#missed(room: RoomState, session: Session): AsyncGenerator<Fetched, void> {
    const { last, first, joinedAt } = room;
    if (last !== undefined) return yield* this.#pages(room, session, { after: last });
    const limit = this.#options.lines;
    if (first === undefined || first === joinedAt) return yield* this.#pages(room, session, { limit });
    yield* this.#pages(room, session, { limit, before: first + 1 });
    yield* this.#pages(room, session, { after: first });
  }

  /** Fetches messages of a room, page by page. */
  async *#pages(room: RoomState, session: Session, query: Query): AsyncGenerator<Fetched, void> {
    for (let next: Query | undefined = query; next !== undefined && session === this.#session;) {
      const limit = "limit" in next ? next.limit : MAX_HISTORY_LINES;
      let answer;
      try {
        answer = await this.#link!.ask({ code: Code.AskHistory, room: room.name, ...next, limit });
      } catch (error) {
        // The next link asks again.
        if (error instanceof LinkError) return;
        throw error;
      }
      if (answer.code === Code.Refused) {
        await this.#options.report(`cannot get earlier messages of #${room.name}: ${answer.message}`);
      }
      if (answer.code !== Code.History) return;
      for (const line of answer.messages) yield { room, line };
      const after = answer.messages.at(-1)?.sequence;
      if (answer.more && "after" in next && after !== undefined && after > next.after) next = { after };
      else {
        room.isComplete = "limit" in next || !answer.more;
        next = undefined;
      }
    }
  }

  /** Tells the user if messages before one are missing that the hub does not have any more. */
  async #tellGap(room: RoomState, sequence: number): Promise<void> {
    const { last, mayHaveGap, name } = room;
    room.mayHaveGap = false;
    if (!mayHaveGap || last === undefined || sequence <= last + 1) return;
    await this.#options.report(missingText(sequence - last - 1, `#${name}`));
  }

  /** Prints the new messages that wait. Later ones are read when that is done. */
  #release(): Promise<void> {
    return this.#released = this.#printHeld(this.#session);
  }

  async #printHeld(session: Session | undefined): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const one of held) {
      // The next link fetches the others.
      if (session !== this.#session) return;
      await this.#printNew(one);
    }
  }

  async #printNew({ room, message, body }: Held): Promise<void> {
    if (message.code === Code.LineChanged) return await this.#printChange(message, body);
    const { sequence = 0 } = message.message;
    if (sequence <= room.fetchedTo) return;
    if (this.#session !== undefined && hasFeature(this.#session, "history")) {
      await this.#tellGap(room, sequence);
    }
    room.last = sequence;
    await this.#options.print(message, body);
  }
}

/** What to ask the history for. */
type Query = { after: number } | { limit: number; before?: number };

/** A message of the history. */
interface Fetched {
  room: RoomState;
  line: PastLine;
}

/** Merges messages by their times; those of one source stay in order. */
async function* byTime(sources: AsyncGenerator<Fetched, void>[]): AsyncGenerator<Fetched, void> {
  const firsts = await Promise.all(sources.map((source) => source.next()));
  const heads = firsts.flatMap(({ value }, i) =>
    value === undefined ? [] : [{ source: sources[i]!, next: value }]
  );
  while (heads.length > 0) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) {
      if (heads[i]!.next.line.timestamp < heads[first]!.next.line.timestamp) first = i;
    }
    const head = heads[first]!;
    yield head.next;
    const { value } = await head.source.next();
    if (value === undefined) heads.splice(first, 1);
    else head.next = value;
  }
}

/** Whether a message is a change, or a message with a number. */
function isForRoom(message: ServerMessage): message is Said | LineChanged {
  return message.code === Code.LineChanged ||
    (message.code === Code.Said && message.message.sequence !== undefined);
}

function heldUnitsOf(message: Said | LineChanged): number {
  return message.code === Code.Said ? unitsOf(message.message) : (message.message ?? "").length;
}

function roomKey({ room }: ChatLine): string {
  return nameKey(room ?? "main");
}
