/**
 * Splits typed bytes into lines of text.
 *
 * PURE. A line that is too long or not UTF-8 costs no other line, and takes no more memory than the longest line. Bytes
 * are split, not text, as a text decoder does not say which line was invalid. A line ends with LF or CRLF, the last one
 * also with the end of the input.
 *
 * @module
 */
import { MAX_BODY_BYTES, MAX_TEXT_BYTES } from "../../protocol/mod.ts";

const LF = 0x0a;
const CR = 0x0d;

/** How much of a line is stored; a longer line cannot be sent. */
const MAX_LINE_BYTES = MAX_BODY_BYTES;

/** A line, with its number from 1. */
export type Line =
  /** The line without its end. */
  | { number: number; text: string }
  /** Why the line cannot be used, for the user. */
  | { number: number; problem: string };

/** Splits bytes into lines. */
export class LineDecoder {
  readonly #bytes = new Uint8Array(MAX_LINE_BYTES);
  /** The length of the line so far. Bytes beyond {@linkcode MAX_LINE_BYTES} are only counted. */
  #length = 0;
  #number = 1;

  /**
   * Adds bytes.
   *
   * @param bytes any number of bytes
   * @returns the lines that end in them
   */
  *push(bytes: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#append(bytes.subarray(start, end));
      start = end + 1;
      if (this.#length > 0 && this.#length <= MAX_LINE_BYTES && this.#bytes[this.#length - 1] === CR) {
        this.#length--;
      }
      yield this.#line();
    }
    this.#append(bytes.subarray(start));
  }

  /**
   * Ends the input.
   *
   * @returns the last line, if it has no end of its own
   */
  finish(): Line | undefined {
    return this.#length === 0 ? undefined : this.#line();
  }

  #append(bytes: Uint8Array): void {
    if (this.#length < MAX_LINE_BYTES) {
      this.#bytes.set(bytes.subarray(0, MAX_LINE_BYTES - this.#length), this.#length);
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
        problem: `Cannot send a line of ${length} bytes: it must have at most ${MAX_TEXT_BYTES}`,
      };
    }
    // A byte order mark at the beginning is not text.
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: number > 1 });
    try {
      return { number, text: utf8.decode(this.#bytes.subarray(0, length)) };
    } catch {
      return { number, problem: "Cannot send a line that is not UTF-8" };
    }
  }
}
