/**
 * Brings rows of the input from what the terminal shows to what it is to show, with the fewest bytes.
 *
 * Rules: moves are relative to the row the pen is in, or to a column; a row ends in a line end of ours and never in a
 * wrap of the terminal's; after an emoji whose width terminals dispute, the pen goes on where that ends by our count.
 *
 * @module
 */
import { ERASE_BELOW, ERASE_ROW_END, NO_WRAP, RESET_STYLE, style, toColumn, up, WRAP } from "./ansi.ts";
import type { CellRole, LaidOutCell, Row } from "./line_layout.ts";

/** How each part of the input looks, as parameters of SGR such as `1;36`; nothing for plain. */
export type InputStyles = Readonly<Record<CellRole, string>>;

/** No colours, so that it suits every background: a bold prompt, a dim hint, what was found underlined. */
export const DEFAULT_STYLES: InputStyles = { text: "", prompt: "1", match: "4", hint: "2" };

/** Writes into the rows of the input, and knows where it stands among them. */
export class Pen {
  /** What to write, so far. */
  written = "";
  #row: number;
  /** Not known behind the last column. */
  #column: number | undefined;
  readonly #columns: number;
  readonly #styles: InputStyles;

  /**
   * Begins where the cursor stands.
   *
   * @param at its row and column, from 0; the width of the terminal; how the input looks
   */
  constructor(at: { row: number; column: number; columns: number; styles: InputStyles }) {
    this.#row = at.row;
    this.#column = at.column;
    this.#columns = at.columns;
    this.#styles = at.styles;
  }

  /**
   * Makes rows into others, where they differ.
   *
   * @param old the rows that are there, from the first on
   * @param rows those that are to be there
   * @returns in how many of them it wrote
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
   * Goes to a place, making rows where there are none yet.
   *
   * @param row which row of the input, from 0
   * @param column which column, from 0
   */
  moveTo(row: number, column: number): void {
    if (row < this.#row) this.written += up(this.#row - row);
    if (row > this.#row) {
      // Line ends, as they make the rows that are not there yet.
      this.written += "\r" + "\n".repeat(row - this.#row);
      this.#column = 0;
    }
    this.#row = row;
    if (this.#column === column) return;
    const left = (this.#column ?? Infinity) - column;
    this.written += left > 0 && left <= 3 ? "\b".repeat(left) : toColumn(column);
    this.#column = column;
  }

  /** Makes one row into another, from the first cell on that differs. */
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
    // An emoji that the terminal takes for wider than it is may reach beyond the end.
    const disputed = !row.every(({ exact }) => exact) || !(old ?? []).every(({ exact }) => exact);
    if (end < this.#columns && (end < oldEnd || disputed)) this.written += ERASE_ROW_END;
    return true;
  }

  #write(cells: readonly LaidOutCell[]): void {
    const disputed = !cells.every(({ exact }) => exact);
    if (disputed) this.written += NO_WRAP;
    let current = "";
    for (const { shown, width, exact, role } of cells) {
      const wanted = this.#styles[role];
      if (wanted !== current) this.written += style(current = wanted);
      const end = this.#column! + width;
      // Blanks first, in case the terminal takes it for narrower; and then onwards from where it ends by our count.
      this.written += exact ? shown : " ".repeat(width) + toColumn(this.#column!) + shown;
      if (!exact && end < this.#columns) this.written += toColumn(end);
      this.#column = end;
    }
    if (current !== "") this.written += RESET_STYLE;
    if (disputed) this.written += WRAP;
    if (this.#column === this.#columns) this.#column = undefined;
  }
}

function isSame(one: LaidOutCell, other: LaidOutCell): boolean {
  return one.shown === other.shown && one.width === other.width && one.role === other.role;
}

function widthOf(cells: readonly LaidOutCell[]): number {
  return cells.reduce((width, cell) => width + cell.width, 0);
}
