/**
 * What a person sees as one character: where it begins and ends in a text, and how it stands in a terminal.
 *
 * Rules: positions are UTF-16 indices; every function looks only at the line around its position and almost always at
 * two characters of it, so that a key costs the same in a long text as in a short one. Nothing that {@linkcode cellOf}
 * gives out can move the cursor, reorder text or be invisible: a control character shows as a symbol.
 *
 * @module
 */
import { graphemesOf } from "./segmenter.ts";
import { simpleWidth, widthOf, widthsLoaded } from "./width.ts";

/**
 * Whether a grapheme ends between two neighbours for certain; false says nothing. A line end stands alone in any case.
 */
function isCertainBoundaryBetween(before: number, after: number): boolean {
  return before === 0x0a || after === 0x0a || (simpleWidth(before) > 0 && simpleWidth(after) > 0);
}

/**
 * How far ahead a grapheme is looked for at first, in UTF-16 units: longer than any emoji. What is longer is looked for
 * in the double, and so on.
 */
const WINDOW_UNITS = 64;

/**
 * Finds the end of a grapheme.
 *
 * @param text any text
 * @param at where a grapheme begins
 * @returns where it ends; at the end of the text, the same
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
 * Goes through a text grapheme by grapheme. Where they are not simple this is many times quicker than
 * {@linkcode nextBoundary} for each.
 *
 * @param text any text
 * @param from where a grapheme begins
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
      // The last one may go on beyond what was looked at.
      if (next === end && end < text.length) break;
      yield at = next;
    }
    if (at === start) yield at = nextBoundary(text, at);
  }
}

/**
 * Finds the beginning of the grapheme before a position.
 *
 * @param text any text
 * @param at where a grapheme ends
 * @returns where it begins; at the beginning of the text, the same
 */
export function previousBoundary(text: string, at: number): number {
  if (at <= 1 || isCertainBoundaryBetween(text.charCodeAt(at - 2), text.charCodeAt(at - 1))) return Math.max(at - 1, 0);
  return boundaryAtOrBefore(text, at - 1);
}

/**
 * Moves a position that may be inside a grapheme to its beginning.
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
 * Moves a position that may be inside a grapheme to its end.
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
  return at <= 0 || at >= text.length || isCertainBoundaryBetween(text.charCodeAt(at - 1), text.charCodeAt(at));
}

/** The part around a position that nothing outside of it can join: the line it is in, without its line ends. */
function lineAround(text: string, at: number): [start: number, end: number] {
  const end = text.indexOf("\n", at);
  return [text.lastIndexOf("\n", at - 1) + 1, end < 0 ? text.length : end];
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** One grapheme as it stands in a terminal. */
export interface Cell {
  /** What to write: printable, and of a width more than 0. */
  readonly shown: string;
  /** How many columns it takes, 1 or more. */
  readonly width: number;
  /**
   * Whether all terminals agree on the width. Where they do not (emoji made of several, flags, new characters), whoever
   * writes it says afterwards where to go on.
   */
  readonly exact: boolean;
}

/** What was found out about graphemes that are not simple; a text mostly has few different ones. */
const cache = new Map<string, Cell>();

/** How many of them are remembered; then it starts again. */
const MAX_CACHED = 2000;

/** What stands for anything that cannot be shown. */
const REPLACEMENT: Cell = { shown: "\ufffd", width: 1, exact: true };

/** More code points than any emoji or syllable has; a pile of marks above that is cut, in the terminal only. */
const MAX_SHOWN_CODE_POINTS = 16;

/** A letter, digit or sign, with marks that take no column: terminals agree on these, unless they are disputed. */
const SAME_WIDTH_EVERYWHERE = /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]\p{Mn}*$/u;

/** Emoji, flags, the parts of Hangul syllables, and the marks that choose between a letter's and an emoji's look. */
const WIDTH_VARIES =
  /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u1100-\u11ff\ufe00-\ufe0f]/u;

/**
 * Says how a grapheme stands in a terminal. A tab is for the caller: its width depends on where it stands.
 *
 * @param grapheme one grapheme
 * @returns what to write for it
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

function measureCell(grapheme: string): Cell {
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(grapheme)) return REPLACEMENT;
  let shown = grapheme;
  if (grapheme.length > MAX_SHOWN_CODE_POINTS) {
    shown = [...grapheme.slice(0, 2 * MAX_SHOWN_CODE_POINTS)].slice(0, MAX_SHOWN_CODE_POINTS).join("");
  }
  const width = widthOf(shown);
  if (width > 0) return { shown, width, exact: SAME_WIDTH_EVERYWHERE.test(shown) && !WIDTH_VARIES.test(shown) };
  // A mark without a letter gets the circle that stands for one; what is invisible by nature gets a symbol.
  return /^\p{M}/u.test(shown) && !/\p{Default_Ignorable_Code_Point}/u.test(shown)
    ? { shown: "\u25cc" + shown, width: 1, exact: false }
    : REPLACEMENT;
}
