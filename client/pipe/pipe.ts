/**
 * The conversation line by line: what comes in as lines is asked of the hub, what the hub says goes out as lines.
 *
 * Rules: no more is read than the hub takes; at the end of the input, and after `:quit`, every line is answered before
 * the client leaves; a line that is refused costs no other line. What a program writes is said as `PipedText` has it,
 * lines that come together as one message (`Gathering`); what a person types is said line by line. A link that is lost
 * comes back, for a while: what was not acknowledged is sent again (`Tether`). Where `json` is set, what goes out is
 * each
 * message of the hub as one line of JSON and nothing else. Everything for people who watch goes to `report`.
 *
 * Longer than most files, as reading, saying and ending depend on each other.
 *
 * It is long because it carries each line from the input to its acknowledgement.
 *
 * @module
 */
import { type Body, Code } from "../../protocol/mod.ts";
import { asciiLine, cutText, loadWidths, type OffsetMinutes, paint, type StyledLine } from "../text/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { type LineBatch, LineBatcher } from "./line_batcher.ts";
import { helpLines, type Input, parseInput } from "../commands/mod.ts";
import { LineDecoder } from "./lines.ts";
import { LinkError, type Received } from "../net/mod.ts";
import type { Output } from "../machine/mod.ts";
import {
  type Ended,
  hasFeature,
  type LinkState,
  type OwnLine,
  type ReconnectingLink,
  type Waiting,
} from "../link/mod.ts";
import { PipedText } from "./piped_text.ts";
import { MAIN, roomOf } from "../model/mod.ts";
import { Transcript, userList } from "../render/mod.ts";

/**
 * How many messages may be on their way: enough to keep a fast line busy. What comes while a hub takes its time comes
 * together in the next one.
 */
export const MAX_IN_FLIGHT = 8;

/** What a conversation by lines needs. */
export interface PipeOptions {
  /** What is typed or piped in; asked for once, when it is to be read. */
  stdin: () => ReadableStream<Uint8Array>;
  /** Where the conversation goes. */
  out: Output;
  /** Tells something to people who watch, in one line; resolves when more may be told. */
  report: (message: string) => Promise<void>;
  /** The clock. */
  clock: TimedClock;
  /** Whether messages go out as JSON. */
  json: boolean;
  /** Whether colours may go out. */
  colour: boolean;
  /** Whether they go to a terminal that can show ASCII alone; JSON stays as it is. */
  ascii: boolean;
  /** Whether a person types: each line is then a message of its own, said as it is or refused. */
  typed: boolean;
  /** Whether a piped line that begins with a colon is a command. A typed one always is. */
  commands: boolean;
  /** How long a lost connection is tried again, in milliseconds; may be infinite. */
  retryMs: number;
  /** Tells how the clocks of this place differ from UTC. */
  offsetMinutes: OffsetMinutes;
  /** The room in which lines are said, without `#`; `main` if not given. */
  room?: string | undefined;
}

/** How a conversation went. */
export interface PipeEnd {
  /** How its tether ended. */
  ended: Ended;
  /** Why the connection was lost, where it was tried again in vain for as long as it may be. */
  gaveUp?: string;
  /** The room in which lines were to be said, where the hub has none. */
  noRoom?: string;
  /** How many lines were refused, by the hub or here. */
  refused: number;
  /** How many lines were sent and not acknowledged. */
  unanswered: number;
  /** The number of the first line that was read and then not sent, since the end came before, where there is one. */
  unsentFrom?: number;
  /** Why the input could not be read to its end, where it could not. */
  inputError?: unknown;
}

/** A line that was read, or a part of one. */
interface Line {
  number: number;
  text: string;
  /** Whether it is not all of its line, which then has no other in its message. */
  part?: boolean;
  /** What is wrong with it, for who wrote it. */
  mistake?: string;
}

/** One conversation. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #batcher: LineBatcher;
  /** What the lines on their way are made of, by their numbers. */
  readonly #said = new Map<number, LineBatch>();
  readonly #reports = new Set<Promise<void>>();
  /** Resolves when there is a link, or never will be. */
  #opened = Promise.withResolvers<void>();
  #transcript: Transcript;
  #link: ReconnectingLink | undefined;
  #state: LinkState | undefined;
  #wasLost = false;
  #cancelGiveUp: () => void = () => {};
  #gaveUp: string | undefined;
  #noRoom: string | undefined;
  #stopped = false;
  #stopReading: () => void = () => {};
  #settled: () => void = () => {};
  #refused = 0;
  #unanswered = 0;
  #unsentFrom = Infinity;
  #inputError: unknown;

  /**
   * Begins with nothing said.
   *
   * @param options see {@linkcode PipeOptions}
   */
  constructor(options: PipeOptions) {
    this.#options = options;
    this.#transcript = new Transcript(options.offsetMinutes);
    this.#batcher = new LineBatcher({
      clock: options.clock,
      ready: () => this.#link?.isClosed === false && this.#said.size < MAX_IN_FLIGHT,
      say: (message) => this.#say(message),
    });
  }

  /**
   * Takes a message of the hub and shows it.
   *
   * @param received the message
   * @returns resolves when the next may come
   */
  async received({ body, message, error }: Received): Promise<void> {
    if (error !== undefined) await this.#options.report(error.message);
    if (this.#options.json) await this.#options.out.write(jsonLine(body));
    else if (message !== undefined) await this.#show(this.#transcript.receive(message));
  }

  /**
   * Takes note of what becomes of the tether.
   *
   * @param state its state
   */
  changed(state: LinkState): void {
    this.#state = state;
    switch (state.kind) {
      case "connecting":
        this.#transcript = new Transcript(this.#options.offsetMinutes);
        return;
      case "waiting":
        return this.#lost(state);
      case "open":
        if (this.#options.room !== undefined && !hasFeature(state.session, "rooms")) {
          // Nothing is said in `main` that is for another room.
          this.#noRoom = this.#options.room;
          this.#link?.close();
          break;
        }
        if (this.#wasLost) this.#report("connected again");
        this.#wasLost = false;
        break;
      case "ended":
        break;
    }
    this.#cancelGiveUp();
    this.#opened.resolve();
  }

  /**
   * Takes note of what becomes of a line.
   *
   * @param line the line as it stands
   */
  lineChanged({ id, state }: OwnLine): void {
    const message = this.#said.get(id);
    if (message === undefined || ["waiting", "sent", "unsure"].includes(state.kind)) return;
    this.#said.delete(id);
    if (state.kind === "refused") this.#report(this.#refusal(message, state.message));
    else if (state.kind === "unknown") this.#unanswered += message.lines;
    else if (state.kind === "unsent") this.#notSent(message.first);
    this.#batcher.pump();
    if (this.#said.size === 0) this.#settled();
  }

  /**
   * Talks until the input ends, or the link for good.
   *
   * @param tether not yet run; it tells {@linkcode Pipe.received}, {@linkcode Pipe.changed} and
   * {@linkcode Pipe.lineChanged} what happens
   * @param signal leaves at once when aborted
   * @returns how it went
   * @throws what {@linkcode Pipe.received} throws
   */
  async run(link: ReconnectingLink, signal: AbortSignal): Promise<PipeEnd> {
    this.#link = link;
    const leave = () => link.close();
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    const ending = link.run().finally(() => signal.removeEventListener("abort", leave));
    const stop = () => this.#stop();
    ending.then(stop, stop);
    this.#options.out.failed.then(stop);
    await this.#opened.promise;
    if (!link.isClosed) {
      await this.#read();
      await this.#batcher.flush();
      const unsaid = this.#batcher.stop();
      if (unsaid !== undefined) this.#notSent(unsaid.first);
      this.#stop();
      await this.#untilSettled();
      await Promise.all(this.#reports);
      link.drain();
    }
    const end: PipeEnd = { ended: await ending, refused: this.#refused, unanswered: this.#unanswered };
    if (this.#gaveUp !== undefined) end.gaveUp = this.#gaveUp;
    if (this.#noRoom !== undefined) end.noRoom = this.#noRoom;
    if (this.#unsentFrom !== Infinity) end.unsentFrom = this.#unsentFrom;
    if (this.#inputError !== undefined) end.inputError = this.#inputError;
    return end;
  }

  /** Reads no more. */
  #stop(): void {
    this.#stopped = true;
    this.#stopReading();
    this.#batcher.stop();
  }

  async #untilSettled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled = resolve;
    if (this.#said.size === 0) resolve();
    await promise;
  }

  #lost({ why }: Waiting): void {
    const { clock, retryMs } = this.#options;
    if (this.#wasLost) return;
    this.#wasLost = true;
    const giveUp = () => {
      this.#gaveUp = why;
      this.#link?.close();
    };
    if (retryMs === 0) return giveUp();
    this.#opened = Promise.withResolvers();
    this.#report(`connection lost: ${why}; connecting again`);
    if (retryMs !== Infinity) this.#cancelGiveUp = clock.after(retryMs, giveUp);
  }

  async #read(): Promise<void> {
    if (this.#stopped) return;
    const reader = this.#options.stdin().getReader();
    this.#stopReading = () => void reader.cancel().catch(() => {});
    for await (const line of this.#lines(reader)) {
      if (this.#stopped) {
        if (line.mistake === undefined && line.text.trim() === "") continue;
        this.#notSent(line.number);
        break;
      }
      if (!await this.#take(line)) break;
    }
  }

  async *#lines(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Line> {
    const source = this.#options.typed ? this.#typed() : this.#piped();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        yield* source.push(read.value);
      }
    } catch (error) {
      this.#inputError = error;
    }
    yield* source.finish();
  }

  /** Lines that a person types. */
  #typed(): { push: (bytes: Uint8Array) => Iterable<Line>; finish: () => Iterable<Line> } {
    const decoder = new LineDecoder();
    const lined = (line: ReturnType<LineDecoder["finish"]> & object): Line => ({ text: "", ...line });
    return {
      *push(bytes) {
        for (const line of decoder.push(bytes)) yield lined(line);
      },
      *finish() {
        const last = decoder.finish();
        if (last !== undefined) yield lined(last);
      },
    };
  }

  /** Lines that a program writes. */
  #piped(): { push: (bytes: Uint8Array) => Iterable<Line>; finish: () => Iterable<Line> } {
    const text = new PipedText((message) => this.#report(message));
    let goesOn = false;
    const lined = (pieces: ReturnType<PipedText["push"]>) =>
      pieces.map((piece): Line => {
        const part = goesOn || piece.goesOn;
        goesOn = piece.goesOn;
        return { number: piece.number, text: piece.text, part };
      });
    return { push: (bytes) => lined(text.push(bytes)), finish: () => lined(text.finish()) };
  }

  /** Does what a line means; resolves with whether there may be another. */
  async #take(line: Line): Promise<boolean> {
    const { commands, typed } = this.#options;
    if (line.mistake !== undefined) {
      await this.#refuse(line, line.mistake);
      return true;
    }
    const isCommand = commands && !line.part && /^:(?!:)/.test(line.text);
    if (typed || isCommand) return await this.#do(line, parseInput(line.text));
    const text = commands && !line.part && line.text.startsWith("::") ? line.text.slice(1) : line.text;
    const parts = cutText(text);
    const alone = line.part === true || parts.length > 1;
    for (const part of parts) {
      if (alone) await this.#batcher.flush();
      await this.#batcher.add(line.number, part);
    }
    return true;
  }

  async #do(line: Line, input: Input): Promise<boolean> {
    if (input.kind === "empty") return true;
    await this.#batcher.flush();
    switch (input.kind) {
      case "quit":
        return false;
      case "help":
        await this.#help();
        return true;
      case "error":
        await this.#refuse(line, input.message);
        return true;
      case "request":
        if (input.request.code === Code.Say) {
          await this.#batcher.add(line.number, input.request.message);
          await this.#batcher.flush();
        } else if (input.request.code === Code.Rename) await this.#rename(line, input.request.username);
        else await this.#who(line);
        return true;
    }
  }

  #say(message: LineBatch): void {
    const { room } = this.#options;
    const line = this.#link!.say(message.text, room === undefined ? MAIN : roomOf(room));
    this.#said.set(line.id, message);
    this.lineChanged(line);
  }

  async #rename(line: Line, username: string): Promise<void> {
    const end = await this.#link!.rename(username);
    if (end.kind === "refused") await this.#refuse(line, end.message);
    else if (end.kind === "dropped") this.#notSent(line.number);
  }

  async #who(line: Line): Promise<void> {
    await this.#untilSettled();
    await this.#opened.promise;
    if (this.#state?.kind === "open" && !this.#state.session.extended) {
      await this.#refuse(line, "Cannot list who is here: this hub speaks the base protocol alone");
      return;
    }
    try {
      const answer = await this.#link!.ask({ code: Code.Who });
      if (answer.code === Code.Refused) await this.#refuse(line, answer.message);
      if (answer.code !== Code.Users || this.#options.json) return;
      await loadWidths();
      await this.#show(userList(answer.users));
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
    }
  }

  #refuse({ number }: Line, why: string): Promise<void> {
    return this.#report(this.#refusal({ first: number, last: number, lines: 1 }, why));
  }

  /** Counts lines as refused; answers what to tell. */
  #refusal({ first, last, lines }: Omit<LineBatch, "text">, why: string): string {
    this.#refused += lines;
    if (this.#options.typed) return why;
    return first === last ? `line ${first}: ${why}` : `lines ${first} to ${last}: ${why}`;
  }

  #notSent(line: number): void {
    this.#unsentFrom = Math.min(this.#unsentFrom, line);
  }

  #report(message: string): Promise<void> {
    const reported = this.#options.report(message).finally(() => this.#reports.delete(reported));
    this.#reports.add(reported);
    return reported;
  }

  async #help(): Promise<void> {
    const { json, report } = this.#options;
    if (json) { for (const line of helpLines()) await report(line); }
    else await this.#show(helpLines().map((text): StyledLine => [{ text, style: "plain" }]));
  }

  #show(lines: StyledLine[]): Promise<void> {
    const { ascii, colour } = this.#options;
    return this.#options.out.write(
      lines.map((line) => paint(ascii ? asciiLine(line) : line, colour ? 256 : "none") + "\n").join(""),
    );
  }
}

/** What JSON allows in a string, but a terminal would obey or hide. */
const UNSEEN = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Writes a message of the hub as one line of JSON that is harmless on a terminal too.
 *
 * @param body the message, with all its fields
 * @returns compact JSON and a newline
 */
export function jsonLine(body: Body): string {
  return JSON.stringify(body).replace(UNSEEN, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => "\\u" + unit.toString(16).padStart(4, "0")).join("");
  }) + "\n";
}
