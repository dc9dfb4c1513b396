/**
 * A database whose tables are replicated: it records which rows change, reads them, and stores rows of other hubs.
 *
 * Triggers write the ids of changed rows into a table of the database, in the transaction of the change: so a change
 * that was committed is sent even after a `kill -9`, and one that a command makes while the hub does not run as well.
 * The triggers stay in the file. While the hub is cut off from the others, other triggers refuse changes; they are
 * temporary.
 *
 * The file is long because the statements of replication, their triggers among them, stand beside what runs them.
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
import { columnsOf, KnownRows } from "./known_rows.ts";
import { type KnownColumns, unknownOf, withUnknown } from "./row_codec.ts";

/** A change that was made here. */
export interface RecordedChange {
  /** Its number; larger than those of all earlier ones. */
  readonly seq: number;
  /** The table. */
  readonly table: string;
  /** The primary key of the row, as a JSON array. */
  readonly id: string;
}

/** A table with its statements. */
interface Tracked {
  spec: ReplicatedTable;
  columns: readonly string[];
  known: KnownColumns;
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
export class TrackedDatabase extends KnownRows {
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
    const { db } = spec;
    super(db);
    this.spec = spec;
    transaction(db, () => {
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
        if (this.keyOfId(name, String(id)) === undefined) this.record(name, String(id));
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
   * Finds what a row of another hub has that this version does not know.
   *
   * @param table the table
   * @param tree the row, if it is not removed
   * @returns it as JSON; `undefined` if there is nothing
   */
  unknownOf(table: string, tree: RowTree | undefined): string | undefined {
    return tree && unknownOf(tree, this.#tables.get(table)!.known);
  }

  /**
   * Adds to a row what the state has of it that this version does not know.
   *
   * @param table the table
   * @param tree the row
   * @param unknown the result of {@linkcode TrackedDatabase.unknownOf}
   * @returns the whole row
   */
  complete(table: string, tree: RowTree, unknown: string | undefined): RowTree {
    return withUnknown(tree, unknown, this.#tables.get(table)!.known);
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
}

type Database = ReplicatedDatabase["db"];

function keyValues(id: string): (string | number)[] {
  // Ids have at most 53 bits.
  return JSON.parse(id);
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
  const known = {
    row: columns,
    parts: Object.fromEntries(
      Object.keys(parts).map((part) => [part, { columns: columnsOf(db, part), key: keyOf(db, part) }]),
    ),
  };
  return {
    spec,
    columns,
    known,
    read: exact(`SELECT ${columns.join(", ")} FROM ${name} WHERE ${where}`),
    ids: db.prepare(`SELECT json_array(${key.join(", ")}) AS id FROM ${name}`),
    write: insert(name, columns),
    remove: db.prepare(`DELETE FROM ${name} WHERE ${where}`),
    idOf: db.prepare(`SELECT json_array(${key.map(() => "?").join(", ")}) AS id`),
    parts: Object.entries(parts).map(([part, parent]) => {
      const columns = known.parts[part]!.columns;
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

/** Lists the columns of the primary key of a table. */
function keyOf(db: Database, table: string): string[] {
  return db.prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`).all()
    .map(({ name }) => String(name));
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
  const changing = columnsOf(db, name).filter((column) => !computed.includes(column));
  return [
    triggers(name, key, changing),
    ...Object.entries(parts).map(([part, parent]) => triggers(part, [parent], columnsOf(db, part))),
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
  const changing = columnsOf(db, name).filter((column) =>
    !computed.includes(column) && !lazy.includes(column)
  );
  return [
    triggers(name, changing),
    ...Object.keys(parts).map((part) => triggers(part, columnsOf(db, part))),
  ].join("\n");
}

function prepare(db: Database) {
  return {
    recorded: db.prepare("SELECT seq, tbl, id FROM replica_outbox WHERE seq > ? ORDER BY seq"),
    lastRecorded: db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM replica_outbox"),
    unrecord: db.prepare("DELETE FROM replica_outbox WHERE seq > ?"),
    forget: db.prepare("DELETE FROM replica_outbox WHERE tbl = ? AND id = ? AND seq <= ?"),
  };
}
