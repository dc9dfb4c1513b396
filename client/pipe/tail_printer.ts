/**
 * The output of `riftchat tail`: the messages of some rooms, without a gap if the hub has a history.
 *
 * Rules:
 * - Each message is printed once. Those of one room are in the order of the room; stored messages of several rooms are
 *   in the order of their times.
 * - After a reconnect the missed messages are fetched and printed first. New messages wait meanwhile. If too many wait,
 *   the oldest ones are dropped and fetched, too.
 * - A message is printed before the next one is read, so a slow reader of stdout slows down the hub and does not fill
 *   the memory.
 *
 * The file is long because fetching, waiting and printing change one state.
 *
 * @module
 */
import {
  type ChatLine,
  Code,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
  type Said,
  type ServerMessage,
} from "../../protocol/mod.ts";
import type { OffsetMinutes } from "../text/mod.ts";
import { LinkError, type Received } from "../net/mod.ts";
import { hasFeature, type LinkState, type ReconnectingLink, type Session } from "../link/mod.ts";
import type { Output, Report } from "../machine/mod.ts";
import { jsonLine } from "./pipe.ts";
import { messageRecord } from "./message_record.ts";
import { PlainLines } from "./plain_lines.ts";
import { unitsOf } from "../model/mod.ts";
import { Transcript, transcriptGutter } from "../render/mod.ts";

/** How many new messages may wait while missed ones are fetched. */
const MAX_HELD = 1000;

/** How many UTF-16 units they may have together: those of so many messages of the longest text. */
const MAX_HELD_UNITS = 4 * 1024 * 1024;

/** Options of {@linkcode TailPrinter}. */
export interface TailPrinterOptions {
  /** The rooms to print, without `#`. */
  rooms: readonly string[];
  /** How many earlier messages of each room to print. */
  lines: number;
  /** Print all messages after this sequence number, instead of `lines`. For one room only. */
  after?: number | undefined;
  /** End after so many messages. */
  count?: number | undefined;
  /** End after the first message whose text passes this test. */
  until?: ((text: string) => boolean) | undefined;
  /** Whether to print who joins, leaves and changes the name. */
  presence: boolean;
  /** Where it is printed. */
  out: Output;
  /** Reports something to the user. */
  report: Report;
  /** Whether to print JSON. */
  json: boolean;
  /** Whether to print times as in the hub's log. */
  iso: boolean;
  /** Whether to use colours. */
  colour: boolean;
  /** Whether stdout is a terminal. */
  isTerminal: boolean;
  /** Returns the current width of that terminal, in columns. */
  columns: () => number;
  /** The environment variable that limits the terminal to ASCII; `undefined` if none does, or stdout is no terminal. */
  locale: string | undefined;
  /** Returns the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
  /** Called once, after the last message that `count` or `until` allows. */
  finished: () => void;
}

/** The state of one room. */
interface RoomState {
  name: string;
  /** The sequence number of the last message that was printed. */
  last: number | undefined;
  /** The sequence number of the last new message that was dropped while missed ones were fetched. */
  dropped: number;
  /** The last sequence number that was fetched on this link. The same message may still arrive as a new one. */
  fetchedTo: number;
}

/** What to ask the history for. */
type Query = { after: number } | { limit: number };

/** Prints the messages of one `tail`. */
export class TailPrinter {
  readonly #options: TailPrinterOptions;
  readonly #lines: PlainLines;
  readonly #rooms = new Map<string, RoomState>();
  #transcript: Transcript;
  #link: ReconnectingLink | undefined;
  #session: Session | undefined;
  /** The new messages that wait until the missed ones are printed; `undefined` if none are fetched. */
  #held: { room: RoomState; message: Said }[] | undefined;
  /** The size of these messages, in UTF-16 units. */
  #heldUnits = 0;
  /** Resolves when the messages that wait are printed; `undefined` while missed ones are fetched. */
  #released: Promise<void> | undefined;
  #wasLost = false;
  #printed = 0;
  #isFinished = false;

  /**
   * Prints nothing yet.
   *
   * @param options see {@linkcode TailPrinterOptions}
   */
  constructor(options: TailPrinterOptions) {
    this.#options = options;
    this.#transcript = this.#newTranscript();
    const { after: last, locale, colour, isTerminal, columns, report } = options;
    const gutter = transcriptGutter(options.iso);
    this.#lines = new PlainLines({ locale, colour, isTerminal, columns, gutter, report });
    for (const name of options.rooms) {
      this.#rooms.set(nameKey(name), { name, last, dropped: 0, fetchedTo: 0 });
    }
  }

  /**
   * Sets the link, before it runs.
   *
   * @param link calls {@linkcode TailPrinter.received} and {@linkcode TailPrinter.changed}
   */
  attach(link: ReconnectingLink): void {
    this.#link = link;
  }

  /**
   * Handles a message of the hub.
   *
   * @param received the message
   * @returns resolves when the next one may come
   */
  async received({ message, error }: Received): Promise<void> {
    if (error !== undefined) await this.#options.report(error.message);
    if (message === undefined) return;
    if (message.code === Code.Said && message.message.sequence !== undefined) {
      await this.#chatMessage(message);
    } else if (this.#isWanted(message)) await this.#print(message);
  }

  /**
   * Handles a new state of the link.
   *
   * @param state the state
   */
  changed(state: LinkState): void {
    switch (state.kind) {
      case "connecting":
        this.#transcript = this.#newTranscript();
        this.#session = undefined;
        // Messages may come before the welcome says whether the hub has a history.
        this.#held = [];
        this.#heldUnits = 0;
        this.#released = undefined;
        for (const room of this.#rooms.values()) Object.assign(room, { dropped: 0, fetchedTo: 0 });
        break;
      case "waiting":
        if (!this.#wasLost) this.#options.report(`connection lost: ${state.why}; connecting again`);
        this.#wasLost = true;
        break;
      case "open":
        if (this.#session === undefined) this.#opened(this.#session = state.session);
    }
  }

  #newTranscript(): Transcript {
    const { iso, offsetMinutes } = this.#options;
    return new Transcript(offsetMinutes, { iso });
  }

  #opened(session: Session): void {
    const hasHistory = hasFeature(session, "history");
    if (this.#wasLost) {
      this.#options.report(
        hasHistory
          ? "connected again"
          : "connected again; messages sent meanwhile are missing, as the hub stores no history",
      );
    } else if (!hasHistory && this.#options.after !== undefined) {
      this.#options.report("--after has no effect, as the hub stores no history");
    }
    this.#wasLost = false;
    const done = hasHistory ? this.#fetch(session) : this.#release();
    done.catch((error) => this.#options.report(`internal error: ${error}`));
  }

  /** Prints the missed messages, or the latest ones at the start, and then the new ones that wait. */
  async #fetch(session: Session): Promise<void> {
    const { lines } = this.#options;
    let rooms = [...this.#rooms.values()].filter(({ last }) => last !== undefined || lines > 0);
    while (rooms.length > 0 && session === this.#session) {
      const before = new Map(rooms.map((room) => [room, room.fetchedTo]));
      const sources = rooms.map((room) => {
        const { last } = room;
        return this.#pages(room, session, last === undefined ? { limit: lines } : { after: last });
      });
      for await (const { room, line } of byTime(sources)) {
        if (session !== this.#session) return;
        room.last = room.fetchedTo = line.sequence ?? room.fetchedTo;
        await this.#print({ code: Code.Said, message: line });
      }
      // Dropped messages are in the history as well. If nothing more comes, they are not.
      rooms = rooms.filter((room) => room.dropped > room.fetchedTo && room.fetchedTo > before.get(room)!);
    }
    if (session === this.#session) await this.#release();
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
      next = answer.more && "after" in next && after !== undefined && after > next.after
        ? { after }
        : undefined;
    }
  }

  /** Prints the new messages that wait. Later ones are read when that is done. */
  #release(): Promise<void> {
    return this.#released = this.#printHeld(this.#session);
  }

  async #printHeld(session: Session | undefined): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { room, message } of held) {
      // The next link fetches the others.
      if (session !== this.#session) return;
      await this.#printNew(room, message);
    }
  }

  async #chatMessage(message: Said): Promise<void> {
    const room = this.#rooms.get(roomKey(message.message));
    if (room === undefined) return;
    if (this.#held === undefined) {
      await this.#released;
      return await this.#printNew(room, message);
    }
    this.#held.push({ room, message });
    this.#heldUnits += unitsOf(message.message);
    while (this.#held.length > MAX_HELD || this.#heldUnits > MAX_HELD_UNITS) {
      const dropped = this.#held.shift()!;
      this.#heldUnits -= unitsOf(dropped.message.message);
      dropped.room.dropped = dropped.message.message.sequence ?? 0;
    }
  }

  async #printNew(room: RoomState, message: Said): Promise<void> {
    const { sequence = 0 } = message.message;
    if (sequence <= room.fetchedTo) return;
    room.last = sequence;
    await this.#print(message);
  }

  #isWanted(message: ServerMessage): boolean {
    const { presence } = this.#options;
    switch (message.code) {
      case Code.RoomJoined:
      case Code.RoomLeft:
        return presence && this.#rooms.has(nameKey(message.room));
      case Code.Joined:
      case Code.Left:
      case Code.Renamed:
        return presence && this.#rooms.has(MAIN_KEY);
      case Code.Said:
        return this.#rooms.has(MAIN_KEY) || this.#session?.extended !== false;
      case Code.YourName:
      case Code.Welcome:
        return false;
      default:
        return true;
    }
  }

  async #print(message: ServerMessage): Promise<void> {
    if (this.#isFinished) return;
    const { json, out } = this.#options;
    if (json) {
      const record = messageRecord(message, (line) => this.#isNotice(line));
      if (record === undefined) return;
      await out.write(jsonLine(record));
    } else {
      await out.write(await this.#lines.format(this.#transcript.receive(message)));
    }
    if (message.code === Code.Said && !this.#isNotice(message.message)) this.#countMessage(message.message);
  }

  #countMessage({ message }: ChatLine): void {
    const { count = Infinity, until, finished } = this.#options;
    if (++this.#printed < count && until?.(message) !== true) return;
    this.#isFinished = true;
    finished();
  }

  /** Whether a message is a notice of the hub. On an original hub messages have no sequence number. */
  #isNotice({ sequence, username }: ChatLine): boolean {
    return sequence === undefined && this.#session?.extended !== false && nameKey(username) === "server";
  }
}

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

const MAIN_KEY = nameKey("main");

function roomKey({ room }: ChatLine): string {
  return room === undefined ? MAIN_KEY : nameKey(room);
}
