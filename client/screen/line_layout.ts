/**
 * The layout of one line of the input as rows of cells. It is computed lazily, row by row, and reuses the layout of a
 * line with the same beginning.
 *
 * @module
 */
import {
  boundariesAfter,
  type Cell,
  cellOf,
  LEFT_TO_RIGHT_MARK,
  type PromptRole,
  rightToLeftWords,
  simpleWidth,
  type TextRange,
} from "../text/mod.ts";
import type { InputView } from "../editor/mod.ts";

/** The part of the input that a cell belongs to. */
export type CellRole = "text" | "prompt" | "match" | "hint" | PromptRole;

/** One grapheme in a row. */
export interface LaidOutCell extends Cell {
  /** The part of the input, which decides the style. */
  readonly role: CellRole;
}

/** One row of the screen, from its first column. */
export type Row = readonly LaidOutCell[];

/** The size to lay out for. */
export interface LayoutOptions {
  /** Width of the terminal in columns, 2 or more: the widest graphemes take two. */
  readonly columns: number;
  /** The most rows to lay out, 1 or more. */
  readonly maxRows: number;
  /** Whether the terminal shows ASCII only. */
  readonly ascii: boolean;
}

/** The distance of tab stops in columns, as in terminals. */
const TAB_COLUMNS = 8;

/**
 * One line of the text with its prefix, laid out as rows. Rows are computed when they are first needed. Positions are
 * those in the prefix followed by the text.
 */
export class LineLayout {
  /** Where the line begins in the whole text, as a UTF-16 index. */
  readonly start: number;
  /** The line, without its line end. */
  readonly text: string;
  /** The text before it: the prompt, or the continuation prompt after a line end. */
  readonly prefix: string;
  readonly #options: LayoutOptions;
  /** The right-to-left words of the prefix. */
  readonly #isolated: readonly TextRange[];
  /** The start of each row that has been computed. */
  readonly #starts: number[];
  /** Whether all rows have been computed. */
  #complete: boolean;

  /**
   * Prepares a line.
   *
   * @param line where the line begins in the whole text, the line, its prefix, and the size to lay out for
   * @param similar the layout of another line with the same prefix and size, whose rows are reused as far as the text
   * is equal
   */
  constructor(
    line: { start: number; text: string; prefix: string; options: LayoutOptions },
    similar: LineLayout | undefined,
  ) {
    const { start, text, prefix, options } = line;
    this.start = start;
    this.text = text;
    this.prefix = prefix;
    this.#options = options;
    this.#isolated = options.ascii ? [] : rightToLeftWords(prefix);
    this.#starts = [0];
    this.#complete = false;
    if (similar === undefined) return;
    if (similar.text === text) {
      this.#starts = similar.#starts;
      this.#complete = similar.#complete;
      return;
    }
    // Rows before the change are reused, except for the last one: a grapheme in it may extend across the change.
    const same = prefix.length + commonLength(similar.text, text);
    this.#starts = similar.#starts.slice(
      0,
      Math.max(similar.#starts.findLastIndex((at) => at <= same) - 1, 1),
    );
  }

  /** Where the line ends in the whole text. */
  get end(): number {
    return this.start + this.text.length;
  }

  /**
   * Finds where a row begins.
   *
   * @param index index of a row that {@linkcode LineLayout.has} or {@linkcode LineLayout.rowAt} has found
   * @returns its position in the prefix followed by the text
   */
  rowStart(index: number): number {
    return this.#starts[index]!;
  }

  /**
   * Checks whether a row exists.
   *
   * @param index index of the row in this line
   * @returns whether the line has this row
   */
  has(index: number): boolean {
    while (!this.#complete && this.#starts.length <= index) this.#breakNext();
    return index < this.#starts.length;
  }

  /**
   * Finds the row and the column of a position.
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
   * Finds the last position in a row that is not beyond a column.
   *
   * @param index index of a row that exists
   * @param column the column, from 0; with the prefix, as on the screen
   * @returns a position of the whole text that is shown in this row, and not in the prefix
   */
  positionAt(index: number, column: number): number {
    const { length } = this.prefix;
    const next = this.has(index + 1) ? this.#starts[index + 1]! : Infinity;
    let at = this.#starts[index]!;
    let left = column;
    for (const end of this.#boundariesAfter(at)) {
      left -= this.#width(at, end, column - left);
      if (left < 0 || end >= next) break;
      at = end;
    }
    return this.start + Math.max(at - length, 0);
  }

  /**
   * Builds a row.
   *
   * @param index index of a row that exists
   * @param view the view of the input, for the part of the text to highlight
   * @returns its cells
   */
  cells(index: number, view: InputView): LaidOutCell[] {
    const end = this.has(index + 1) ? this.#starts[index + 1]! : this.prefix.length + this.text.length;
    const cells: LaidOutCell[] = [];
    let column = 0;
    let at = this.#starts[index]!;
    for (const next of this.#boundariesAfter(at)) {
      if (at >= end) break;
      const cell = laidOutCell(this.#slice(at, next), column, this.#options, this.#role(at, view));
      cells.push(isolatedCell(cell, { start: at, end: next }, this.#isolated));
      column += cell.width;
      at = next;
    }
    return cells;
  }

  #role(at: number, view: InputView): CellRole {
    if (at < this.prefix.length) {
      // Only the prompt has parts, not the continuation prompt.
      const parts = this.start === 0 ? view.promptParts : undefined;
      return parts?.find(({ start, end }) => at >= start && at < end)?.role ?? "prompt";
    }
    const position = this.start + at - this.prefix.length;
    return view.match !== undefined && position >= view.match.start && position < view.match.end
      ? "match"
      : "text";
  }

  /** Computes the start of the next row. */
  #breakNext(): void {
    let at = this.#starts.at(-1)!;
    let column = 0;
    for (const end of this.#boundariesAfter(at)) {
      column += this.#width(at, end, column);
      if (column > this.#options.columns) break;
      at = end;
      if (column === this.#options.columns) break;
    }
    if (column < this.#options.columns) this.#complete = true;
    else this.#starts.push(at);
  }

  /** The ends of the graphemes from a position on. A grapheme never spans the prefix and the text. */
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
    if (end === at + 1 && !this.#options.ascii) {
      const { length } = this.prefix;
      const width = simpleWidth(at < length ? this.prefix.charCodeAt(at) : this.text.charCodeAt(at - length));
      if (width > 0) return width;
    }
    return laidOutCell(this.#slice(at, end), column, this.#options, "text").width;
  }
}

/**
 * Builds the cell of a grapheme in a column.
 *
 * @param grapheme one grapheme
 * @param column the column where it begins, which decides the width of a tab
 * @param options the size of the terminal, and whether to show ASCII only
 * @param role the part of the input it belongs to
 * @returns the cell
 */
export function laidOutCell(
  grapheme: string,
  column: number,
  options: LayoutOptions,
  role: CellRole,
): LaidOutCell {
  if (grapheme === "\t") {
    const width = Math.min(TAB_COLUMNS - column % TAB_COLUMNS, options.columns - column);
    return { shown: " ".repeat(width), width, exact: true, role };
  }
  if (options.ascii && !/^[ -~]$/.test(grapheme)) return { shown: "?", width: 1, exact: true, role };
  const { shown, width, exact } = cellOf(grapheme);
  if (width > options.columns) return { shown: "?", width: 1, exact: true, role };
  return { shown, width, exact, role };
}

/**
 * Adds a left-to-right mark to a cell at the start and at the end of a right-to-left word, so that names in a prompt or
 * a hint do not reorder what stands beside them.
 *
 * @param cell the cell
 * @param at its place in the text
 * @param words the right-to-left words of that text
 * @returns the cell, with a mark before or after it if a word begins or ends there
 */
export function isolatedCell(cell: LaidOutCell, at: TextRange, words: readonly TextRange[]): LaidOutCell {
  const before = words.some(({ start }) => start === at.start) ? LEFT_TO_RIGHT_MARK : "";
  const after = words.some(({ end }) => end === at.end) ? LEFT_TO_RIGHT_MARK : "";
  return before + after === "" ? cell : { ...cell, shown: before + cell.shown + after };
}

function commonLength(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}
