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
 * The databases, the state and the timers are handed in. The file is long because it describes what a hub hands in and
 * gets.
 *
 * @module
 */
import type { Clock, Timers } from "../../runtime/mod.ts";
import { replicaIds, type ReplicatedDatabase } from "../sqlite/mod.ts";
import { EndingTimer } from "./ending_timer.ts";
import { claimSeed, hasReadTables, join, type JoinMode } from "./joining.ts";
import { RowReader } from "./row_reader.ts";
import { RowSender } from "./row_sender.ts";
import { RowStore } from "./row_store.ts";
import { StateCheck } from "./state_check.ts";
import type { StatePort } from "./state_port.ts";
import { purgeTombstones, TOMBSTONE_MS } from "./tombstones.ts";
import { TrackedDatabase } from "./tracked_database.ts";
import { WaitingChanges } from "./waiting_changes.ts";

/** After how long a failed write is tried again, in milliseconds. */
const RETRY_MS = 250;

/** How often changes are looked for where SQLite cannot call functions (as on Deno 2.4), in milliseconds. */
const LOOK_MS = 50;

/** How often the state is compared with what was read, in milliseconds. */
const CHECK_MS = 60_000;

/** How often old tombstones are purged, in milliseconds. */
const PURGE_MS = 3_600_000;

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
  readonly #timer: EndingTimer;
  readonly #databases: readonly TrackedDatabase[];
  readonly #waiting: WaitingChanges;
  readonly #store: RowStore;
  readonly #reader: RowReader;
  readonly #sender: RowSender;
  readonly #check: StateCheck;
  #beforeSending: (() => void) | undefined;
  /** Whether all is stored here that the state had. */
  #isCaughtUp = false;
  readonly #firstRead = Promise.withResolvers<void>();
  #isAway = false;
  #isRefusing = false;
  #isScheduled = false;
  /** The reason that was reported last, until something works. */
  #lastFailure: string | undefined;
  #isRetrying = false;
  readonly #settled: (() => void)[] = [];

  /**
   * Begins to record changes; they are sent once {@linkcode Replica.start} is called.
   *
   * @param dependencies see {@linkcode ReplicaDependencies}
   */
  constructor(dependencies: ReplicaDependencies) {
    const { port, clock, timers, failed, undone, mended } = dependencies;
    this.#dependencies = dependencies;
    const timer = this.#timer = new EndingTimer(timers);
    const databases = this.#databases = dependencies.databases.map((spec) => new TrackedDatabase(spec));
    const waiting = this.#waiting = new WaitingChanges(databases, clock);
    const store = this.#store = new RowStore({
      databases,
      waiting,
      isRefusing: () => this.#isRefusing,
      undone: (table) => undone?.(table),
      failed,
    });
    const reader = this.#reader = new RowReader({
      port,
      store,
      clock,
      started: () => void this.#check.run(),
      delivered: () => this.#schedule(),
      caughtUp: () => {
        this.#run();
        this.#firstRead.resolve();
      },
      restarted: () => {
        this.#isCaughtUp = false;
        this.#refuse();
      },
    });
    this.#sender = new RowSender({
      port,
      store,
      waiting,
      timer,
      revision: () => reader.revision,
      isCaughtUp: () => this.#isCaughtUp,
      answered: () => {
        this.#lastFailure = undefined;
        this.#schedule();
      },
      lateness: () => this.#refuse(),
      notSent: (error) => this.#retry(error),
      failed,
    });
    this.#check = new StateCheck({ databases, port, reader, store, timer, mended: (why) => mended?.(why) });
    for (const { spec } of databases) spec.useIds(replicaIds);
    this.#listen();
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
    const { after, identity, isAnew, isUpgraded } = await join(this.#databases, port, mode);
    if (this.#timer.hasEnded) return;
    this.#reader.begin(after, identity);
    this.#beforeSending = beforeSending;
    const facts = await port.facts();
    if (this.#timer.hasEnded) return;
    if (isAnew) this.#check.beginAnew(facts);
    else if (after > 0 && identity === facts.identity) {
      this.#store.begin(after);
      await this.#check.start();
      if (this.#timer.hasEnded) return;
    }
    if (isUpgraded) this.#reader.readAll();
    this.#reader.read();
    this.#timer.every(CHECK_MS, async () => {
      if (!this.#check.isRunning) await this.#check.run();
    });
    this.#timer.every(PURGE_MS, () => this.purge());
    await this.#firstRead.promise;
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
    return await purgeTombstones(this.#databases, port, clock.wall() - TOMBSTONE_MS);
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
    return {
      isCutOff: this.#isRefusing,
      waiting: this.#waiting.size,
      lag: this.#reader.lag,
      isSilent: this.#reader.isSilent,
      lateMs: now - Math.min(this.#waiting.since ?? now, this.#reader.since ?? now),
    };
  }

  /** The revision up to which this hub has taken the state. */
  get revision(): number {
    return this.#reader.revision;
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
    return this.#reader.reached(revision);
  }

  /** Stops sending and taking. What was not sent is sent by the next start. The databases stay open. */
  close(): void {
    this.#timer.end();
    this.#reader.close();
  }

  /** Has the databases report changes as they are made, or looks for them from time to time. */
  #listen(): void {
    for (const { spec: { db } } of this.#databases) {
      if (typeof db.function !== "function") return this.#look();
      db.function("replica_changed", () => {
        this.#schedule();
        return null;
      });
      db.exec(`
        DROP TRIGGER IF EXISTS temp.replica_changes;
        CREATE TEMP TRIGGER replica_changes AFTER INSERT ON main.replica_outbox BEGIN SELECT replica_changed(); END;
      `);
    }
  }

  #look(): void {
    this.#timer.after(LOOK_MS, () => {
      this.#run();
      this.#look();
    });
  }

  /** Takes and sends once what runs now is done: a transaction is committed then. */
  #schedule(): void {
    if (this.#isScheduled || this.#timer.hasEnded) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#timer.hasEnded) return;
    try {
      this.#reader.take();
    } catch (error) {
      this.#retry(error);
    }
    try {
      if (this.#reader.isDone && !this.#isCaughtUp) this.#catchUp();
      if (!this.#isCaughtUp) return;
      this.#waiting.collect();
      if (!this.#isAway && !this.#isRetrying) this.#sender.send();
    } catch (error) {
      return this.#retry(error);
    }
    if (this.#waiting.size > 0) return;
    this.#sender.settle();
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  /** Everything was taken: what the state lacks is sent from now on, and changes are accepted. */
  #catchUp(): void {
    this.#waiting.collect();
    this.#store.removeUnseen(this.#reader.revision);
    for (const database of this.#databases) {
      database.recordUnknown();
      hasReadTables(database);
    }
    this.#beforeSending?.();
    this.#beforeSending = undefined;
    this.#isCaughtUp = true;
    this.#refuse();
    // A state that was made anew has none; without it another folder would claim to be the first one.
    claimSeed(this.#databases[0]!.writer, this.#dependencies.port).catch((error) => this.#retry(error));
  }

  #retry(error: unknown): void {
    if (this.#timer.hasEnded) return;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#lastFailure) this.#dependencies.failed(error);
    this.#lastFailure = reason;
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    this.#timer.after(RETRY_MS, () => {
      this.#isRetrying = false;
      this.#run();
    });
  }

  #refuse(): void {
    const isRefusing = !this.#isCaughtUp || this.#isAway || this.#sender.isLate;
    if (this.#timer.hasEnded || isRefusing === this.#isRefusing) return;
    this.#isRefusing = isRefusing;
    for (const database of this.#databases) {
      database.refusing = isRefusing;
      database.spec.cutOff?.(isRefusing);
    }
    this.#dependencies.cutOff?.(isRefusing);
  }
}
