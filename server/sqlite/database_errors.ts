/**
 * Recognizes the errors of SQLite.
 *
 * @module
 */

/** How long a program waits for another one that has locked a database when it starts, in milliseconds. */
export const LOCK_WAIT_MS = 5000;

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
 * Returns the message of SQLite without its position in the statement.
 *
 * @param error the error that SQLite or the file system threw
 * @returns the reason, in a few words
 */
export function reasonOfSqlite(error: unknown): string {
  return textOf(error).replace(/ in .*$/s, "");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
