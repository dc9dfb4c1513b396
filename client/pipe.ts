/**
 * The conversation line by line: what comes in as lines is asked of the hub, what the hub says goes out as lines.
 *
 * Rules: no line is read before the one before it could be sent; at the end of the input, and after `:quit`, every line
 * is answered before the client leaves; a line that is refused costs no other line. Where `json` is set, what goes out
 * is each message of the hub as one line of JSON and nothing else. Everything for people who watch goes to `report`.
 *
 * @module
 */
import { type Body, Code } from "../protocol/mod.ts";
import { asciiLine } from "./ascii.ts";
import type { Answer, Request } from "./exchange.ts";
import { helpLines, readInput } from "./input.ts";
import { type Line, LineDecoder } from "./lines.ts";
import type { Link } from "./link.ts";
import { LinkError } from "./link_error.ts";
import type { Output } from "./output.ts";
import { paint, type StyledLine } from "./style.ts";
import { listUsers, type OffsetMinutes, Transcript } from "./transcript.ts";
import { loadWidths } from "./width.ts";
import type { Close, Received } from "./wire.ts";

/** What a conversation by lines needs. */
export interface PipeOptions {
  /** What is typed or piped in; asked for once, when it is to be read. */
  stdin: () => ReadableStream<Uint8Array>;
  /** Where the conversation goes. */
  out: Output;
  /** Tells something to people who watch, in one line; resolves when more may be told. */
  report: (message: string) => Promise<void>;
  /** Whether messages go out as JSON. */
  json: boolean;
  /** Whether colours may go out. */
  colour: boolean;
  /** Whether they go to a terminal that can show ASCII alone; JSON stays as it is. */
  ascii: boolean;
  /** Whether mistakes are told with the number of their line. */
  numbered: boolean;
  /** Tells how the clocks of this place differ from UTC. */
  offsetMinutes: OffsetMinutes;
  /** The room in which lines are said, without `#`; `main` if not given. */
  room?: string | undefined;
}

/** How a conversation went. */
export interface PipeEnd {
  /** How its link ended. */
  close: Close;
  /** How many lines were refused, by the hub or here. */
  refused: number;
  /** How many lines were to be sent and got no answer. */
  unanswered: number;
  /** The number of the first line that was read and then not sent, since the end came before, where there is one. */
  unsentFrom?: number;
  /** Why the input could not be read to its end, where it could not. */
  inputError?: unknown;
}

/** One conversation. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #transcript: Transcript;
  /** Each resolves when its line is answered, or never will be. */
  readonly #answers = new Set<Promise<void>>();
  #stopped = false;
  #refused = 0;
  #unanswered = 0;
  #unsentFrom: number | undefined;
  #inputError: unknown;

  /**
   * Begins with nothing said.
   *
   * @param options see {@linkcode PipeOptions}
   */
  constructor(options: PipeOptions) {
    this.#options = options;
    this.#transcript = new Transcript(options.offsetMinutes);
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
   * Talks until the input or the link ends.
   *
   * @param link an open link that gives what it receives to {@linkcode Pipe.received}
   * @returns how it went
   * @throws what {@linkcode Pipe.received} throws
   */
  async run(link: Link): Promise<PipeEnd> {
    const reader = this.#options.stdin().getReader();
    const stop = () => {
      this.#stopped = true;
      reader.cancel().catch(() => {});
    };
    link.closed.then(stop, stop);
    this.#options.out.failed.then(stop);
    for await (const line of this.#lines(reader)) {
      if (this.#stopped) {
        if (isBlank(line)) continue;
        this.#unsentFrom = line.number;
        break;
      }
      const goesOn = await this.#take(link, line);
      if (!goesOn) break;
    }
    stop();
    await Promise.all(this.#answers);
    link.leave();
    const close = await link.closed;
    const end: PipeEnd = { close, refused: this.#refused, unanswered: this.#unanswered };
    if (this.#unsentFrom !== undefined) end.unsentFrom = this.#unsentFrom;
    if (this.#inputError !== undefined) end.inputError = this.#inputError;
    return end;
  }

  async *#lines(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Line> {
    const decoder = new LineDecoder();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        yield* decoder.push(read.value);
      }
    } catch (error) {
      this.#inputError = error;
      return;
    }
    const last = decoder.finish();
    if (last !== undefined) yield last;
  }

  /** Does what a line means; resolves with whether there may be another. */
  async #take(link: Link, line: Line): Promise<boolean> {
    if ("mistake" in line) {
      await this.#refuse(line, line.mistake);
      return true;
    }
    const input = readInput(line.text);
    switch (input.kind) {
      case "nothing":
        return true;
      case "leave":
        return false;
      case "help":
        await this.#help();
        return true;
      case "mistake":
        await this.#refuse(line, input.message);
        return true;
      case "ask":
        if (input.request.code === Code.Who && !link.session.extended) {
          await this.#refuse(line, "Cannot list who is here: this hub speaks the base protocol alone");
          return true;
        }
        await link.room();
        this.#follow(line, link.request(this.#inRoom(input.request)));
        return true;
    }
  }

  /** What is said is said in the room for it. */
  #inRoom(request: Request): Request {
    const { room } = this.#options;
    if (room === undefined || request.code !== Code.Say) return request;
    return { code: Code.SayIn, room, message: request.message };
  }

  #follow(line: Line, asked: Promise<Answer>): void {
    const answered = asked.then(async (answer) => {
      if (answer.code === Code.Refused) return this.#refuse(line, answer.message);
      if (answer.code !== Code.Users || this.#options.json) return;
      await loadWidths();
      return this.#show(listUsers(answer.users));
    }, (error) => {
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
    }).finally(() => this.#answers.delete(answered));
    this.#answers.add(answered);
  }

  #refuse(line: Line, why: string): Promise<void> {
    this.#refused++;
    return this.#options.report(this.#options.numbered ? `line ${line.number}: ${why}` : why);
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

function isBlank(line: Line): boolean {
  return "text" in line && readInput(line.text).kind === "nothing";
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
