/**
 * Counts the lines of the input that were not sent.
 *
 * PURE.
 *
 * @module
 */

/** Lines that follow each other, as counted. */
export interface LineRange {
  /** The number of the first line, from 1. */
  readonly first: number;
  /** The number of the last line. */
  readonly last: number;
  /** How many of the lines are not empty. */
  readonly lines: number;
}

/** The lines that were not sent. */
export class UnsentLines {
  #first = Infinity;
  #last = 0;
  #count = 0;

  /** The number of the first line; `undefined` if there is none. */
  get first(): number | undefined {
    return this.#count === 0 ? undefined : this.#first;
  }

  /** How many lines there are; empty ones are not counted. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds lines.
   *
   * @param range the lines; in the order of their numbers, and a line that is added in parts counts once
   */
  add({ first, last, lines }: LineRange): void {
    if (lines === 0) return;
    this.#count += first === this.#last ? lines - 1 : lines;
    this.#first = Math.min(this.#first, first);
    this.#last = last;
  }
}
