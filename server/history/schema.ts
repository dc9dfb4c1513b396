/**
 * The tables of the database, and migrations from older versions.
 *
 * `PRAGMA user_version` is the version. Each migration makes the next version; all run in one transaction.
 * `PRAGMA application_id` marks a database as one of RiftChat.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { HistoryError } from "./errors.ts";

/** `Rift` in ASCII. */
const APPLICATION_ID = 0x52696674;

/**
 * The migrations: each makes a version from the one before it, starting with an empty database.
 *
 * In the SQL, a place is a conversation. Lines are messages: besides their sequence numbers they have ids, in
 * the order in which the hub received all messages; the word index uses the ids. The state stores the id of the
 * last indexed message, the floor above which sequence numbers are safe to assign, and the position up to which
 * the journal is drained: `journal` is the file, `filed` the offset in it. The tables of the word index are
 * created when they are needed; see `word_index.ts`. A place without lines is deleted; `forgotten` is the highest
 * sequence number in any deleted place: a place that is made later starts above it. The ballast is empty
 * except while the free disk space is checked.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    last INTEGER NOT NULL
  );
  CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    username TEXT NOT NULL,
    recipient TEXT,
    verified INTEGER NOT NULL,
    message TEXT NOT NULL
  );
  CREATE UNIQUE INDEX lines_by_number ON lines (place, sequence);
  CREATE TABLE receipts (
    author TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (author, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (timestamp);
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    indexed INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    journal INTEGER NOT NULL,
    filed INTEGER NOT NULL
  );
  INSERT INTO state VALUES (1, 0, 0, 0, 0);
  CREATE TABLE ballast (bytes BLOB NOT NULL);
  `,
  `
  ALTER TABLE state ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX lines_by_time ON lines (timestamp);
  `,
  // Version 3 has another word index: all messages are indexed again, in the background.
  `
  UPDATE state SET indexed = (SELECT min(id) - 1 FROM lines) WHERE EXISTS (SELECT 1 FROM lines);
  `,
  // Version 4: receipts have a digest of the message. Those of an older version have none.
  `
  ALTER TABLE receipts ADD COLUMN digest TEXT;
  `,
];

/**
 * The last sequence number in a conversation, for a query of `places`: that of its last message, or
 * `places.last` if that message was deleted or not stored.
 */
export const LAST_SEQUENCE =
  "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/**
 * Migrates a database to the newest version.
 *
 * @param db an open database; an empty one counts as version 0
 * @param path its path, for errors
 * @param migrations the migrations
 * @throws {HistoryError} when the database is newer than this program, or not one of RiftChat
 */
export function migrate(db: DatabaseSync, path: string, migrations: readonly string[] = MIGRATIONS): void {
  const version = versionOf(db, path, migrations.length);
  if (version === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Checks that a database can be read without a migration.
 *
 * @param db an open database
 * @param path its path, for errors
 * @throws {HistoryError} when it has another version, or is not one of RiftChat
 */
export function checkVersion(db: DatabaseSync, path: string): void {
  const version = versionOf(db, path, MIGRATIONS.length);
  if (version === MIGRATIONS.length) return;
  throw new HistoryError(
    `Cannot use ${path}: its version must be ${MIGRATIONS.length}: it is ${version}; ` +
      "start riftchat serve once to migrate it",
  );
}

/** Returns the version of a database; throws when it is newer than this program, or not one of RiftChat. */
function versionOf(db: DatabaseSync, path: string, newest: number): number {
  const version = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const foreign = owner !== APPLICATION_ID && (owner !== 0 || pragma(db, "schema_version") !== 0);
  if (foreign) {
    throw new HistoryError(
      `Cannot use ${path}: it must be a database of RiftChat: it belongs to another program`,
    );
  }
  if (version > newest) {
    throw new HistoryError(
      `Cannot use ${path}: its version must be ${newest} or older: it is ${version}, of a newer version of RiftChat; ` +
        "update RiftChat",
    );
  }
  return version;
}

/**
 * Reads a number from the database.
 *
 * @param db the database
 * @param name the name of the pragma
 * @returns the number
 */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
