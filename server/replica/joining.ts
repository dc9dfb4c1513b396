/**
 * How a data folder comes into a cluster: as one without rows, as the first one with rows, which all hubs get, or by an
 * import, with new ids in place of those that other hubs may have given.
 *
 * @module
 */
import {
  replicaIds,
  type ReplicatedChange,
  type ReplicatedDatabase,
  type RowTree,
  transaction,
} from "../sqlite/mod.ts";
import type { ReadRow } from "./known_rows.ts";
import type { StatePort } from "./state_port.ts";
import { purgedUpTo } from "./tombstones.ts";
import type { TrackedDatabase } from "./tracked_database.ts";

/**
 * What happens with rows of a folder that is new to the cluster: they are refused unless the cluster has none, or they
 * are imported.
 */
export type JoinMode = "join" | "import";

/** The folder has names, rooms or bans of its own, and the cluster has others. The message says what to do. */
export class ForeignRowsError extends Error {
  /** As for any `Error`. */
  override readonly name = "ForeignRowsError";
}

/** Where a replica begins to read. */
export interface Joined {
  /** The revision up to which everything was read. */
  after: number;
  /** The identity of the state. */
  identity: string;
  /** Whether everything is to be read, and what the state does not have to be removed: this hub was away for long. */
  isAnew: boolean;
  /** Whether everything is to be read since an older version has passed over rows of tables that it did not know. */
  isUpgraded: boolean;
}

/** The key in the state of the folder that the cluster began with. */
const SEED_KEY = "cluster.seed";

/** The key in the state of what clients recognize the hubs by. */
const IDENTITY_KEY = "cluster.identity";

/** The fact with the new ids of owners, while an import is under way. */
const OWNER_IDS_FACT = "owner_ids";

/**
 * Prepares databases for reading the state.
 *
 * @param databases the databases, the names first
 * @param port the state
 * @param mode see {@linkcode JoinMode}
 * @returns where to begin
 * @throws {ForeignRowsError} if the folder has rows that the cluster has not
 */
export async function join(
  databases: readonly TrackedDatabase[],
  port: StatePort,
  mode: JoinMode,
): Promise<Joined> {
  const { identity } = await port.facts();
  const purged = await purgedUpTo(port);
  const fresh = databases.filter((database) => database.fact("state") === undefined);
  const isSeed = mode === "join" && fresh.length > 0 && await claimSeed(databases[0]!.writer, port);
  if (mode === "join" && !isSeed && fresh.some(({ hasRows }) => hasRows)) {
    throw new ForeignRowsError(
      "Cannot join the cluster: this data folder has names, rooms, bans, invites or tokens of a hub on its own, and " +
        "the cluster has others; import them with riftchat cluster import, or choose another folder with --data",
    );
  }
  if (!isSeed) renumber(fresh);
  for (const database of fresh) {
    transaction(database.spec.db, () => {
      database.recordAll();
      database.setFact("cursor", "0");
      database.setFact("state", identity);
    });
  }
  for (const database of fresh) database.setFact(OWNER_IDS_FACT, undefined);
  // Another state than the one that was read is noticed by its identity.
  const known = databases.map((database) => database.fact("state")!);
  const after = Math.min(...databases.map((database) => Number(database.fact("cursor"))));
  const isAnew = databases.some((database) =>
    !fresh.includes(database) && (after < purged || database.fact(ANEW_FACT) !== undefined)
  );
  const isUpgraded = databases.map(hasNewTables).includes(true);
  for (const database of databases) completeRows(database);
  return { after, isUpgraded, identity: known.find((one) => one !== identity) ?? identity, isAnew };
}

/** Stores what an older version has read of rows without knowing the columns. */
function completeRows(database: TrackedDatabase): void {
  const changes: ReplicatedChange[] = [];
  const complete = ({ key, table, id, revision, stamp, unknown }: ReadRow) => {
    const tree = id === undefined ? undefined : database.read(table, id);
    if (tree === undefined) return;
    const whole = database.complete(table, tree, unknown);
    const left = database.unknownOf(table, whole);
    if (left === unknown) return;
    database.replace(table, whole, [id!]);
    database.setKnown(key, table, { id, revision, stamp, unknown: left });
    changes.push({ table, before: [tree], after: whole });
  };
  const rows = database.incomplete().filter(({ table }) => database.table(table) !== undefined);
  if (rows.length === 0) return;
  // Those that were changed since are to be sent, so they are recorded again.
  const recorded = new Set(database.recorded(0).map(({ table, id }) => `${table} ${id}`));
  const isRecorded = ({ table, id }: ReadRow) => recorded.has(`${table} ${id}`);
  database.applying(() => rows.filter((row) => !isRecorded(row)).forEach(complete), true);
  withoutReferences(database.spec.db, () => rows.filter(isRecorded).forEach(complete));
  if (changes.length > 0) database.spec.taken(changes);
}

/** The fact of a database with the tables of which everything was read. */
const TABLES_FACT = "tables";

/** Tells whether a database has tables of which not everything was read; those that it does not have are forgotten. */
function hasNewTables(database: TrackedDatabase): boolean {
  const read: string[] = JSON.parse(database.fact(TABLES_FACT) ?? "[]");
  const kept = read.filter((name) => database.table(name) !== undefined);
  if (kept.length < read.length) database.setFact(TABLES_FACT, JSON.stringify(kept));
  return database.spec.tables.some(({ name }) => !kept.includes(name));
}

/**
 * Records that everything was read of all tables of a database.
 *
 * @param database the database
 */
export function hasReadTables(database: TrackedDatabase): void {
  database.setFact(TABLES_FACT, JSON.stringify(database.spec.tables.map(({ name }) => name)));
}

/**
 * Claims to be the folder that the cluster begins with; it remains that.
 *
 * @param writer the name of its first database
 * @param port the state
 * @returns whether it is
 * @throws what the port throws
 */
export async function claimSeed(writer: string, port: StatePort): Promise<boolean> {
  return await claim(port, SEED_KEY, writer) === writer;
}

/**
 * Gives the cluster the private key by which clients recognize its hubs, unless it has one.
 *
 * @param port the state
 * @param key the key of this hub, as the text of its file
 * @returns the key of the cluster, which all hubs use
 * @throws what the port throws
 */
export function shareIdentity(port: StatePort, key: string): Promise<string> {
  return claim(port, IDENTITY_KEY, key);
}

async function claim(port: StatePort, key: string, value: string): Promise<string> {
  if (await port.put(key, value, 0) !== undefined) return value;
  const found = await port.get(key);
  if (found === undefined) throw new Error(`the cluster has lost ${key}`);
  return found.value;
}

/** Gives rows ids that no other hub has given. It may be repeated after it was interrupted. */
function renumber(databases: readonly TrackedDatabase[]): void {
  const owners = new Map(databases.flatMap(newOwnerIds));
  for (const { spec } of databases) {
    withoutReferences(spec.db, () => spec.renumber?.(owners, replicaIds));
  }
}

function newOwnerIds(database: TrackedDatabase): [number, number][] {
  const known = database.fact(OWNER_IDS_FACT);
  if (known !== undefined) return JSON.parse(known);
  const ids = database.spec.ownerIds?.().map((id): [number, number] => [id, replicaIds.random()]);
  if (ids === undefined) return [];
  database.setFact(OWNER_IDS_FACT, JSON.stringify(ids));
  return ids;
}

/**
 * The fact that what the state does not have is to be removed once everything was read.
 */
export const ANEW_FACT = "anew";

/** Runs a transaction that is not refused as others are before the hub has joined, and may change ids in any order. */
function withoutReferences(db: ReplicatedDatabase["db"], run: () => void): void {
  db.exec("PRAGMA foreign_keys = OFF; UPDATE temp.replica_guard SET cut_off = 0");
  try {
    transaction(db, run);
  } finally {
    db.exec("UPDATE temp.replica_guard SET cut_off = 1; PRAGMA foreign_keys = ON");
  }
}

/**
 * Gives what belongs to owners of imported names to the owners of the same names in the cluster, if a key shows that
 * they are the same people; otherwise it is removed.
 *
 * @param databases the databases
 * @param owners the owner that an import has brought, and the one in the cluster
 * @returns the names that belong to the same people, and to others
 */
export function mergeOwners(
  databases: readonly ReplicatedDatabase[],
  owners: readonly { own: RowTree; other: RowTree }[],
): { merged: string[]; refused: string[] } {
  const merged: string[] = [], refused: string[] = [];
  for (const { own, other } of owners) {
    const keys = new Set(own.parts.keys?.map(({ key }) => key));
    const isSame = other.parts.keys?.some(({ key }) => keys.has(key)) ?? false;
    (isSame ? merged : refused).push(String(own.row.name));
    for (const { db, moveOwner } of databases) {
      withoutReferences(db, () => moveOwner?.(Number(own.row.id), isSame ? Number(other.row.id) : undefined));
    }
  }
  return { merged, refused };
}
