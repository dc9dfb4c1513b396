/**
 * How many columns of a terminal a text takes at most.
 *
 * PURE. Terminals disagree on emoji made of several, on flags and on new characters; here the widest opinion counts, so
 * that a row that is said to fit does fit and is never broken by the terminal at a place of its own.
 *
 * @module
 */
import { graphemesOf } from "./segmenter.ts";
import { simpleWidth, widthOf, widthsLoaded } from "./width.ts";

/**
 * One column each, and a grapheme by itself next to any other of these: Latin, Greek, Cyrillic, punctuation and lines,
 * without marks and emoji.
 */
const SIMPLE = new RegExp(
  "^[" +
    String.raw`\x20-\x7e\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff` +
    String.raw`\u0391-\u03a9\u03b1-\u03c9\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u203b\u2500-\u257f` +
    "]*$",
);

/** What takes no column in any terminal. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;

/** What takes two columns in some: emoji and their parts, characters that are unknown to this version of Unicode. */
const MAYBE_WIDE = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\p{Cn}\p{Co}]$/u;

/** Han, kana and Hangul, where all terminals agree. */
const ALWAYS_WIDE = /^[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\u{20000}-\u{2a6df}]$/u;

/** How wide texts are where they are to be shown. */
export interface Ruler {
  /** Counts the columns of a text. */
  readonly columnsOf: (text: string) => number;
  /** Cuts a text into what must not be broken. */
  readonly measure: (text: string) => Iterable<MeasuredGrapheme>;
}

/** A grapheme of a text and how wide it is. */
export interface MeasuredGrapheme {
  /** Where it begins, as a UTF-16 index. */
  readonly start: number;
  /** The grapheme. */
  readonly text: string;
  /** How many columns it takes at most. */
  readonly columns: number;
}

/**
 * Counts the columns of a text.
 *
 * @param text a text on one line, without control characters
 * @returns how many columns it takes at most
 */
export function columnsOf(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let columns = 0;
  for (const grapheme of measure(text)) columns += grapheme.columns;
  return columns;
}

/**
 * Cuts a text into graphemes.
 *
 * @param text a text on one line, without control characters
 * @returns each with its place and width
 */
export function* measure(text: string): Generator<MeasuredGrapheme> {
  if (SIMPLE.test(text)) {
    for (let start = 0; start < text.length; start++) yield { start, text: text[start]!, columns: 1 };
    return;
  }
  for (const { segment, index } of graphemesOf(text)) {
    yield { start: index, text: segment, columns: widestOf(segment) };
  }
}

/** What was measured lately: people use the same few hundred graphemes. */
const cache = new Map<string, number>();
const MAX_CACHED = 4000;

function widestOf(grapheme: string): number {
  if (grapheme.length > 16) return measureOf(grapheme);
  let columns = cache.get(grapheme);
  if (columns === undefined) {
    columns = measureOf(grapheme);
    if (!widthsLoaded()) return columns;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(grapheme, columns);
  }
  return columns;
}

function measureOf(grapheme: string): number {
  if (ALWAYS_WIDE.test(grapheme)) return 2;
  let parts = 0;
  let count = 0;
  for (const character of grapheme) {
    parts += widestOfCharacter(character);
    count++;
  }
  return count === 1 ? parts : Math.max(parts, widthOf(grapheme));
}

function widestOfCharacter(character: string): number {
  if (MAYBE_WIDE.test(character)) return 2;
  if (ZERO_WIDTH.test(character)) return 0;
  return simpleWidth(character.charCodeAt(0)) || Math.max(1, widthOf(character));
}

/** For terminals that show all of Unicode. */
export const UNICODE_RULER: Ruler = { columnsOf, measure };
