/**
 * Cuts a text that is too long for one message into parts.
 *
 * PURE. The parts together are the whole text. A cut is after a space or tab if there is one near the end of the
 * part, else between two graphemes. It is inside a grapheme only if that grapheme is longer than a message.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { boundaryAtOrBefore } from "./grapheme.ts";

const utf8 = new TextEncoder();

/** Receives the bytes of one part. */
const buffer = new Uint8Array(MAX_TEXT_BYTES);

/**
 * How far before the end of a part a space may be, as a share of the part. Words are shorter than this, and shorter
 * parts look ragged.
 */
const MAX_RAGGED_SHARE = 1 / 4;

/** How many UTF-16 units around a cut are searched for a grapheme boundary: more than any emoji has. */
const WINDOW_UNITS = 128;

/**
 * Cuts a text into parts.
 *
 * @param text a well-formed text of one line
 * @returns at least one part, each of at most 4,096 bytes of UTF-8
 */
export function cutText(text: string): string[] {
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const { read } = utf8.encodeInto(rest, buffer);
    if (read === rest.length) return [...parts, rest];
    const at = cutPositionBefore(rest, read);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
}

/** Returns the best position for a cut that is not after `end`. */
function cutPositionBefore(text: string, end: number): number {
  const space = Math.max(text.lastIndexOf(" ", end - 1), text.lastIndexOf("\t", end - 1)) + 1;
  if (space > end * (1 - MAX_RAGGED_SHARE)) return space;
  const from = Math.max(0, end - WINDOW_UNITS);
  const at = from + boundaryAtOrBefore(text.slice(from, end + WINDOW_UNITS), end - from);
  return at > from ? at : end;
}
