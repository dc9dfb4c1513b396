/**
 * A text that is too long for one message, cut into parts that are not.
 *
 * PURE. Nothing is lost: the parts together are the text. It is cut after a space or tab where one is near, else
 * between
 * two characters as people count them, and inside such a one only where it is itself too long.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { boundaryAtOrBefore } from "./grapheme.ts";

const utf8 = new TextEncoder();

/** Takes what fits into one part. */
const buffer = new Uint8Array(MAX_TEXT_BYTES);

/**
 * How far before the end of a part a space is looked for, as a share of the part: words are shorter, ragged parts ugly.
 */
const MAX_RAGGED_SHARE = 1 / 4;

/** How far around a place a character is looked for, in UTF-16 units: more than any emoji has. */
const WINDOW_UNITS = 128;

/**
 * Cuts a text.
 *
 * @param text well-formed text of one line
 * @returns its parts, at least one, each of at most 4,096 bytes of UTF-8
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

/** Finds the best place to cut that is not after another one. */
function cutPositionBefore(text: string, end: number): number {
  const space = Math.max(text.lastIndexOf(" ", end - 1), text.lastIndexOf("\t", end - 1)) + 1;
  if (space > end * (1 - MAX_RAGGED_SHARE)) return space;
  const from = Math.max(0, end - WINDOW_UNITS);
  const at = from + boundaryAtOrBefore(text.slice(from, end + WINDOW_UNITS), end - from);
  return at > from ? at : end;
}
