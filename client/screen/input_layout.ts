/**
 * The input laid out for a width: prompt and text become rows of cells, and the cursor a place among them.
 *
 * Rules: a grapheme never falls apart; one that does not fit into the rest of a row goes to the next; a row that is
 * exactly full is followed by another, so that the cursor always has a column to stand in; a line end begins a row with
 * a mark of its own, while a row that is merely full goes on in the first column. Only as many rows are laid out as are
 * shown: of a longer text those around the cursor, moving no more than they must. What was laid out for the last text
 * is used again as far as the new one begins the same, so that a key in a long text costs a few rows.
 *
 * @module
 */
import { boundariesAfter } from "../text/mod.ts";
import type { InputView } from "../editor/mod.ts";
import { type LaidOutCell, laidOutCell, type LayoutOptions, LineLayout, type Row } from "./line_layout.ts";

/** The input as it is to stand on the screen. */
export interface InputLayout {
  /** The rows, at least one. */
  readonly rows: readonly Row[];
  /** The row of the cursor, as an index. */
  readonly cursorRow: number;
  /** The column of the cursor, from 0, less than the width. */
  readonly cursorColumn: number;
}

/** What begins the rows after a line end. */
export const CONTINUATION_PROMPT = "> ";

/** Lays input out, one after the other for the same terminal. */
export class InputLayouter {
  readonly #room: LayoutOptions;
  /** The lines that were laid out last; the one with the cursor first. */
  #lines: LineLayout[] = [];
  /** The first row shown last: its line, and where in that line it begins. */
  #top: { line: number; at: number } = { line: 0, at: 0 };

  /**
   * Makes ready for a terminal.
   *
   * @param room what there is room for
   */
  constructor(room: LayoutOptions) {
    this.#room = room;
  }

  /**
   * Lays out.
   *
   * @param view what is to be seen
   * @returns the rows of it, at most as many as there is room for
   */
  layOut(view: InputView): InputLayout {
    const { maxRows } = this.#room;
    const hint = maxRows > 1 && view.hint !== undefined ? view.hint : undefined;
    const top = this.#top;
    let window = this.#window(view, hint === undefined ? maxRows : maxRows - 1);
    let below = hint;
    if (below === undefined && maxRows >= 3 && (window.moreAbove || window.moreBelow)) {
      this.#top = top;
      window = this.#window(view, maxRows - 1);
      const where = [window.moreAbove ? "above" : "", window.moreBelow ? "below" : ""].filter(Boolean);
      below = `more ${where.join(" and ")}`;
    }
    const rows: Row[] = window.rows.map(({ line, index }) => line.cells(index, view));
    if (below !== undefined) rows.push(this.#hintRow(below));
    return { rows, cursorRow: window.cursorRow, cursorColumn: window.cursorColumn };
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
    while (above.length < maxRows && pushBefore()) { /* as many rows as could be above the cursor */ }

    // The row that was on top stays there as long as the cursor does not leave at the other end.
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
    while (shown.length < maxRows && pushAfter()) { /* down to the end of the text */ }
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

  /** The line that a position of the text is in, laid out as far as it was before. */
  #lineAt(view: InputView, at: number): LineLayout {
    const start = at === 0 ? 0 : view.text.lastIndexOf("\n", at - 1) + 1;
    const lineEnd = view.text.indexOf("\n", at);
    const text = view.text.slice(start, lineEnd < 0 ? view.text.length : lineEnd);
    const prefix = start === 0 ? view.prompt : CONTINUATION_PROMPT;
    const same = this.#lines.find((line) => line.text === text && line.prefix === prefix);
    const like = same ?? this.#lines.find((line) => line.prefix === prefix);
    return new LineLayout({ start, text, prefix, room: this.#room }, like);
  }

  /** As much of the hint as fits into one row. */
  #hintRow(hint: string): Row {
    const row: LaidOutCell[] = [];
    let column = 0;
    let at = 0;
    for (const end of boundariesAfter(hint, 0)) {
      const cell = laidOutCell(hint.slice(at, end), column, this.#room, "hint");
      column += cell.width;
      // The last column stays free, so that a hint is never mistaken for a row that goes on.
      if (column >= this.#room.columns) break;
      row.push(cell);
      at = end;
    }
    return row;
  }
}

/** A row, as a line and an index among its rows. */
interface RowRef {
  line: LineLayout;
  index: number;
}

function isAfter(line: LineLayout, index: number, top: { line: number; at: number }): boolean {
  return line.start === top.line ? line.rowStart(index) > top.at : line.start > top.line;
}
