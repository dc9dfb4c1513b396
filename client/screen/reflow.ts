/**
 * Where the input is after the terminal has changed its width: terminals break what is too long for them anew, and how
 * many rows the input takes then has to be known before it can be drawn over.
 *
 * In doubt these count too few rows rather than too many: a row of old input that stays is a blemish, a row of chat that
 * is drawn over is lost.
 *
 * @module
 */
import type { InputLayout } from "./input_layout.ts";
import type { Row } from "./line_layout.ts";

/**
 * What a terminal does with rows that have become too long.
 *
 * - `all`: breaks every row anew and keeps the cursor on its character, as most do (VTE, kitty, Konsole, iTerm, tmux).
 * - `xterm.js`: goes from the bottom up, and for every row that it adds it moves the cursor down, also where that row is
 *   below the cursor; the row that it then takes for the cursor's is cut off.
 * - `none`: cuts them off (xterm, the Linux console, GNU screen).
 */
export type Reflow = "all" | "xterm.js" | "none";

/**
 * Guesses from the environment which terminal this is.
 *
 * @param variable gives the value of an environment variable, if it is set
 * @returns how that terminal reflows
 */
export function reflowOf(variable: (name: string) => string | undefined): Reflow {
  // What runs inside of another terminal inherits its variables, so the innermost counts: tmux first.
  if (variable("TMUX") !== undefined) return "all";
  if (variable("STY") !== undefined || variable("TERM") === "linux") return "none";
  const program = variable("TERM_PROGRAM");
  if (program === "vscode" || program === "Hyper" || program === "Tabby") return "xterm.js";
  return program === undefined && variable("XTERM_VERSION") !== undefined ? "none" : "all";
}

/** How a terminal has changed its size. */
export interface SizeChange {
  /** The new width, in columns. */
  readonly columns: number;
  /** By how many rows it is lower than before; 0 where it is not. */
  readonly rowsLost: number;
}

/**
 * Counts how far above the cursor the input begins after the terminal has changed its size.
 *
 * @param drawn the input as it was drawn, at the old width
 * @param change what has changed; the new width is less than the old
 * @param reflow what the terminal does
 * @returns a number of rows
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
      // A window that gets lower loses rows below the cursor first: ours, where no empty ones follow them.
      const below = rows.length - 1 - cursorRow;
      const lost = Array.from({ length: Math.min(below, rowsLost) + 1 }, (_, count) => count);
      return Math.min(
        ...lost.map((count) => pushedDown(rows.slice(0, rows.length - count), cursorRow, columns)),
      );
    }
  }
}

/** Where the cursor ends up in xterm.js, as a count of rows from the first. */
function pushedDown(rows: readonly Row[], cursorRow: number, columns: number): number {
  let cursor = cursorRow;
  for (let index = rows.length - 1; index >= 0; index--) {
    if (index !== cursor) cursor += rowsTaken(rows[index]!, columns) - 1;
  }
  return cursor;
}

/** The cells of a row up to the one that the cursor is on, or all where it is behind them. */
function before(row: Row, cursorColumn: number): Row {
  let column = 0;
  const index = row.findIndex(({ width }) => (column += width) > cursorColumn);
  return index < 0 ? row : row.slice(0, index + 1);
}

/** How many rows a terminal breaks one into that it cannot show whole. */
function rowsTaken(row: Row, columns: number): number {
  let rows = 1;
  let column = 0;
  for (const { shown, width, exact } of row) {
    // Only what surely takes two columns stays together: the blanks of a tab do not, and an emoji may be half blank.
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
