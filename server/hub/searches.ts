/**
 * Searches under way: one step of one search in a turn of the event loop, so that however many people search, everyone
 * else waits a few milliseconds.
 *
 * PURE.
 *
 * @module
 */
import { StorageError } from "../history/mod.ts";
import type { Session } from "./session.ts";

/** A search, who asked for it, and who wants to know what it found. */
interface Search {
  session: Session;
  steps: Generator<void, unknown>;
  finish: (found: unknown) => void;
}

/** Does searches in turns. */
export class Searches {
  readonly #soon: (run: () => void) => void;
  #waiting: Search[] = [];
  /** Whether a step was done in this turn; then the next one is done in the next. */
  #stepped = false;

  /**
   * Makes it with nothing to do.
   *
   * @param soon runs something after the reads of this turn
   */
  constructor(soon: (run: () => void) => void) {
    this.#soon = soon;
  }

  /**
   * Begins a search. Where no other one had a step in this turn, its first step is done at once, and mostly it is the only
   * one. Until it is finished its session is `busy`; it is dropped when the session is over.
   *
   * @param session who asked for it
   * @param steps its steps
   * @param found takes what it found, or why it could not
   */
  add<T>(session: Session, steps: Generator<void, T>, found: (found: T | StorageError) => void): void {
    if (!this.#stepped) {
      this.#rest();
      const first = step(steps);
      if (first !== UNDER_WAY) return found(first as T | StorageError);
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

  /** Has the next step wait for the next turn. */
  #rest(): void {
    this.#stepped = true;
    this.#soon(() => this.#turn());
  }

  #turn(): void {
    const search = this.#waiting.shift();
    if (search === undefined) {
      this.#stepped = false;
      return;
    }
    // Before anybody is told: that must not be kept from going on by a fault.
    this.#rest();
    // Nobody wants to know any more.
    const found = search.session.closed ? undefined : step(search.steps);
    if (found === UNDER_WAY) this.#waiting.push(search);
    if (found !== UNDER_WAY) search.finish(found);
  }
}

/** That a search is not at its end. */
const UNDER_WAY = Symbol("under way");

/** Does one step; gives what was found at the end. */
function step(steps: Generator<void, unknown>): unknown {
  try {
    const { done, value } = steps.next();
    return done ? value : UNDER_WAY;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
}
