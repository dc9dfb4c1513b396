/**
 * Addresses of the web and the like in a text, which have to stay whole so that they can be clicked and copied.
 *
 * PURE. An address is what begins with a scheme and `://`, and goes on with the characters of a URL (RFC 3986) and the
 * letters and digits of any script (RFC 3987). None of these looks like a space.
 *
 * @module
 */

/** A scheme is short; the bound keeps the search linear where a text has nothing but letters. */
const URL =
  /(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,20}:\/\/[\w\-.~:\/?#@!$&'()*+,;=%\[\]|\p{L}\p{M}\p{N}]+/gu;

/** What ends a sentence rather than an address. */
const TRAILING = ".,:;!?'|*";

/** A piece of a text, by UTF-16 indices. */
export interface Range {
  /** Where it begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/**
 * Finds the addresses in a text.
 *
 * @param text a text on one line
 * @returns where they are, in order; without the punctuation after them
 */
export function findUrls(text: string): Range[] {
  if (!text.includes("://")) return [];
  return Array.from(
    text.matchAll(URL),
    ({ 0: match, index }) => ({ start: index, end: index + lengthOf(match) }),
  );
}

/** How much of what looks like an address is one. */
function lengthOf(match: string): number {
  // A bracket that the address does not open belongs to the sentence, as in (see https://example.org).
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
