/**
 * The width of characters in a terminal. A small table has the most common characters; the package `string-width`
 * knows all others.
 *
 * PURE. The package takes some 40 ms to load, most of it for its pattern of all emoji, and would delay the prompt
 * by that time. So it is loaded when the first text arrives that has a character outside the table. Rule: code that
 * accepts text from outside first awaits {@linkcode loadWidths} if {@linkcode needsWidths} or
 * {@linkcode mayNeedWidths} says so. The terminal does this with the keys, and the conversation with what the hub
 * sends and with stored files. Text that arrives in another way counts with the greatest possible width: a row may
 * be broken too early, but never too late.
 *
 * @module
 */
/**
 * Ranges of common characters with their width in columns. Each character is a grapheme by itself if its neighbours
 * are also in the table (or absent). Each range: first, last, width.
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
 * Returns the width of a character that is a grapheme by itself.
 *
 * @param code a UTF-16 unit; NaN, as `charCodeAt` returns after the end, counts as not simple
 * @returns its width in columns; 0 if it may join with its neighbours or its width is not in the table
 */
export function simpleWidth(code: number): 0 | 1 | 2 {
  if (code <= 0x7e) return code >= 0x20 ? 1 : 0;
  for (const [first, last, width] of SIMPLE) {
    if (code <= last) return code >= first ? width : 0;
  }
  return 0;
}

/** The package, when it is loaded. */
let stringWidth: ((text: string) => number) | undefined;

/**
 * Loads the package that knows every width.
 *
 * @returns resolves when it is loaded
 */
export async function loadWidths(): Promise<void> {
  stringWidth ??= (await import("string-width")).default;
}

/**
 * Whether the package that knows every width is loaded.
 *
 * @returns `true` after {@linkcode loadWidths} has resolved
 */
export function widthsLoaded(): boolean {
  return stringWidth !== undefined;
}

/**
 * Counts the columns of a text.
 *
 * @param text a text of one line; control characters count as 0
 * @returns its width in columns; before {@linkcode loadWidths} the greatest possible width if the text is not
 * simple
 */
export function widthOf(text: string): number {
  if (stringWidth !== undefined) return stringWidth(text);
  let columns = 0;
  for (let at = 0; at < text.length; at++) columns += simpleWidth(text.charCodeAt(at)) || 2;
  return columns;
}

/**
 * Whether a text needs {@linkcode loadWidths} first.
 *
 * @param text any text
 * @returns whether it has a character whose width is not known yet
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
 * Whether undecoded text may need {@linkcode loadWidths} first.
 *
 * @param bytes some bytes of UTF-8, which may start and end within a character
 * @returns `false` only if it does not need them
 */
export function mayNeedWidths(bytes: Uint8Array): boolean {
  return stringWidth === undefined && bytes.some((byte) => byte >= 0x80);
}
