/**
 * Runs history searches in small steps, so that everyone else waits a few milliseconds, however many clients search at
 * once.
 *
 * Rules:
 * - After about `SEARCH_SLICE_MS` of steps comes a pause that is as long, in which the hub serves everyone.
 * - Addresses take turns (of IPv6 the /48s), and so do the searches of one address: many connections do not get more
 *   time than one.
 * - A search that has used `MAX_SEARCH_MS` ends with what it has found.
 * - The connection learns how long its search has worked, for its rate limit.
 *
 * PURE.
 *
 * @module
 */
import { siteOf } from "../admission/mod.ts";
import { type Enough, StorageError } from "../history/mod.ts";
import { MAX_SEARCH_MS, SEARCH_SLICE_MS } from "../limits.ts";
import type { Session } from "../sessions/mod.ts";

/** A search, its session, how long it has worked, and the callback for its result. */
interface Search {
  session: Session;
  steps: Generator<void, unknown, Enough>;
  usedMs: number;
  finish: (found: unknown) => void;
}

/** Dependencies of {@linkcode Searches}. */
export interface SearchesDependencies {
  /** A monotonic clock, in milliseconds. */
  elapsed(): number;
  /** Calls `run` after `ms` milliseconds, in which everyone else is served. */
  pause(ms: number, run: () => void): void;
}

/** The searches that are not finished yet. */
export class Searches {
  readonly #dependencies: SearchesDependencies;
  /** The searches that wait, by address: the first one of the first address has the next step. */
  readonly #waiting = new Map<string, Search[]>();
  /** How long steps have worked since the last pause. */
  #sliceMs = 0;
  /** Whether a pause is under way. */
  #pausing = false;

  /**
   * Creates an empty queue.
   *
   * @param dependencies see {@linkcode SearchesDependencies}
   */
  constructor(dependencies: SearchesDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Starts a search. Its first step runs at once if no other search waits; mostly that is the only step. Until it is
   * finished, the session is `busy`. A search is dropped when its session is closed.
   *
   * @param session the session of the client that asked for it
   * @param steps the steps of the search; `next(true)` asks it to end with what it has found
   * @param found receives the result, or the error if the history cannot be read
   */
  add<T>(
    session: Session,
    steps: Generator<void, T, Enough>,
    found: (found: T | StorageError) => void,
  ): void {
    const search: Search = { session, steps, usedMs: 0, finish: found as (found: unknown) => void };
    if (this.#waiting.size === 0 && this.#sliceMs < SEARCH_SLICE_MS) {
      let first: unknown;
      try {
        first = this.#step(search);
      } finally {
        this.#pause();
      }
      if (first !== NOT_FINISHED) return this.#finish(search, first);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    session.busy = promise;
    search.finish = (what) => {
      session.busy = undefined;
      try {
        found(what as T | StorageError);
      } finally {
        resolve();
      }
    };
    this.#enqueue(search);
  }

  #enqueue(search: Search): void {
    const key = addressKey(search.session);
    const queue = this.#waiting.get(key);
    if (queue === undefined) this.#waiting.set(key, [search]);
    else queue.push(search);
  }

  /** Takes the search that has the next step, and gives the next turn to another address. */
  #dequeue(): Search {
    const [[key, queue]] = this.#waiting as unknown as [[string, Search[]]];
    const search = queue.shift()!;
    this.#waiting.delete(key);
    if (queue.length > 0) this.#waiting.set(key, queue);
    return search;
  }

  #pause(): void {
    if (this.#pausing) return;
    this.#pausing = true;
    this.#dependencies.pause(Math.max(1, Math.ceil(this.#sliceMs)), () => {
      this.#pausing = false;
      this.#sliceMs = 0;
      this.#runSlice();
    });
  }

  #runSlice(): void {
    if (this.#waiting.size === 0) return;
    try {
      while (this.#waiting.size > 0 && this.#sliceMs < SEARCH_SLICE_MS) {
        const search = this.#dequeue();
        // The result is of no use once the session is closed.
        const found = search.session.closed ? undefined : this.#step(search);
        if (found === NOT_FINISHED) this.#enqueue(search);
        else this.#finish(search, found);
      }
    } finally {
      // Also after an error in a callback: it must not stop the other searches.
      this.#pause();
    }
  }

  #finish(search: Search, found: unknown): void {
    search.session.transport.searched(search.usedMs);
    search.finish(found);
  }

  /** Runs one step; returns the result of the search once it is finished. */
  #step(search: Search): unknown {
    const { elapsed } = this.#dependencies;
    const start = elapsed();
    try {
      const { done, value } = search.steps.next(search.usedMs >= MAX_SEARCH_MS);
      return done ? value : NOT_FINISHED;
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    } finally {
      const ms = elapsed() - start;
      search.usedMs += ms;
      this.#sliceMs += ms;
    }
  }
}

/** The result of a step after which the search is not finished. */
const NOT_FINISHED = Symbol("not finished");

/** Returns what shares a turn with a session: its address, or the session alone if none is known. */
function addressKey({ id, transport: { address } }: Session): string {
  return address === undefined ? id : siteOf(address);
}
