/**
 * The errors of a history.
 *
 * @module
 */

/** A history cannot be opened, and the operator has to fix the cause. */
export class HistoryError extends Error {
  /** As for any `Error`. */
  override readonly name = "HistoryError";
}

/** The disk or the database refused an operation. What was stored before is unchanged. */
export class StorageError extends Error {
  /** As for any `Error`. */
  override readonly name = "StorageError";
  /** Whether the stored data is damaged, so that a retry cannot help. */
  readonly damaged: boolean;

  /**
   * Wraps an error.
   *
   * @param cause the error that SQLite or the file system threw
   */
  constructor(cause: unknown) {
    super(reasonOf(cause), { cause });
    this.damaged = isDamage(cause);
  }
}

/**
 * Checks whether SQLite found that a file is not a database, or is damaged. Only the error text says so: in
 * Deno all errors of SQLite have the same code.
 *
 * @param error the error that SQLite threw
 * @returns whether it means damage
 */
export function isDamage(error: unknown): boolean {
  return /malformed|not a database|vtable constructor failed|unsupported file format|no such (table|column)/
    .test(textOf(error));
}

/**
 * Checks whether SQLite refused an operation because another connection has locked the database.
 *
 * @param error the error that SQLite threw
 * @returns whether it is locked
 */
export function isLocked(error: unknown): boolean {
  return /\blocked\b/.test(textOf(error));
}

/**
 * Returns why a database cannot be read.
 *
 * @param error the error that SQLite or the file system threw
 * @returns the reason, for a message to the operator
 */
export function unreadableReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is none";
  if (isLocked(error)) return "another program has locked it; stop that program, then try again";
  return textOf(error);
}

/** Returns the message of SQLite without its position in the statement. */
function reasonOf(error: unknown): string {
  return textOf(error).replace(/ in .*$/s, "");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
