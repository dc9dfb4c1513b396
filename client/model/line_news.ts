/**
 * What has happened to a message that the user has seen.
 *
 * PURE.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";

/** A change of a message. */
export interface LineNews {
  /** Whether it was deleted, has another text, or has other reactions. */
  readonly kind: "deleted" | "edited" | "reacted";
  /** The message: before it was deleted, else as it is now. */
  readonly line: PastLine;
  /** Who did it; `undefined` if the hub does not tell. */
  readonly by?: string | undefined;
  /** For reactions: whether one was taken back. */
  readonly removed?: boolean | undefined;
}
