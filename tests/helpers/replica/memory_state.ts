/**
 * The shared state of a cluster in the memory of a test, which decides when writes arrive, when their answers do, and
 * when readers are told.
 *
 * @module
 */
import { systemClock, type Timers } from "../../../runtime/mod.ts";
import type {
  StateEntry,
  StateFacts,
  StatePort,
  StateReader,
  StateWatch,
} from "../../../server/replica/mod.ts";

/** The state that all hubs share. */
export class MemoryState {
  /** The last write of each key. */
  readonly entries = new Map<string, StateEntry>();
  /** Whether the condition of a write is ignored, as it may be by several servers of NATS 2.9. */
  careless = false;
  /** The time of day of its server, in milliseconds since 1970. */
  now = systemClock.wall();
  /** Called after each write. */
  readonly written = new Set<() => void>();
  #created = 1;
  #last = 0;

  /** The state as it is. */
  get facts(): StateFacts {
    return { identity: String(this.#created), last: this.#last };
  }

  /** Makes the state anew, empty. */
  recreate(): void {
    this.entries.clear();
    this.#created++;
    this.#last = 0;
  }

  /**
   * Loses the last writes, as a server may whose machine lost its power.
   *
   * @param count how many writes
   */
  lose(count: number): void {
    this.#last = Math.max(0, this.#last - count);
    for (const [key, { revision }] of this.entries) if (revision > this.#last) this.entries.delete(key);
  }

  /** Carries out a write. */
  put(key: string, value: string, last: number): number | undefined {
    if (!this.careless && (this.entries.get(key)?.revision ?? 0) !== last) return undefined;
    const revision = ++this.#last;
    // At the end: readers are told in the order of the revisions.
    this.entries.delete(key);
    this.entries.set(key, { key, value, revision, timeMs: this.now++ });
    for (const listener of this.written) listener();
    return revision;
  }
}

/** A reading of the state. */
interface MemoryWatch {
  after: number;
  identity: string;
  reader: StateReader;
  isBehind: boolean;
}

/** A hub's access to the state. */
export class MemoryPort implements StatePort {
  /** Whether writes are carried out and answered at once, and readers are told at once. */
  isPrompt = true;
  /** Whether nothing can be reached. */
  isCut = false;
  /** The revision after which the last reading began. */
  readAfter = -1;
  readonly #state: MemoryState;
  readonly #puts: { run: () => number | undefined; done: PromiseWithResolvers<number | undefined> }[] = [];
  #reader: MemoryWatch | undefined;
  #isConnected = true;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  put(key: string, value: string, last: number): Promise<number | undefined> {
    if (this.isCut) return Promise.reject(new Error("cut off"));
    if (this.isPrompt) return Promise.resolve(this.#state.put(key, value, last));
    const done = Promise.withResolvers<number | undefined>();
    this.#puts.push({ run: () => this.#state.put(key, value, last), done });
    return done.promise;
  }

  /** Answers the oldest write: carries it out or not, and tells the outcome or not. */
  answer({ arrives = true, told = true }: { arrives?: boolean; told?: boolean } = {}): void {
    const put = this.#puts.shift();
    if (put === undefined) return;
    const result = arrives ? put.run() : undefined;
    if (arrives && told) put.done.resolve(result);
    else put.done.reject(new Error("no answer"));
  }

  /** How many writes wait for their answer. */
  get unanswered(): number {
    return this.#puts.length;
  }

  get(key: string): Promise<StateEntry | undefined> {
    return this.isCut ? Promise.reject(new Error("cut off")) : Promise.resolve(this.#state.entries.get(key));
  }

  at(revision: number): Promise<StateEntry | undefined> {
    if (this.isCut) return Promise.reject(new Error("cut off"));
    return Promise.resolve(this.#state.entries.values().find((entry) => entry.revision === revision));
  }

  forget(key: string, upTo: number): Promise<void> {
    if (this.isCut) return Promise.reject(new Error("cut off"));
    if ((this.#state.entries.get(key)?.revision ?? Infinity) <= upTo) this.#state.entries.delete(key);
    return Promise.resolve();
  }

  facts(): Promise<StateFacts> {
    return this.isCut ? Promise.reject(new Error("cut off")) : Promise.resolve(this.#state.facts);
  }

  watch(after: number, identity: string | undefined, reader: StateReader): StateWatch {
    const watch = { after, identity: identity ?? this.#state.facts.identity, reader, isBehind: true };
    this.#reader = watch;
    this.readAfter = after;
    const written = () => queueMicrotask(() => this.isPrompt && this.deliver());
    this.#state.written.add(written);
    if (!this.isCut && this.#isConnected) this.connect();
    return {
      lag: 0,
      isSilent: false,
      close: () => {
        this.#state.written.delete(written);
        if (this.#reader === watch) this.#reader = undefined;
      },
    };
  }

  /** Loses the connection: readers are told nothing until there is another one. */
  disconnect(): void {
    this.#isConnected = false;
  }

  /** Connects again: the reading goes on. */
  connect(): void {
    this.#isConnected = true;
    const watch = this.#reader;
    if (watch === undefined) return;
    this.#look(watch);
    watch.reader.started();
    if (this.#reader === watch) this.deliver();
  }

  /** Notices that the state is another one, or shorter. */
  #look(watch: MemoryWatch): void {
    const { identity, last } = this.#state.facts;
    if (identity === watch.identity && last >= watch.after) return;
    Object.assign(watch, { after: 0, identity, isBehind: true });
    watch.reader.rewound({ identity, last });
  }

  /**
   * Tells the reader of writes.
   *
   * @param count of how many at most
   */
  deliver(count = Infinity): void {
    const watch = this.#reader;
    if (watch === undefined || this.isCut || !this.#isConnected) return;
    this.#look(watch);
    let told = 0;
    for (const entry of this.#state.entries.values()) {
      if (entry.revision <= watch.after) continue;
      if (told++ >= count) return;
      watch.after = entry.revision;
      watch.reader.deliver(entry);
    }
    if (!watch.isBehind) return;
    watch.isBehind = false;
    watch.reader.caughtUp();
  }
}

/** Timers that the test fires. */
export class HandTimers implements Timers {
  readonly #waiting = new Set<() => void>();

  after(_ms: number, run: () => void): () => void {
    const once = () => {
      this.#waiting.delete(once);
      run();
    };
    this.#waiting.add(once);
    return () => void this.#waiting.delete(once);
  }

  soon(run: () => void): void {
    queueMicrotask(run);
  }

  /** Fires those that wait now. */
  fire(): void {
    for (const run of [...this.#waiting]) run();
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
