/**
 * Earlier messages of a room or conversation, as the client shows them after a join and after a gap.
 *
 * PURE.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";

/** Earlier messages of a room or conversation. */
export interface EarlierMessages {
  /** The messages, oldest first. */
  readonly lines: readonly PastLine[];
  /** How many of the last of them are new; `undefined` if unknown. */
  readonly newCount?: number;
  /** How many more new messages there are before those, not included. */
  readonly skipped: number;
  /** When the user last read there, in milliseconds since 1970, if that was in another run. */
  readonly lastReadAt?: number;
}

/** Messages of a room or conversation that were not shown: those with numbers between two numbers. */
export interface MissedRange {
  /** The number before them. */
  readonly after: number;
  /** The number after them. */
  readonly before: number;
}
