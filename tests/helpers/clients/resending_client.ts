/**
 * A client of the extension that says a line until it is acknowledged, whatever happens to the hub, and comes back to
 * hear what it missed. Written from the protocol alone, on the codec of the project.
 *
 * @module
 */
import { BodyDecoder, type ClientMessage, encodeFrame, parseBody, serialize } from "../../../protocol/mod.ts";

/** A line that was acknowledged. */
export interface Acknowledged {
  /** What was said. */
  text: string;
  /** The number that it was given. */
  sequence: number;
}

/** How many lines may be under way. */
const WINDOW = 20;

/** How long it waits before it asks again for a name that its last connection may still have, in milliseconds. */
const NAME_RETRY_MS = 50;

/** How an {@linkcode ResendingClient} talks. */
export interface ResendingClientOptions {
  /** How often it says a line, in milliseconds; as often as lines are acknowledged without. */
  everyMs?: number;
  /** The rooms that it is in beside `main`; it says nothing there. */
  rooms?: string[];
}

/** Somebody who insists. */
export class ResendingClient {
  readonly #name: string;
  readonly #onAcknowledged: () => void;
  readonly #options: ResendingClientOptions;
  /** There while it reads nothing; resolves when it goes on. */
  #stalled: Promise<void> | undefined;
  #endStall: () => void = () => {};
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Lines that are not acknowledged, by their ids, in order. */
  readonly #unacknowledged = new Map<string, string>();
  #count = 0;
  #connection: Deno.TcpConn | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #caughtUp = false;
  /** Whether lines may come twice, since it had to ask for some. */
  #overlapping = false;
  /** Live lines that came before what was missed. */
  #early: { sequence: number; message: string }[] = [];
  #done = Promise.withResolvers<void>();
  /** What was acknowledged, in the order of the acknowledgements. */
  readonly acknowledged: Acknowledged[] = [];
  /** What was heard, in order: number and text. */
  readonly received: [number, string][] = [];
  /** What went against the protocol. */
  readonly faults: string[] = [];

  /**
   * Makes one that is not connected.
   *
   * @param name its name
   * @param onAcknowledged called after each acknowledgement
   * @param options how it talks
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

  /** Ends its connection, if it has one, without a word. */
  reset(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * Reads nothing for a while.
   *
   * @param ms for how many milliseconds
   */
  pauseReading(ms: number): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#stalled = promise;
    this.#endStall = () => {
      clearTimeout(timer);
      resolve();
    };
  }

  /** How many lines it has said. */
  get sentCount(): number {
    return this.#count;
  }

  /**
   * Talks to a hub until that is gone, or everything is acknowledged after `stop`.
   *
   * @param port where the hub is
   */
  async run(port: number): Promise<void> {
    const connection = this.#connection = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#caughtUp = false;
    this.#early = [];
    this.#overlapping = false;
    this.#hello();
    const decoder = new BodyDecoder();
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        if (this.#stalled !== undefined) await this.#stalled;
        this.#stalled = undefined;
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
    const { rooms = [] } = this.#options;
    const after = { main: this.#last };
    this.#send({ code: 102, client: "insister/1", username: this.#name, rooms, after, ref: "hello" });
  }

  /**
   * Says nothing new any more.
   *
   * @returns when everything is acknowledged
   */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#endStall();
    this.#checkDone();
    return this.#done.promise;
  }

  /** Waits until it has heard a line. */
  async waitFor(sequence: number): Promise<void> {
    while (this.#last < sequence) {
      this.#send({ code: 110, ref: "p" });
      await this.#next.promise;
    }
  }

  /** The number of the last line that it has heard. */
  get #last(): number {
    return this.received.at(-1)?.[0] ?? 0;
  }

  #next = Promise.withResolvers<void>();

  #receive(body: string): void {
    // deno-lint-ignore no-explicit-any -- a test client takes what comes
    const message = parseBody(body) as any;
    switch (message.code) {
      case 210:
        for (const [id, text] of this.#unacknowledged) this.#say(id, text);
        this.#sayMore();
        break;
      case 208:
        if (message.room !== "main") break;
        for (const line of message.messages) this.#hear(line);
        if (message.more) {
          // What it asks for may overlap with what it is told anyway.
          this.#overlapping = true;
          this.#send({ code: 105, room: "main", after: this.#last, limit: 500 });
          break;
        }
        this.#caughtUp = true;
        for (const line of this.#early) this.#hear(line);
        break;
      case 200:
        if (message.message.sequence === undefined) this.faults.push(body);
        else if (message.message.room !== "main") break;
        else if (this.#caughtUp) this.#hear(message.message);
        else this.#early.push(message.message);
        break;
      case 207: {
        const text = this.#unacknowledged.get(message.ref);
        if (text === undefined || message.stored === false) this.faults.push(body);
        else this.acknowledged.push({ text, sequence: message.sequence });
        this.#unacknowledged.delete(message.ref);
        this.#onAcknowledged();
        this.#sayMore();
        this.#checkDone();
        break;
      }
      case 206:
        // Its last connection may not be known to have ended.
        if (message.ref === "hello" && message.error === "name_taken") {
          this.#timer = setTimeout(() => this.#hello(), NAME_RETRY_MS);
        } else this.faults.push(body);
    }
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  #hear({ sequence, message }: { sequence: number; message: string }): void {
    if (this.#overlapping && sequence <= this.#last) return;
    this.received.push([sequence, message]);
  }

  #sayMore(): void {
    const { everyMs } = this.#options;
    while (!this.#stopped && this.#connection !== undefined && this.#unacknowledged.size < WINDOW) {
      if (everyMs !== undefined) {
        const waitMs = this.#saidAt + everyMs - performance.now();
        if (waitMs > 0) {
          if (this.#timer === undefined) {
            this.#timer = setTimeout(() => {
              this.#timer = undefined;
              this.#sayMore();
            }, waitMs);
          }
          return;
        }
        this.#saidAt = performance.now();
      }
      const id = String(++this.#count);
      const text = `${this.#name} ${id}`;
      this.#unacknowledged.set(id, text);
      this.#say(id, text);
    }
  }

  #say(id: string, message: string): void {
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
