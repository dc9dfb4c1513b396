/**
 * Completion: the candidates for the text at the cursor, and cycling through them with Tab.
 *
 * The caller finds the candidates (commands, names) with a {@linkcode Completer}.
 *
 * @module
 */
import { type EditBuffer, replace } from "./edit_buffer.ts";

/** The candidates that can replace a part of the text. */
export interface Completion {
  /** Where the part begins, as a UTF-16 index. */
  readonly start: number;
  /** Where the part ends. */
  readonly end: number;
  /** The replacements, the most likely first, each with the characters that follow it, such as `ana: `. */
  readonly candidates: readonly string[];
}

/**
 * Finds completions for the text at the cursor.
 *
 * @param text the whole text
 * @param cursor position of the cursor, as a UTF-16 index
 * @returns the candidates, or `undefined` when there are none
 */
export type Completer = (text: string, cursor: number) => Completion | undefined;

/** A completion with several candidates. The next Tab inserts the next one. */
export interface CompletionCycle {
  /** The buffer before the first Tab. */
  readonly before: EditBuffer;
  /** The candidates. */
  readonly completion: Completion;
  /** Index of the candidate that is in the text. */
  readonly index: number;
}

/**
 * Inserts a candidate in place of the part. Undo removes it in one step.
 *
 * @param before the buffer before the first Tab
 * @param completion the candidates
 * @param index index of the candidate; it wraps around at both ends, -1 is the last
 * @returns the buffer with the candidate, and the cycle to continue when there are several candidates
 */
export function complete(
  before: EditBuffer,
  completion: Completion,
  index: number,
): { buffer: EditBuffer; cycle: CompletionCycle | undefined } {
  const { start, end, candidates } = completion;
  const chosen = (index + candidates.length) % candidates.length;
  const buffer = replace(before, start, end, candidates[chosen]!);
  return { buffer, cycle: candidates.length > 1 ? { before, completion, index: chosen } : undefined };
}

/**
 * Formats a cycle as one line: index and count, then the candidate in the text, then the ones that follow.
 *
 * @param cycle the cycle
 * @returns such as `2/3  anatol  andrea  ana`; it may be longer than a row
 */
export function cycleHint(cycle: CompletionCycle): string {
  const { candidates } = cycle.completion;
  const rotated = [...candidates.slice(cycle.index), ...candidates.slice(0, cycle.index)];
  return `${cycle.index + 1}/${candidates.length}  ${
    rotated.map((candidate) => candidate.trim()).join("  ")
  }`;
}
