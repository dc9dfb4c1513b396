/**
 * Searches under way: one step of one search in a turn of the event loop, so that however many people search, everyone
 * else waits a few milliseconds.
 *
 * PURE.
 *
 * @module
 */
import { type Page, StorageError } from "./history/mod.ts";
import type { Session } from "./session.ts";

/** A search, who asked for it, and who wants to know what it found. */
interface Search {
  session: Session;
  steps: Generator<void, Page>;
  finish: (found: Page | StorageError) => void;
}

/** Does searches in turns. */
export class Searches {
  readonly #soon: (run: () => void) => void;
  #waiting: Search[] = [];

  /**
   * Makes it with nothing to do.
   *
   * @param soon runs something after the reads of this turn
   */
  constructor(soon: (run: () => void) => void) {
    this.#soon = soon;
  }

  /**
   * Begins a search. Until it is finished its session is `busy`; it is dropped when the session is over.
   *
   * @param session who asked for it
   * @param steps its steps
   * @param found takes what it found, or why it could not
   */
  add(session: Session, steps: Generator<void, Page>, found: (page: Page | StorageError) => void): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    session.busy = promise;
    const finish = (page: Page | StorageError) => {
      session.busy = undefined;
      try {
        found(page);
      } finally {
        resolve();
      }
    };
    if (this.#waiting.push({ session, steps, finish }) === 1) this.#soon(() => this.#turn());
  }

  #turn(): void {
    const search = this.#waiting.shift()!;
    const found = step(search);
    if (found === undefined) this.#waiting.push(search);
    // Before anybody is told: that must not be kept from going on by a fault.
    if (this.#waiting.length > 0) this.#soon(() => this.#turn());
    if (found !== undefined) search.finish(found);
  }
}

/** Does one step; gives what was found at the end. */
function step({ session, steps }: Search): Page | StorageError | undefined {
  if (session.over) return { lines: [], more: false };
  try {
    const { done, value } = steps.next();
    return done ? value : undefined;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
}
