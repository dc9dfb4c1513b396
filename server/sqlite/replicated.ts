/**
 * Tables whose rows are the same at all hubs of a cluster: how a database describes them, and how it learns what other
 * hubs have changed. What makes them the same is in the room `replica`; without a cluster nothing of this is used.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** A value in a database. Integers are `bigint`. */
export type SqlValue = null | bigint | number | string | Uint8Array;

/** The columns of a row by name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A row, and the rows in other tables that belong to it, by table. */
export interface RowTree {
  /** The row. */
  readonly row: SqlRow;
  /** The rows that belong to it. */
  readonly parts: Readonly<Record<string, readonly SqlRow[]>>;
}

/** A table that is replicated. Each of its rows is sent as a whole, together with the rows that belong to it. */
export interface ReplicatedTable {
  /** Its name. */
  readonly name: string;
  /** The columns of its primary key; `rowid` for a table without one. */
  readonly key: readonly string[];
  /**
   * Returns what a row is known by at all hubs: of two rows with the same text only one remains. By default the primary
   * key.
   *
   * @param row the row
   */
  readonly identity?: (row: SqlRow) => string;
  /** Tables with rows that belong to a row of this one, with the column that names its primary key. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Columns that change without any notice of other hubs: they can be computed, or matter nowhere else. */
  readonly computed?: readonly string[];
  /** Columns that may change while the hub is cut off, since nothing is decided by them; they are sent later. */
  readonly lazy?: readonly string[];
  /** Whether rows may be written while the hub is cut off; they are sent later. */
  readonly always?: boolean;
  /**
   * Whether a row is never changed, and each hub removes old ones by itself: so the others are not told of that, and
   * nothing of the row remains.
   */
  readonly traceless?: boolean;
  /**
   * Whether removed rows may end with rows of an earlier table. Those are sent first, so that other hubs know what has
   * happened: that a name was freed, or a room deleted, and not that each member was removed.
   */
  readonly dependent?: boolean;
}

/** A row that another hub has changed, after it was stored here. */
export interface ReplicatedChange {
  /** The table. */
  readonly table: string;
  /** The row, and those of the same identity, as they were here; none if there was none. */
  readonly before: readonly RowTree[];
  /** The row as it is; `undefined` if it is removed. */
  readonly after: RowTree | undefined;
}

/** A database with tables that are replicated. */
export interface ReplicatedDatabase {
  /** Its name at all hubs: letters. */
  readonly name: string;
  /** The database; its newest version. */
  readonly db: DatabaseSync;
  /** The tables; one that others refer to comes before them. */
  readonly tables: readonly ReplicatedTable[];
  /**
   * Has new rows get ids that no other hub gives.
   *
   * @param ids makes such ids
   */
  useIds(ids: ReplicaIds): void;
  /**
   * Takes what other hubs have changed into memory.
   *
   * @param changes the rows, which are stored, in the order in which they were changed
   */
  taken(changes: readonly ReplicatedChange[]): void;
  /**
   * Called when all hubs have a row as it was last changed here: no other hub has written it first.
   *
   * @param table the table
   * @param id the primary key of the row, as a JSON array
   */
  confirmed?(table: string, id: string): void;
  /**
   * Called when this hub is cut off from the others, so that changes are refused, and when it is not any longer.
   *
   * @param isCutOff whether it is
   */
  cutOff?(isCutOff: boolean): void;
  /** Returns the ids of all owners, if this is the database of owners. */
  ownerIds?(): number[];
  /**
   * Gives rows ids that no other hub has given, within a transaction without checks of references.
   *
   * @param owners the new ids of owners by their old ones
   * @param ids makes other ids
   */
  renumber?(owners: ReadonlyMap<number, number>, ids: ReplicaIds): void;
  /**
   * Gives what belongs to an owner to another one, or removes it, within a transaction without checks of references.
   *
   * @param from the id of the owner
   * @param to the id of the other one; `undefined` to remove what belongs to nobody
   */
  moveOwner?(from: number, to: number | undefined): void;
}

/** Makes ids that no other hub gives. */
export interface ReplicaIds {
  /** Returns a number of 48 random bits. */
  random(): number;
  /**
   * Returns a number that grows with the time.
   *
   * @param now the time of day, in milliseconds since 1970
   */
  ordered(now: number): number;
}

/** The text of the error of SQLite for a change that is refused because the hub is cut off from the others. */
export const CUT_OFF_TEXT = "this hub is cut off from the other hubs of its cluster";

/** After how long somebody may try again whose change was refused for that, in milliseconds. */
export const CUT_OFF_RETRY_MS = 5000;

/**
 * Checks whether a change was refused because the hub is cut off from the other hubs of its cluster.
 *
 * @param error the error that SQLite threw
 * @returns whether it means that; then nothing has changed
 */
export function isCutOff(error: unknown): boolean {
  return error instanceof Error && error.message.includes(CUT_OFF_TEXT);
}
