/**
 * Bytes that somebody types or pipes in, cut into lines of text.
 *
 * PURE. Each line stands for itself: one that is too long or not UTF-8 is a mistake that costs no other line, and never
 * takes more memory than a line may. Bytes are cut, not text, since a text decoder cannot tell which line was spoilt. A
 * line ends with LF or CRLF, the last one also with the end of the input.
 *
 * @module
 */
import { MAX_BODY_BYTES, MAX_TEXT_BYTES } from "../../protocol/mod.ts";

const LF = 0x0a;
const CR = 0x0d;

/** What is kept of a line: more than this cannot be sent whatever it means. */
const MAX_LINE_BYTES = MAX_BODY_BYTES;

/** A line, or why it is none. */
export type Line =
  /** A line, without its end. */
  | { number: number; text: string }
  /** A line that cannot be used, and what to tell its author. */
  | { number: number; mistake: string };

/** Cuts bytes into lines: push what was read, use what comes back, and finish at the end of the input. */
export class LineDecoder {
  readonly #kept = new Uint8Array(MAX_LINE_BYTES);
  /** How many bytes the line has so far; those beyond what is kept are only counted. */
  #length = 0;
  #number = 1;

  /**
   * Takes what was read.
   *
   * @param bytes any number of bytes
   * @returns the lines that end in them
   */
  *push(bytes: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#keep(bytes.subarray(start, end));
      start = end + 1;
      if (this.#length > 0 && this.#length <= MAX_LINE_BYTES && this.#kept[this.#length - 1] === CR) {
        this.#length--;
      }
      yield this.#line();
    }
    this.#keep(bytes.subarray(start));
  }

  /**
   * Takes the end of the input.
   *
   * @returns the line that it ends, if there is one
   */
  finish(): Line | undefined {
    return this.#length === 0 ? undefined : this.#line();
  }

  #keep(bytes: Uint8Array): void {
    if (this.#length < MAX_LINE_BYTES) {
      this.#kept.set(bytes.subarray(0, MAX_LINE_BYTES - this.#length), this.#length);
    }
    this.#length += bytes.length;
  }

  #line(): Line {
    const number = this.#number++;
    const length = this.#length;
    this.#length = 0;
    if (length > MAX_LINE_BYTES) {
      return {
        number,
        mistake: `Cannot say a line of ${length} bytes: it must be at most ${MAX_TEXT_BYTES}`,
      };
    }
    // A byte order mark at the beginning of a file says how it is written and is no part of its text.
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: number > 1 });
    try {
      return { number, text: utf8.decode(this.#kept.subarray(0, length)) };
    } catch {
      return { number, mistake: "Cannot say a line that is not UTF-8: it must be Unicode text" };
    }
  }
}
