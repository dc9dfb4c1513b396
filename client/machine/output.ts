/**
 * A text stream with one writer, such as stdout: keeps the order, completes partial writes, and applies backpressure.
 *
 * @module
 */

/** Prints one line for the user, outside of the chat; resolves when more may be printed. */
export type Report = (message: string) => Promise<void>;

/** A destination of bytes; `Deno.stdout` is one. */
export interface Sink {
  /** Writes some of the bytes; resolves with their number. */
  write(bytes: Uint8Array): Promise<number>;
}

/** How much text may wait before `write` waits, in UTF-16 units: the size of a Linux pipe. */
const HIGH_WATER_CHARS = 65_536;

const utf8 = new TextEncoder();

/** Writes text, one write at a time. Text that is added meanwhile goes out with the next write. */
export class Output {
  readonly #sink: Sink;
  readonly #failed = Promise.withResolvers<unknown>();
  #hasFailed = false;
  #waiting = "";
  #isDraining = false;
  /** Resolves when no text waits. */
  #drained: Promise<void> = Promise.resolve();

  /**
   * Writes nothing yet.
   *
   * @param sink where the text goes, as UTF-8
   */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Resolves with the error when a write fails. Nothing is written after that. */
  get failed(): Promise<unknown> {
    return this.#failed.promise;
  }

  /**
   * Writes a text after those before it.
   *
   * @param text the text
   * @returns resolves when more may be written: at once, unless too much text waits
   */
  async write(text: string): Promise<void> {
    if (this.#hasFailed) return;
    this.#waiting += text;
    if (!this.#isDraining) this.#drained = this.#drain();
    if (this.#waiting.length >= HIGH_WATER_CHARS) await this.#drained;
  }

  /**
   * Waits until all text is written.
   *
   * @returns resolves then, or when a write has failed
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
