/**
 * The one writer of a stream of text, such as stdout: keeps the order, writes what a write left over, and lets those
 * wait who write faster than is read.
 *
 * @module
 */

/** Tells the person something in one line, beside the conversation; resolves when more may be told. */
export type Report = (message: string) => Promise<void>;

/** Where bytes go; `Deno.stdout` is such a thing. */
export interface Sink {
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** How much may wait before writers have to, in UTF-16 units: what a pipe of Linux takes at once. */
const HIGH_WATER_CHARS = 65_536;

const utf8 = new TextEncoder();

/** Writes text, one write at a time. What comes meanwhile goes out with the next. */
export class Output {
  readonly #sink: Sink;
  readonly #failed = Promise.withResolvers<unknown>();
  #hasFailed = false;
  #waiting = "";
  #isDraining = false;
  /** Resolves when all that waits is written. */
  #drained: Promise<void> = Promise.resolve();

  /**
   * Begins with nothing written.
   *
   * @param sink where the text goes, as UTF-8
   */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Resolves with the error when a write has failed; nothing is written from then on. */
  get failed(): Promise<unknown> {
    return this.#failed.promise;
  }

  /**
   * Writes a text after those before it.
   *
   * @param text what to write
   * @returns resolves when more may be written: at once, unless much waits
   */
  async write(text: string): Promise<void> {
    if (this.#hasFailed) return;
    this.#waiting += text;
    if (!this.#isDraining) this.#drained = this.#drain();
    if (this.#waiting.length >= HIGH_WATER_CHARS) await this.#drained;
  }

  /**
   * Waits for all that was written so far.
   *
   * @returns resolves when it is out, or when a write has failed
   */
  async flush(): Promise<void> {
    await this.#drained;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    try {
      while (this.#waiting !== "") {
        const bytes = utf8.encode(this.#waiting);
        this.#waiting = "";
        for (let written = 0; written < bytes.length;) {
          written += await this.#sink.write(bytes.subarray(written));
        }
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#waiting = "";
      this.#failed.resolve(error);
    } finally {
      this.#isDraining = false;
    }
  }
}
