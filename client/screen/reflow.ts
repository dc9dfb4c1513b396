/**
 * Reflow: the position of the input after the terminal has changed its width. Terminals wrap rows that have become too
 * long, and the screen has to know how many rows the old input takes before it can redraw it.
 *
 * When the number is uncertain, the functions return the smaller one: a leftover row of old input is only ugly, but a
 * row of chat that is overwritten is lost.
 *
 * @module
 */
import type { InputLayout } from "./input_layout.ts";
import type { Row } from "./line_layout.ts";

/**
 * How a terminal handles rows that have become too long.
 *
 * - `all`: wraps every row and keeps the cursor on its character, as most do (VTE, kitty, Konsole, iTerm, tmux).
 * - `xterm.js`: wraps rows from the bottom up. For every row that it adds it moves the cursor down, even when that row
 *   is below the cursor. It cuts off the row at which the cursor then is, instead of wrapping it.
 * - `none`: cuts rows off (xterm, the Linux console, GNU screen).
 */
export type Reflow = "all" | "xterm.js" | "none";

/**
 * Guesses from the environment how the terminal reflows.
 *
 * @param variable returns the value of an environment variable, or `undefined`
 * @returns the kind of reflow
 */
export function reflowOf(variable: (name: string) => string | undefined): Reflow {
  // A terminal inside another one inherits its variables, so the innermost is checked first: tmux.
  if (variable("TMUX") !== undefined) return "all";
  if (variable("STY") !== undefined || variable("TERM") === "linux") return "none";
  const program = variable("TERM_PROGRAM");
  if (program === "vscode" || program === "Hyper" || program === "Tabby") return "xterm.js";
  return program === undefined && variable("XTERM_VERSION") !== undefined ? "none" : "all";
}

/** A change of the size of the terminal. */
export interface SizeChange {
  /** The new width, in columns. */
  readonly columns: number;
  /** By how many rows the height has shrunk; 0 when it has not. */
  readonly rowsLost: number;
}

/**
 * Counts the rows of the input above the cursor after the terminal has changed its size.
 *
 * @param drawn the input as it was drawn, at the old width
 * @param change the change; the new width is less than the old one
 * @param reflow how the terminal reflows
 * @returns the number of rows
 */
export function rowsAboveCursor(drawn: InputLayout, change: SizeChange, reflow: Reflow): number {
  const { rows, cursorRow, cursorColumn } = drawn;
  const { columns, rowsLost } = change;
  switch (reflow) {
    case "none":
      return cursorRow;
    case "all": {
      const above = rows.slice(0, cursorRow).reduce((count, row) => count + rowsTaken(row, columns), 0);
      return above + rowsTaken(before(rows[cursorRow]!, cursorColumn), columns) - 1;
    }
    case "xterm.js": {
      // A shrinking window first loses the rows below the cursor: rows of the input, when no empty rows follow them.
      const below = rows.length - 1 - cursorRow;
      const lostCounts = Array.from({ length: Math.min(below, rowsLost) + 1 }, (_, count) => count);
      return Math.min(
        ...lostCounts.map((count) => pushedDown(rows.slice(0, rows.length - count), cursorRow, columns)),
      );
    }
  }
}

/** The row of the cursor after the reflow of xterm.js, from 0. */
function pushedDown(rows: readonly Row[], cursorRow: number, columns: number): number {
  let cursor = cursorRow;
  for (let index = rows.length - 1; index >= 0; index--) {
    if (index !== cursor) cursor += rowsTaken(rows[index]!, columns) - 1;
  }
  return cursor;
}

/** The cells of a row up to and including the one at the cursor; all cells when the cursor is after them. */
function before(row: Row, cursorColumn: number): Row {
  let column = 0;
  const index = row.findIndex(({ width }) => (column += width) > cursorColumn);
  return index < 0 ? row : row.slice(0, index + 1);
}

/** The number of rows that a terminal wraps a row into. */
function rowsTaken(row: Row, columns: number): number {
  let rows = 1;
  let column = 0;
  for (const { shown, width, exact } of row) {
    // Only a cell that surely takes two columns stays whole. The blanks of a tab do not; an emoji of uncertain width
    // may be a narrow one followed by a blank.
    const step = width === 2 && exact && shown !== "  " ? 2 : 1;
    for (let done = 0; done < width; done += step) {
      if (column + step > columns) {
        rows++;
        column = 0;
      }
      column += step;
    }
  }
  return rows;
}
