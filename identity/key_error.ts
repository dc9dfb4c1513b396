/**
 * The error for keys and signatures that cannot be used.
 *
 * @module
 */

/**
 * A key or a signature cannot be used. The message says why and what to do, and goes after a text such as
 * `Cannot use the key FILE: `.
 */
export class KeyError extends Error {
  /** As for any `Error`. */
  override readonly name = "KeyError";
}
