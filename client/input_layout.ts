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
import { boundariesAfter, type Cell, cellOf, simpleWidth } from "./grapheme.ts";
import type { InputView } from "./input_view.ts";

/** What a cell is part of. */
export type CellRole = "text" | "prompt" | "match" | "hint";

/** One grapheme in a row. */
export interface LaidOutCell extends Cell {
  /** What it is part of, which says how it looks. */
  readonly role: CellRole;
}

/** One row of the screen, from its first column on. */
export type Row = readonly LaidOutCell[];

/** The input as it is to stand on the screen. */
export interface InputLayout {
  /** The rows, at least one. */
  readonly rows: readonly Row[];
  /** The row of the cursor, as an index. */
  readonly cursorRow: number;
  /** The column of the cursor, from 0, less than the width. */
  readonly cursorColumn: number;
}

/** What there is room for. */
export interface LayoutRoom {
  /** Width of the terminal, in columns, 2 or more: the widest graphemes take two. */
  readonly columns: number;
  /** The most rows to use, 1 or more. */
  readonly maxRows: number;
  /** Whether the terminal can show ASCII alone. */
  readonly ascii: boolean;
}

/** What begins the rows after a line end. */
export const CONTINUATION_PROMPT = "> ";

/** Tab stops are this many columns apart, as in terminals. */
const TAB_COLUMNS = 8;

/** Lays input out, one after the other for the same terminal. */
export class InputLayouter {
  readonly #room: LayoutRoom;
  /** The lines that were laid out last; the one with the cursor first. */
  #lines: LineLayout[] = [];
  /** The first row shown last: its line, and where in that line it begins. */
  #top: { line: number; at: number } = { line: 0, at: 0 };

  /**
   * Makes ready for a terminal.
   *
   * @param room what there is room for
   */
  constructor(room: LayoutRoom) {
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
    const place = cursorLine.rowAt(view.cursor);
    const above: RowPlace[] = [{ line: cursorLine, index: place.index }];
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
      cursorColumn: place.column,
      moreAbove: first.index > 0 || first.line.start > 0,
      moreBelow: last.line.has(last.index + 1) || last.line.end < view.text.length,
    };
  }

  #lastRowBefore(view: InputView, line: LineLayout): RowPlace | undefined {
    if (line.start === 0) return undefined;
    const previous = this.#lineAt(view, line.start - 1);
    return { line: previous, index: previous.rowAt(previous.end).index };
  }

  #firstRowAfter(view: InputView, line: LineLayout): RowPlace | undefined {
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
      const cell = laidOut(hint.slice(at, end), column, this.#room, "hint");
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
interface RowPlace {
  line: LineLayout;
  index: number;
}

function isAfter(line: LineLayout, index: number, top: { line: number; at: number }): boolean {
  return line.start === top.line ? line.rowStart(index) > top.at : line.start > top.line;
}

/**
 * One line of the text with what stands before it, broken into rows as far as anyone has asked. Positions are those of
 * the prefix and the text behind each other.
 */
class LineLayout {
  /** Where the line begins in the whole text. */
  readonly start: number;
  readonly text: string;
  readonly prefix: string;
  readonly #room: LayoutRoom;
  /** Where each row begins that is known so far. */
  readonly #starts: number[];
  /** Whether all rows are known. */
  #complete: boolean;

  constructor(
    { start, text, prefix, room }: { start: number; text: string; prefix: string; room: LayoutRoom },
    like: LineLayout | undefined,
  ) {
    this.start = start;
    this.text = text;
    this.prefix = prefix;
    this.#room = room;
    this.#starts = [0];
    this.#complete = false;
    if (like === undefined) return;
    if (like.text === text) {
      this.#starts = like.#starts;
      this.#complete = like.#complete;
      return;
    }
    // A row is the same where the text is, up to the row before: a grapheme may reach over the place of the change.
    const same = prefix.length + commonLength(like.text, text);
    this.#starts = like.#starts.slice(0, Math.max(like.#starts.findLastIndex((at) => at <= same) - 1, 1));
  }

  /** Where the line ends in the whole text. */
  get end(): number {
    return this.start + this.text.length;
  }

  /** Where a row begins. */
  rowStart(index: number): number {
    return this.#starts[index]!;
  }

  /** Whether there is a row of that index. */
  has(index: number): boolean {
    while (!this.#complete && this.#starts.length <= index) this.#breakNext();
    return index < this.#starts.length;
  }

  /** The row and column of a position of the whole text that is in this line or at its end. */
  rowAt(position: number): { index: number; column: number } {
    const at = this.prefix.length + position - this.start;
    while (!this.#complete && this.#starts.at(-1)! <= at) this.#breakNext();
    // Of rows that begin at the same place the last one counts: there is none, but for the end of a full row.
    const index = this.#starts.findLastIndex((start) => start <= at);
    let column = 0;
    let i = this.#starts[index]!;
    for (const end of this.#boundariesAfter(i)) {
      if (i >= at) break;
      column += this.#width(i, end, column);
      i = end;
    }
    return { index, column };
  }

  /** What stands in a row. */
  cells(index: number, view: InputView): LaidOutCell[] {
    const end = this.has(index + 1) ? this.#starts[index + 1]! : this.prefix.length + this.text.length;
    const cells: LaidOutCell[] = [];
    let column = 0;
    let at = this.#starts[index]!;
    for (const next of this.#boundariesAfter(at)) {
      if (at >= end) break;
      const cell = laidOut(this.#slice(at, next), column, this.#room, this.#role(at, view));
      cells.push(cell);
      column += cell.width;
      at = next;
    }
    return cells;
  }

  #role(at: number, view: InputView): CellRole {
    if (at < this.prefix.length) return "prompt";
    const position = this.start + at - this.prefix.length;
    return view.match !== undefined && position >= view.match.start && position < view.match.end
      ? "match"
      : "text";
  }

  /** Finds where the row after the last known one begins. */
  #breakNext(): void {
    let at = this.#starts.at(-1)!;
    let column = 0;
    for (const end of this.#boundariesAfter(at)) {
      column += this.#width(at, end, column);
      if (column > this.#room.columns) break;
      at = end;
      if (column === this.#room.columns) break;
    }
    if (column < this.#room.columns) this.#complete = true;
    else this.#starts.push(at);
  }

  /** The ends of the graphemes from a position on; prefix and text do not join. */
  *#boundariesAfter(at: number): Generator<number, void, void> {
    const { length } = this.prefix;
    if (at < length) yield* boundariesAfter(this.prefix, at);
    for (const end of boundariesAfter(this.text, Math.max(at - length, 0))) yield length + end;
  }

  #slice(at: number, end: number): string {
    const length = this.prefix.length;
    return at < length ? this.prefix.slice(at, end) : this.text.slice(at - length, end - length);
  }

  #width(at: number, end: number, column: number): number {
    if (end === at + 1 && !this.#room.ascii) {
      const { length } = this.prefix;
      const width = simpleWidth(at < length ? this.prefix.charCodeAt(at) : this.text.charCodeAt(at - length));
      if (width > 0) return width;
    }
    return laidOut(this.#slice(at, end), column, this.#room, "text").width;
  }
}

/** A grapheme as it stands in a given column. */
function laidOut(grapheme: string, column: number, room: LayoutRoom, role: CellRole): LaidOutCell {
  if (grapheme === "\t") {
    const width = Math.min(TAB_COLUMNS - column % TAB_COLUMNS, room.columns - column);
    return { shown: " ".repeat(width), width, exact: true, role };
  }
  if (room.ascii && !/^[ -~]$/.test(grapheme)) return { shown: "?", width: 1, exact: true, role };
  const { shown, width, exact } = cellOf(grapheme);
  if (width > room.columns) return { shown: "?", width: 1, exact: true, role };
  return { shown, width, exact, role };
}

function commonLength(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}
