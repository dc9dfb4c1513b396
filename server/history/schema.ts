/**
 * How lines lie in the database, and how a database of an older version becomes one of this version.
 *
 * `PRAGMA user_version` says which version it is; each migration makes the next version of it, all of them in one
 * transaction. `PRAGMA application_id` says that it is one of RiftChat at all.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { HistoryError } from "./errors.ts";

/** `Rift` in ASCII. */
const APPLICATION_ID = 0x52696674;

/**
 * What makes each version out of the one before it, from nothing on.
 *
 * Lines have ids of their own besides their numbers, in the order in which they were said anywhere: by these the words
 * are found. The state says which line's words are known, above which number those begin that may have been lost, and
 * up to
 * where the journal is filed: its file and the bytes of that. The tables of words are made as they are needed; see
 * `indexing.ts`.
 * The ballast is empty but while it is tried whether there is room.
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
];

/**
 * The number of the last line in a place, in a query of `places`: its last line has it, and `places.last` where there
 * is
 * none any more or it was not kept.
 */
export const LAST =
  "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/**
 * Brings a database to the newest version.
 *
 * @param db an open database; an empty one counts as version 0
 * @param path where it is, for people
 * @param migrations what makes each version
 * @throws {HistoryError} where it is newer than this program, or not one of RiftChat
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
 * Makes sure that a database can be read as it is.
 *
 * @param db an open database
 * @param path where it is, for people
 * @throws {HistoryError} where it is of another version, or not one of RiftChat
 */
export function checkVersion(db: DatabaseSync, path: string): void {
  const version = versionOf(db, path, MIGRATIONS.length);
  if (version === MIGRATIONS.length) return;
  throw new HistoryError(
    `Cannot use ${path}: its version must be ${MIGRATIONS.length}: it is ${version}; riftchat serve makes it newer`,
  );
}

/** Gives the version of a database that is not newer than this program, and one of RiftChat. */
function versionOf(db: DatabaseSync, path: string, newest: number): number {
  const version = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const foreign = owner !== APPLICATION_ID && (owner !== 0 || pragma(db, "schema_version") !== 0);
  if (foreign) {
    throw new HistoryError(
      `Cannot use ${path}: it must be a database of RiftChat: it is one of another program`,
    );
  }
  if (version > newest) {
    throw new HistoryError(
      `Cannot use ${path}: its version must be ${newest} or older: it is ${version}, of a newer RiftChat`,
    );
  }
  return version;
}

/**
 * Asks the database for one of its numbers.
 *
 * @param db the database
 * @param name which
 * @returns the number
 */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
