/**
 * The errors of a history.
 *
 * @module
 */
import { isDamage, isLocked, reasonOfSqlite } from "../sqlite/mod.ts";

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
    super(reasonOfSqlite(cause), { cause });
    this.damaged = isDamage(cause);
  }
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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
