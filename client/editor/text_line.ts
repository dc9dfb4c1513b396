/**
 * The lines of a text, in which Home, End, Up and Down move. A line is the text between two line ends; on the screen it
 * takes one or more rows. Positions are UTF-16 indices. Columns are columns of a terminal.
 *
 * @module
 */
import { boundariesAfter, cellOf } from "../text/mod.ts";

/**
 * Finds the beginning of a line.
 *
 * @param text any text
 * @param at a position in the line
 * @returns the position where the line begins
 */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/**
 * Finds the end of a line.
 *
 * @param text any text
 * @param at a position in the line
 * @returns the position of its line end, or the length of the text
 */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/**
 * Finds the column of a position in its line.
 *
 * @param text any text
 * @param at a position between graphemes
 * @returns the column, from 0
 */
export function columnOf(text: string, at: number): number {
  let column = 0;
  let start = lineStart(text, at);
  for (const end of boundariesAfter(text.slice(0, at), start)) {
    column += cellOf(text.slice(start, end)).width;
    start = end;
  }
  return column;
}

/**
 * Finds the last position in a line that is not beyond a column.
 *
 * @param text any text
 * @param start the position where the line begins
 * @param column the column, from 0
 * @returns a position between graphemes
 */
export function positionAt(text: string, start: number, column: number): number {
  let at = start;
  let left = column;
  for (const end of boundariesAfter(text.slice(0, lineEnd(text, start)), start)) {
    left -= cellOf(text.slice(at, end)).width;
    if (left < 0) break;
    at = end;
  }
  return at;
}
