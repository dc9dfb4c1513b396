/**
 * A client of the extension that sends each message until it is acknowledged, even if the hub is killed, and that gets
 * the messages it missed after it reconnects. It is written from `docs/protocol.md` and uses only the codec of
 * `protocol/`. The file is long because what is acknowledged, refused and missed is the state of one client.
 *
 * @module
 */
import { BodyDecoder, type ClientMessage, encodeFrame, parseBody, serialize } from "../../../protocol/mod.ts";

/** An acknowledged message. */
export interface Acknowledged {
  /** The text. */
  text: string;
  /** Its sequence number. */
  sequence: number;
}

/** How many messages may be unacknowledged at the same time. */
const WINDOW = 20;

/** How long it waits before it requests its name again, which its last connection may still have, in milliseconds. */
const NAME_RETRY_MS = 50;

/** What a hub of a cluster tells everyone when it begins to refuse messages, which are sent again, and afterwards. */
const REACH_NOTICE = /^This hub (?:does not reach|reaches) the other hubs /;

/** How an {@linkcode ResendingClient} sends. */
export interface ResendingClientOptions {
  /** The time between two messages, in milliseconds; if not given, it sends as fast as messages are acknowledged. */
  everyMs?: number;
  /** The rooms that it joins besides `main`; it sends nothing there. */
  rooms?: string[];
  /** The secret by which a hub knows it again, whatever became of its last connection. */
  session?: string;
  /** Called with each message that it receives, in place of a list of all. */
  onReceived?: (sequence: number, text: string) => void;
}

/** The client. */
export class ResendingClient {
  readonly #name: string;
  readonly #onAcknowledged: () => void;
  readonly #options: ResendingClientOptions;
  /** Set while reading is paused; resolves when it continues. */
  #paused: Promise<void> | undefined;
  #resume: () => void = () => {};
  #sentAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The texts of unacknowledged messages by their ids, in order. */
  readonly #unacknowledged = new Map<string, string>();
  /** The ids of those that the hub has refused for now, in order. */
  readonly #refused = new Set<string>();
  #count = 0;
  #last = 0;
  #connection: Deno.TcpConn | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #caughtUp = false;
  /** Whether the hub has accepted the connection; it may refuse one when it is full. */
  #accepted = false;
  /** Whether messages may come twice, because it requested some with a 105. */
  #overlapping = false;
  /** Live messages that arrived before the missed ones. */
  #early: { sequence: number; message: string }[] = [];
  #done = Promise.withResolvers<void>();
  /** The acknowledged messages, in the order of the acknowledgements. */
  readonly acknowledged: Acknowledged[] = [];
  /** The sequence numbers and texts of the received messages, in order. */
  readonly received: [number, string][] = [];
  /** The texts of messages that a hub has refused once, as it could not take them for now. */
  readonly refused = new Set<string>();
  /** Messages of the hub that violate the protocol. */
  readonly faults: string[] = [];

  /**
   * Makes a client that is not connected.
   *
   * @param name its name
   * @param onAcknowledged called after each acknowledgement
   * @param options see {@linkcode ResendingClientOptions}
   */
  constructor(name: string, onAcknowledged: () => void, options: ResendingClientOptions = {}) {
    this.#name = name;
    this.#onAcknowledged = onAcknowledged;
    this.#options = options;
  }

  /** Its name. */
  get name(): string {
    return this.#name;
  }

  /** Closes its connection, if it has one, without a farewell. */
  reset(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * Pauses reading.
   *
   * @param ms how long, in milliseconds
   */
  pauseReading(ms: number): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#paused = promise;
    this.#resume = () => {
      clearTimeout(timer);
      resolve();
    };
  }

  /** How many messages it sent. */
  get sentCount(): number {
    return this.#count;
  }

  /**
   * Connects to a hub and sends messages until the connection is closed.
   *
   * @param port the port of the hub on 127.0.0.1
   */
  async run(port: number): Promise<void> {
    const connection = this.#connection = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#caughtUp = this.#accepted = false;
    this.#early = [];
    this.#overlapping = false;
    this.#hello();
    const decoder = new BodyDecoder();
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        if (this.#paused !== undefined) await this.#paused;
        this.#paused = undefined;
        decoder.push(buffer.subarray(0, count));
        for (let body = decoder.next(); body !== undefined; body = decoder.next()) this.#receive(body);
      }
    } catch {
      // The hub was killed, or it closed the connection itself.
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    if (this.#connection === connection) connection.close();
    this.#connection = undefined;
  }

  #hello(): void {
    const { rooms = [], session } = this.#options;
    const after = { main: this.#last };
    const more = session === undefined ? {} : { session };
    this.#send({
      code: 102,
      client: "resending/1",
      username: this.#name,
      rooms,
      after,
      ref: "hello",
      ...more,
    });
  }

  /**
   * Stops sending new messages.
   *
   * @returns resolves when all messages are acknowledged
   */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#resume();
    this.#checkDone();
    return this.#done.promise;
  }

  /** Waits for the message with a sequence number. */
  async waitFor(sequence: number): Promise<void> {
    while (this.#last < sequence) {
      this.#send({ code: 110, ref: "p" });
      await this.#next.promise;
    }
  }

  /** The sequence number of the last message; 0 without one. */
  get last(): number {
    return this.#last;
  }

  #next = Promise.withResolvers<void>();

  #receive(body: string): void {
    // deno-lint-ignore no-explicit-any -- a test client takes what comes
    const message = parseBody(body) as any;
    if (!this.#accepted && message.code !== 202) return;
    switch (message.code) {
      case 202:
        this.#accepted = true;
        break;
      case 210:
        this.#refused.clear();
        for (const [id, text] of this.#unacknowledged) this.#sendMessage(id, text);
        this.#sendMore();
        break;
      case 208:
        if (message.room !== "main") break;
        for (const line of message.messages) this.#take(line);
        if (message.more) {
          // The requested messages may overlap with live ones.
          this.#overlapping = true;
          this.#send({ code: 105, room: "main", after: this.#last, limit: 500 });
          break;
        }
        this.#caughtUp = true;
        for (const line of this.#early) this.#take(line);
        break;
      case 200:
        if (message.message.sequence === undefined) {
          if (!REACH_NOTICE.test(message.message.message)) this.faults.push(body);
        } else if (message.message.room !== "main") break;
        else if (this.#caughtUp) this.#take(message.message);
        else this.#early.push(message.message);
        break;
      case 207: {
        const text = this.#unacknowledged.get(message.ref);
        if (text === undefined || message.stored === false) this.faults.push(body);
        else this.acknowledged.push({ text, sequence: message.sequence });
        this.#unacknowledged.delete(message.ref);
        this.#onAcknowledged();
        this.#sendMore();
        this.#checkDone();
        break;
      }
      case 206:
        // The hub may not have noticed yet that the last connection is closed.
        if (message.ref === "hello" && message.error === "name_taken") {
          this.#timer = setTimeout(() => this.#hello(), NAME_RETRY_MS);
        } else if (message.ref === "hello" && message.error === "unavailable") {
          this.#timer = setTimeout(() => this.#hello(), message.retry_after_ms);
        } else if (message.error === "unavailable" && this.#unacknowledged.has(message.ref)) {
          this.refused.add(this.#unacknowledged.get(message.ref)!);
          if (this.#refused.size === 0) {
            this.#timer = setTimeout(() => this.#sendRefused(), message.retry_after_ms);
          }
          this.#refused.add(message.ref);
        } else this.faults.push(body);
    }
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  #take({ sequence, message }: { sequence: number; message: string }): void {
    if (this.#overlapping && sequence <= this.#last) return;
    this.#last = sequence;
    const { onReceived } = this.#options;
    if (onReceived === undefined) this.received.push([sequence, message]);
    else onReceived(sequence, message);
  }

  /** Sends what was refused again, in order. */
  #sendRefused(): void {
    this.#timer = undefined;
    const ids = [...this.#refused].sort((a, b) => Number(a) - Number(b));
    this.#refused.clear();
    for (const id of ids) this.#sendMessage(id, this.#unacknowledged.get(id)!);
    this.#sendMore();
  }

  #sendMore(): void {
    if (this.#refused.size > 0) return;
    const { everyMs } = this.#options;
    while (!this.#stopped && this.#connection !== undefined && this.#unacknowledged.size < WINDOW) {
      if (everyMs !== undefined) {
        const waitMs = this.#sentAt + everyMs - performance.now();
        if (waitMs > 0) {
          if (this.#timer === undefined) {
            this.#timer = setTimeout(() => {
              this.#timer = undefined;
              this.#sendMore();
            }, waitMs);
          }
          return;
        }
        this.#sentAt = performance.now();
      }
      const id = String(++this.#count);
      const text = `${this.#name} ${id}`;
      this.#unacknowledged.set(id, text);
      this.#sendMessage(id, text);
    }
  }

  #sendMessage(id: string, message: string): void {
    this.#send({ code: 103, room: "main", message, id, ref: id });
  }

  #send(message: ClientMessage): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const bytes = encodeFrame(serialize(message));
    this.#writing = this.#writing.then(async () => {
      for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
    }).catch(() => {});
  }

  #checkDone(): void {
    if (this.#stopped && this.#unacknowledged.size === 0) this.#done.resolve();
  }
}
