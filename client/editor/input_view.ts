/**
 * The view of the input, before it is laid out for a width. `line_editor.ts` builds it from the typed text, and
 * `screen.ts` draws it on the terminal.
 *
 * @module
 */

import type { PromptPart } from "../text/mod.ts";

/** What the screen shows of the input. Positions are UTF-16 indices of the text. */
export interface InputView {
  /** The text before the input. */
  readonly prompt: string;
  /** The parts of the prompt that look different. */
  readonly promptParts?: readonly PromptPart[] | undefined;
  /** The input. */
  readonly text: string;
  /** Position of the cursor, between graphemes. */
  readonly cursor: number;
  /** The part of the text to highlight. */
  readonly match?: {
    /** Where it begins. */
    readonly start: number;
    /** Where it ends. */
    readonly end: number;
  };
  /** A line below the input. */
  readonly hint?: string;
}
