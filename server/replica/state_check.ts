/**
 * Checks whether the shared state still has what a hub has read of it.
 *
 * A server of NATS that lost its power may have lost the last writes. If others have written meanwhile, their writes
 * have the revisions of those that are lost, and the last revision shows nothing. So a hub compares writes that it has
 * read with those that the state has under the same revisions, the last one first.
 *
 * Its own writes that the state has acknowledged are compared, too, before it has read them. But one that is there does
 * not show where the loss began: it may be younger than that, although its revision is one that was read.
 *
 * @module
 */
import type { StateEntry, StatePort } from "./state_port.ts";
import { decodeState } from "./row_codec.ts";
import type { ReadRow, TrackedDatabase } from "./tracked_database.ts";

/** How many rows are looked at, the last ones first, before all are taken for lost. */
const MAX_ROWS = 1000;

/**
 * How long the state must be shorter than what was written, in milliseconds, before it counts as lost: servers that
 * start may tell an earlier state.
 */
export const SHORTER_MS = 10_000;

/** A write that was read, and whether its key may vanish from the state without a trace. */
export interface ReadWrite extends ReadRow {
  /** Whether the table of the row is one without traces. */
  readonly traceless: boolean;
  /** Whether it is one of this hub that the state has acknowledged, and that was not read. */
  readonly isUnread: boolean;
  /** When it was written, by the clock of the server, if that is known. */
  readonly timeMs?: number | undefined;
}

/** The fact of a database with the last write that was read, of whatever key: its revision, key and time. */
export const LAST_READ_FACT = "last_read";

/**
 * Formats a write for {@linkcode LAST_READ_FACT}.
 *
 * @param entry the write
 * @returns it as JSON
 */
export function lastReadFact({ key, revision, timeMs }: StateEntry): string {
  return JSON.stringify({ key, revision, timeMs });
}

/**
 * Lists what was read last, and what this hub has written since.
 *
 * @param databases the databases
 * @param isUnread tells whether a key was written here, and that write was not read
 * @returns the writes, the last one first
 */
export function lastWrites(
  databases: readonly TrackedDatabase[],
  isUnread: (key: string) => boolean,
): ReadWrite[] {
  const last = databases.map((database) => database.fact(LAST_READ_FACT)).find((fact) => fact !== undefined);
  const lastRead: ReadWrite[] = last === undefined
    ? []
    : [{ ...JSON.parse(last), table: "", id: undefined, stamp: undefined, traceless: true, isUnread: false }];
  const rows = databases.flatMap((database) =>
    database.lastRead(MAX_ROWS).map((row) => ({
      ...row,
      traceless: database.table(row.table)?.traceless === true,
      isUnread: isUnread(row.key),
    }))
  );
  return [...lastRead, ...rows]
    .sort((one, other) => other.revision - one.revision)
    .slice(0, MAX_ROWS);
}

/**
 * Looks for lost writes.
 *
 * @param writes the result of {@linkcode lastWrites} before the reading began or went on; what is read later shows
 *   nothing
 * @param port the state
 * @param isStillShorter whether the result was `shorter` for the same writes {@linkcode SHORTER_MS} ago
 * @returns if the state has lost writes, the revision of the last one that was read and that it has, 0 for none;
 * `shorter` if it does not reach to a write of this hub that it has acknowledged, as a server may tell that starts;
 * `undefined` if it has all of them, as far as it can be seen
 * @throws what the port throws
 */
export async function lostAfter(
  writes: readonly ReadWrite[],
  port: StatePort,
  isStillShorter = false,
): Promise<number | "shorter" | undefined> {
  if (writes.length === 0) return undefined;
  const { last } = await port.facts();
  const newest = writes.find(({ isUnread }) => !isUnread);
  // While servers start they may tell an earlier state; one that stays shorter is noticed by the reader.
  if (newest !== undefined && last < newest.revision) return undefined;
  const isShorter = last < writes[0]!.revision;
  let isLost = isShorter && isStillShorter;
  for (const write of writes) {
    if (write.revision > last) continue;
    const found = await look(write, port);
    if (found === "there" && !write.isUnread) return isLost ? write.revision : noLoss(isShorter);
    isLost ||= found === "lost";
  }
  return isLost ? 0 : noLoss(isShorter);
}

function noLoss(isShorter: boolean): "shorter" | undefined {
  return isShorter ? "shorter" : undefined;
}

async function look(
  { key, id, revision, stamp, traceless, timeMs }: ReadWrite,
  port: StatePort,
): Promise<"there" | "lost" | "unclear"> {
  const found = await port.at(revision);
  if (found !== undefined) {
    const isSame = found.key === key && (stamp === undefined || stampOf(found.value) === stamp) &&
      (timeMs === undefined || found.timeMs === timeMs);
    return isSame ? "there" : "lost";
  }
  // It was written again, or removed.
  if (id === undefined || traceless) return "unclear";
  const last = await port.get(key);
  return last !== undefined && last.revision > revision ? "unclear" : "lost";
}

/**
 * Names a write.
 *
 * @param value what was written
 * @returns a text that no other write has
 */
export function stampOf(value: string): string | undefined {
  const decoded = decodeState(value);
  return decoded && `${decoded.writer} ${decoded.write}`;
}
