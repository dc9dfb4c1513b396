/**
 * What a database knows of the shared state: the key and the last write of each row, removed rows, and how far the
 * state was read. It stands in tables of the database, so that it changes together with the rows.
 *
 * The file is long because all statements of these tables stand here.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type SqlRow, transaction } from "../sqlite/mod.ts";

/**
 * The tables of replication in each database. A key without an id is that of a row that was removed; those of which
 * the state need not have anything are in `replica_purges`.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS replica_outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tbl TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (tbl, id)
  );
  CREATE TABLE IF NOT EXISTS replica_rows (
    key TEXT PRIMARY KEY,
    tbl TEXT NOT NULL,
    id TEXT,
    revision INTEGER NOT NULL,
    stamp TEXT,
    unknown TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS replica_rows_by_id ON replica_rows (tbl, id);
  CREATE TABLE IF NOT EXISTS replica_purges (
    key TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS replica_facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
`;

/** What is known of a key of the state. */
export interface KnownRow {
  /** The primary key of the row, as a JSON array; `undefined` if the row is removed. */
  readonly id: string | undefined;
  /** The revision of the last write that is known; 0 if none is. */
  readonly revision: number;
  /** Names that write, as `stampOf`. */
  readonly stamp: string | undefined;
  /** What the row has in the state that this version does not know, as `unknownOf`. */
  readonly unknown?: string | undefined;
}

/** A key of the state and the last write of it that was read. */
export interface ReadRow extends KnownRow {
  /** The key. */
  readonly key: string;
  /** The table of its row. */
  readonly table: string;
}

/** What a database knows of the state. */
export class KnownRows {
  readonly #statements: ReturnType<typeof prepare>;

  /**
   * Makes the tables unless they exist.
   *
   * @param db the database
   */
  constructor(db: DatabaseSync) {
    transaction(db, () => {
      db.exec(SCHEMA);
      for (const column of ["stamp", "unknown"]) {
        if (!columnsOf(db, "replica_rows").includes(column)) {
          db.exec(`ALTER TABLE replica_rows ADD COLUMN ${column} TEXT`);
        }
      }
    });
    this.#statements = prepare(db);
  }

  /**
   * Records a row as changed here, so that it is sent.
   *
   * @param table the table
   * @param id the primary key, as a JSON array
   */
  record(table: string, id: string): void {
    this.#statements.record.run(table, id);
  }

  /**
   * Returns what is known of a key of the state.
   *
   * @param key the key
   * @returns its row and revision, if it is known
   */
  known(key: string): ReadRow | undefined {
    const found = this.#statements.known.get(key);
    return found && readRow(found as SqlRow);
  }

  /**
   * Finds the key of a row in the state.
   *
   * @param table the table
   * @param id the primary key, as a JSON array
   * @returns the key, if the row is known to be in the state
   */
  keyOfId(table: string, id: string): string | undefined {
    const found = this.#statements.keyOfId.get(table, id);
    return found && String(found.key);
  }

  /**
   * Stores what is known of a key of the state.
   *
   * @param key the key
   * @param table the table of its row
   * @param known see {@linkcode KnownRow}
   */
  setKnown(key: string, table: string, { id, revision, stamp, unknown }: KnownRow): void {
    this.#statements.setKnown.run(key, table, id ?? null, revision, stamp ?? null, unknown ?? null);
  }

  /**
   * Lists the rows that were written last in the state, as far as was read.
   *
   * @param count how many at most
   * @returns the rows, the last one first
   */
  lastRead(count: number): ReadRow[] {
    return this.#statements.lastRead.all(count).map((row) => readRow(row as SqlRow));
  }

  /** Lists the rows that have something in the state that a version did not know which has read them. */
  incomplete(): ReadRow[] {
    return this.#statements.incomplete.all().map((row) => readRow(row as SqlRow));
  }

  /**
   * Lists the keys that were written after a revision, as far as is known.
   *
   * @param revision the revision
   * @returns the keys
   */
  keysAfter(revision: number): string[] {
    return this.#statements.knownAfter.all(revision).map(({ key }) => String(key));
  }

  /**
   * Lists rows that are removed, as far as was read.
   *
   * @param count how many at most; all if not given
   * @returns the rows, the one first that was removed first
   */
  tombstones(count = -1): ReadRow[] {
    return this.#statements.tombstones.all(count).map((row) => readRow(row as SqlRow));
  }

  /**
   * Forgets rows that were removed, as their keys are purged in the state: each hub makes sure of that.
   *
   * @param upTo the revision of the last write that is purged
   */
  forgetTombstones(upTo: number): void {
    this.#statements.addPurges.run(upTo);
    this.#statements.forgetTombstones.run(upTo);
  }

  /**
   * Lists the keys of removed rows that {@linkcode TrackedDatabase.forgetTombstones} has forgotten.
   *
   * @param count how many at most
   * @returns the keys, with the revision of the write that is to be purged
   */
  purges(count: number): { key: string; revision: number }[] {
    return this.#statements.purges.all(count).map(({ key, revision }) => ({
      key: String(key),
      revision: Number(revision),
    }));
  }

  /**
   * Records that the state has a removed row no longer.
   *
   * @param key the key of the row
   */
  hasPurged(key: string): void {
    this.#statements.hasPurged.run(key);
  }

  /**
   * Lists the rows that are stored here and known to be in the state.
   *
   * @param upTo only those that were written up to this revision
   * @returns the rows
   */
  rowsUpTo(upTo: number): ReadRow[] {
    return this.#statements.rowsUpTo.all(upTo).map((row) => readRow(row as SqlRow));
  }

  /**
   * Forgets a key of the state.
   *
   * @param key the key
   */
  forgetKnown(key: string): void {
    this.#statements.forgetKnown.run(key);
  }

  /**
   * Forgets the revisions of writes that the state has lost, and records their rows as changed.
   *
   * @param last the revision of the last write that the state has
   * @returns the keys of the rows with later writes, with their tables; without an id those that were removed
   */
  forgetAfter(last: number): ReadRow[] {
    const lost = this.#statements.knownAfter.all(last).map((row) => readRow(row as SqlRow));
    for (const { table, id } of lost) if (id !== undefined) this.record(table, id);
    this.#statements.forgetAfter.run(last);
    return lost;
  }

  /** Forgets all revisions, as all of the state is read again. */
  forgetRevisions(): void {
    this.#statements.forgetAfter.run(0);
  }

  /** Records the rows whose key was not found in the state. */
  recordUnknown(): void {
    for (const { tbl, id } of this.#statements.unknown.all()) {
      this.record(String(tbl), String(id));
    }
    this.#statements.forgetRemoved.run();
  }

  /**
   * Reads a fact of replication.
   *
   * @param name its name
   * @returns its value, if there is one
   */
  fact(name: string): string | undefined {
    const found = this.#statements.fact.get(name);
    return found && String(found.value);
  }

  /**
   * Stores a fact of replication.
   *
   * @param name its name
   * @param value its value; `undefined` to remove it
   */
  setFact(name: string, value: string | undefined): void {
    if (value === undefined) this.#statements.removeFact.run(name);
    else this.#statements.setFact.run(name, value);
  }
}

function readRow({ key, tbl, id, revision, stamp, unknown }: SqlRow): ReadRow {
  return {
    key: String(key),
    table: String(tbl),
    id: id === null ? undefined : String(id),
    revision: Number(revision),
    stamp: stamp === null ? undefined : String(stamp),
    unknown: unknown === null ? undefined : String(unknown),
  };
}

/**
 * Lists the columns of a table.
 *
 * @param db the database
 * @param table the table
 * @param key its primary key; with `rowid` that comes first
 * @returns their names
 */
export function columnsOf(db: DatabaseSync, table: string, key: readonly string[] = []): string[] {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all().map(({ name }) =>
    String(name)
  );
  return key.includes("rowid") ? ["rowid", ...columns] : columns;
}

function prepare(db: DatabaseSync) {
  return {
    record: db.prepare("INSERT OR REPLACE INTO replica_outbox (tbl, id) VALUES (?, ?)"),
    known: db.prepare("SELECT * FROM replica_rows WHERE key = ?"),
    keyOfId: db.prepare("SELECT key FROM replica_rows WHERE tbl = ? AND id = ?"),
    setKnown: db.prepare(
      "INSERT OR REPLACE INTO replica_rows (key, tbl, id, revision, stamp, unknown) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    incomplete: db.prepare("SELECT * FROM replica_rows WHERE unknown IS NOT NULL"),
    lastRead: db.prepare("SELECT * FROM replica_rows WHERE revision > 0 ORDER BY revision DESC LIMIT ?"),
    tombstones: db.prepare(
      "SELECT * FROM replica_rows WHERE id IS NULL AND revision > 0 ORDER BY revision LIMIT ?",
    ),
    forgetTombstones: db.prepare("DELETE FROM replica_rows WHERE id IS NULL AND revision BETWEEN 1 AND ?"),
    addPurges: db.prepare(
      `INSERT OR REPLACE INTO replica_purges
       SELECT key, revision FROM replica_rows WHERE id IS NULL AND revision BETWEEN 1 AND ?`,
    ),
    purges: db.prepare("SELECT key, revision FROM replica_purges LIMIT ?"),
    hasPurged: db.prepare("DELETE FROM replica_purges WHERE key = ?"),
    rowsUpTo: db.prepare("SELECT * FROM replica_rows WHERE id IS NOT NULL AND revision BETWEEN 1 AND ?"),
    forgetKnown: db.prepare("DELETE FROM replica_rows WHERE key = ?"),
    knownAfter: db.prepare("SELECT * FROM replica_rows WHERE revision > ?"),
    forgetAfter: db.prepare("UPDATE replica_rows SET revision = 0 WHERE revision > ?"),
    unknown: db.prepare("SELECT tbl, id FROM replica_rows WHERE revision = 0 AND id IS NOT NULL"),
    forgetRemoved: db.prepare("DELETE FROM replica_rows WHERE revision = 0 AND id IS NULL"),
    fact: db.prepare("SELECT value FROM replica_facts WHERE name = ?"),
    setFact: db.prepare("INSERT OR REPLACE INTO replica_facts (name, value) VALUES (?, ?)"),
    removeFact: db.prepare("DELETE FROM replica_facts WHERE name = ?"),
  };
}
