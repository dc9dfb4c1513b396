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
import type { EndingTimer } from "./ending_timer.ts";
import type { ReadRow } from "./known_rows.ts";
import { stampOf } from "./row_codec.ts";
import type { RowReader } from "./row_reader.ts";
import { LAST_READ_FACT, type RowStore } from "./row_store.ts";
import type { StateFacts, StatePort } from "./state_port.ts";
import { purgedUpTo } from "./tombstones.ts";
import type { TrackedDatabase } from "./tracked_database.ts";

/** How many rows are looked at, the last ones first, before all are taken for lost. */
const MAX_ROWS = 1000;

/**
 * How long the state must be shorter than what was written, in milliseconds, before it counts as lost: servers that
 * start may tell an earlier state.
 */
export const SHORTER_MS = 10_000;

/** How long to wait before a comparison that failed is tried again, in milliseconds. */
const CHECK_RETRY_MS = 1000;

/** A write that was read, and whether its key may vanish from the state without a trace. */
export interface ReadWrite extends ReadRow {
  /** Whether the table of the row is one without traces. */
  readonly traceless: boolean;
  /** Whether it is one of this hub that the state has acknowledged, and that was not read. */
  readonly isUnread: boolean;
  /** When it was written, by the clock of the server, if that is known. */
  readonly timeMs?: number | undefined;
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

/** Dependencies of {@linkcode StateCheck}. */
export interface StateCheckDependencies {
  /** The databases. */
  databases: readonly TrackedDatabase[];
  /** The shared state. */
  port: StatePort;
  /** Begins again if anything is lost. */
  reader: RowReader;
  /** Knows what was not read. */
  store: RowStore;
  /** Used to try again; it ends with the hub. */
  timer: EndingTimer;
  /** Called when what was read is not what the state has, and is mended. */
  mended: (why: "lost" | "away") => void;
}

/** Compares what was read with what the state has, and has the reader begin again. */
export class StateCheck {
  readonly #dependencies: StateCheckDependencies;
  /** How many comparisons are under way. */
  #running = 0;

  /**
   * Prepares comparisons.
   *
   * @param dependencies see {@linkcode StateCheckDependencies}
   */
  constructor(dependencies: StateCheckDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether a comparison is under way: one that cannot ask the state goes on until it can. */
  get isRunning(): boolean {
    return this.#running > 0;
  }

  /**
   * Compares what was read before the hub has started.
   *
   * @returns resolves then; the reader is to read from where it is
   * @throws what the port throws
   */
  async start(): Promise<void> {
    await this.#compare(this.#lastWrites(), this.#dependencies.reader.revision, false);
  }

  /** Compares what was read until now, as soon as the state can be asked. If anything is lost, it is read again. */
  async run(): Promise<void> {
    const { reader, timer } = this.#dependencies;
    const { revision, reading } = reader;
    if (revision === 0) return;
    const writes = this.#lastWrites();
    let isStillShorter = false;
    const isOver = () => timer.hasEnded || reading !== reader.reading;
    this.#running++;
    while (!isOver()) {
      try {
        const outcome = await this.#compare(writes, revision, isStillShorter, isOver);
        if (outcome === "same") break;
        if (outcome === "restarted") reader.read();
        else {
          await timer.pause(SHORTER_MS);
          isStillShorter = true;
        }
      } catch {
        // Nothing can be asked at present.
        await timer.pause(CHECK_RETRY_MS);
      }
    }
    this.#running--;
  }

  /**
   * Begins again, as this hub was away for so long that it may not have read all tombstones.
   *
   * @param facts the state
   */
  beginAnew({ last }: StateFacts): void {
    this.#dependencies.mended("away");
    this.#dependencies.reader.beginAnew(last);
  }

  #lastWrites(): ReadWrite[] {
    const { databases, store } = this.#dependencies;
    return lastWrites(databases, (key) => store.isUnread(key));
  }

  async #compare(
    writes: readonly ReadWrite[],
    cursor: number,
    isStillShorter: boolean,
    isOver = () => this.#dependencies.timer.hasEnded,
  ): Promise<"same" | "shorter" | "restarted"> {
    const { port, reader, mended } = this.#dependencies;
    const last = await lostAfter(writes, port, isStillShorter);
    // Asked for afterwards: rows whose tombstones are purged look as if they were lost.
    const purged = await purgedUpTo(port);
    const facts = await port.facts();
    if (isOver()) return "same";
    if (purged > cursor) this.beginAnew(facts);
    else if (typeof last !== "number") return last ?? "same";
    else {
      mended("lost");
      reader.lost(last);
    }
    return "restarted";
  }
}
