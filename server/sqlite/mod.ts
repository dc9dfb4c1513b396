/**
 * Database files of SQLite: opening, migrating, and setting a damaged one aside.
 *
 * May import: nothing.
 *
 * - `database_file`: opens the file of a database, and renames a damaged one
 * - `database_errors`: recognizes the errors of SQLite
 * - `migrate`: the version of a database, and migrations from older ones
 * - `transaction`: transactions
 *
 * @module
 */
export { isDamage, isLocked, LOCK_WAIT_MS, reasonOfSqlite } from "./database_errors.ts";
export { type DatabaseFileOptions, openDatabaseFile, setAside } from "./database_file.ts";
export { checkVersion, migrate, pragma, type Schema } from "./migrate.ts";
export { type AfterCommit, change, transaction } from "./transaction.ts";
