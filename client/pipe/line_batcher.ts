/**
 * Makes one message of lines that arrive together, so that a burst of output is one message. A line that comes alone is
 * sent at once.
 *
 * Rules:
 * - A message is complete when no line has come for {@linkcode PAUSE_MS}, when its first line has waited for
 *   {@linkcode MAX_DELAY_MS}, or when the next line does not fit.
 * - While no message may be sent, lines are still added as long as they fit. Then `add` waits.
 * - Empty lines inside a message stay; those at its beginning or end are left out.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { LineRange } from "./unsent_lines.ts";

/**
 * How long no line may come until a message is sent, in milliseconds: longer than a program takes between two lines of
 * a burst, shorter than a user notices.
 */
export const PAUSE_MS = 50;

/** How long a line may wait for others while they keep coming, in milliseconds. */
export const MAX_DELAY_MS = 500;

/** Lines that are sent as one message. */
export interface LineBatch extends LineRange {
  /** The lines, separated by newlines. */
  readonly text: string;
}

/** Options of a {@linkcode LineBatcher}. */
export interface LineBatcherOptions {
  /** The clock. */
  clock: TimedClock;
  /** Whether a message may be sent now. */
  ready: () => boolean;
  /** Sends a message. */
  send: (batch: LineBatch) => void;
}

const utf8 = new TextEncoder();

/** The lines that are not sent yet. */
export class LineBatcher {
  readonly #options: LineBatcherOptions;
  #batch: LineBatch | undefined;
  #bytes = 0;
  /** The empty lines after the last line that is not empty. */
  #empty: string[] = [];
  #emptyBytes = 0;
  /** When the first line was added, by `Clock.elapsed`. */
  #since = 0;
  #cancel: () => void = () => {};
  /** Whether the message is complete: it is sent as soon as it may. */
  #isDue = false;
  #isStopped = false;
  #wake: () => void = () => {};

  /**
   * Starts without lines.
   *
   * @param options see {@linkcode LineBatcherOptions}
   */
  constructor(options: LineBatcherOptions) {
    this.#options = options;
  }

  /**
   * Adds a line.
   *
   * @param number its number
   * @param text the line, of at most 4,096 bytes
   * @returns resolves when another may be added, with `false` if the batcher is stopped and the line is not added
   */
  async add(number: number, text: string): Promise<boolean> {
    const bytes = utf8.encode(text).length;
    const isFull = this.#bytes + this.#emptyBytes + 1 + bytes > MAX_TEXT_BYTES;
    if (this.#batch !== undefined && isFull) await this.flush();
    if (this.#isStopped) return false;
    const batch = this.#batch;
    if (text.trim() === "") {
      if (batch === undefined) return true;
      this.#empty.push(text);
      this.#emptyBytes += bytes + 1;
      return true;
    }
    if (batch === undefined) {
      this.#batch = { text, first: number, last: number, lines: 1 };
      this.#bytes = bytes;
      this.#since = this.#options.clock.elapsed();
    } else {
      const whole = [batch.text, ...this.#empty, text].join("\n");
      this.#batch = { ...batch, text: whole, last: number, lines: batch.lines + 1 };
      this.#bytes += this.#emptyBytes + 1 + bytes;
    }
    this.#dropEmpty();
    this.#schedule();
    return true;
  }

  /**
   * Sends the lines that were added.
   *
   * @returns resolves when they are sent, or the batcher is stopped
   */
  async flush(): Promise<void> {
    this.#isDue = true;
    while (!this.#sendIfReady() && !this.#isStopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Call it when `ready` may have become true. */
  pump(): void {
    if (this.#isDue) this.#sendIfReady();
    this.#wake();
  }

  /**
   * Sends nothing more. Lines can no longer be added.
   *
   * @returns the lines that were added and not sent; only the first call returns them
   */
  stop(): LineBatch | undefined {
    const unsent = this.#batch;
    this.#isStopped = true;
    this.#batch = undefined;
    this.#cancel();
    this.#wake();
    return unsent;
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#cancel();
    const leftMs = this.#since + MAX_DELAY_MS - clock.elapsed();
    this.#cancel = clock.after(Math.max(0, Math.min(PAUSE_MS, leftMs)), () => {
      this.#isDue = true;
      this.#sendIfReady();
    });
  }

  /** Sends the message if it may be sent; returns whether there is none any more. */
  #sendIfReady(): boolean {
    const batch = this.#batch;
    if (batch !== undefined) {
      if (!this.#options.ready()) return false;
      this.#batch = undefined;
    }
    this.#cancel();
    this.#isDue = false;
    this.#dropEmpty();
    if (batch !== undefined) this.#options.send(batch);
    return true;
  }

  #dropEmpty(): void {
    this.#empty = [];
    this.#emptyBytes = 0;
  }
}
