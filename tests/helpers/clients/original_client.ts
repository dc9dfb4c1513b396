/**
 * A client that speaks the base of the protocol as the original RiftChat's does, for tests.
 *
 * It is written from `docs/protocol.md` alone and shares no code with `protocol/`, so that a mistake there cannot hide
 * itself here: it frames on its own, writes JSON as Python's `json.dumps` does and reads at most 1,024 bytes at a time.
 * Everything that arrives is kept, byte for byte. With `sendJson` and `sendRaw` it is also a client of the extension, or
 * a hostile one.
 *
 * @module
 */

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

/** A message of a server, with every field it came with. */
export type Received = { [field: string]: Json } & {
  /** What the message is. */
  code: number;
};

/** How an {@linkcode OriginalClient} connects. */
export interface OriginalClientOptions {
  /** The host to connect to; `127.0.0.1` if not given. */
  hostname?: string;
  /** After how many milliseconds of waiting for one message a test has failed; 10,000 if not given. */
  deadlineMs?: number;
}

const [READ_BYTES, HEADER_BYTES, MAX_BODY_BYTES] = [1024, 8, 65_536];

/**
 * Writes JSON as Python's `json.dumps` does: a space after each `:` and `,`, and DEL and everything beyond ASCII escaped.
 *
 * @param value what to write
 * @returns the text, all of it ASCII
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
 * One connection of the original's client.
 *
 * It reads on its own from the moment it is connected; what has arrived waits for {@linkcode OriginalClient.next}.
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
  /** Every frame that has arrived, header included, oldest first. */
  readonly frames: Uint8Array[] = [];
  /** What those frames said, in the same order. */
  readonly received: Received[] = [];
  /**
   * Resolves when the connection has ended, whoever ended it: to `undefined` where it ended between two frames, else to
   * what went wrong (a reset, half a frame, something that is no frame).
   */
  readonly closed: Promise<Error | undefined>;

  readonly #connection: Deno.Conn;
  readonly #deadlineMs: number;
  #unread: Received[] = [];
  #waiters: PromiseWithResolvers<Received>[] = [];
  #writing: Promise<void> = Promise.resolve();
  /** There while reading is paused; resolves when it goes on. */
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
   * @param options where, and how patient
   * @returns the client, before it has been given its name
   * @throws {Error} when nobody listens there
   */
  static async connect(port: number, options: OriginalClientOptions = {}): Promise<OriginalClient> {
    const { hostname = "127.0.0.1", deadlineMs = 10_000 } = options;
    return new OriginalClient(await Deno.connect({ hostname, port }), deadlineMs);
  }

  /** The name that the server gave last; empty before the first 202. */
  get username(): string {
    const last = this.received.findLast(({ code }) => code === 202);
    return typeof last?.new === "string" ? last.new : "";
  }

  /**
   * Says a line: 100.
   *
   * @param text the line
   * @returns when it has been written
   * @throws {Error} when the connection has ended
   */
  say(text: string): Promise<void> {
    return this.sendJson({ code: 100, message: text });
  }

  /**
   * Asks for another name: 101.
   *
   * @param username the name wanted
   * @returns when it has been written
   * @throws {Error} when the connection has ended
   */
  rename(username: string): Promise<void> {
    return this.sendJson({ code: 101, username });
  }

  /**
   * Sends any JSON as one frame.
   *
   * @param value what to send, allowed or not
   * @returns when it has been written
   * @throws {Error} when the connection has ended
   */
  sendJson(value: Json): Promise<void> {
    const body = new TextEncoder().encode(pythonJson(value));
    const frame = new Uint8Array(HEADER_BYTES + body.length);
    new DataView(frame.buffer).setBigUint64(0, BigInt(body.length));
    frame.set(body, HEADER_BYTES);
    return this.sendRaw(frame);
  }

  /**
   * Sends any bytes as they are, after those that are still being sent.
   *
   * @param bytes what to send, a frame or not
   * @returns when they have been written
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
   * Waits for the next message that nobody has taken yet.
   *
   * @returns the message
   * @throws {Error} when the connection has ended and nothing is left, or when the deadline has passed
   */
  next(): Promise<Received> {
    const unread = this.#unread.shift();
    if (unread !== undefined) return Promise.resolve(unread);
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
   * Waits for the next message with a code, passing over those before it (they stay in `received`).
   *
   * @param code the code wanted
   * @returns the message
   * @throws {Error} as {@linkcode OriginalClient.next}
   */
  nextOf(code: number): Promise<Received> {
    return this.until((message) => message.code === code);
  }

  /**
   * Waits for the next message that is as wanted, passing over those before it (they stay in `received`).
   *
   * @param wanted says of a message whether it is the one
   * @returns the message
   * @throws {Error} as {@linkcode OriginalClient.next}
   */
  async until(wanted: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const message = await this.next();
      if (wanted(message)) return message;
    }
  }

  /** Stops reading, but for at most one read of 1,024 bytes, until {@linkcode OriginalClient.resume}. */
  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  /** Reads on after {@linkcode OriginalClient.pause}. */
  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Closes the connection without a word, as the original does, and waits until nothing of it is left. */
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

  /** Reads until the end and says how it was, as `closed` does. */
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
    let have = 0;
    for (;;) {
      if (this.#paused !== undefined) await this.#paused.promise;
      const count = await this.#connection.read(chunk);
      if (count === null) break;
      for (let start = 0; start < count;) {
        const need = have < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + bodyLength(frame);
        const some = chunk.subarray(start, Math.min(count, start + need - have));
        frame.set(some, have);
        have += some.length;
        start += some.length;
        if (have === need && need > HEADER_BYTES) {
          this.#take(frame.slice(0, need));
          have = 0;
        }
      }
    }
    if (have > 0) throw new Error(`The server ended with ${have} bytes of a frame whose rest never came`);
  }

  #take(frame: Uint8Array): void {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      frame.subarray(HEADER_BYTES),
    );
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

/** The length that a header announces, where a server may send it. */
function bodyLength(header: Uint8Array): number {
  const length = new DataView(header.buffer).getBigUint64(0);
  if (length < 2n || length > MAX_BODY_BYTES) {
    throw new Error(`The server announced a body of ${length} bytes`);
  }
  return Number(length);
}
