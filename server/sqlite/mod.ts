/**
 * Database files of SQLite: opening, migrating, and setting a damaged one aside; ids of rows.
 *
 * May import: nothing.
 *
 * - `claims`: rows that count once no other hub can have written them first
 * - `database_file`: opens the file of a database, and renames a damaged one
 * - `database_errors`: recognizes the errors of SQLite
 * - `replaceable_database`: opens a database, and starts an empty one if it is damaged
 * - `migrate`: the version of a database, and migrations from older ones
 * - `replica_ids`: ids of rows that no other hub of a cluster gives
 * - `replicated`: tables whose rows are the same at all hubs of a cluster
 * - `short_id`: ids of rows that people type
 * - `transaction`: transactions
 *
 * @module
 */
export { type ClaimOutcome, Claims } from "./claims.ts";
export { isDamage, isLocked, LOCK_WAIT_MS, reasonOfSqlite } from "./database_errors.ts";
export { type DatabaseFileOptions, openDatabaseFile, setAside } from "./database_file.ts";
export { checkVersion, migrate, pragma, type Schema } from "./migrate.ts";
export { openReplaceable, type ReplaceableOptions } from "./replaceable_database.ts";
export { replicaIds } from "./replica_ids.ts";
export {
  CUT_OFF_RETRY_MS,
  CUT_OFF_TEXT,
  isCutOff,
  type ReplicaIds,
  type ReplicatedChange,
  type ReplicatedDatabase,
  type ReplicatedTable,
  type RowTree,
  type SqlRow,
  type SqlValue,
} from "./replicated.ts";
export { shortId } from "./short_id.ts";
export { type AfterCommit, change, transaction } from "./transaction.ts";
