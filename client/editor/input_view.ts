/**
 * What is to be seen of the input, before it is laid out for a width: the seam between `line_editor.ts`, which knows
 * what is typed, and `screen.ts`, which knows the terminal.
 *
 * @module
 */

/** What is to be seen of the input. Positions are UTF-16 indices of the text. */
export interface InputView {
  /** What stands before the text. */
  readonly prompt: string;
  /** The text. */
  readonly text: string;
  /** Where the cursor is, between graphemes. */
  readonly cursor: number;
  /** A part of the text to set off. */
  readonly match?: {
    /** Where it begins. */
    readonly start: number;
    /** Where it ends. */
    readonly end: number;
  };
  /** A line below the text. */
  readonly hint?: string;
}
