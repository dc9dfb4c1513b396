/**
 * Word boundaries, for moving and deleting by word.
 *
 * A word is a run of letters, marks, digits and `_`, as in a shell. In a script without spaces between words, such as
 * Chinese or Thai, the dictionary of `Intl.Segmenter` finds the words. Positions are UTF-16 indices.
 *
 * @module
 */
import { boundaryAtOrAfter, boundaryAtOrBefore, wordsOf } from "../text/mod.ts";

const WORD = /[\p{L}\p{M}\p{N}_]/u;

/** Scripts that are written without spaces between words. */
const UNSPACED = new RegExp(
  ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"].map((script) => `\\p{Script=${script}}`)
    .join("|"),
  "u",
);

/** The most text to look up in the dictionary, in UTF-16 units: longer than any word in it. */
const MAX_LOOKUP_LENGTH = 128;

/**
 * Finds the end of the word at a position, or of the next word.
 *
 * @param text any text
 * @param at where to begin
 * @returns the end of the word, or the end of the text when no word follows
 */
export function nextWordEnd(text: string, at: number): number {
  const start = skip(text, at, 1, (character) => !WORD.test(character));
  const end = skip(text, start, 1, (character) => WORD.test(character));
  const run = text.slice(start, Math.min(end, start + MAX_LOOKUP_LENGTH));
  if (!UNSPACED.test(run)) return boundaryAtOrAfter(text, end);
  const first = wordsOf(run).containing(0)?.segment.length ?? run.length;
  return boundaryAtOrAfter(text, start + first);
}

/**
 * Finds the beginning of the word at a position, or of the word before it.
 *
 * @param text any text
 * @param at where to begin
 * @returns the beginning of the word, or the beginning of the text when there is no word before
 */
export function previousWordStart(text: string, at: number): number {
  const end = skip(text, at, -1, (character) => !WORD.test(character));
  const start = skip(text, end, -1, (character) => WORD.test(character));
  const run = text.slice(Math.max(start, end - MAX_LOOKUP_LENGTH), end);
  if (!UNSPACED.test(run)) return boundaryAtOrBefore(text, start);
  const last = wordsOf(run).containing(run.length - 1)?.index ?? 0;
  return boundaryAtOrBefore(text, end - run.length + last);
}

/**
 * Finds the beginning of the run without white space before a position. Ctrl-W deletes such a run.
 *
 * @param text any text
 * @param at where to begin
 * @returns the beginning of the run
 */
export function previousSpacedStart(text: string, at: number): number {
  const end = skip(text, at, -1, (character) => /\s/.test(character));
  return boundaryAtOrBefore(text, skip(text, end, -1, (character) => !/\s/.test(character)));
}

/** Moves from a position by code points, as long as they pass the test. */
function skip(text: string, from: number, step: 1 | -1, passes: (character: string) => boolean): number {
  let at = from;
  while (step === 1 ? at < text.length : at > 0) {
    const character = step === 1 ? characterAt(text, at) : characterBefore(text, at);
    if (!passes(character)) break;
    at += step * character.length;
  }
  return at;
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function characterBefore(text: string, at: number): string {
  const pair = text.codePointAt(at - 2);
  return pair !== undefined && pair > 0xffff ? String.fromCodePoint(pair) : text.charAt(at - 1);
}
