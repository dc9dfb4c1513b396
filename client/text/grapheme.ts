/**
 * Graphemes, which are the characters that a user sees: their boundaries in a text, and how each shows in a
 * terminal.
 *
 * Rules:
 * - Positions are UTF-16 indices.
 * - Every function reads only the line around its position, and almost always only two characters of it. So a key
 *   press costs the same in a long text as in a short one.
 * - The output of {@linkcode cellOf} never moves the cursor, reorders text or is invisible. A control character
 *   shows as a symbol.
 *
 * @module
 */
import { graphemesOf } from "./segmenter.ts";
import { simpleWidth, widthOf, widthsLoaded } from "./width.ts";

/**
 * Whether there certainly is a grapheme boundary between two neighbours. False means unknown. A line end is always
 * a grapheme of its own.
 */
function isCertainBoundaryBetween(before: number, after: number): boolean {
  return before === 0x0a || after === 0x0a || (simpleWidth(before) > 0 && simpleWidth(after) > 0);
}

/**
 * How many UTF-16 units are searched first for the end of a grapheme: more than any emoji has. The window doubles
 * for a longer grapheme.
 */
const WINDOW_UNITS = 64;

/**
 * Finds the end of a grapheme.
 *
 * @param text any text
 * @param at the start of a grapheme
 * @returns its end; the end of the text if `at` is there
 */
export function nextBoundary(text: string, at: number): number {
  if (at + 1 >= text.length) return text.length;
  if (isCertainBoundaryBetween(text.charCodeAt(at), text.charCodeAt(at + 1))) return at + 1;
  for (let reach = WINDOW_UNITS;; reach *= 2) {
    let end = Math.min(at + reach, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
    const length = graphemesOf(text.slice(at, end)).containing(0)?.segment.length ?? 1;
    if (at + length < end || end === text.length) return at + length;
  }
}

/**
 * Iterates over the grapheme boundaries of a text. For text that is not simple this is many times faster than
 * calling {@linkcode nextBoundary} for each grapheme.
 *
 * @param text any text
 * @param from the start of a grapheme
 * @returns the end of each grapheme from there on, in order
 */
export function* boundariesAfter(text: string, from: number): Generator<number, void, void> {
  let at = from;
  while (at < text.length) {
    if (at + 1 === text.length || isCertainBoundaryBetween(text.charCodeAt(at), text.charCodeAt(at + 1))) {
      yield ++at;
      continue;
    }
    let end = Math.min(at + WINDOW_UNITS, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
    const start = at;
    for (const { index, segment } of graphemesOf(text.slice(start, end))) {
      const next = start + index + segment.length;
      // The last grapheme may continue after the window.
      if (next === end && end < text.length) break;
      yield at = next;
    }
    if (at === start) yield at = nextBoundary(text, at);
  }
}

/**
 * Finds the start of the grapheme before a position.
 *
 * @param text any text
 * @param at the end of a grapheme
 * @returns its start; 0 if `at` is 0
 */
export function previousBoundary(text: string, at: number): number {
  if (at <= 1 || isCertainBoundaryBetween(text.charCodeAt(at - 2), text.charCodeAt(at - 1))) {
    return Math.max(at - 1, 0);
  }
  return boundaryAtOrBefore(text, at - 1);
}

/**
 * Moves a position inside a grapheme to the start of that grapheme.
 *
 * @param text any text
 * @param at a position from 0 to the length of the text
 * @returns the last boundary that is not after it
 */
export function boundaryAtOrBefore(text: string, at: number): number {
  if (isCertainBoundary(text, at)) return at;
  const [start, end] = lineAround(text, at);
  return start + (graphemesOf(text.slice(start, end)).containing(at - start)?.index ?? 0);
}

/**
 * Moves a position inside a grapheme to the end of that grapheme.
 *
 * @param text any text
 * @param at a position from 0 to the length of the text
 * @returns the first boundary that is not before it
 */
export function boundaryAtOrAfter(text: string, at: number): number {
  const start = boundaryAtOrBefore(text, at);
  return start === at ? at : nextBoundary(text, start);
}

function isCertainBoundary(text: string, at: number): boolean {
  return at <= 0 || at >= text.length ||
    isCertainBoundaryBetween(text.charCodeAt(at - 1), text.charCodeAt(at));
}

/** Returns the line around a position, without its line ends. No character outside of it can join one inside. */
function lineAround(text: string, at: number): [start: number, end: number] {
  const end = text.indexOf("\n", at);
  return [text.lastIndexOf("\n", at - 1) + 1, end < 0 ? text.length : end];
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** A grapheme as a terminal shows it. */
export interface Cell {
  /** The text to write: printable, and at least one column wide. */
  readonly shown: string;
  /** Its width in columns, at least 1. */
  readonly width: number;
  /**
   * Whether all terminals agree on the width. If not (emoji sequences, flags, new characters), the code that writes
   * the cell must set the cursor position afterwards.
   */
  readonly exact: boolean;
}

/** Cells of graphemes that are not simple. A text has few different ones. */
const cache = new Map<string, Cell>();

/** How many cells are cached before the cache is cleared. */
const MAX_CACHED = 2000;

/** Shown in place of a grapheme that cannot be shown. */
const REPLACEMENT: Cell = { shown: "\ufffd", width: 1, exact: true };

/**
 * More code points than any emoji or syllable has. A longer grapheme is cut when it is shown; the text itself
 * stays.
 */
const MAX_SHOWN_CODE_POINTS = 16;

/**
 * A letter, digit or sign, with combining marks that take no column. Terminals agree on the width, except for those
 * of {@linkcode WIDTH_VARIES}.
 */
const SAME_WIDTH_EVERYWHERE = /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]\p{Mn}*$/u;

/** Emoji, flags, parts of Hangul syllables, and the selectors between text and emoji presentation. */
const WIDTH_VARIES =
  /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u1100-\u11ff\ufe00-\ufe0f]/u;

/**
 * Returns how a terminal shows a grapheme. The caller handles tabs, because their width depends on the column.
 *
 * @param grapheme one grapheme
 * @returns the cell to write for it
 */
export function cellOf(grapheme: string): Cell {
  const code = grapheme.charCodeAt(0);
  if (grapheme.length === 1) {
    const width = simpleWidth(code);
    if (width > 0) return { shown: grapheme, width, exact: true };
    if (code < 0x20) return { shown: String.fromCharCode(0x2400 + code), width: 1, exact: true };
    if (code === 0x7f) return { shown: "\u2421", width: 1, exact: true };
  }
  let cell = cache.get(grapheme);
  if (cell === undefined) {
    cell = measureCell(grapheme);
    if (!widthsLoaded()) return { ...cell, exact: false };
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(grapheme, cell);
  }
  return cell;
}

/**
 * Letters that a joiner joins, such as `क्‍ष`. `string-width` counts them as one letter, while most terminals draw each
 * letter in columns of its own.
 */
const JOINED_LETTERS = /^\p{L}(?=.*[\u200c\u200d])[\p{L}\p{M}\u200c\u200d]*$/u;

function sumOfWidths(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function measureCell(grapheme: string): Cell {
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(grapheme)) return REPLACEMENT;
  let shown = grapheme;
  if (grapheme.length > MAX_SHOWN_CODE_POINTS) {
    shown = [...grapheme.slice(0, 2 * MAX_SHOWN_CODE_POINTS)].slice(0, MAX_SHOWN_CODE_POINTS).join("");
  }
  const width = JOINED_LETTERS.test(shown) ? sumOfWidths(shown) : widthOf(shown);
  if (width > 0) {
    return { shown, width, exact: SAME_WIDTH_EVERYWHERE.test(shown) && !WIDTH_VARIES.test(shown) };
  }
  // A mark without a base gets a dotted circle as its base. An invisible character gets a symbol.
  return /^\p{M}/u.test(shown) && !/\p{Default_Ignorable_Code_Point}/u.test(shown)
    ? { shown: "\u25cc" + shown, width: 1, exact: false }
    : REPLACEMENT;
}
