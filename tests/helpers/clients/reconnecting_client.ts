/**
 * A client of the extension that listens, comes back when the hub was gone, and hears what it missed. Thousands of them fit
 * into one process.
 *
 * @module
 */
import { BodyDecoder, encodeFrame, serialize } from "../../../protocol/mod.ts";
import { withDeadline } from "../deadline.ts";

const READ_BYTES = 4096;

/** What it listens to: lines, those that it missed, and its welcome. */
const HEARD = /^\{"code":(?:200|208|210),/;

/** The longest that it waits before it tries again where nobody lets it in, in milliseconds. */
const RETRY_MS = 200;

/** How a {@linkcode ReconnectingClient} listens. */
export interface ReconnectingClientOptions {
  /**
   * It listens only when it comes, to what was said after this number, and dozes then: what it is told is taken and not
   * looked at. Of ten thousand who are told of each other nobody could listen to all in one process.
   */
  ignoreAfter?: number;
  /** How long it waits for anything at most, in milliseconds; as any test without. */
  deadlineMs?: number;
}

/** Somebody who comes back. */
export class ReconnectingClient implements AsyncDisposable {
  readonly #name: string;
  readonly #options: ReconnectingClientOptions;
  #connection: Deno.TcpConn | undefined;
  #reading: Promise<void> = Promise.resolve();
  #news = Promise.withResolvers<void>();
  #welcome = false;
  /** Lines that came before those that were missed. */
  #early: number[] | undefined;
  #gone = false;
  /** The numbers of the lines of `main` that it has heard, in order. */
  readonly receivedSequences: number[] = [];

  /**
   * Makes one that is not connected.
   *
   * @param name its name
   * @param options how it listens
   */
  constructor(name: string, options: ReconnectingClientOptions = {}) {
    this.#name = name;
    this.#options = options;
  }

  /**
   * Connects, as often as it takes, and says hello, with the number of the last line that it has, if any.
   *
   * @param port the port of the hub on 127.0.0.1
   * @returns when it was welcomed and has heard what it missed
   */
  async connect(port: number): Promise<void> {
    for (;;) {
      try {
        this.#connection = await Deno.connect({ hostname: "127.0.0.1", port });
        break;
      } catch {
        // Nobody listens yet, or too many come at once.
        await new Promise((resume) => setTimeout(resume, RETRY_MS * Math.random()));
      }
    }
    this.#gone = this.#welcome = false;
    const last = this.receivedSequences.at(-1) ?? this.#options.ignoreAfter;
    this.#early = last === undefined ? undefined : [];
    const after = last === undefined ? {} : { after: { main: last } };
    const hello = encodeFrame(serialize({ code: 102, client: "returner/1", username: this.#name, ...after }));
    await this.#connection.write(hello);
    this.#reading = this.#read(this.#connection);
    await this.#until(() => this.#welcome && this.#early === undefined, "its welcome and what it missed");
  }

  /**
   * Waits until it has heard a line.
   *
   * @param sequence the number of the line
   */
  waitFor(sequence: number): Promise<void> {
    return this.#until(() => (this.receivedSequences.at(-1) ?? 0) >= sequence, `line ${sequence}`);
  }

  /** Waits until the hub has gone. */
  async waitForClose(): Promise<void> {
    await this.#until(() => this.#gone, "the end of the hub");
    await this.#reading;
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#gone) this.#connection?.close();
    this.#connection = undefined;
    await this.#reading;
  }

  async #until(there: () => boolean, what: string): Promise<void> {
    while (!there()) {
      const story = () => `${this.#name} waits for ${what}; it has heard ${this.receivedSequences.at(-1)}`;
      await withDeadline(this.#news.promise, story, this.#options.deadlineMs);
    }
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    const decoder = new BodyDecoder();
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
        if (this.#options.ignoreAfter !== undefined && this.#welcome && this.#early === undefined) continue;
        decoder.push(buffer.subarray(0, count));
        for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
          // Of thousands that come, each is told of each: most of what they are told is that.
          if (HEARD.test(body)) this.#take(JSON.parse(body));
        }
      }
    } catch {
      // It was killed, or left itself.
    }
    if (this.#connection === connection) connection.close();
    this.#gone = true;
    this.#tell();
  }

  // deno-lint-ignore no-explicit-any -- a test client takes what comes
  #take(message: any): void {
    if (message.code === 210) this.#welcome = true;
    else if (message.code === 208 && this.#early !== undefined) {
      for (const { sequence } of message.messages) this.receivedSequences.push(sequence);
      if (!message.more) {
        this.receivedSequences.push(...this.#early);
        this.#early = undefined;
      }
    } else if (message.code === 200 && message.message.sequence !== undefined) {
      (this.#early ?? this.receivedSequences).push(message.message.sequence);
    } else return;
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
