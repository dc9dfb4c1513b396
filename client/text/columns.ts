/**
 * Measures how many columns of a terminal a text takes at most.
 *
 * PURE. Terminals disagree about the width of emoji sequences, flags and new characters. Here the greatest width
 * counts. So a row that fits by this count fits in every terminal, and no terminal wraps it.
 *
 * @module
 */
import { graphemesOf } from "./segmenter.ts";
import { simpleWidth, widthOf, widthsLoaded } from "./width.ts";

/**
 * Characters of one column each that never combine into one grapheme: Latin, Greek, Cyrillic,
 * punctuation and box drawing, without combining marks and emoji.
 */
const SIMPLE = new RegExp(
  "^[" +
    String.raw`\x20-\x7e\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff` +
    String.raw`\u0391-\u03a9\u03b1-\u03c9\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u203b\u2500-\u257f` +
    "]*$",
);

/** Characters that take no column in any terminal. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;

/**
 * Characters that take two columns in some terminals: emoji and their parts, and characters that this version of
 * Unicode does not define.
 */
const MAYBE_WIDE = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\p{Cn}\p{Co}]$/u;

/** Han, kana and Hangul: two columns in all terminals. */
const ALWAYS_WIDE =
  /^[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\u{20000}-\u{2a6df}]$/u;

/** Measures texts as a terminal shows them. */
export interface Ruler {
  /** Counts the columns of a text. */
  readonly columnsOf: (text: string) => number;
  /** Splits a text into graphemes, which must not be broken, and measures each. */
  readonly measure: (text: string) => Iterable<MeasuredGrapheme>;
}

/** A grapheme of a text and its width. */
export interface MeasuredGrapheme {
  /** The UTF-16 index of its start. */
  readonly start: number;
  /** The text of the grapheme. */
  readonly text: string;
  /** The greatest number of columns that it takes. */
  readonly columns: number;
}

/**
 * Counts the columns of a text.
 *
 * @param text a text of one line, without control characters
 * @returns the greatest number of columns that it takes
 */
export function columnsOf(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let columns = 0;
  for (const grapheme of measure(text)) columns += grapheme.columns;
  return columns;
}

/**
 * Splits a text into graphemes and measures each.
 *
 * @param text a text of one line, without control characters
 * @returns each grapheme with its index and width
 */
export function* measure(text: string): Generator<MeasuredGrapheme> {
  if (SIMPLE.test(text)) {
    for (let start = 0; start < text.length; start++) yield { start, text: text[start]!, columns: 1 };
    return;
  }
  for (const { segment, index } of graphemesOf(text)) {
    yield { start: index, text: segment, columns: cachedWidth(segment) };
  }
}

/** The widths of recent graphemes: most chats use the same few hundred. */
const cache = new Map<string, number>();
const MAX_CACHED = 4000;

function cachedWidth(grapheme: string): number {
  if (grapheme.length > 16) return graphemeWidth(grapheme);
  let columns = cache.get(grapheme);
  if (columns === undefined) {
    columns = graphemeWidth(grapheme);
    if (!widthsLoaded()) return columns;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(grapheme, columns);
  }
  return columns;
}

function graphemeWidth(grapheme: string): number {
  if (ALWAYS_WIDE.test(grapheme)) return 2;
  let sum = 0;
  let count = 0;
  for (const character of grapheme) {
    sum += characterWidth(character);
    count++;
  }
  return count === 1 ? sum : Math.max(sum, widthOf(grapheme));
}

function characterWidth(character: string): number {
  if (MAYBE_WIDE.test(character)) return 2;
  if (ZERO_WIDTH.test(character)) return 0;
  return simpleWidth(character.charCodeAt(0)) || Math.max(1, widthOf(character));
}

/** For terminals that show all of Unicode. */
export const UNICODE_RULER: Ruler = { columnsOf, measure };
