/**
 * One line of the input broken into rows of cells, as far as anyone asks, and using again what is known of a line that
 * begins the same.
 *
 * @module
 */
import { boundariesAfter, type Cell, cellOf, simpleWidth } from "../text/mod.ts";
import type { InputView } from "../editor/mod.ts";

/** What a cell is part of. */
export type CellRole = "text" | "prompt" | "match" | "hint";

/** One grapheme in a row. */
export interface LaidOutCell extends Cell {
  /** What it is part of, which says how it looks. */
  readonly role: CellRole;
}

/** One row of the screen, from its first column on. */
export type Row = readonly LaidOutCell[];

/** What there is room for. */
export interface LayoutOptions {
  /** Width of the terminal, in columns, 2 or more: the widest graphemes take two. */
  readonly columns: number;
  /** The most rows to use, 1 or more. */
  readonly maxRows: number;
  /** Whether the terminal can show ASCII alone. */
  readonly ascii: boolean;
}

/** Tab stops are this many columns apart, as in terminals. */
const TAB_COLUMNS = 8;

/**
 * One line of the text with what stands before it, broken into rows as far as anyone has asked. Positions are those of
 * the prefix and the text behind each other.
 */
export class LineLayout {
  /** Where the line begins in the whole text. */
  readonly start: number;
  /** The line, without its line end. */
  readonly text: string;
  /** What stands before it: the prompt, or the mark after a line end. */
  readonly prefix: string;
  readonly #room: LayoutOptions;
  /** Where each row begins that is known so far. */
  readonly #starts: number[];
  /** Whether all rows are known. */
  #complete: boolean;

  /**
   * Begins with a line.
   *
   * @param line where it begins in the whole text, the line, what stands before it, and what there is room for
   * @param like another with the same prefix and room; the more its text begins like this one, the more work is saved
   */
  constructor(
    line: { start: number; text: string; prefix: string; room: LayoutOptions },
    like: LineLayout | undefined,
  ) {
    const { start, text, prefix, room } = line;
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

  /**
   * Says where a row begins.
   *
   * @param index a row that {@linkcode LineLayout.has} or {@linkcode LineLayout.rowAt} spoke of
   * @returns the place, to be compared with that of other rows of this line
   */
  rowStart(index: number): number {
    return this.#starts[index]!;
  }

  /**
   * Says whether there is a row.
   *
   * @param index counted from the first of this line
   * @returns whether the line is that long
   */
  has(index: number): boolean {
    while (!this.#complete && this.#starts.length <= index) this.#breakNext();
    return index < this.#starts.length;
  }

  /**
   * Finds a position.
   *
   * @param position a position of the whole text that is in this line or at its end
   * @returns its row in this line and its column, both from 0
   */
  rowAt(position: number): { index: number; column: number } {
    const at = this.prefix.length + position - this.start;
    while (!this.#complete && this.#starts.at(-1)! <= at) this.#breakNext();
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

  /**
   * Makes a row.
   *
   * @param index a row that there is
   * @param view where the part of the text is that was found
   * @returns what stands in it
   */
  cells(index: number, view: InputView): LaidOutCell[] {
    const end = this.has(index + 1) ? this.#starts[index + 1]! : this.prefix.length + this.text.length;
    const cells: LaidOutCell[] = [];
    let column = 0;
    let at = this.#starts[index]!;
    for (const next of this.#boundariesAfter(at)) {
      if (at >= end) break;
      const cell = laidOutCell(this.#slice(at, next), column, this.#room, this.#role(at, view));
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
    return laidOutCell(this.#slice(at, end), column, this.#room, "text").width;
  }
}

/**
 * Says how a grapheme stands in a given column.
 *
 * @param grapheme one grapheme
 * @param column where it begins, which a tab needs to know
 * @param room what there is room for
 * @param role what it is part of
 * @returns the cell
 */
export function laidOutCell(
  grapheme: string,
  column: number,
  room: LayoutOptions,
  role: CellRole,
): LaidOutCell {
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
