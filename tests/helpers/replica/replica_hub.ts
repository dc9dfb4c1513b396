/**
 * Hubs with a small database over a state in memory.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { Replica } from "../../../server/replica/mod.ts";
import { type ReplicatedChange, type ReplicatedDatabase, transaction } from "../../../server/sqlite/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { HandTimers, MemoryPort, MemoryState, turns } from "./memory_state.ts";

/** A hub with owners of names, their keys, rooms of owners, and notes that may wait. */
export class ReplicaHub {
  readonly db = new DatabaseSync(":memory:");
  readonly state: MemoryState;
  readonly port: MemoryPort;
  readonly timers = new HandTimers();
  readonly taken: ReplicatedChange[] = [];
  readonly undone: string[] = [];
  readonly failures: unknown[] = [];
  replica!: Replica;

  constructor(state: MemoryState) {
    this.state = state;
    this.port = new MemoryPort(state);
    this.db.exec(`
      PRAGMA foreign_keys = ON;
      CREATE TABLE owners (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, used INTEGER, seen BLOB, score REAL
      );
      CREATE TABLE keys (
        owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE, key TEXT NOT NULL, PRIMARY KEY (owner, key)
      ) WITHOUT ROWID;
      CREATE TABLE rooms (name TEXT PRIMARY KEY, owner INTEGER NOT NULL REFERENCES owners (id)) WITHOUT ROWID;
      CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
    `);
    this.open();
  }

  get spec(): ReplicatedDatabase {
    return {
      name: "names",
      db: this.db,
      tables: [
        {
          name: "owners",
          key: ["id"],
          identity: ({ name }) => String(name).toLowerCase(),
          parts: { keys: "owner" },
          lazy: ["used"],
        },
        { name: "rooms", key: ["name"] },
        { name: "notes", key: ["id"], always: true, traceless: true },
      ],
      useIds() {},
      taken: (changes) => this.taken.push(...changes),
    };
  }

  /** Begins to record, as a hub that starts. */
  open(): void {
    this.replica = new Replica({
      databases: [this.spec],
      port: this.port,
      timers: this.timers,
      clock: systemClock,
      undone: (table) => this.undone.push(table),
      failed: (error) => this.failures.push(error),
    });
  }

  async start(): Promise<this> {
    const started = this.replica.start();
    await turns();
    this.port.deliver();
    await started;
    await turns();
    return this;
  }

  /** Ends as by `kill -9`, and starts again. */
  async crash(): Promise<void> {
    // What it was about to do never happens.
    this.port.isCut = true;
    this.replica.close();
    this.port.isCut = false;
    this.port.connect();
    this.open();
    await this.start();
  }

  run(sql: string, ...values: (string | number | bigint | null | Uint8Array)[]): void {
    this.db.prepare(sql).run(...values);
  }

  /** Claims a name, as the registry does. */
  claim(id: number, name: string, ...keys: string[]): void {
    transaction(this.db, () => {
      this.run("INSERT INTO owners (id, name) VALUES (?, ?)", id, name);
      for (const key of keys) this.run("INSERT INTO keys VALUES (?, ?)", id, key);
    });
  }

  /** All rows. */
  get rows(): unknown {
    const rows = (sql: string) => this.db.prepare(sql).all().map((row) => Object.values(row));
    return {
      owners: rows("SELECT id, name, used FROM owners ORDER BY id"),
      keys: rows("SELECT * FROM keys ORDER BY owner, key"),
      rooms: rows("SELECT * FROM rooms ORDER BY name"),
      notes: rows("SELECT * FROM notes ORDER BY id"),
    };
  }

  /** How many changes are recorded that the state has not confirmed. */
  get recorded(): number {
    return Number(this.db.prepare("SELECT count(*) AS count FROM replica_outbox").get()!.count);
  }
}

/** Makes hubs that share a state and have joined it. */
export async function replicaHubs(count: number): Promise<{ state: MemoryState; all: ReplicaHub[] }> {
  const state = new MemoryState();
  const all: ReplicaHub[] = [];
  for (let made = 0; made < count; made++) all.push(await new ReplicaHub(state).start());
  return { state, all };
}

/** Lets everything arrive everywhere. */
export async function settle(all: readonly ReplicaHub[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    for (const { port, timers } of all) {
      while (port.unanswered > 0) port.answer();
      timers.fire();
      await turns();
      port.deliver();
      await turns();
    }
  }
}
