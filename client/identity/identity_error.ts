/**
 * The error for an identity that cannot be used.
 *
 * @module
 */

/** An identity cannot be used. The message says why and what to do. */
export class IdentityError extends Error {
  /** As for any `Error`. */
  override readonly name = "IdentityError";
}
