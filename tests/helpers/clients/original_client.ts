/**
 * A client that speaks the base of the protocol like the client of the original RiftChat.
 *
 * It is written from `docs/protocol.md` and shares no code with `protocol/`, so that a mistake there cannot hide here.
 * It has its own framing, writes JSON like Python's `json.dumps`, and reads at most 1,024 bytes at a time. It stores
 * all bytes that it receives. With `sendJson` and `sendRaw` it is also a client of the extension, or a hostile one.
 *
 * The file is long because it has a framing of its own.
 *
 * @module
 */
import { DEADLINE_MS } from "../deadline.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

/** A message of a server, with all its fields. */
export type Received = { [field: string]: Json } & {
  /** The code of the message. */
  code: number;
};

/** How an {@linkcode OriginalClient} connects. */
export interface OriginalClientOptions {
  /** The host to connect to; `127.0.0.1` if not given. */
  hostname?: string;
  /** How long to wait for one message before the test fails, in milliseconds; {@linkcode DEADLINE_MS} if not given. */
  deadlineMs?: number;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const [READ_BYTES, HEADER_BYTES, MAX_BODY_BYTES] = [1024, 8, 65_536];

/**
 * Writes JSON like Python's `json.dumps`: a space after each `:` and `,`; DEL and everything beyond ASCII is escaped.
 *
 * @param value the value
 * @returns the JSON text, all of it ASCII
 */
export function pythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${
      Object.entries(value).map(([key, part]) => `${pythonJson(key)}: ${pythonJson(part)}`).join(", ")
    }}`;
  }
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/**
 * One connection. It reads by itself from the start; {@linkcode OriginalClient.next} returns the messages in order.
 *
 * @example
 * ```ts
 * await using ana = await OriginalClient.connect(port);
 * await ana.rename("ana");
 * await ana.say("hello");
 * assertEquals((await ana.nextOf(200)).message, ...);
 * ```
 */
export class OriginalClient implements AsyncDisposable {
  /** All received frames, header included, oldest first. */
  readonly frames: Uint8Array[] = [];
  /** The messages in those frames, in the same order. */
  readonly received: Received[] = [];
  /**
   * Resolves when the connection is closed by either side: to `undefined` if it was closed between two frames, else to
   * the error (a reset, half a frame, something that is not a frame).
   */
  readonly closed: Promise<Error | undefined>;

  readonly #connection: Deno.Conn;
  readonly #deadlineMs: number;
  #unread: Received[] = [];
  /** How many of `#unread` were read: to remove each from the front of a long array is slow. */
  #read = 0;
  #waiters: PromiseWithResolvers<Received>[] = [];
  #writing: Promise<void> = Promise.resolve();
  /** Set while reading is paused; resolves when it continues. */
  #paused: PromiseWithResolvers<void> | undefined;
  #closedHere = false;
  #ended: Error | undefined;

  private constructor(connection: Deno.Conn, deadlineMs: number) {
    this.#connection = connection;
    this.#deadlineMs = deadlineMs;
    this.closed = this.#readAll();
  }

  /**
   * Connects.
   *
   * @param port the port to connect to
   * @param options see {@linkcode OriginalClientOptions}
   * @returns the client, before the hub has given it a name
   * @throws {Error} if nothing listens there
   */
  static async connect(port: number, options: OriginalClientOptions = {}): Promise<OriginalClient> {
    const { hostname = "127.0.0.1", deadlineMs = DEADLINE_MS } = options;
    return new OriginalClient(await Deno.connect({ hostname, port }), deadlineMs);
  }

  /** The name in the last 202; empty before the first one. */
  get username(): string {
    const last = this.received.findLast(({ code }) => code === 202);
    return typeof last?.new === "string" ? last.new : "";
  }

  /**
   * Sends a message: 100.
   *
   * @param text the text
   * @returns resolves when it is written
   * @throws {Error} when the connection has ended
   */
  say(text: string): Promise<void> {
    return this.sendJson({ code: 100, message: text });
  }

  /**
   * Requests another name: 101.
   *
   * @param username the requested name
   * @returns resolves when it is written
   * @throws {Error} when the connection has ended
   */
  rename(username: string): Promise<void> {
    return this.sendJson({ code: 101, username });
  }

  /**
   * Makes the hub announce this client at once, under the name that it has: a request does that.
   *
   * @returns resolves when everyone was notified
   */
  async beAnnounced(): Promise<void> {
    if (this.username === "") await this.nextOf(202);
    const { username } = this;
    await this.rename(username);
    await this.until(({ code, new: name }) => code === 201 && name === username);
  }

  /**
   * Sends any JSON as one frame.
   *
   * @param value the value, a valid message or not
   * @returns resolves when it is written
   * @throws {Error} when the connection has ended
   */
  sendJson(value: Json): Promise<void> {
    return this.sendRaw(frameOf(value));
  }

  /**
   * Sends several JSON values, each as one frame, in one write.
   *
   * @param values the values, valid messages or not
   * @returns resolves when they are written
   * @throws {Error} when the connection has ended
   */
  sendFrames(values: Json[]): Promise<void> {
    return this.sendRaw(new Uint8Array(values.flatMap((value) => [...frameOf(value)])));
  }

  /**
   * Sends any bytes, after those that are still being sent.
   *
   * @param bytes the bytes, a frame or not
   * @returns resolves when they are written
   * @throws {Error} when the connection has ended
   */
  sendRaw(bytes: Uint8Array): Promise<void> {
    const written = this.#writing.then(async () => {
      for (let start = 0; start < bytes.length;) start += await this.#connection.write(bytes.subarray(start));
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  /**
   * Waits for the next message.
   *
   * @returns the message
   * @throws {Error} when the connection is closed and no message is left, or at the deadline
   */
  next(): Promise<Received> {
    if (this.#read < this.#unread.length) {
      const message = this.#unread[this.#read++]!;
      if (this.#read === this.#unread.length) [this.#unread, this.#read] = [[], 0];
      return Promise.resolve(message);
    }
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const waiter = Promise.withResolvers<Received>();
    this.#waiters.push(waiter);
    const timer = setTimeout(() => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      waiter.reject(
        new Error(`No message came in ${this.#deadlineMs} ms; the last ones were ${this.#lastOnes()}`),
      );
    }, this.#deadlineMs);
    return waiter.promise.finally(() => clearTimeout(timer));
  }

  /**
   * Waits for the next message with a code and skips the others (they stay in `received`).
   *
   * @param code the code
   * @returns the message
   * @throws {Error} as {@linkcode OriginalClient.next}
   */
  nextOf(code: number): Promise<Received> {
    return this.until((message) => message.code === code);
  }

  /**
   * Waits for the next message that matches and skips the others (they stay in `received`).
   *
   * @param wanted returns whether a message matches
   * @returns the message
   * @throws {Error} as {@linkcode OriginalClient.next}
   */
  async until(wanted: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const message = await this.next();
      if (wanted(message)) return message;
    }
  }

  /** Stops reading, after at most one more read of 1,024 bytes, until {@linkcode OriginalClient.resume}. */
  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  /** Continues reading after {@linkcode OriginalClient.pause}. */
  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Closes the connection without a farewell, as the original does, and waits until it is closed. */
  async close(): Promise<void> {
    if (!this.#closedHere && this.#ended === undefined) this.#connection.close();
    this.#closedHere = true;
    this.resume();
    await Promise.all([this.closed, this.#writing]);
  }

  /** As {@linkcode OriginalClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads until the connection is closed; returns the value of `closed`. */
  async #readAll(): Promise<Error | undefined> {
    let fault: Error | undefined;
    try {
      await this.#readFrames();
    } catch (error) {
      if (!this.#closedHere) fault = error instanceof Error ? error : new Error(String(error));
    }
    this.#ended = new Error(
      `The connection ${
        this.#closedHere ? "was closed here" : "has ended"
      }; the last messages were ${this.#lastOnes()}`,
      { cause: fault },
    );
    if (!this.#closedHere) this.#connection.close();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#ended);
    return fault;
  }

  async #readFrames(): Promise<void> {
    const chunk = new Uint8Array(READ_BYTES);
    const frame = new Uint8Array(HEADER_BYTES + MAX_BODY_BYTES);
    let have = 0, need = HEADER_BYTES;
    for (;;) {
      if (this.#paused !== undefined) await this.#paused.promise;
      const count = await this.#connection.read(chunk);
      if (count === null) break;
      for (let start = 0; start < count;) {
        const some = chunk.subarray(start, Math.min(count, start + need - have));
        frame.set(some, have);
        have += some.length;
        start += some.length;
        if (have < need) continue;
        if (need === HEADER_BYTES) {
          need += bodyLength(frame);
        } else {
          this.#take(frame.slice(0, need));
          have = 0;
          need = HEADER_BYTES;
        }
      }
    }
    if (have > 0) throw new Error(`The server closed the connection after ${have} bytes of a frame`);
  }

  #take(frame: Uint8Array): void {
    const json = UTF8.decode(frame.subarray(HEADER_BYTES));
    const message: Received = JSON.parse(json);
    if (!Number.isInteger(message?.code)) {
      throw new Error(`The server sent something without a code: ${json}`);
    }
    this.frames.push(frame);
    this.received.push(message);
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#unread.push(message);
    else waiter.resolve(message);
  }

  #lastOnes(): string {
    return this.received.length === 0 ? "none" : this.received.slice(-5).map(pythonJson).join(" ");
  }
}

/** Returns a JSON value as one frame. */
function frameOf(value: Json): Uint8Array {
  const body = new TextEncoder().encode(pythonJson(value));
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setBigUint64(0, BigInt(body.length));
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Returns the length in a header, if it is valid. */
function bodyLength(header: Uint8Array): number {
  const length = new DataView(header.buffer).getBigUint64(0);
  if (length < 2n || length > MAX_BODY_BYTES) {
    throw new Error(`The server announced a body of ${length} bytes`);
  }
  return Number(length);
}
