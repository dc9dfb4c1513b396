/**
 * A client of the extension that only reads, reconnects after the hub restarts, and gets the messages it missed.
 * Thousands of them fit into one process.
 *
 * @module
 */
import { BodyDecoder, encodeFrame, serialize } from "../../../protocol/mod.ts";
import { withDeadline } from "../deadline.ts";

const READ_BYTES = 4096;

/** The messages it looks at: chat messages, the missed ones, and the 210. */
const RELEVANT = /^\{"code":(?:200|208|210),/;

/** The longest wait before the next attempt to connect, in milliseconds. */
const RETRY_MS = 200;

/** How a {@linkcode ReconnectingClient} reads. */
export interface ReconnectingClientOptions {
  /**
   * If set, it requests the messages after this sequence number when it connects, and afterwards reads without looking
   * at anything. Ten thousand clients that are notified of each other are too many to parse everything in one process.
   */
  ignoreAfter?: number;
  /** How long it waits for anything, in milliseconds; the deadline of tests if not given. */
  deadlineMs?: number;
}

/** The client. */
export class ReconnectingClient implements AsyncDisposable {
  readonly #name: string;
  readonly #options: ReconnectingClientOptions;
  #connection: Deno.TcpConn | undefined;
  #reading: Promise<void> = Promise.resolve();
  #news = Promise.withResolvers<void>();
  #welcome = false;
  /** Live messages that arrived before the missed ones. */
  #early: number[] | undefined;
  #gone = false;
  /** The sequence numbers of the messages in `main` that it got, in order. */
  readonly receivedSequences: number[] = [];

  /**
   * Makes a client that is not connected.
   *
   * @param name its name
   * @param options see {@linkcode ReconnectingClientOptions}
   */
  constructor(name: string, options: ReconnectingClientOptions = {}) {
    this.#name = name;
    this.#options = options;
  }

  /**
   * Tries to connect until it succeeds, and sends a 102 with the sequence number of its last message, if any.
   *
   * @param port the port of the hub on 127.0.0.1
   * @returns resolves when it got the 210 and the missed messages
   */
  async connect(port: number): Promise<void> {
    for (;;) {
      try {
        this.#connection = await Deno.connect({ hostname: "127.0.0.1", port });
        break;
      } catch {
        // Nothing listens yet, or too many clients connect at once.
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
    await this.#until(() => this.#welcome && this.#early === undefined, "the 210 and the missed messages");
  }

  /**
   * Waits for a message.
   *
   * @param sequence the sequence number of the message
   */
  waitFor(sequence: number): Promise<void> {
    return this.#until(() => (this.receivedSequences.at(-1) ?? 0) >= sequence, `message ${sequence}`);
  }

  /** Waits until the connection is closed. */
  async waitForClose(): Promise<void> {
    await this.#until(() => this.#gone, "the end of the connection");
    await this.#reading;
  }

  /** Disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#gone) this.#connection?.close();
    this.#connection = undefined;
    await this.#reading;
  }

  async #until(there: () => boolean, what: string): Promise<void> {
    while (!there()) {
      const story = () =>
        `${this.#name} waits for ${what}; the last message is ${this.receivedSequences.at(-1)}`;
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
          // When thousands connect, most messages are the notices of their arrivals.
          if (RELEVANT.test(body)) this.#take(JSON.parse(body));
        }
      }
    } catch {
      // The hub was killed, or the client disconnected.
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
