/**
 * Earlier messages of a room or conversation, as the client shows them on arrival and after a gap.
 *
 * PURE.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";

/** What was said before in a place. */
export interface Past {
  /** The lines, oldest first. */
  readonly lines: readonly PastLine[];
  /** How many of the last of them were not seen before; nothing where that is not known. */
  readonly news?: number;
  /** How many more were not seen, before those. */
  readonly skipped: number;
  /** When the place was last seen, in milliseconds since 1970, where that was in another run. */
  readonly since?: number;
}
