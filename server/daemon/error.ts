/**
 * The error of a command for a hub in the background. It is printed in a few lines, and the program ends with status 1.
 *
 * @module
 */

/** A hub in the background cannot be started, stopped or queried. */
export class DaemonError extends Error {
  /** As for any `Error`. */
  override readonly name = "DaemonError";
}
