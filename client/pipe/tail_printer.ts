/**
 * The output of `riftchat tail`: the messages of some rooms, without a gap if the hub has a history.
 *
 * Rules:
 * - Each message is printed once. Those of one room are in the order of the room; stored messages of several rooms are
 *   in the order of their times (`room_feed.ts`).
 * - A message is printed before the next one is read, so a slow reader of stdout slows down the hub and does not fill
 *   the memory.
 *
 * @module
 */
import {
  type ChatLine,
  Code,
  type LineChanged,
  nameKey,
  type Said,
  type ServerMessage,
} from "../../protocol/mod.ts";
import type { OffsetMinutes } from "../text/mod.ts";
import { formatAddress, type Received } from "../net/mod.ts";
import {
  hasFeature,
  type KnownMessages,
  type LinkState,
  type Open,
  type ReconnectingLink,
  type Session,
} from "../link/mod.ts";
import type { Output, Report } from "../machine/mod.ts";
import { jsonLine } from "./pipe.ts";
import { messageRecord } from "./message_record.ts";
import { PlainLines } from "./plain_lines.ts";
import { RoomFeed } from "./room_feed.ts";
import { RoomNames } from "./room_names.ts";
import { Transcript, transcriptGutter } from "../render/mod.ts";

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

/** Prints the messages of one `tail`. */
export class TailPrinter {
  readonly #options: TailPrinterOptions;
  readonly #lines: PlainLines;
  readonly #feed: RoomFeed;
  readonly #rooms: ReadonlySet<string>;
  readonly #names = new RoomNames();
  #transcript: Transcript;
  #session: Session | undefined;
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
    const { rooms, lines, after, locale, colour, isTerminal, columns, report } = options;
    const gutter = transcriptGutter(options.iso);
    this.#lines = new PlainLines({ locale, colour, isTerminal, columns, gutter, report });
    this.#rooms = new Set(rooms.map(nameKey));
    const print = (message: Said | LineChanged) => this.#print(message);
    this.#feed = new RoomFeed({ rooms, lines, after, print, report });
  }

  /**
   * Sets the link, before it runs.
   *
   * @param link calls {@linkcode TailPrinter.received} and {@linkcode TailPrinter.changed}
   */
  attach(link: ReconnectingLink): void {
    this.#feed.attach(link);
  }

  /**
   * Returns which messages are known, for the hello of the next link.
   *
   * @returns the numbers of the last messages; `undefined` without rooms
   */
  known(): KnownMessages | undefined {
    return this.#feed.known();
  }

  /**
   * Handles a message of the hub.
   *
   * @param received the message
   * @returns resolves when the next one may come
   */
  async received({ body, message, error }: Received): Promise<void> {
    if (error !== undefined) await this.#options.report(error.message);
    if (message === undefined || await this.#feed.receive(message, body)) return;
    if (this.#isWanted(message)) await this.#print(message);
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
        this.#feed.connecting();
        this.#names.clear();
        break;
      case "waiting":
        if (!this.#wasLost) this.#options.report(`connection lost: ${state.why}; connecting again`);
        this.#wasLost = true;
        break;
      case "open":
        if (this.#session === undefined) this.#opened(state);
    }
  }

  #newTranscript(): Transcript {
    const { iso, offsetMinutes } = this.#options;
    return new Transcript(offsetMinutes, { iso });
  }

  #opened({ session, address, hasMoved }: Open): void {
    this.#session = session;
    const hasHistory = hasFeature(session, "history");
    if (this.#wasLost) {
      const again = `connected again${hasMoved ? `, to ${formatAddress(address)}` : ""}`;
      this.#options.report(
        hasHistory ? again : again + "; messages sent meanwhile are missing, as the hub stores no history",
      );
    } else if (!hasHistory && this.#options.after !== undefined) {
      this.#options.report("--after has no effect, as the hub stores no history");
    }
    this.#wasLost = false;
    this.#feed.opened(session).catch((error) => this.#options.report(`internal error: ${error}`));
  }

  #isWanted(message: ServerMessage): boolean {
    const { presence } = this.#options;
    switch (message.code) {
      case Code.RoomJoined:
      case Code.RoomLeft:
      case Code.RoomPeople:
        return presence && this.#rooms.has(nameKey(message.room));
      case Code.Joined:
      case Code.Left:
      case Code.Renamed:
        return presence && this.#rooms.has(MAIN_KEY);
      case Code.Said:
        return this.#rooms.has(MAIN_KEY) || this.#session?.extended !== false;
      case Code.LineChanged:
        return message.room.startsWith("@");
      case Code.RoomChanged:
        return this.#rooms.has(nameKey(message.room));
      case Code.YourName:
      case Code.Welcome:
      case Code.Invited:
        return false;
      default:
        return true;
    }
  }

  async #print(message: ServerMessage): Promise<void> {
    if (this.#isFinished) return;
    const { json, out } = this.#options;
    if (json) {
      const whole = message.code === Code.RoomPeople ? this.#names.receive(message) : message;
      if (whole === undefined) return;
      const record = messageRecord(whole, (line) => this.#isNotice(line), this.#session?.name);
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

const MAIN_KEY = nameKey("main");
