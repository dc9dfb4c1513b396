/**
 * The text of a bracketed paste, read up to its end sequence.
 *
 * The work is linear in the bytes, whatever pieces they arrive in.
 *
 * @module
 */
import { newUtf8Decoder } from "./utf8.ts";

/** The largest paste that becomes one key, in bytes of UTF-8; a larger one becomes several. */
export const MAX_PASTE_BYTES = 16 * 1024 * 1024;

const ESC = 0x1b;

/** `ESC [ 2 0 1 ~`, the end of a paste. ESC occurs in it only once, so a mismatch needs no going back. */
const PASTE_END = Uint8Array.of(ESC, 0x5b, 0x32, 0x30, 0x31, 0x7e);

/** Reads one paste. */
export class PasteReader {
  readonly #decoder = newUtf8Decoder();
  readonly #emit: (text: string, partial: boolean) => void;
  #pieces: string[] = [];
  /** Bytes in the pieces. */
  #bytes = 0;
  /** How many bytes of the end sequence have arrived. */
  #matched = 0;
  #ended = false;

  /**
   * Starts after the begin sequence of a paste.
   *
   * @param emit receives the text, with `\n` as its line ends, and whether the paste continues; more than once for a
   * paste over the limit or one that was shown before its end
   */
  constructor(emit: (text: string, partial: boolean) => void) {
    this.#emit = emit;
  }

  /** Whether the paste has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether there is text to emit. */
  get hasText(): boolean {
    return this.#bytes > 0;
  }

  /** Emits the text so far, and continues. */
  show(): void {
    this.#flush(true);
  }

  /**
   * Reads the bytes that belong to the paste.
   *
   * @param bytes the bytes that arrived
   * @param start the index of the first byte to read
   * @returns the index after the last byte of the paste
   */
  read(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length) {
      if (this.#matched === 0) {
        const escape = bytes.indexOf(ESC, at);
        const end = escape < 0 ? bytes.length : escape;
        this.#append(bytes.subarray(at, end));
        at = end;
        if (escape < 0) break;
        this.#matched = 1;
        at++;
      } else if (bytes[at] === PASTE_END[this.#matched]) {
        at++;
        if (++this.#matched === PASTE_END.length) {
          this.#end();
          return at;
        }
      } else {
        this.#append(PASTE_END.subarray(0, this.#matched));
        this.#matched = 0;
      }
    }
    return at;
  }

  /** Ends the paste without its end sequence; the part of it that arrived becomes text. */
  abort(): void {
    this.#append(PASTE_END.subarray(0, this.#matched));
    this.#end();
  }

  #append(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.#bytes + rest.length > MAX_PASTE_BYTES) {
      const free = MAX_PASTE_BYTES - this.#bytes;
      this.#pieces.push(this.#decoder.decode(rest.subarray(0, free), { stream: true }));
      this.#flush(true);
      rest = rest.subarray(free);
    }
    this.#bytes += rest.length;
    this.#pieces.push(this.#decoder.decode(rest, { stream: true }));
  }

  #end(): void {
    this.#pieces.push(this.#decoder.decode());
    this.#flush(false);
    this.#ended = true;
  }

  #flush(partial: boolean): void {
    const text = this.#pieces.join("");
    // A CR may be the first half of a line end.
    const end = partial && text.endsWith("\r") ? text.length - 1 : text.length;
    this.#pieces = [text.slice(end)];
    this.#bytes = 0;
    this.#emit(text.slice(0, end).replace(/\r\n?/g, "\n"), partial);
  }
}
