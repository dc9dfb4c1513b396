/**
 * The changes of this hub that the state does not have yet, by the keys of their rows. What was committed here stands
 * in the database, too, so a hub that starts finds it again.
 *
 * @module
 */
import type { Clock } from "../../runtime/mod.ts";
import type { RowTree } from "../sqlite/mod.ts";
import type { TrackedDatabase } from "./tracked_database.ts";

/** A write without an answer. */
export interface Sent {
  /** The number of its change. */
  readonly seq: number;
  /** The primary key of the row, as a JSON array; `undefined` if it is removed. */
  readonly id: string | undefined;
  /** The revision that it follows. */
  readonly last: number;
  /** What it has that this version does not know, as `unknownOf`. */
  readonly unknown: string | undefined;
}

/** A change that waits until the state has it. */
export interface Waiting {
  /** The database. */
  readonly database: TrackedDatabase;
  /** The key of the row in the state. */
  readonly key: string;
  /** The table of the row. */
  readonly table: string;
  /** The rows that have or had this key here. */
  readonly ids: Set<string>;
  /** Since when it waits, by `Clock.elapsed`. */
  readonly since: number;
  /** The number of the last change. */
  seq: number;
  /** The write without an answer. */
  sent: Sent | undefined;
  /** Whether another hub's write is still to be taken that came first. */
  refused: boolean;
  /** Whether it follows all that the state has, as the state has lost this row. */
  restores: boolean;
}

/** The changes of a hub that wait. */
export class WaitingChanges {
  readonly #clock: Clock;
  /** How far the recorded changes of each database were read. */
  readonly #collected: Map<TrackedDatabase, number>;
  readonly #changes = new Map<string, Waiting>();
  /** What was removed within the transaction under way. */
  #removed: Waiting[] | undefined;
  /** Keys by table and id of rows that wait. */
  readonly #keys = new Map<string, string>();

  /**
   * Creates an empty list.
   *
   * @param databases the databases
   * @param clock a monotonic time
   */
  constructor(databases: readonly TrackedDatabase[], clock: Clock) {
    this.#clock = clock;
    this.#collected = new Map(databases.map((database) => [database, 0]));
  }

  /** How many there are. */
  get size(): number {
    return this.#changes.size;
  }

  /** Since when the oldest one waits, by `Clock.elapsed`. */
  get since(): number | undefined {
    const [oldest] = this.#changes.values();
    return oldest?.since;
  }

  /** Lists them, the oldest one first. */
  values(): IterableIterator<Waiting> {
    return this.#changes.values();
  }

  /**
   * Finds the change of a row.
   *
   * @param key the key of the row
   * @returns it, if there is one
   */
  get(key: string): Waiting | undefined {
    return this.#changes.get(key);
  }

  /** Finds the keys of the rows that were changed here since the last call. */
  collect(): void {
    for (const [database, after] of this.#collected) {
      for (const { seq, table, id, tree } of inOrder(database, after)) {
        this.#collected.set(database, Math.max(seq, this.#collected.get(database)!));
        const row = `${database.spec.name} ${table} ${id}`;
        const before = this.#keys.get(row) ?? database.keyOfId(table, id);
        const key = tree === undefined ? before : database.keyOf(table, tree);
        if (key === undefined) database.forgetRecorded(table, [id], seq);
        else this.#wait(database, { key, table, id, seq });
        // Its identity has changed: nothing has the former one.
        if (before !== undefined && before !== key) this.#wait(database, { key: before, table, id, seq });
      }
    }
  }

  #wait(
    database: TrackedDatabase,
    { key, table, id, seq }: { key: string; table: string; id: string; seq: number },
  ): void {
    const found = this.#changes.get(key);
    if (found !== undefined) {
      found.ids.add(id);
      found.seq = seq;
    } else this.#add(database, { key, table, ids: new Set([id]), seq, restores: false });
    this.#keys.set(`${database.spec.name} ${table} ${id}`, key);
  }

  /**
   * Has a row removed again that the state may have again.
   *
   * @param database the database
   * @param key the key of the row
   * @param table its table
   */
  waitForRemoval(database: TrackedDatabase, key: string, table: string): void {
    this.#add(database, { key, table, ids: new Set(), seq: 0, restores: true });
  }

  #add(
    database: TrackedDatabase,
    change: Pick<Waiting, "key" | "table" | "ids" | "seq" | "restores">,
  ): void {
    const since = this.#clock.elapsed();
    this.#changes.set(change.key, { database, ...change, since, sent: undefined, refused: false });
  }

  /**
   * Removes a change, as the state has it or it does not count.
   *
   * @param waiting the change
   * @param upTo the number of the last change of the row that is forgotten
   */
  done(waiting: Waiting, upTo: number): void {
    const { database, key, table, ids } = waiting;
    database.forgetRecorded(table, ids, upTo);
    this.#changes.delete(key);
    this.#removed?.push(waiting);
    for (const id of ids) this.#keys.delete(`${database.spec.name} ${table} ${id}`);
  }

  /**
   * Runs a transaction. What it removes is there again if it fails.
   *
   * @param run the transaction
   * @throws what it throws
   */
  attempt(run: () => void): void {
    const removed: Waiting[] = this.#removed = [];
    try {
      run();
    } catch (error) {
      this.#bringBack(removed);
      throw error;
    } finally {
      this.#removed = undefined;
    }
  }

  #bringBack(removed: readonly Waiting[]): void {
    const all = [...removed, ...this.#changes.values()].sort((one, other) => one.since - other.since);
    this.#changes.clear();
    for (const waiting of all) this.#changes.set(waiting.key, waiting);
    for (const { database, key, table, ids } of removed) {
      for (const id of ids) this.#keys.set(`${database.spec.name} ${table} ${id}`, key);
    }
  }

  /** Has everything sent again, whatever is answered to what was sent. */
  sendAgain(): void {
    for (const waiting of this.#changes.values()) {
      waiting.refused = false;
      waiting.sent = undefined;
    }
  }
}

/**
 * Finds the row that has a key now.
 *
 * @param waiting a change of the row
 * @returns the row and its primary key, as a JSON array; `undefined` if it is removed
 */
export function rowOf(
  { database, table, key, ids }: Waiting,
): { id: string | undefined; tree: RowTree | undefined } {
  for (const id of [...ids].reverse()) {
    const tree = database.read(table, id);
    if (tree !== undefined && database.keyOf(table, tree) === key) return { id, tree };
  }
  return { id: undefined, tree: undefined };
}

/** Reads what was changed; rows that are removed with others come after these, table by table. */
function inOrder(database: TrackedDatabase, after: number) {
  const found = database.recorded(after).map((one) => ({ ...one, tree: database.read(one.table, one.id) }));
  const isEnded = (table: string) => (one: typeof found[number]) =>
    one.tree === undefined && one.table === table;
  const ended = database.spec.tables.filter(({ dependent }) => dependent).flatMap(({ name }) =>
    found.filter(isEnded(name))
  );
  return [...found.filter((one) => !ended.includes(one)), ...ended];
}
