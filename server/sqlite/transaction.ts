/**
 * A transaction.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/**
 * Runs some statements as one transaction.
 *
 * @param db the database
 * @param run runs the statements
 * @returns what `run` returns
 * @throws what `run` or SQLite throws; then nothing has changed
 */
export function transaction<T>(db: DatabaseSync, run: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
