/**
 * What keeps a hub in the background from being started, stopped or asked: told in a line or a few, and the program ends
 * with status 1.
 *
 * @module
 */

/** Something that was asked of a hub in the background cannot be done. */
export class DaemonError extends Error {
  /** As for any `Error`. */
  override readonly name = "DaemonError";
}
