/**
 * What remains in the shared state of rows that were removed, and how it is purged.
 *
 * A removed row leaves a write without a row, a tombstone, by which hubs learn that it is removed. After some time it
 * is purged. A hub that was away for longer may not have read it. So before anything is purged, the state gets a mark
 * up to which revision that happens. A hub that has read less begins anew: it reads everything, and removes what the
 * state does not have. Whoever reads the mark looks later whether all before it is purged, as whoever was purging may
 * have failed.
 *
 * @module
 */
import { decodeState } from "./row_codec.ts";
import type { StateEntry, StatePort } from "./state_port.ts";
import type { TrackedDatabase } from "./tracked_database.ts";

/** The key of the mark: up to which revision tombstones are purged. */
export const PURGED_KEY = "cluster.purged";

/** How long a tombstone stays, in milliseconds: hubs that were away for less go on with what they have. */
export const TOMBSTONE_MS = 7 * 24 * 3_600_000;

/** How many tombstones are purged at once. */
const MAX_PURGED = 500;

/**
 * Reads up to which revision tombstones are purged.
 *
 * @param port the state
 * @returns the revision; 0 if none were
 * @throws what the port throws
 */
export async function purgedUpTo(port: StatePort): Promise<number> {
  return readMark((await port.get(PURGED_KEY))?.value);
}

/**
 * Reads the mark.
 *
 * @param value its value in the state, if it has one
 * @returns the revision
 */
export function readMark(value: string | undefined): number {
  const revision = Number(value ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/**
 * Purges old tombstones. Several hubs may do so at once.
 *
 * @param databases the databases, which know the tombstones
 * @param port the state
 * @param before tombstones that are older than that time of day are purged, in milliseconds since 1970
 * @returns how many were purged
 * @throws what the port throws; then some may be purged
 */
export async function purgeTombstones(
  databases: readonly TrackedDatabase[],
  port: StatePort,
  before: number,
): Promise<number> {
  const mark = await port.get(PURGED_KEY);
  const finished = await finishPurges(databases, port, readMark(mark?.value));
  const old: { key: string; revision: number }[] = [];
  const known = databases.flatMap((database) => database.tombstones(MAX_PURGED))
    .sort((one, other) => one.revision - other.revision);
  for (const { key, revision } of known.slice(0, MAX_PURGED)) {
    const found = await port.at(revision);
    // The row was written again, or another hub has purged it.
    if (found === undefined || found.key !== key) continue;
    // Each later one is younger.
    if (found.timeMs >= before) break;
    if (isTombstone(found)) old.push({ key, revision });
  }
  const last = old.at(-1)?.revision;
  if (last === undefined) return finished;
  if (
    readMark(mark?.value) < last &&
    await port.put(PURGED_KEY, String(last), mark?.revision ?? 0) === undefined
  ) {
    // Another hub purges now.
    return finished;
  }
  for (const { key, revision } of old) await port.forget(key, revision);
  return finished + old.length;
}

/** Purges what should be purged already. */
async function finishPurges(
  databases: readonly TrackedDatabase[],
  port: StatePort,
  purged: number,
): Promise<number> {
  let count = 0;
  for (const database of databases) {
    for (const { key, revision } of database.purges(MAX_PURGED)) {
      const found = revision <= purged ? await port.at(revision) : undefined;
      if (found?.key === key && isTombstone(found)) {
        await port.forget(key, revision);
        count++;
      }
      database.hasPurged(key);
    }
  }
  return count;
}

function isTombstone({ value }: StateEntry): boolean {
  const decoded = decodeState(value);
  return decoded !== undefined && decoded.tree === undefined;
}
