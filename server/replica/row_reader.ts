/**
 * Reads the state in its order, from where this hub has read it, and has the store keep what comes.
 *
 * @module
 */
import type { Clock } from "../../runtime/mod.ts";
import type { RowStore } from "./row_store.ts";
import type { StateEntry, StateFacts, StatePort, StateWatch } from "./state_port.ts";

/** Dependencies of {@linkcode RowReader}. */
export interface RowReaderDependencies {
  /** The shared state. */
  port: StatePort;
  /** Stores what comes. */
  store: RowStore;
  /** A monotonic time. */
  clock: Clock;
  /** Called when the reading begins, and each time that it goes on after a break. */
  started: () => void;
  /** Called when something has come that {@linkcode RowReader.take} takes. */
  delivered: () => void;
  /** Called when everything was delivered that the state had. */
  caughtUp: () => void;
  /** Called when everything is read again. */
  restarted: () => void;
}

/** Reads the state. */
export class RowReader {
  readonly #dependencies: RowReaderDependencies;
  #queue: StateEntry[] = [];
  /** Since when the queue has something, by `Clock.elapsed`. */
  #queuedSince = 0;
  #revision = 0;
  #identity: string | undefined;
  #watch: StateWatch | undefined;
  /** Whether everything was delivered that the state had. */
  #hasRead = false;
  /** Counts how often the reading began again. */
  #readings = 0;
  #reaching: { revision: number; resolve: () => void }[] = [];

  /**
   * Prepares reading.
   *
   * @param dependencies see {@linkcode RowReaderDependencies}
   */
  constructor(dependencies: RowReaderDependencies) {
    this.#dependencies = dependencies;
  }

  /** The revision up to which this hub has taken the state. */
  get revision(): number {
    return this.#revision;
  }

  /** The number of the reading: each has another one. */
  get reading(): number {
    return this.#readings;
  }

  /** Whether everything was taken that the state had. */
  get isDone(): boolean {
    return this.#hasRead && this.#queue.length === 0;
  }

  /** How many writes of the state were not taken, as far as is known. */
  get lag(): number {
    return this.#queue.length + (this.#watch?.lag ?? 0);
  }

  /** Whether nothing comes at present although it should. */
  get isSilent(): boolean {
    return this.#watch?.isSilent ?? true;
  }

  /** Since when something has come that was not taken, by `Clock.elapsed`. */
  get since(): number | undefined {
    return this.#queue.length === 0 ? undefined : this.#queuedSince;
  }

  /**
   * Sets what was read before this hub has started.
   *
   * @param revision the revision up to which everything was read
   * @param identity the identity of the state that was read
   */
  begin(revision: number, identity: string): void {
    this.#revision = revision;
    this.#identity = identity;
  }

  /** Reads everything; what is known of it is passed over. */
  readAll(): void {
    this.#revision = 0;
  }

  /** Reads the state from where this hub has read it. */
  read(): void {
    const { port, clock, started, delivered, caughtUp } = this.#dependencies;
    this.#watch?.close();
    const reading = ++this.#readings;
    const ifCurrent = <Values extends unknown[]>(run: (...values: Values) => void) => (...values: Values) => {
      if (reading === this.#readings) run(...values);
    };
    this.#watch = port.watch(this.#revision, this.#identity, {
      started: ifCurrent(started),
      deliver: ifCurrent((entry: StateEntry) => {
        if (this.#queue.length === 0) this.#queuedSince = clock.elapsed();
        this.#queue.push(entry);
        delivered();
      }),
      rewound: ifCurrent((facts: StateFacts) => this.#rewind(facts)),
      caughtUp: ifCurrent(() => {
        this.#hasRead = true;
        caughtUp();
      }),
    });
  }

  /**
   * Takes what has come.
   *
   * @throws the error of SQLite if it cannot be stored; it is taken by the next call then
   */
  take(): void {
    if (this.#queue.length === 0) return;
    const entries = this.#queue;
    this.#dependencies.store.take(entries, () => {
      this.#queue = [];
      this.#revision = entries.at(-1)!.revision;
    });
    for (const { revision, resolve } of this.#reaching) if (revision <= this.#revision) resolve();
    this.#reaching = this.#reaching.filter(({ revision }) => revision > this.#revision);
  }

  /**
   * Waits until a write of the state is taken.
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

  /**
   * Begins again, as the state has lost writes that were read. {@linkcode RowReader.read} is to be called then.
   *
   * @param last the revision of the last write that was read and that the state has
   */
  lost(last: number): void {
    this.#rewind({ identity: this.#identity!, last });
  }

  /**
   * Begins again, as the state may have had tombstones that were not read. {@linkcode RowReader.read} is to be called
   * then.
   *
   * @param last the revision of the last write of the state
   */
  beginAnew(last: number): void {
    const cursor = this.#revision;
    this.#restart();
    this.#dependencies.store.beginAnew(cursor, last);
  }

  #rewind(facts: StateFacts): void {
    const isOther = facts.identity !== this.#identity;
    this.#identity = facts.identity;
    this.#restart();
    this.#dependencies.store.rewind(facts, isOther);
  }

  #restart(): void {
    this.#queue = [];
    this.#revision = 0;
    this.#hasRead = false;
    this.#dependencies.restarted();
  }

  /** Ends; nothing is delivered after this. */
  close(): void {
    this.#readings++;
    this.#watch?.close();
  }
}
