/**
 * The pen: writes the difference between the rows that the terminal shows and the rows that it should show, in the
 * fewest bytes.
 *
 * Rules:
 * - Cursor moves are relative to the current row, or go to a column.
 * - A row ends in a line end that the pen writes, never in an automatic wrap of the terminal.
 * - Terminals disagree on the width of some emoji. After such an emoji the pen moves to the column where it ends by the
 *   width that this program uses.
 *
 * @module
 */
import { ERASE_BELOW, ERASE_ROW_END, NO_WRAP, RESET_STYLE, style, toColumn, up, WRAP } from "./ansi.ts";
import type { CellRole, LaidOutCell, Row } from "./line_layout.ts";

/** The style of each part of the input, as parameters of SGR such as `1;36`; empty for no style. */
export type InputStyles = Readonly<Record<CellRole, string>>;

/**
 * A bold prompt with dim unread messages, mentions as they look in messages, a dim hint, an underlined match. No
 * colours, so that it suits every background.
 */
export const DEFAULT_STYLES: InputStyles = {
  text: "",
  prompt: "1",
  unread: "2",
  mention: "1;7",
  match: "4",
  hint: "2",
};

/** Writes the rows of the input, and tracks the position of the cursor in them. */
export class Pen {
  /** The bytes to write so far, as text. */
  written = "";
  #row: number;
  /** `undefined` after the last column, where terminals disagree on the position. */
  #column: number | undefined;
  readonly #columns: number;
  readonly #styles: InputStyles;

  /**
   * Starts at the cursor.
   *
   * @param at row and column of the cursor, from 0; width of the terminal in columns; the styles
   */
  constructor(at: { row: number; column: number; columns: number; styles: InputStyles }) {
    this.#row = at.row;
    this.#column = at.column;
    this.#columns = at.columns;
    this.#styles = at.styles;
  }

  /**
   * Replaces rows by others, where they differ.
   *
   * @param old the rows that the terminal shows
   * @param rows the rows that it should show
   * @returns the number of rows that changed
   */
  replace(old: readonly Row[], rows: readonly Row[]): number {
    let written = 0;
    for (const [index, row] of rows.entries()) {
      if (this.#replaceRow(index, old[index], row)) written++;
    }
    if (old.length > rows.length) {
      this.moveTo(rows.length, 0);
      this.written += ERASE_BELOW;
      written += old.length - rows.length;
    }
    return written;
  }

  /**
   * Moves the cursor, and adds rows that do not exist yet.
   *
   * @param row row of the input, from 0
   * @param column column, from 0
   */
  moveTo(row: number, column: number): void {
    if (row < this.#row) this.written += up(this.#row - row);
    if (row > this.#row) {
      // Line ends, because they add the rows that do not exist yet.
      this.written += "\r" + "\n".repeat(row - this.#row);
      this.#column = 0;
    }
    this.#row = row;
    if (this.#column === column) return;
    const left = (this.#column ?? Infinity) - column;
    this.written += left > 0 && left <= 3 ? "\b".repeat(left) : toColumn(column);
    this.#column = column;
  }

  /** Replaces a row, from the first cell that differs. Returns whether anything differs. */
  #replaceRow(index: number, old: Row | undefined, row: Row): boolean {
    let same = 0;
    let column = 0;
    while (old !== undefined && same < row.length && same < old.length && isSame(old[same]!, row[same]!)) {
      column += row[same++]!.width;
    }
    if (same === row.length && same === (old?.length ?? 0)) return false;
    this.moveTo(index, column);
    const rest = row.slice(same);
    this.#write(rest);
    const end = column + widthOf(rest);
    const oldEnd = column + widthOf(old?.slice(same) ?? []);
    // The terminal may show an emoji of uncertain width beyond the end of the row.
    const uncertain = !row.every(({ exact }) => exact) || !(old ?? []).every(({ exact }) => exact);
    if (end < this.#columns && (end < oldEnd || uncertain)) this.written += ERASE_ROW_END;
    return true;
  }

  #write(cells: readonly LaidOutCell[]): void {
    const uncertain = !cells.every(({ exact }) => exact);
    if (uncertain) this.written += NO_WRAP;
    let current = "";
    for (const { shown, width, exact, role } of cells) {
      const wanted = this.#styles[role];
      if (wanted !== current) this.written += style(current = wanted);
      const end = this.#column! + width;
      // Blanks first, in case the terminal shows it narrower; then a move to the column where it ends by `width`.
      this.written += exact ? shown : " ".repeat(width) + toColumn(this.#column!) + shown;
      if (!exact && end < this.#columns) this.written += toColumn(end);
      this.#column = end;
    }
    if (current !== "") this.written += RESET_STYLE;
    if (uncertain) this.written += WRAP;
    if (this.#column === this.#columns) this.#column = undefined;
  }
}

function isSame(one: LaidOutCell, other: LaidOutCell): boolean {
  return one.shown === other.shown && one.width === other.width && one.role === other.role;
}

function widthOf(cells: readonly LaidOutCell[]): number {
  return cells.reduce((width, cell) => width + cell.width, 0);
}
