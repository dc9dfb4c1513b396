/**
 * Makes the rows of a hub's databases the same at all hubs of a cluster.
 *
 * Rules:
 * - A change is committed here, then it is written to the shared state, on condition that nobody else has written
 *   that row since. All hubs take the writes of the state in its order. Of two changes of a row made at the same time,
 *   the one that comes second is refused, and undone where it was made.
 * - Should NATS take both nevertheless, as 2.9 may with several servers, the last write of the row counts at all hubs.
 * - What this hub has read of the state is stored in the same transactions as the rows. If one fails, as the disk is
 *   full, memory stays as it is.
 * - While the hub is cut off from the others, changes are refused before anything has changed, except those that wait.
 * - What the state has lost is sent again: see `state_check`. What a hub may not have heard of, as it was away for
 *   long, it learns by reading everything: see `tombstones`.
 *
 * The databases, the state and the timers are handed in. The file is long because sending, taking and their conflicts
 * belong together.
 *
 * @module
 */
import type { Clock, Timers } from "../../runtime/mod.ts";
import {
  type AfterCommit,
  type ReplicatedChange,
  type ReplicatedDatabase,
  transaction,
} from "../sqlite/mod.ts";
import { ANEW_FACT, claimSeed, hasReadTables, join, type JoinMode } from "./joining.ts";
import { replicaIds } from "./replica_ids.ts";
import { decodeState, encodeState } from "./row_codec.ts";
import {
  LAST_READ_FACT,
  lastReadFact,
  lastWrites,
  lostAfter,
  type ReadWrite,
  SHORTER_MS,
  stampOf,
} from "./state_check.ts";
import type { StateEntry, StateFacts, StatePort, StateWatch } from "./state_port.ts";
import { PURGED_KEY, purgedUpTo, purgeTombstones, readMark, TOMBSTONE_MS } from "./tombstones.ts";
import { TrackedDatabase } from "./tracked_database.ts";
import { rowOf, type Waiting, WaitingChanges } from "./waiting_changes.ts";

/** How many writes may be without an answer. */
const MAX_IN_FLIGHT = 64;

/** After how long a failed write is tried again, in milliseconds. */
const RETRY_MS = 250;

/** How often changes are looked for where SQLite cannot call functions (as on Deno 2.4), in milliseconds. */
const LOOK_MS = 50;

/** How long a refused write waits for the one that came first, in milliseconds, before the state is asked for it. */
const REFUSED_MS = 1000;

/** How often the state is compared with what was read, in milliseconds. */
const CHECK_MS = 60_000;

/** How long to wait before that is tried again, in milliseconds. */
const CHECK_RETRY_MS = 1000;

/** How often old tombstones are purged, in milliseconds. */
const PURGE_MS = 3_600_000;

/** How long a write may be without an answer before changes are refused, in milliseconds. */
const CUT_OFF_MS = 2000;

/** Dependencies of {@linkcode Replica}. */
export interface ReplicaDependencies {
  /** The databases; what refers to rows of another one comes after it. */
  databases: readonly ReplicatedDatabase[];
  /** The shared state. */
  port: StatePort;
  /** Used to try again. */
  timers: Timers;
  /** The time of day and a monotonic one. */
  clock: Clock;
  /**
   * Called when a change that was made here is undone, as another hub has changed the same row first.
   *
   * @param table the table
   */
  undone?: ((table: string) => void) | undefined;
  /**
   * Called when what was read is not what the state has, and is mended.
   *
   * @param why `lost`: the state has lost writes, which are sent again; `away`: this hub was away for so long that it
   *   reads everything again
   */
  mended?: ((why: "lost" | "away") => void) | undefined;
  /** Called when changes are refused from now on, and when they are not any longer. */
  cutOff?: ((isCutOff: boolean) => void) | undefined;
  /**
   * Called when rows cannot be stored or sent, with the reason.
   *
   * @param error the reason
   */
  failed: (error: unknown) => void;
}

/** How a replica starts. */
export interface StartOptions {
  /** What happens with rows of a folder that is new to the cluster; the default is `join`. */
  mode?: JoinMode;
  /** Called when everything was taken, before anything is sent. */
  beforeSending?: () => void;
}

/** Whether changes get from hub to hub. */
export interface RowsFlow {
  /** Whether changes are refused at present. */
  readonly isCutOff: boolean;
  /** How many changes of this hub the state does not have. */
  readonly waiting: number;
  /** How many writes of the state this hub has not stored, as far as is known. */
  readonly lag: number;
  /** Whether nothing comes from the state at present although it should. */
  readonly isSilent: boolean;
  /** For how long the oldest change has waited, of this hub for the state or of the state for this hub; in ms. */
  readonly lateMs: number;
}

/** Keeps the databases of one hub the same as those of the others. */
export class Replica {
  readonly #dependencies: ReplicaDependencies;
  readonly #databases = new Map<string, TrackedDatabase>();
  readonly #waiting: WaitingChanges;
  #queue: StateEntry[] = [];
  /** Since when the queue has something, by `Clock.elapsed`. */
  #queuedSince = 0;
  #revision = 0;
  #identity: string | undefined;
  #watch: StateWatch | undefined;
  #beforeSending: (() => void) | undefined;
  #inFlight = 0;
  /** Whether everything was delivered that the state had. */
  #hasRead = false;
  /** Whether all of that is stored here. */
  #isCaughtUp = false;
  /** What was read since the reading began, if everything that was not read is to be removed. */
  #seen: Set<string> | undefined;
  /** Keys that were written here; those writes have not been read since. */
  readonly #unread = new Set<string>();
  /** Counts how often the reading began again. */
  #readings = 0;
  /** How many comparisons with the state are under way. */
  #checks = 0;
  readonly #firstRead = Promise.withResolvers<void>();
  /** Whether answers are missing for too long. */
  #isLate = false;
  /** The revision of the last write that the state had when it was found to have lost later ones. */
  #restoresAfter = 0;
  #isAway = false;
  #isRefusing = false;
  #isClosed = false;
  #isScheduled = false;
  /** The reason that was reported last, until something works. */
  #lastFailure: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelCutOff: (() => void) | undefined;
  /** Cancel what is done later. */
  readonly #cancels = new Set<() => void>();
  readonly #settled: (() => void)[] = [];
  #reaching: { revision: number; resolve: () => void }[] = [];

  /**
   * Begins to record changes; they are sent once {@linkcode Replica.start} is called.
   *
   * @param dependencies see {@linkcode ReplicaDependencies}
   */
  constructor(dependencies: ReplicaDependencies) {
    this.#dependencies = dependencies;
    for (const spec of dependencies.databases) {
      const database = new TrackedDatabase(spec);
      this.#databases.set(spec.name, database);
      spec.useIds(replicaIds);
      this.#listen(database);
    }
    this.#waiting = new WaitingChanges(this.#all, dependencies.clock);
    this.#refuse();
  }

  /**
   * Joins the cluster, and takes everything that the state has. To be called before clients are served.
   *
   * @param options see {@linkcode StartOptions}
   * @returns resolves when the rows are those of the state; changes are accepted from then on
   * @throws {ForeignRowsError} if the folder has rows of its own, and the state has others
   * @throws what the port throws
   */
  async start({ mode = "join", beforeSending }: StartOptions = {}): Promise<void> {
    const { port } = this.#dependencies;
    const { after, identity, isAnew, isUpgraded } = await join(this.#all, port, mode);
    if (this.#isClosed) return;
    this.#revision = after;
    this.#identity = identity;
    this.#beforeSending = beforeSending;
    const facts = await port.facts();
    if (this.#isClosed) return;
    if (isAnew) this.#beginAnew(facts.last);
    else if (after > 0 && identity === facts.identity) {
      for (const database of this.#all) for (const key of database.keysAfter(after)) this.#unread.add(key);
      const last = await lostAfter(this.#lastWrites(), port);
      // Asked for afterwards: rows whose tombstones are purged look as if they were lost.
      const purged = await purgedUpTo(port);
      if (this.#isClosed) return;
      if (purged > after) this.#beginAnew(facts.last);
      else if (typeof last === "number") this.#lost(last);
    }
    // What is known of it is passed over.
    if (isUpgraded) this.#revision = 0;
    this.#read();
    this.#every(CHECK_MS, async () => {
      // One that cannot ask NATS goes on until it can.
      if (this.#checks === 0) await this.#check();
    });
    this.#every(PURGE_MS, () => this.purge());
    await this.#firstRead.promise;
  }

  get #all(): TrackedDatabase[] {
    return [...this.#databases.values()];
  }

  /** Reads the state from where this hub has read it. */
  #read(): void {
    const { port, clock } = this.#dependencies;
    this.#watch?.close();
    const reading = ++this.#readings;
    const ifCurrent = <Values extends unknown[]>(run: (...values: Values) => void) => (...values: Values) => {
      if (reading === this.#readings && !this.#isClosed) run(...values);
    };
    this.#watch = port.watch(this.#revision, this.#identity, {
      started: ifCurrent(() => void this.#check()),
      deliver: ifCurrent((entry: StateEntry) => {
        if (this.#queue.length === 0) this.#queuedSince = clock.elapsed();
        this.#queue.push(entry);
        this.#schedule();
      }),
      rewound: ifCurrent((facts: StateFacts) => this.#rewound(facts)),
      caughtUp: ifCurrent(() => {
        this.#hasRead = true;
        this.#run();
        this.#firstRead.resolve();
      }),
    });
  }

  /** Does something later, unless this hub has stopped by then. */
  #later(ms: number, run: () => void): void {
    if (this.#isClosed) return;
    const cancel = this.#dependencies.timers.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  /** Does something from time to time. */
  #every(ms: number, run: () => Promise<unknown>): void {
    this.#later(ms, () => {
      this.#every(ms, run);
      // It is tried again next time.
      run().catch(() => {});
    });
  }

  /**
   * Purges what remains in the state of rows that were removed long ago.
   *
   * @returns how many keys were purged
   * @throws what the port throws
   */
  async purge(): Promise<number> {
    if (!this.#isCaughtUp || this.#isAway) return 0;
    const { port, clock } = this.#dependencies;
    return await purgeTombstones(this.#all, port, clock.wall() - TOMBSTONE_MS);
  }

  /** Compares what was read until now with what the state has. */
  async #check(): Promise<void> {
    if (this.#revision === 0) return;
    const { port } = this.#dependencies;
    const cursor = this.#revision, reading = this.#readings;
    const writes = this.#lastWrites();
    let isStillShorter = false;
    const isOver = () => this.#isClosed || reading !== this.#readings;
    this.#checks++;
    while (!isOver()) {
      try {
        const last = await lostAfter(writes, port, isStillShorter);
        // Asked for afterwards, as in `start`.
        const purged = await purgedUpTo(port);
        const facts = await port.facts();
        if (isOver() || last === undefined && purged <= cursor) break;
        if (purged > cursor) this.#beginAnew(facts.last);
        else if (typeof last === "number") this.#lost(last);
        else {
          await this.#pause(SHORTER_MS);
          isStillShorter = true;
          continue;
        }
        this.#read();
      } catch {
        // Nothing can be asked at present.
        await this.#pause(CHECK_RETRY_MS);
      }
    }
    this.#checks--;
  }

  #lastWrites(): ReadWrite[] {
    return lastWrites(this.#all, (key) => this.#unread.has(key));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#later(ms, resolve));
  }

  /** Begins again, as the state has lost writes that were read. */
  #lost(last: number): void {
    this.#dependencies.mended?.("lost");
    this.#rewound({ identity: this.#identity!, last });
  }

  /**
   * Begins again, as the state may have had tombstones that were not read. This hub then has what the state has. But
   * what it has written after the last write of the state can only be lost: that is sent again.
   */
  #beginAnew(last: number): void {
    this.#dependencies.mended?.("away");
    this.#seen = new Set();
    this.#queue = [];
    this.#restoresAfter = this.#revision;
    this.#revision = 0;
    this.#unread.clear();
    this.#hasRead = this.#isCaughtUp = false;
    this.#waiting.sendAgain();
    this.#refuse();
    for (const database of this.#all) {
      database.setFact("cursor", "0");
      database.setFact(ANEW_FACT, "1");
      this.#restore(database, last);
    }
  }

  /** Has everything sent again that was written after the last write of the state. */
  #restore(database: TrackedDatabase, last: number): void {
    const lost = database.forgetAfter(last);
    this.#waiting.collect();
    for (const { key, table, id } of lost) {
      if (id === undefined && this.#waiting.get(key) === undefined) {
        this.#waiting.waitForRemoval(database, key, table);
      }
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) waiting.restores = true;
    }
  }

  /** Whether changes are refused at present. */
  get isCutOff(): boolean {
    return this.#isRefusing;
  }

  /** How many changes of this hub the state does not have. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether changes get from hub to hub. */
  get flow(): RowsFlow {
    const now = this.#dependencies.clock.elapsed();
    const since = [this.#waiting.since ?? now, this.#queue.length === 0 ? now : this.#queuedSince];
    return {
      isCutOff: this.#isRefusing,
      waiting: this.#waiting.size,
      lag: this.#queue.length + (this.#watch?.lag ?? 0),
      isSilent: this.#watch?.isSilent ?? true,
      lateMs: now - Math.min(...since),
    };
  }

  /** The revision up to which this hub has taken the state. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Records whether the other hubs can be reached, as far as the host knows.
   *
   * @param isAway whether they cannot
   */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    this.#refuse();
    if (!isAway) this.#schedule();
  }

  /**
   * Waits until the state has all changes of this hub.
   *
   * @returns resolves then
   */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled.push(resolve);
    this.#schedule();
    return promise;
  }

  /**
   * Waits until this hub has taken a write of the state.
   *
   * @param revision the revision of the write
   * @returns resolves then
   */
  reached(revision: number): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reaching.push({ revision, resolve });
    return promise;
  }

  /** Stops sending and taking. What was not sent is sent by the next start. The databases stay open. */
  close(): void {
    this.#isClosed = true;
    this.#watch?.close();
    this.#cancelRetry?.();
    this.#cancelLook?.();
    this.#cancelCutOff?.();
    for (const cancel of this.#cancels) cancel();
  }

  /** Has a database report changes as they are made, or looks for them from time to time. */
  #listen({ spec: { db } }: TrackedDatabase): void {
    if (typeof db.function !== "function") {
      this.#cancelLook ??= this.#look();
      return;
    }
    db.function("replica_changed", () => {
      this.#schedule();
      return null;
    });
    db.exec(`
      DROP TRIGGER IF EXISTS temp.replica_changes;
      CREATE TEMP TRIGGER replica_changes AFTER INSERT ON main.replica_outbox BEGIN SELECT replica_changed(); END;
    `);
  }

  #look(): () => void {
    return this.#dependencies.timers.after(LOOK_MS, () => {
      this.#run();
      if (!this.#isClosed) this.#cancelLook = this.#look();
    });
  }

  /** Takes and sends once what runs now is done: a transaction is committed then. */
  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#run();
    });
  }

  #run(): void {
    if (this.#isClosed) return;
    this.#take();
    try {
      if (this.#hasRead && !this.#isCaughtUp && this.#queue.length === 0) this.#catchUp();
      if (!this.#isCaughtUp) return;
      this.#waiting.collect();
      this.#send();
    } catch (error) {
      return this.#retry(error);
    }
    if (this.#waiting.size > 0) return;
    // Also if an answer was lost, and the write itself has come back.
    if (this.#inFlight === 0) this.#isAnswered();
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  /** Everything was taken: what the state lacks is sent from now on, and changes are accepted. */
  #catchUp(): void {
    this.#waiting.collect();
    this.#removeUnseen();
    for (const database of this.#all) {
      database.recordUnknown();
      hasReadTables(database);
    }
    this.#beforeSending?.();
    this.#beforeSending = undefined;
    this.#isCaughtUp = true;
    this.#refuse();
    // A state that was made anew has none; without it another folder would claim to be the first one.
    const [first] = this.#databases.values();
    claimSeed(first!.writer, this.#dependencies.port).catch((error) => this.#retry(error));
  }

  /** Removes the rows that the state does not have, after everything was read: they were removed meanwhile. */
  #removeUnseen(): void {
    const seen = this.#seen;
    if (seen === undefined) return;
    for (const database of this.#all) {
      const changes: ReplicatedChange[] = [];
      this.#store((run) => database.applying(run, this.#isRefusing), (after) => {
        for (const { key, table, id } of database.rowsUpTo(this.#revision)) {
          if (seen.has(key)) continue;
          const tree = database.read(table, id!);
          const waiting = this.#waiting.get(key);
          if (waiting !== undefined) {
            this.#waiting.done(waiting, waiting.seq);
            after(() => this.#dependencies.undone?.(table));
          }
          database.forgetKnown(key);
          if (tree === undefined) continue;
          database.replace(table, undefined, [id!]);
          changes.push({ table, before: [tree], after: undefined });
        }
        for (const { key } of database.tombstones()) if (!seen.has(key)) database.forgetKnown(key);
        database.setFact(ANEW_FACT, undefined);
      });
      if (changes.length > 0) database.spec.taken(changes);
    }
    this.#seen = undefined;
  }

  #retry(error: unknown): void {
    if (this.#isClosed) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#lastFailure) this.#dependencies.failed(error);
    this.#lastFailure = reason;
    this.#cancelRetry ??= this.#dependencies.timers.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#run();
    });
  }

  #send(): void {
    if (this.#isAway || this.#cancelRetry !== undefined) return;
    for (const waiting of this.#waiting.values()) {
      if (this.#inFlight >= MAX_IN_FLIGHT) return;
      if (waiting.sent === undefined && !waiting.refused) this.#write(waiting);
    }
  }

  #write(waiting: Waiting): void {
    const { database, key, table, seq } = waiting;
    const { port } = this.#dependencies;
    const last = database.known(key)?.revision ?? 0;
    const { id, tree } = rowOf(waiting);
    const { traceless } = database.table(table)!;
    // Nobody has ever heard of it.
    if (tree === undefined && last === 0) return this.#waiting.done(waiting, seq);
    const sent = waiting.sent = { seq, id, last };
    this.#inFlight++;
    this.#watchAnswers();
    const written = tree === undefined && traceless === true
      ? port.forget(key, last).then(() => last)
      : port.put(key, encodeState({ writer: database.writer, write: seq, tree }), last);
    written.then(
      (revision) => this.#answered(waiting, sent, revision),
      (error) => {
        this.#inFlight--;
        if (waiting.sent === sent) waiting.sent = undefined;
        this.#retry(error);
      },
    );
  }

  #answered(waiting: Waiting, sent: NonNullable<Waiting["sent"]>, revision: number | undefined): void {
    this.#inFlight--;
    this.#isAnswered();
    this.#watchAnswers();
    this.#lastFailure = undefined;
    const { database, key } = waiting;
    // Otherwise the reading began again meanwhile: the answer may be one of a state that was lost.
    const isCurrent = waiting.sent === sent && this.#waiting.get(key) === waiting;
    if (waiting.sent === sent) waiting.sent = undefined;
    if (!this.#isClosed && isCurrent) {
      if (revision === undefined) {
        // The write that came first may have been taken already.
        waiting.refused = (database.known(key)?.revision ?? 0) === sent.last;
        if (waiting.refused) this.#later(REFUSED_MS, () => void this.#lookFor(waiting));
      } else {
        if (sent.id !== undefined || database.table(waiting.table)!.traceless !== true) this.#unread.add(key);
        const known = { id: sent.id, revision, stamp: `${database.writer} ${sent.seq}` };
        try {
          this.#store(
            (run) => transaction(database.spec.db, run),
            (after) => this.#confirm(waiting, sent.seq, known, after),
          );
        } catch (error) {
          // It is confirmed again when the write comes back.
          this.#dependencies.failed(error);
        }
      }
    }
    this.#schedule();
  }

  /**
   * Looks for the write that came before one of this hub: it may never be read, as it was purged. One that was read
   * without being known here may be a forgotten tombstone, after which this hub writes, or a row, which counts.
   */
  async #lookFor(waiting: Waiting): Promise<void> {
    const { key, table, database } = waiting;
    const isCurrent = () =>
      !this.#isClosed && waiting.refused && this.#isCaughtUp && this.#waiting.get(key) === waiting;
    if (!isCurrent()) return;
    try {
      const found = await this.#dependencies.port.get(key);
      if (!isCurrent()) return;
      if (found === undefined) database.forgetKnown(key);
      else if (found.revision > this.#revision) return;
      else if (decodeState(found.value)?.tree === undefined) {
        const { id } = rowOf(waiting);
        const stamp = stampOf(found.value) ?? "";
        database.setKnown(key, table, { id, revision: found.revision, stamp });
      } else this.#takeMissed(database, found);
      waiting.refused = false;
      this.#schedule();
    } catch {
      // Nothing can be asked at present.
      this.#later(REFUSED_MS, () => void this.#lookFor(waiting));
    }
  }

  /** Stores a row of the state that was passed over. */
  #takeMissed(database: TrackedDatabase, entry: StateEntry): void {
    const changes: ReplicatedChange[] = [];
    this.#store(
      (run) => database.applying(run, this.#isRefusing),
      (after) => this.#apply(database, entry, changes, after),
    );
    if (changes.length > 0) database.spec.taken(changes);
  }

  /**
   * Runs a transaction. Memory changes only if all of it is stored: what is removed of the waiting changes comes back
   * if it fails, and all else is done after it.
   */
  #store(transact: (run: () => void) => void, run: (after: AfterCommit) => void): void {
    const later: (() => void)[] = [];
    this.#waiting.attempt(() => transact(() => run((one) => later.push(one))));
    for (const one of later) {
      try {
        one();
      } catch (error) {
        this.#dependencies.failed(error);
      }
    }
  }

  /** Records that the state has a change of this hub, within a transaction. */
  #confirm(
    waiting: Waiting,
    seq: number,
    { id, revision, stamp }: { id: string | undefined; revision: number; stamp: string },
    after: AfterCommit,
  ): void {
    const { database, key, table } = waiting;
    if (id === undefined && database.table(table)!.traceless === true) database.forgetKnown(key);
    else database.setKnown(key, table, { id, revision, stamp });
    if (waiting.seq !== seq) return;
    this.#waiting.done(waiting, seq);
    if (id !== undefined) after(() => database.spec.confirmed?.(table, id));
  }

  /** Refuses changes while answers are missing for too long. */
  #watchAnswers(): void {
    if (this.#inFlight === 0 || this.#isClosed) return;
    this.#cancelCutOff ??= this.#dependencies.timers.after(CUT_OFF_MS, () => {
      this.#isLate = true;
      this.#refuse();
    });
  }

  #isAnswered(): void {
    this.#cancelCutOff?.();
    this.#cancelCutOff = undefined;
    this.#isLate = false;
    this.#refuse();
  }

  #refuse(): void {
    const isRefusing = !this.#isCaughtUp || this.#isAway || this.#isLate;
    if (this.#isClosed || isRefusing === this.#isRefusing) return;
    this.#isRefusing = isRefusing;
    for (const database of this.#databases.values()) {
      database.refusing = isRefusing;
      database.spec.cutOff?.(isRefusing);
    }
    this.#dependencies.cutOff?.(isRefusing);
  }

  /** Stores what has come of the state, and tells those who have it in memory. */
  #take(): void {
    if (this.#queue.length === 0) return;
    const entries = this.#queue;
    const changes = new Map<TrackedDatabase, ReplicatedChange[]>();
    const { revision } = entries.at(-1)!;
    let isStored = false;
    try {
      // Changes made here that are not known to wait would be overwritten.
      this.#waiting.collect();
      const purged = readMark(entries.findLast(({ key }) => key === PURGED_KEY)?.value);
      for (const [name, database] of this.#databases) {
        const own = entries.filter(({ key }) => key.startsWith(`${name}.`));
        const found: ReplicatedChange[] = [];
        this.#store((run) => database.applying(run, this.#isRefusing), (after) => {
          for (const entry of own) this.#apply(database, entry, found, after);
          if (purged > 0) database.forgetTombstones(purged);
          database.setFact("cursor", String(revision));
          database.setFact(LAST_READ_FACT, lastReadFact(entries.at(-1)!));
        });
        changes.set(database, found);
      }
      isStored = true;
      this.#queue = [];
      this.#revision = revision;
    } catch (error) {
      this.#retry(error);
    }
    // Also if another database has not stored it: when that is tried again, these have nothing to change.
    for (const [{ spec }, found] of changes) if (found.length > 0) spec.taken(found);
    if (!isStored) return;
    for (const { revision, resolve } of this.#reaching) if (revision <= this.#revision) resolve();
    this.#reaching = this.#reaching.filter(({ revision }) => revision > this.#revision);
  }

  #apply(
    database: TrackedDatabase,
    { key, value, revision }: StateEntry,
    changes: ReplicatedChange[],
    after: AfterCommit,
  ): void {
    const table = key.split(".")[1] ?? "";
    const decoded = decodeState(value);
    // Of a newer version, which has more tables: once this hub has them, it reads everything.
    if (database.table(table) === undefined || decoded === undefined) return;
    const known = database.known(key);
    after(() => {
      this.#seen?.add(key);
      if (known === undefined || known.revision <= revision) this.#unread.delete(key);
    });
    const stamp = `${decoded.writer} ${decoded.write}`;
    const isLater = known === undefined || revision > known.revision;
    const isKnown = revision === known?.revision && (known.stamp ?? stamp) === stamp;
    // Where all of the state is read again, a row with an earlier write has one here that the state has lost.
    if (!isLater && (this.#seen === undefined || isKnown)) return;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      if (!isLater) {
        return this.#confirm(waiting, -1, { id: rowOf(waiting).id, revision, stamp }, after);
      }
      if (waiting.restores && known?.stamp === stamp) {
        // It is not lost: it was read after the loss, and before that was noticed.
        const { id, tree: own } = rowOf(waiting);
        const isSame = encodeState({ ...decoded, tree: own }) === encodeState(decoded);
        return this.#confirm(waiting, isSame ? waiting.seq : -1, { id, revision, stamp }, after);
      }
      const isOwn = decoded.writer === database.writer;
      const isRestored = waiting.restores && revision <= this.#restoresAfter;
      if (isOwn || isRestored) {
        after(() => waiting.refused = false);
        const { id } = rowOf(waiting);
        return this.#confirm(waiting, isRestored ? -1 : decoded.write, { id, revision, stamp }, after);
      }
    }
    const { tree } = decoded;
    const ids = new Set(waiting?.ids);
    if (known?.id !== undefined) ids.add(known.id);
    const id = tree && database.idOf(table, tree);
    if (id !== undefined) ids.add(id);
    const before = [...ids].flatMap((id) => database.read(table, id) ?? [])
      .filter((row) => database.keyOf(table, row) === key);
    if (waiting !== undefined) {
      this.#waiting.done(waiting, waiting.seq);
      after(() => this.#dependencies.undone?.(table));
    }
    database.replace(table, tree, before.map((row) => database.idOf(table, row)));
    database.setKnown(key, table, { id, revision, stamp });
    changes.push({ table, before, after: tree });
  }

  /** Begins again with another state, or with one that has lost its last writes: what it lacks is sent again. */
  #rewound({ identity, last }: StateFacts): void {
    const isOther = identity !== this.#identity;
    this.#queue = [];
    this.#identity = identity;
    this.#revision = 0;
    this.#restoresAfter = isOther ? 0 : last;
    if (isOther) this.#seen = undefined;
    else this.#seen &&= new Set();
    this.#unread.clear();
    this.#hasRead = this.#isCaughtUp = false;
    this.#refuse();
    for (const database of this.#databases.values()) {
      this.#restore(database, isOther ? Number.MAX_SAFE_INTEGER : last);
      database.forgetRevisions();
      database.setFact("cursor", "0");
      database.setFact("state", identity);
      database.setFact(LAST_READ_FACT, undefined);
      if (isOther) database.setFact(ANEW_FACT, undefined);
    }
    this.#waiting.sendAgain();
  }
}
