/**
 * Transactions.
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
    try {
      db.exec("ROLLBACK");
    } catch {
      // SQLite has done so by itself, as it does if the disk is full.
    }
    throw error;
  }
}

/** Calls a function once the transaction is committed. */
export type AfterCommit = (run: () => void) => void;

/**
 * Runs some statements as one transaction, and then changes what is held in memory of the database.
 *
 * @param db the database
 * @param run runs the statements; to its argument it passes what changes memory
 * @returns what `run` returns
 * @throws what `run` or SQLite throws; then nothing has changed
 */
export function change<T>(db: DatabaseSync, run: (after: AfterCommit) => T): T {
  const waiting: (() => void)[] = [];
  const result = transaction(db, () => run((later) => waiting.push(later)));
  for (const later of waiting) later();
  return result;
}
