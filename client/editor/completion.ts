/**
 * Completion: what can stand at the cursor, and going round among it with Tab.
 *
 * What there is to complete (commands, names) is the owner's to know and comes from a function handed in.
 *
 * @module
 */
import { type EditBuffer, replace } from "./edit_buffer.ts";

/** What could stand in the place of a part of the text. */
export interface Completion {
  /** Where the part begins, as a UTF-16 index. */
  readonly start: number;
  /** Where the part ends. */
  readonly end: number;
  /** What could stand there, the likeliest first, each with what belongs behind it, such as `ana: `. */
  readonly candidates: readonly string[];
}

/**
 * Says what could stand at the cursor.
 *
 * @param text the whole text
 * @param cursor where the cursor is, as a UTF-16 index
 * @returns the candidates, or `undefined` where there are none
 */
export type Completer = (text: string, cursor: number) => Completion | undefined;

/** A choice among several candidates that is not yet made. */
export interface CompletionCycle {
  /** The buffer before the first Tab. */
  readonly before: EditBuffer;
  /** The candidates. */
  readonly completion: Completion;
  /** Which one stands in the text now. */
  readonly index: number;
}

/**
 * Puts a candidate in, as one change from what was typed.
 *
 * @param before the buffer before the first Tab
 * @param completion the candidates
 * @param index which one; counted round, also below 0
 * @returns the buffer with it, and the choice that goes on where there are several
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
 * Shows a choice as one line: which of how many, then the one that stands in the text, then those that follow.
 *
 * @param cycle the choice
 * @returns such as `2/3  anatol  andrea  ana`; longer than a row where there are many
 */
export function cycleHint(cycle: CompletionCycle): string {
  const { candidates } = cycle.completion;
  const turned = [...candidates.slice(cycle.index), ...candidates.slice(0, cycle.index)];
  return `${cycle.index + 1}/${candidates.length}  ${turned.map((candidate) => candidate.trim()).join("  ")}`;
}
