/**
 * What `riftchat tail` prints: all that a hub says in some rooms, without a gap where the hub keeps what was said.
 *
 * Rules: a line is printed once, in the order of its room: after a link was lost, what was missed is asked for first,
 * and
 * what is said meanwhile waits, or is asked for too where it is much. Each message is printed before the next is read,
 * so
 * that a slow reader slows the hub. Where `json` is set a line that was missed looks as if it were said now.
 *
 * @module
 */
import {
  type Body,
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
import { PlainLines } from "./plain_lines.ts";
import { Transcript } from "../render/mod.ts";

/** How many lines may wait while others are asked for; older ones are then asked for, too. */
const MAX_HELD = 1000;

/** What is listened with. */
export interface TailPrinterOptions {
  /** The rooms whose lines are printed, without `#`. */
  rooms: readonly string[];
  /** How many lines of each are printed that were said before. */
  lines: number;
  /** Where it is printed. */
  out: Output;
  /** Tells something to people who watch, in one line. */
  report: Report;
  /** Whether messages go out as JSON. */
  json: boolean;
  /** Whether colours may go out. */
  colour: boolean;
  /** The variable because of which the terminal shows ASCII only; `undefined` if it shows UTF-8, or it is none. */
  locale: string | undefined;
  /** Tells how the clocks of this place differ from UTC. */
  offsetMinutes: OffsetMinutes;
}

/** What is known of a room. */
interface Heard {
  name: string;
  /** The number of the last line that was printed. */
  last: number | undefined;
  /** The lines that wait until those before them are there; `undefined` where none are asked for. */
  held: Said[] | undefined;
  /** The number of the last line that was dropped from them. */
  dropped: number;
  /** The number of the last line that was asked for on this link: it may still come as if it were new. */
  filledTo: number;
}

/** One listener. */
export class TailPrinter {
  readonly #options: TailPrinterOptions;
  readonly #lines: PlainLines;
  readonly #rooms = new Map<string, Heard>();
  #transcript: Transcript;
  #link: ReconnectingLink | undefined;
  #session: Session | undefined;
  #wasLost = false;

  /**
   * Begins with nothing heard.
   *
   * @param options see {@linkcode TailPrinterOptions}
   */
  constructor(options: TailPrinterOptions) {
    this.#options = options;
    const { locale, colour, report } = options;
    this.#lines = new PlainLines({ locale, colour, report });
    this.#transcript = new Transcript(options.offsetMinutes);
    for (const name of options.rooms) {
      this.#rooms.set(nameKey(name), { name, last: undefined, held: undefined, dropped: 0, filledTo: 0 });
    }
  }

  /**
   * Says over what it listens, before that runs.
   *
   * @param tether it tells {@linkcode TailPrinter.received} and {@linkcode TailPrinter.changed} what happens
   */
  attach(link: ReconnectingLink): void {
    this.#link = link;
  }

  /**
   * Takes a message of the hub.
   *
   * @param received the message
   * @returns resolves when the next may come
   */
  async received({ body, message, error }: Received): Promise<void> {
    if (error !== undefined) await this.#options.report(error.message);
    if (message === undefined) {
      if (this.#options.json) await this.#options.out.write(jsonLine(body));
      return;
    }
    if (message.code === Code.Said && message.message.sequence !== undefined) await this.#line(body, message);
    else if (this.#isWanted(message)) await this.#print(body, message);
  }

  /**
   * Takes note of what becomes of the tether.
   *
   * @param state its state
   */
  changed(state: LinkState): void {
    switch (state.kind) {
      case "connecting":
        this.#transcript = new Transcript(this.#options.offsetMinutes);
        this.#session = undefined;
        // What comes before it is known whether the hub keeps anything waits, too.
        for (const room of this.#rooms.values()) Object.assign(room, { held: [], dropped: 0, filledTo: 0 });
        break;
      case "waiting":
        if (!this.#wasLost) this.#options.report(`connection lost: ${state.why}; connecting again`);
        this.#wasLost = true;
        break;
      case "open":
        if (this.#session === undefined) this.#opened(this.#session = state.session);
    }
  }

  #opened(session: Session): void {
    const keeps = hasFeature(session, "history");
    if (this.#wasLost) {
      this.#options.report(
        keeps
          ? "connected again"
          : "connected again; what was said meanwhile is missing, as the hub keeps nothing",
      );
    }
    this.#wasLost = false;
    for (const room of this.#rooms.values()) {
      const asks = keeps && (room.last !== undefined || this.#options.lines > 0);
      const filled = asks ? this.#fill(room, session) : this.#release(room);
      filled.catch((error) => this.#options.report(`internal error: ${error}`));
    }
  }

  /** Prints what was missed, or the last lines where nothing was heard yet, and then what waits. */
  async #fill(room: Heard, session: Session): Promise<void> {
    const { last } = room;
    let more = await this.#ask(
      room,
      session,
      last === undefined ? { limit: this.#options.lines } : { after: last },
    );
    // What was dropped is in the history as well; without any progress, it is not.
    for (let before = -1; (more || room.dropped > room.filledTo) && room.filledTo !== before;) {
      before = room.filledTo;
      more = await this.#ask(room, session, { after: room.last ?? 0 });
    }
    if (session === this.#session) await this.#release(room);
  }

  /** Prints what waits, and lets nothing wait any more. */
  async #release(room: Heard): Promise<void> {
    for (let next = room.held?.shift(); next !== undefined; next = room.held?.shift()) {
      await this.#live(room, next, { ...next });
    }
    room.held = undefined;
  }

  /** Prints a page of what was said; resolves with whether there is more after it. */
  async #ask(room: Heard, session: Session, what: { after?: number; limit?: number }): Promise<boolean> {
    if (session !== this.#session) return false;
    try {
      const limit = what.limit ?? MAX_HISTORY_LINES;
      const answer = await this.#link!.ask({ code: Code.AskHistory, room: room.name, ...what, limit });
      if (answer.code === Code.Refused) {
        await this.#options.report(`cannot ask for what was said in #${room.name}: ${answer.message}`);
      }
      if (answer.code !== Code.History || session !== this.#session) return false;
      for (const line of answer.messages) await this.#past(room, line);
      return answer.more && what.after !== undefined && answer.messages.length > 0;
    } catch (error) {
      // The next link asks again.
      if (!(error instanceof LinkError)) throw error;
      return false;
    }
  }

  async #past(room: Heard, line: PastLine): Promise<void> {
    const message: Said = { code: Code.Said, message: line };
    room.last = room.filledTo = line.sequence ?? room.filledTo;
    await this.#print({ ...message }, message);
  }

  async #line(body: Body, message: Said): Promise<void> {
    const room = this.#rooms.get(roomKey(message.message));
    if (room === undefined) return;
    if (room.held === undefined) return await this.#live(room, message, body);
    room.held.push(message);
    if (room.held.length > MAX_HELD) room.dropped = room.held.shift()!.message.sequence ?? 0;
  }

  async #live(room: Heard, message: Said, body: Body): Promise<void> {
    const { sequence = 0 } = message.message;
    if (sequence <= room.filledTo) return;
    room.last = sequence;
    await this.#print(body, message);
  }

  #isWanted(message: ServerMessage): boolean {
    switch (message.code) {
      case Code.RoomJoined:
      case Code.RoomLeft:
        return this.#rooms.has(nameKey(message.room));
      case Code.Joined:
      case Code.Left:
      case Code.Renamed:
        return this.#rooms.has(MAIN_KEY);
      case Code.Said:
        return this.#rooms.has(MAIN_KEY) || this.#session?.extended !== false;
      case Code.History:
        return false;
      case Code.YourName:
      case Code.Welcome:
        // Nobody asked under which name one listens.
        return this.#options.json;
      default:
        return true;
    }
  }

  async #print(body: Body, message: ServerMessage): Promise<void> {
    const { json, out } = this.#options;
    if (json) return await out.write(jsonLine(body));
    const lines = this.#transcript.receive(message);
    await out.write(this.#lines.format(lines));
  }
}

const MAIN_KEY = nameKey("main");

function roomKey({ room }: ChatLine): string {
  return room === undefined ? MAIN_KEY : nameKey(room);
}
