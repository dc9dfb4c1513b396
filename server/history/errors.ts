/**
 * What can go wrong with a history.
 *
 * @module
 */

/** A history cannot be opened, for a reason that a person has to do something about. */
export class HistoryError extends Error {
  /** As for any `Error`. */
  override readonly name = "HistoryError";
}

/** The disk did not do what was asked of it; what was kept before is as it was. */
export class StorageError extends Error {
  /** As for any `Error`. */
  override readonly name = "StorageError";
  /** Whether what is kept is damaged, so that trying again helps nobody. */
  readonly damaged: boolean;

  /**
   * Says what went wrong.
   *
   * @param cause what SQLite threw
   */
  constructor(cause: unknown) {
    super(reasonOf(cause), { cause });
    this.damaged = isDamage(cause);
  }
}

/**
 * Tells whether SQLite found that what it reads is no database, or no longer a whole one. It says so in words alone:
 * all
 * its errors have the same code in Deno.
 *
 * @param error what it threw
 * @returns whether it is damage
 */
export function isDamage(error: unknown): boolean {
  return /malformed|not a database|vtable constructor failed|unsupported file format|no such (table|column)/
    .test(textOf(error));
}

/** What SQLite says, without where in the statement. */
function reasonOf(error: unknown): string {
  return textOf(error).replace(/ in .*$/s, "");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
