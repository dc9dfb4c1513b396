/**
 * The layout of the input for a width: prompt and text become rows of cells, and the cursor gets a row and a column.
 *
 * Rules:
 * - A grapheme is never split. One that does not fit into the rest of a row goes to the next row.
 * - Another row follows a row that is exactly full, so that the cursor always has a column.
 * - The row after a line end begins with {@linkcode CONTINUATION_PROMPT}; the row after a full row begins with the
 *   text.
 * - Only the rows that are shown are laid out. Of a longer text these are the rows around the cursor, and they scroll
 *   only as far as the cursor needs.
 * - The layout of the previous text is reused up to the first difference, so a key in a long text costs a few rows.
 *
 * @module
 */
import { boundariesAfter, rightToLeftWords } from "../text/mod.ts";
import type { InputView } from "../editor/mod.ts";
import {
  isolatedCell,
  type LaidOutCell,
  laidOutCell,
  type LayoutOptions,
  LineLayout,
  type Row,
} from "./line_layout.ts";

/** The input as rows of the screen. */
export interface InputLayout {
  /** The rows, at least one. */
  readonly rows: readonly Row[];
  /** Index of the row with the cursor. */
  readonly cursorRow: number;
  /** The column of the cursor, from 0, less than the width. */
  readonly cursorColumn: number;
}

/** The prompt of the rows after a line end. */
export const CONTINUATION_PROMPT = "> ";

/** Lays out the input, again and again for the same terminal size. */
export class InputLayouter {
  readonly #options: LayoutOptions;
  /** The lines of the previous layout, the one with the cursor first. */
  #lines: LineLayout[] = [];
  /** The top row of the previous layout: its line, and its start in that line. */
  #top: { line: number; at: number } = { line: 0, at: 0 };

  /**
   * Prepares for a terminal size.
   *
   * @param options the size, and whether to show ASCII only
   */
  constructor(options: LayoutOptions) {
    this.#options = options;
  }

  /**
   * Lays out the input.
   *
   * @param view the view of the input
   * @returns its rows, at most `maxRows`
   */
  layOut(view: InputView): InputLayout {
    const { maxRows } = this.#options;
    const hint = maxRows > 1 && view.hint !== undefined ? view.hint : undefined;
    const top = this.#top;
    let window = this.#window(view, hint === undefined ? maxRows : maxRows - 1);
    let below = hint;
    if (below === undefined && maxRows >= 3 && (window.moreAbove || window.moreBelow)) {
      this.#top = top;
      window = this.#window(view, maxRows - 1);
      const hidden = [window.moreAbove ? "above" : "", window.moreBelow ? "below" : ""].filter(Boolean);
      below = `more ${hidden.join(" and ")}`;
    }
    const rows: Row[] = window.rows.map(({ line, index }) => line.cells(index, view));
    if (below !== undefined) rows.push(this.#hintRow(below));
    return { rows, cursorRow: window.cursorRow, cursorColumn: window.cursorColumn };
  }

  /**
   * Moves the cursor to the row above or below.
   *
   * @param view the view of the input
   * @param step -1 for the row above, 1 for the one below
   * @param column the column to move towards; that of the cursor if not given
   * @returns the position in the text, and the column to move towards next; `undefined` if there is no such row
   */
  moveByRow(
    view: InputView,
    step: 1 | -1,
    column?: number,
  ): { cursor: number; column: number } | undefined {
    const line = this.#lineAt(view, view.cursor);
    const { index, column: current } = line.rowAt(view.cursor);
    let target: RowRef | undefined;
    if (step < 0) target = index > 0 ? { line, index: index - 1 } : this.#lastRowBefore(view, line);
    else target = line.has(index + 1) ? { line, index: index + 1 } : this.#firstRowAfter(view, line);
    if (target === undefined) return undefined;
    const towards = column ?? current;
    return { cursor: target.line.positionAt(target.index, towards), column: towards };
  }

  #window(view: InputView, maxRows: number) {
    const cursorLine = this.#lineAt(view, view.cursor);
    const target = cursorLine.rowAt(view.cursor);
    const above: RowRef[] = [{ line: cursorLine, index: target.index }];
    const pushBefore = () => {
      const first = above[0]!;
      const previous = first.index > 0
        ? { line: first.line, index: first.index - 1 }
        : this.#lastRowBefore(view, first.line);
      if (previous !== undefined) above.unshift(previous);
      return previous !== undefined;
    };
    while (above.length < maxRows && pushBefore()) { /* as many rows as fit above the cursor */ }

    // The top row stays the same unless the cursor would leave the shown rows at the bottom.
    const top = Math.max(above.findLastIndex(({ line, index }) => !isAfter(line, index, this.#top)), 0);
    const shown = above.slice(top);
    const cursorRow = shown.length - 1;
    const pushAfter = () => {
      const last = shown.at(-1)!;
      const next = last.line.has(last.index + 1)
        ? { line: last.line, index: last.index + 1 }
        : this.#firstRowAfter(view, last.line);
      if (next !== undefined) shown.push(next);
      return next !== undefined;
    };
    while (shown.length < maxRows && pushAfter()) { /* to the end of the text */ }
    let added = 0;
    while (shown.length < maxRows && top > added) shown.unshift(above[top - ++added]!);

    const first = shown[0]!;
    this.#top = { line: first.line.start, at: first.line.rowStart(first.index) };
    this.#lines = [cursorLine, ...new Set(shown.map(({ line }) => line))];
    const last = shown.at(-1)!;
    return {
      rows: shown,
      cursorRow: cursorRow + added,
      cursorColumn: target.column,
      moreAbove: first.index > 0 || first.line.start > 0,
      moreBelow: last.line.has(last.index + 1) || last.line.end < view.text.length,
    };
  }

  #lastRowBefore(view: InputView, line: LineLayout): RowRef | undefined {
    if (line.start === 0) return undefined;
    const previous = this.#lineAt(view, line.start - 1);
    return { line: previous, index: previous.rowAt(previous.end).index };
  }

  #firstRowAfter(view: InputView, line: LineLayout): RowRef | undefined {
    return line.end === view.text.length ? undefined : { line: this.#lineAt(view, line.end + 1), index: 0 };
  }

  /** The line at a position of the text, with as much of its previous layout as still holds. */
  #lineAt(view: InputView, at: number): LineLayout {
    const start = at === 0 ? 0 : view.text.lastIndexOf("\n", at - 1) + 1;
    const lineEnd = view.text.indexOf("\n", at);
    const text = view.text.slice(start, lineEnd < 0 ? view.text.length : lineEnd);
    const prefix = start === 0 ? view.prompt : CONTINUATION_PROMPT;
    const same = this.#lines.find((line) => line.text === text && line.prefix === prefix);
    const similar = same ?? this.#lines.find((line) => line.prefix === prefix);
    return new LineLayout({ start, text, prefix, options: this.#options }, similar);
  }

  /** The part of the hint that fits into one row. */
  #hintRow(hint: string): Row {
    const row: LaidOutCell[] = [];
    const words = this.#options.ascii ? [] : rightToLeftWords(hint);
    let column = 0;
    let at = 0;
    for (const end of boundariesAfter(hint, 0)) {
      const cell = laidOutCell(hint.slice(at, end), column, this.#options, "hint");
      column += cell.width;
      // The last column stays empty, so that a hint never looks like a full row that continues.
      if (column >= this.#options.columns) break;
      row.push(isolatedCell(cell, { start: at, end }, words));
      at = end;
    }
    return row;
  }
}

/** A row: its line, and its index in the rows of that line. */
interface RowRef {
  line: LineLayout;
  index: number;
}

function isAfter(line: LineLayout, index: number, top: { line: number; at: number }): boolean {
  return line.start === top.line ? line.rowStart(index) > top.at : line.start > top.line;
}
