/**
 * What stands for a terminal, a pipe and a clock in tests: text that is written can be waited for, text can be typed,
 * and time passes when it is told to.
 *
 * @module
 */
import type { TimedClock } from "../../../runtime/mod.ts";
import type { Sink } from "../../../client/machine/output.ts";

/** Takes what is written, a few bytes at a time, as a pipe may. */
export class Recorder implements Sink {
  /** All that was written. */
  text = "";
  readonly #utf8 = new TextDecoder();
  readonly #bytesAWrite: number;
  #watchers: (() => void)[] = [];

  /**
   * Begins with nothing written.
   *
   * @param bytesAWrite how many bytes it takes at once
   */
  constructor(bytesAWrite = 7) {
    this.#bytesAWrite = bytesAWrite;
  }

  /** As for any sink. */
  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.subarray(0, this.#bytesAWrite);
    this.text += this.#utf8.decode(taken, { stream: true });
    for (const capabilities of this.#watchers) capabilities();
    return Promise.resolve(taken.length);
  }

  /** The lines that were written. */
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  /**
   * Waits for a text.
   *
   * @param wanted what has to be written
   * @returns resolves when it is
   */
  until(wanted: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const capabilities = () => {
      if (!this.text.includes(wanted)) return;
      this.#watchers = this.#watchers.filter((watcher) => watcher !== capabilities);
      resolve();
    };
    this.#watchers.push(capabilities);
    capabilities();
    return promise;
  }
}

/** Types into a stream. */
export class TestInput {
  readonly #stream: TransformStream<Uint8Array, Uint8Array> = new TransformStream();
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> = this.#stream.writable.getWriter();

  /** What is typed. */
  get stream(): ReadableStream<Uint8Array> {
    return this.#stream.readable;
  }

  /**
   * Types.
   *
   * @param input text, or bytes that need not be text
   * @returns resolves when it was read, or nobody will
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

/** A clock on which time passes when it is told to. */
export class ManualClock implements TimedClock {
  #now = 0;
  #asleep = 1_700_000_000_000;
  readonly #alarms = new Set<{ at: number; action: () => void }>();

  /** How many actions wait for their time. */
  get waiting(): number {
    return this.#alarms.size;
  }

  /** As for any clock. */
  wall(): number {
    return this.#now + this.#asleep;
  }

  /** As for any clock. */
  elapsed(): number {
    return this.#now;
  }

  /** As for any clock. */
  after(ms: number, action: () => void): () => void {
    const alarm = { at: this.#now + ms, action };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /**
   * Lets time pass; what is to be done is done in its order and at its time, also what is asked for meanwhile.
   *
   * @param ms how much
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at);
      this.#alarms.delete(next);
      next.action();
    }
    this.#now = end;
  }

  /**
   * Lets the machine sleep: the time of day goes on, nothing else does.
   *
   * @param ms how long
   */
  sleep(ms: number): void {
    this.#asleep += ms;
  }

  /**
   * Stops the program: the clocks go on, and what was to be done meanwhile is done too late.
   *
   * @param ms how long
   */
  stop(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(): { at: number; action: () => void } | undefined {
    return [...this.#alarms].sort((a, b) => a.at - b.at)[0];
  }
}
