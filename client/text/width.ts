/**
 * How many columns of a terminal characters take: by a small table for those that most people write, by the package
 * `string-width` for all others.
 *
 * PURE. The package takes some 40 ms to load, most of it for its pattern of all emoji, in which a person would wait for
 * the
 * prompt; so it is loaded when the first text comes in that the table does not know. Rule: whoever lets text in waits
 * for
 * {@linkcode loadWidths} first where {@linkcode needsWidths} or {@linkcode mayNeedWidths} says so: the terminal with what
 * is
 * typed, the conversation with what a hub sends and with what was kept. Should a text come by another way, then it
 * counts
 * as wide as it can be: a row may be broken early then, but never too late.
 *
 * @module
 */
/**
 * Ranges of characters that are graphemes by themselves wherever another of them (or nothing) is on either side, with
 * their width in columns: most of what is written. Each: first, last, width.
 */
const SIMPLE = [
  [0x20, 0x7e, 1],
  [0xa1, 0xac, 1],
  [0xae, 0x2ff, 1], // without U+00AD, the soft hyphen
  [0x391, 0x3a9, 1], // Greek
  [0x3b1, 0x3c9, 1],
  [0x400, 0x482, 1], // Cyrillic
  [0x48a, 0x52f, 1],
  [0x2010, 0x2027, 1], // punctuation
  [0x2030, 0x205e, 1],
  [0x2190, 0x2193, 1], // arrows
  [0x2400, 0x2426, 1], // pictures of control characters
  [0x2500, 0x257f, 1], // box drawing
  [0x3001, 0x3029, 2], // Chinese and Japanese punctuation
  [0x3041, 0x3096, 2], // kana
  [0x30a1, 0x30fa, 2],
  [0x3400, 0x4dbf, 2], // Han
  [0x4e00, 0x9fff, 2],
  [0xac00, 0xd7a3, 2], // Hangul syllables
  [0xff01, 0xff60, 2], // full width
] as const;

/**
 * Says how wide a character is that is a grapheme by itself.
 *
 * @param code a UTF-16 unit; NaN, as `charCodeAt` gives past the end, counts as not simple
 * @returns its width in columns, or 0 where it may join with its neighbours or is wide in ways hard to tell
 */
export function simpleWidth(code: number): 0 | 1 | 2 {
  if (code <= 0x7e) return code >= 0x20 ? 1 : 0;
  for (const [first, last, width] of SIMPLE) {
    if (code <= last) return code >= first ? width : 0;
  }
  return 0;
}

/** The package, once it is loaded. */
let stringWidth: ((text: string) => number) | undefined;

/**
 * Makes sure that every width is known.
 *
 * @returns resolves when it is
 */
export async function loadWidths(): Promise<void> {
  stringWidth ??= (await import("string-width")).default;
}

/**
 * Tells whether every width is known.
 *
 * @returns whether {@linkcode loadWidths} was called and has resolved
 */
export function widthsLoaded(): boolean {
  return stringWidth !== undefined;
}

/**
 * Counts the columns of a text.
 *
 * @param text a text on one line; control characters count as nothing
 * @returns its width in columns; before {@linkcode loadWidths} the greatest that it could have, where it is not simple
 */
export function widthOf(text: string): number {
  if (stringWidth !== undefined) return stringWidth(text);
  let columns = 0;
  for (let at = 0; at < text.length; at++) columns += simpleWidth(text.charCodeAt(at)) || 2;
  return columns;
}

/**
 * Tells whether a text has to wait for {@linkcode loadWidths}.
 *
 * @param text any text
 * @returns whether there is a character in it whose width is not known yet
 */
export function needsWidths(text: string): boolean {
  if (stringWidth !== undefined) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f && simpleWidth(code) === 0) return true;
  }
  return false;
}

/**
 * Tells whether text that is not decoded yet has to wait for {@linkcode loadWidths}. In doubt it has.
 *
 * @param bytes some bytes of UTF-8, which may begin and end within a character
 * @returns whether
 */
export function mayNeedWidths(bytes: Uint8Array): boolean {
  return stringWidth === undefined && bytes.some((byte) => byte >= 0x80);
}
