/**
 * Test doubles for output, input and a clock: a test waits for written text, types text, and advances the time.
 *
 * @module
 */
import type { TimedClock } from "../../../runtime/mod.ts";
import type { Sink } from "../../../client/machine/output.ts";

/** An output that accepts a few bytes a write, as a pipe may. */
export class Recorder implements Sink {
  /** All written text. */
  text = "";
  readonly #utf8 = new TextDecoder();
  readonly #bytesAWrite: number;
  #watchers: (() => void)[] = [];

  /**
   * Makes an empty output.
   *
   * @param bytesAWrite the most bytes it accepts in one write
   */
  constructor(bytesAWrite = 7) {
    this.#bytesAWrite = bytesAWrite;
  }

  /** Implements `Sink`. */
  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.subarray(0, this.#bytesAWrite);
    this.text += this.#utf8.decode(taken, { stream: true });
    for (const check of this.#watchers) check();
    return Promise.resolve(taken.length);
  }

  /** The written lines, without an incomplete last one. */
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  /**
   * Waits for a text.
   *
   * @param wanted the text
   * @returns resolves when the text has been written
   */
  until(wanted: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!this.text.includes(wanted)) return;
      this.#watchers = this.#watchers.filter((watcher) => watcher !== check);
      resolve();
    };
    this.#watchers.push(check);
    check();
    return promise;
  }
}

/** An input stream that a test types into. */
export class TestInput {
  readonly #stream: TransformStream<Uint8Array, Uint8Array> = new TransformStream();
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> = this.#stream.writable.getWriter();

  /** The stream of the typed bytes. */
  get stream(): ReadableStream<Uint8Array> {
    return this.#stream.readable;
  }

  /**
   * Types.
   *
   * @param input text, or any bytes
   * @returns resolves when the input has been read, or the reader has gone
   */
  async type(input: string | Uint8Array): Promise<void> {
    await this.#writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input).catch(
      () => {},
    );
  }

  /** Ends the input. */
  async end(): Promise<void> {
    await this.#writer.close().catch(() => {});
  }
}

/** A clock that advances only when the test says so. */
export class ManualClock implements TimedClock {
  #now = 0;
  #wallOffset = 1_700_000_000_000;
  readonly #timers = new Set<{ at: number; action: () => void }>();

  /** The number of pending timers. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Implements `TimedClock`. */
  wall(): number {
    return this.#now + this.#wallOffset;
  }

  /** Implements `TimedClock`. */
  elapsed(): number {
    return this.#now;
  }

  /** Implements `TimedClock`. */
  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Advances the time. Timers run in order, each at its time, also timers that are started meanwhile.
   *
   * @param ms the time to advance, in milliseconds
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.action();
    }
    this.#now = end;
  }

  /**
   * Simulates a sleep of the machine: the time of day advances, the elapsed time does not.
   *
   * @param ms the length of the sleep, in milliseconds
   */
  sleep(ms: number): void {
    this.#wallOffset += ms;
  }

  /**
   * Simulates a stopped process: the clocks advance, and timers that were due meanwhile run late.
   *
   * @param ms the length of the stop, in milliseconds
   */
  stop(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(): { at: number; action: () => void } | undefined {
    return [...this.#timers].sort((a, b) => a.at - b.at)[0];
  }
}
