/**
 * Finds URLs in a text. A URL stays in one piece, so that a user can click and copy it.
 *
 * PURE. A URL starts with a scheme and `://`. It continues with the characters of a URL (RFC 3986) and the letters
 * and digits of any script (RFC 3987). None of these looks like a space.
 *
 * @module
 */

/** A scheme is short. The limit keeps the search linear in a text of nothing but letters. */
const URL =
  /(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,20}:\/\/[\w\-.~:\/?#@!$&'()*+,;=%\[\]|\p{L}\p{M}\p{N}]+/gu;

/** Punctuation that ends a sentence and not a URL. */
const TRAILING = ".,:;!?'|*";

/** A part of a text, as UTF-16 indices. */
export interface Range {
  /** The index of its first unit. */
  readonly start: number;
  /** The index after its last unit. */
  readonly end: number;
}

/**
 * Finds the URLs in a text.
 *
 * @param text a text of one line
 * @returns their ranges, in order; without the punctuation after them
 */
export function findUrls(text: string): Range[] {
  if (!text.includes("://")) return [];
  return Array.from(
    text.matchAll(URL),
    ({ 0: match, index }) => ({ start: index, end: index + lengthOf(match) }),
  );
}

/** Returns the length of the URL without the punctuation that ends the sentence. */
function lengthOf(match: string): number {
  // A closing bracket that the URL does not open belongs to the sentence, as in (see https://example.org).
  let round = count(match, ")") - count(match, "(");
  let square = count(match, "]") - count(match, "[");
  for (let length = match.length;; length--) {
    const last = match[length - 1]!;
    if (last === ")" && round > 0) round--;
    else if (last === "]" && square > 0) square--;
    else if (!TRAILING.includes(last)) return length;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
