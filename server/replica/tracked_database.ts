/**
 * A database whose tables are replicated: it records which rows change, reads them, and stores rows of other hubs.
 *
 * Triggers write the ids of changed rows into a table of the database, in the transaction of the change: so a change
 * that was committed is sent even after a `kill -9`, and one that a command makes while the hub does not run as well.
 * The triggers stay in the file. While the hub is cut off from the others, other triggers refuse changes; they are
 * temporary.
 *
 * The file is long because all statements of replication stand here.
 *
 * @module
 */
import type { StatementSync } from "node:sqlite";
import { toBase64 } from "../../identity/mod.ts";
import {
  CUT_OFF_TEXT,
  type ReplicatedDatabase,
  type ReplicatedTable,
  type RowTree,
  type SqlRow,
  type SqlValue,
  transaction,
} from "../sqlite/mod.ts";

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
    stamp TEXT
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

/** A change that was made here. */
export interface RecordedChange {
  /** Its number; larger than those of all earlier ones. */
  readonly seq: number;
  /** The table. */
  readonly table: string;
  /** The primary key of the row, as a JSON array. */
  readonly id: string;
}

/** What is known of a key of the state. */
export interface KnownRow {
  /** The primary key of the row, as a JSON array; `undefined` if the row is removed. */
  readonly id: string | undefined;
  /** The revision of the last write that is known; 0 if none is. */
  readonly revision: number;
  /** Names that write, as `stampOf`. */
  readonly stamp: string | undefined;
}

/** A key of the state and the last write of it that was read. */
export interface ReadRow extends KnownRow {
  /** The key. */
  readonly key: string;
  /** The table of its row. */
  readonly table: string;
}

/** A table with its statements. */
interface Tracked {
  spec: ReplicatedTable;
  columns: readonly string[];
  read: StatementSync;
  ids: StatementSync;
  write: StatementSync;
  remove: StatementSync;
  idOf: StatementSync;
  parts: {
    name: string;
    columns: readonly string[];
    read: StatementSync;
    write: StatementSync;
    clear: StatementSync;
  }[];
}

/** A database whose rows are the same at all hubs. */
export class TrackedDatabase {
  /** What it is. */
  readonly spec: ReplicatedDatabase;
  /** A random name of this database, which it keeps: writes of other hubs have other ones. */
  readonly writer: string;
  readonly #tables = new Map<string, Tracked>();
  readonly #statements: ReturnType<typeof prepare>;
  readonly #guard: StatementSync;

  /**
   * Begins to record changes.
   *
   * @param spec the database
   */
  constructor(spec: ReplicatedDatabase) {
    this.spec = spec;
    const { db } = spec;
    transaction(db, () => {
      db.exec(SCHEMA);
      if (!columnsOf(db, "replica_rows", []).includes("stamp")) {
        db.exec("ALTER TABLE replica_rows ADD COLUMN stamp TEXT");
      }
      for (const table of spec.tables) db.exec(recordingTriggers(db, table));
    });
    db.exec("CREATE TEMP TABLE IF NOT EXISTS replica_guard (cut_off INTEGER NOT NULL)");
    db.exec("DELETE FROM temp.replica_guard; INSERT INTO temp.replica_guard VALUES (0)");
    for (const table of spec.tables) db.exec(refusingTriggers(db, table));
    this.#guard = db.prepare("UPDATE temp.replica_guard SET cut_off = ?");
    this.#statements = prepare(db);
    for (const table of spec.tables) this.#tables.set(table.name, trackedTable(db, table));
    const known = this.fact("writer");
    this.writer = known ?? crypto.randomUUID();
    if (known === undefined) this.setFact("writer", this.writer);
  }

  /** Whether changes are refused with `CUT_OFF_TEXT`, but those that may wait. */
  set refusing(isRefusing: boolean) {
    this.#guard.run(Number(isRefusing));
  }

  /**
   * Lists recorded changes.
   *
   * @param after the number after which to begin
   * @returns the changes in their order; of a row the last one
   */
  recorded(after: number): RecordedChange[] {
    return this.#statements.recorded.all(after).map(({ seq, tbl, id }) => ({
      seq: Number(seq),
      table: String(tbl),
      id: String(id),
    }));
  }

  /** The number of the last recorded change; 0 if there is none. */
  get lastRecorded(): number {
    return Number(this.#statements.lastRecorded.get()!.seq);
  }

  /**
   * Forgets recorded changes of rows.
   *
   * @param table the table
   * @param ids the primary keys of the rows, as JSON arrays
   * @param upTo the number of the last change that is forgotten
   */
  forgetRecorded(table: string, ids: Iterable<string>, upTo: number): void {
    for (const id of ids) this.#statements.forget.run(table, id, upTo);
  }

  /** Records all rows of all tables as changed that are not known to be in the state. */
  recordAll(): void {
    for (const { spec: { name }, ids } of this.#tables.values()) {
      for (const { id } of ids.all()) {
        if (this.keyOfId(name, String(id)) === undefined) this.#statements.record.run(name, String(id));
      }
    }
  }

  /** Tells whether any row is stored of which other hubs are told at once. */
  get hasRows(): boolean {
    return this.#tables.values().some(({ spec, ids }) => spec.always !== true && ids.get() !== undefined);
  }

  /**
   * Finds a table.
   *
   * @param name its name
   * @returns the table; `undefined` if it is not replicated
   */
  table(name: string): ReplicatedTable | undefined {
    return this.#tables.get(name)?.spec;
  }

  /**
   * Reads a row and what belongs to it.
   *
   * @param table the table
   * @param id the primary key, as a JSON array
   * @returns the row, if there is one
   */
  read(table: string, id: string): RowTree | undefined {
    const { read, parts } = this.#tables.get(table)!;
    const key = keyValues(id);
    const row = read.get(...key) as Record<string, SqlValue> | undefined;
    if (row === undefined) return undefined;
    const found = parts.map((part) => [part.name, part.read.all(...key) as unknown as SqlRow[]]);
    return { row, parts: Object.fromEntries(found) };
  }

  /**
   * Returns the primary key of a row.
   *
   * @param table the table
   * @param tree the row
   * @returns it as a JSON array
   */
  idOf(table: string, { row }: RowTree): string {
    const { spec, idOf } = this.#tables.get(table)!;
    return String(idOf.get(...spec.key.map((column) => row[column] ?? null))!.id);
  }

  /**
   * Returns the key of a row in the state.
   *
   * @param table the table
   * @param tree the row
   * @returns the key, of characters that subjects of NATS may have
   */
  keyOf(table: string, tree: RowTree): string {
    const { identity } = this.#tables.get(table)!.spec;
    const text = identity?.(tree.row) ?? this.idOf(table, tree);
    const base64 = toBase64(new TextEncoder().encode(text));
    return `${this.spec.name}.${table}.${
      base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
    }`;
  }

  /**
   * Stores a row of another hub, with what belongs to it, in place of other rows.
   *
   * @param table the table
   * @param tree the row; `undefined` if it is removed
   * @param ids the primary keys of the rows in its place, as JSON arrays
   */
  replace(table: string, tree: RowTree | undefined, ids: Iterable<string>): void {
    const { columns, write, remove, parts } = this.#tables.get(table)!;
    for (const id of ids) {
      for (const part of parts) part.clear.run(...keyValues(id));
      remove.run(...keyValues(id));
    }
    if (tree === undefined) return;
    const id = this.idOf(table, tree);
    write.run(...columns.map((column) => tree.row[column] ?? null));
    for (const { name, columns, write, clear } of parts) {
      clear.run(...keyValues(id));
      for (const row of tree.parts[name] ?? []) write.run(...columns.map((column) => row[column] ?? null));
    }
  }

  /**
   * Runs a transaction that stores rows of other hubs: what it changes is not recorded, and need not be in an order in
   * which each row refers to one that exists.
   *
   * @param run changes rows by {@linkcode TrackedDatabase.replace}
   * @param refusing whether changes are refused afterwards
   * @throws what `run` or SQLite throws; then nothing has changed
   */
  applying(run: () => void, refusing: boolean): void {
    const { db } = this.spec;
    db.exec("PRAGMA foreign_keys = OFF");
    this.refusing = false;
    try {
      transaction(db, () => {
        const last = this.lastRecorded;
        run();
        this.#statements.unrecord.run(last);
      });
    } finally {
      this.refusing = refusing;
      db.exec("PRAGMA foreign_keys = ON");
    }
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
  setKnown(key: string, table: string, { id, revision, stamp }: KnownRow): void {
    this.#statements.setKnown.run(key, table, id ?? null, revision, stamp ?? null);
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
    for (const { table, id } of lost) if (id !== undefined) this.#statements.record.run(table, id);
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
      this.#statements.record.run(String(tbl), String(id));
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

type Database = ReplicatedDatabase["db"];

function readRow({ key, tbl, id, revision, stamp }: SqlRow): ReadRow {
  return {
    key: String(key),
    table: String(tbl),
    id: id === null ? undefined : String(id),
    revision: Number(revision),
    stamp: stamp === null ? undefined : String(stamp),
  };
}

function keyValues(id: string): (string | number)[] {
  // Ids have at most 53 bits.
  return JSON.parse(id);
}

function columnsOf(db: Database, table: string, key: readonly string[]): string[] {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all().map(({ name }) =>
    String(name)
  );
  return key.includes("rowid") ? ["rowid", ...columns] : columns;
}

function trackedTable(db: Database, spec: ReplicatedTable): Tracked {
  const { name, key, parts = {} } = spec;
  const columns = columnsOf(db, name, key);
  const where = key.map((column) => `${column} = ?`).join(" AND ");
  const exact = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  };
  const insert = (table: string, columns: readonly string[]) =>
    db.prepare(
      `INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    );
  return {
    spec,
    columns,
    read: exact(`SELECT ${columns.join(", ")} FROM ${name} WHERE ${where}`),
    ids: db.prepare(`SELECT json_array(${key.join(", ")}) AS id FROM ${name}`),
    write: insert(name, columns),
    remove: db.prepare(`DELETE FROM ${name} WHERE ${where}`),
    idOf: db.prepare(`SELECT json_array(${key.map(() => "?").join(", ")}) AS id`),
    parts: Object.entries(parts).map(([part, parent]) => {
      const columns = columnsOf(db, part, []);
      return {
        name: part,
        columns,
        read: exact(
          `SELECT ${columns.join(", ")} FROM ${part} WHERE ${parent} = ? ORDER BY ${columns.join(", ")}`,
        ),
        write: insert(part, columns),
        clear: db.prepare(`DELETE FROM ${part} WHERE ${parent} = ?`),
      };
    }),
  };
}

/** Makes the triggers that record changes. */
function recordingTriggers(db: Database, { name, key, parts = {}, computed = [] }: ReplicatedTable): string {
  // Without OR REPLACE: the clause of the statement that fires a trigger would take its place.
  const record = (row: "NEW" | "OLD", columns: readonly string[]) => {
    const id = `json_array(${columns.map((column) => `${row}.${column}`).join(", ")})`;
    return `DELETE FROM replica_outbox WHERE tbl = '${name}' AND id = ${id};
      INSERT INTO replica_outbox (tbl, id) VALUES ('${name}', ${id});`;
  };
  const triggers = (table: string, columns: readonly string[], changing: readonly string[]) =>
    [
      ["insert", "INSERT", record("NEW", columns)],
      ["update", `UPDATE OF ${changing.join(", ")}`, record("OLD", columns) + record("NEW", columns)],
      ["delete", "DELETE", record("OLD", columns)],
    ].map(([word, event, body]) =>
      `DROP TRIGGER IF EXISTS replica_${table}_${word};
       CREATE TRIGGER replica_${table}_${word} AFTER ${event} ON ${table} BEGIN ${body} END;`
    ).join("\n");
  const changing = columnsOf(db, name, []).filter((column) => !computed.includes(column));
  return [
    triggers(name, key, changing),
    ...Object.entries(parts).map(([part, parent]) => triggers(part, [parent], columnsOf(db, part, []))),
  ].join("\n");
}

/** Makes the triggers that refuse changes while the hub is cut off. */
function refusingTriggers(
  db: Database,
  { name, parts = {}, computed = [], lazy = [], always }: ReplicatedTable,
): string {
  if (always === true) return "";
  const triggers = (table: string, changing: readonly string[]) =>
    ["INSERT", `UPDATE OF ${changing.join(", ")}`, "DELETE"].map((event, index) =>
      `DROP TRIGGER IF EXISTS temp.replica_refuse_${table}_${index};
       CREATE TEMP TRIGGER replica_refuse_${table}_${index} BEFORE ${event} ON main.${table}
       WHEN (SELECT cut_off FROM replica_guard) BEGIN SELECT RAISE(ABORT, '${CUT_OFF_TEXT}'); END;`
    ).join("\n");
  const changing = columnsOf(db, name, []).filter((column) =>
    !computed.includes(column) && !lazy.includes(column)
  );
  return [
    triggers(name, changing),
    ...Object.keys(parts).map((part) => triggers(part, columnsOf(db, part, []))),
  ].join("\n");
}

function prepare(db: Database) {
  const statement = (sql: string): StatementSync => db.prepare(sql);
  return {
    recorded: statement("SELECT seq, tbl, id FROM replica_outbox WHERE seq > ? ORDER BY seq"),
    lastRecorded: statement("SELECT coalesce(max(seq), 0) AS seq FROM replica_outbox"),
    record: statement("INSERT OR REPLACE INTO replica_outbox (tbl, id) VALUES (?, ?)"),
    unrecord: statement("DELETE FROM replica_outbox WHERE seq > ?"),
    forget: statement("DELETE FROM replica_outbox WHERE tbl = ? AND id = ? AND seq <= ?"),
    known: statement("SELECT * FROM replica_rows WHERE key = ?"),
    keyOfId: statement("SELECT key FROM replica_rows WHERE tbl = ? AND id = ?"),
    setKnown: statement(
      "INSERT OR REPLACE INTO replica_rows (key, tbl, id, revision, stamp) VALUES (?, ?, ?, ?, ?)",
    ),
    lastRead: statement("SELECT * FROM replica_rows WHERE revision > 0 ORDER BY revision DESC LIMIT ?"),
    tombstones: statement(
      "SELECT * FROM replica_rows WHERE id IS NULL AND revision > 0 ORDER BY revision LIMIT ?",
    ),
    forgetTombstones: statement("DELETE FROM replica_rows WHERE id IS NULL AND revision BETWEEN 1 AND ?"),
    addPurges: statement(
      `INSERT OR REPLACE INTO replica_purges
       SELECT key, revision FROM replica_rows WHERE id IS NULL AND revision BETWEEN 1 AND ?`,
    ),
    purges: statement("SELECT key, revision FROM replica_purges LIMIT ?"),
    hasPurged: statement("DELETE FROM replica_purges WHERE key = ?"),
    rowsUpTo: statement("SELECT * FROM replica_rows WHERE id IS NOT NULL AND revision BETWEEN 1 AND ?"),
    forgetKnown: statement("DELETE FROM replica_rows WHERE key = ?"),
    knownAfter: statement("SELECT * FROM replica_rows WHERE revision > ?"),
    forgetAfter: statement("UPDATE replica_rows SET revision = 0 WHERE revision > ?"),
    unknown: statement("SELECT tbl, id FROM replica_rows WHERE revision = 0 AND id IS NOT NULL"),
    forgetRemoved: statement("DELETE FROM replica_rows WHERE revision = 0 AND id IS NULL"),
    fact: statement("SELECT value FROM replica_facts WHERE name = ?"),
    setFact: statement("INSERT OR REPLACE INTO replica_facts (name, value) VALUES (?, ?)"),
    removeFact: statement("DELETE FROM replica_facts WHERE name = ?"),
  };
}
