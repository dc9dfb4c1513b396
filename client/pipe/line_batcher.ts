/**
 * Lines that come together, made into one message: a burst of a build is one thing to read and one to pass on, where a
 * line that comes alone is said at once.
 *
 * Rules: a message ends when nothing more came for a moment, or when the first of its lines has waited long enough, or
 * where no more fits. While no more may be said, lines go on coming together as long as they fit, and then `add` waits.
 * Empty lines stay where they stand between others; those at the beginning or the end of a message say nothing and are
 * left out. Time is handed in.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";

/**
 * For how long nothing may come before what came is said, in milliseconds: longer than a program takes from line to
 * line
 * when it writes several, shorter than anybody notices.
 */
export const PAUSE_MS = 50;

/** How long a line may wait for more, in milliseconds, where they keep coming. */
export const MAX_DELAY_MS = 500;

/** Lines that are to be said as one message. */
export interface LineBatch {
  /** What to say: the lines with newlines between them. */
  readonly text: string;
  /** The number of the first line, from 1. */
  readonly first: number;
  /** The number of the last line. */
  readonly last: number;
  /** How many of the lines are not empty. */
  readonly lines: number;
}

/** What lines are gathered with. */
export interface LineBatcherOptions {
  /** The clock. */
  clock: TimedClock;
  /** Tells whether a message may be said now. */
  ready: () => boolean;
  /** Says a message. */
  say: (message: LineBatch) => void;
}

const utf8 = new TextEncoder();

/** Gathers lines. */
export class LineBatcher {
  readonly #options: LineBatcherOptions;
  #message: LineBatch | undefined;
  #bytes = 0;
  /** The empty lines since the last that was not. */
  #empty: string[] = [];
  #emptyBytes = 0;
  /** When the first line came, by `Clock.elapsed`. */
  #since = 0;
  #cancel: () => void = () => {};
  /** Whether the message is to be said as soon as it may. */
  #due = false;
  #stopped = false;
  #wake: () => void = () => {};

  /**
   * Begins with no line.
   *
   * @param options see {@linkcode LineBatcherOptions}
   */
  constructor(options: LineBatcherOptions) {
    this.#options = options;
  }

  /**
   * Takes a line.
   *
   * @param number its number
   * @param text the line, of at most 4,096 bytes
   * @returns resolves when another may come
   */
  async add(number: number, text: string): Promise<void> {
    const bytes = utf8.encode(text).length;
    const isFull = this.#bytes + this.#emptyBytes + 1 + bytes > MAX_TEXT_BYTES;
    if (this.#message !== undefined && isFull) await this.flush();
    if (this.#stopped && this.#message !== undefined) return;
    if (text.trim() === "") {
      if (this.#message === undefined) return;
      this.#empty.push(text);
      this.#emptyBytes += bytes + 1;
      return;
    }
    const message = this.#message;
    if (message === undefined) {
      this.#message = { text, first: number, last: number, lines: 1 };
      this.#bytes = bytes;
      this.#since = this.#options.clock.elapsed();
    } else {
      const whole = [message.text, ...this.#empty, text].join("\n");
      this.#message = { ...message, text: whole, last: number, lines: message.lines + 1 };
      this.#bytes += this.#emptyBytes + 1 + bytes;
    }
    this.#dropEmpty();
    this.#wait();
  }

  /**
   * Says what was gathered.
   *
   * @returns resolves when it is said, or never will be
   */
  async flush(): Promise<void> {
    this.#due = true;
    while (!this.#sayIfReady() && !this.#stopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** To be called whenever more may be said. */
  pump(): void {
    if (this.#due) this.#sayIfReady();
    this.#wake();
  }

  /**
   * Says nothing more.
   *
   * @returns what was gathered and not said
   */
  stop(): LineBatch | undefined {
    this.#stopped = true;
    this.#cancel();
    this.#wake();
    return this.#message;
  }

  #wait(): void {
    const { clock } = this.#options;
    this.#cancel();
    if (this.#stopped) return;
    const leftMs = this.#since + MAX_DELAY_MS - clock.elapsed();
    this.#cancel = clock.after(Math.max(0, Math.min(PAUSE_MS, leftMs)), () => {
      this.#due = true;
      this.#sayIfReady();
    });
  }

  /** Says the message, if it may; answers whether there is none any more. */
  #sayIfReady(): boolean {
    const message = this.#message;
    if (message !== undefined) {
      if (this.#stopped || !this.#options.ready()) return false;
      this.#message = undefined;
    }
    this.#cancel();
    this.#due = false;
    this.#dropEmpty();
    if (message !== undefined) this.#options.say(message);
    return true;
  }

  #dropEmpty(): void {
    this.#empty = [];
    this.#emptyBytes = 0;
  }
}
