/**
 * Runs history searches in small steps: one step of one search in each turn of the event loop. However many clients
 * search at once, everyone else waits a few milliseconds.
 *
 * PURE.
 *
 * @module
 */
import { StorageError } from "../history/mod.ts";
import type { Session } from "./session.ts";

/** A search, its session, and the callback for its result. */
interface Search {
  session: Session;
  steps: Generator<void, unknown>;
  finish: (found: unknown) => void;
}

/** The searches that are not finished yet. */
export class Searches {
  readonly #afterReads: (run: () => void) => void;
  #waiting: Search[] = [];
  /** Whether this turn has run a step; then the next step runs in the next turn. */
  #stepped = false;

  /**
   * Creates an empty queue.
   *
   * @param afterReads calls `run` after the reads of this turn
   */
  constructor(afterReads: (run: () => void) => void) {
    this.#afterReads = afterReads;
  }

  /**
   * Starts a search. Its first step runs at once if this turn has run no other step; usually that is the only step.
   * Until it is finished, the session is `busy`. A search is dropped when its session is closed.
   *
   * @param session the session of the client that asked for it
   * @param steps the steps of the search
   * @param found receives the result, or the error if the history cannot be read
   */
  add<T>(session: Session, steps: Generator<void, T>, found: (found: T | StorageError) => void): void {
    if (!this.#stepped) {
      this.#scheduleStep();
      const first = step(steps);
      if (first !== NOT_FINISHED) return found(first as T | StorageError);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    session.busy = promise;
    const finish = (what: unknown) => {
      session.busy = undefined;
      try {
        found(what as T | StorageError);
      } finally {
        resolve();
      }
    };
    this.#waiting.push({ session, steps, finish });
  }

  /** Schedules the next step for the next turn. */
  #scheduleStep(): void {
    this.#stepped = true;
    this.#afterReads(() => this.#turn());
  }

  #turn(): void {
    const search = this.#waiting.shift();
    if (search === undefined) {
      this.#stepped = false;
      return;
    }
    // Schedule first: an error in a callback must not stop the other searches.
    this.#scheduleStep();
    // The result is of no use once the session is closed.
    const found = search.session.closed ? undefined : step(search.steps);
    if (found === NOT_FINISHED) this.#waiting.push(search);
    if (found !== NOT_FINISHED) search.finish(found);
  }
}

/** The result of a step after which the search is not finished. */
const NOT_FINISHED = Symbol("not finished");

/** Runs one step; returns the result of the search once it is finished. */
function step(steps: Generator<void, unknown>): unknown {
  try {
    const { done, value } = steps.next();
    return done ? value : NOT_FINISHED;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
}
