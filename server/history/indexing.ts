/**
 * Makes lines to be found by their words. That costs as much as keeping them did, so it is done later, when nobody is
 * talking, a little at a time; a search does first what is left of it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** How many lines are done in one transaction: less than a millisecond of work. */
const BATCH_LINES = 64;

/** How far the words of lines are known. */
export class Indexer {
  readonly #elapsed: () => number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #add: StatementSync;
  readonly #note: StatementSync;
  #indexed: number;

  /**
   * Goes on where the last one ended.
   *
   * @param db the database
   * @param indexed the id of the last line whose words are known
   * @param elapsed a clock that only goes forward, in milliseconds
   */
  constructor(db: DatabaseSync, indexed: number, elapsed: () => number) {
    this.#indexed = indexed;
    this.#elapsed = elapsed;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#add = db.prepare(
      "INSERT INTO words (rowid, place, message) SELECT id, 'p' || place, message FROM lines WHERE id > ? AND id <= ?",
    );
    this.#note = db.prepare("UPDATE state SET indexed = ?");
  }

  /** The id of the last line whose words are known. */
  get indexed(): number {
    return this.#indexed;
  }

  /**
   * Does some of what is left.
   *
   * @param ms for about how long, in milliseconds
   * @param newest the id of the last line there is
   */
  work(ms: number, newest: number): void {
    const end = this.#elapsed() + ms;
    do {
      const to = Math.min(this.#indexed + BATCH_LINES, newest);
      this.#begin.run();
      try {
        this.#add.run(this.#indexed, to);
        this.#note.run(to);
        this.#commit.run();
      } catch (error) {
        try {
          this.#rollback.run();
        } catch {
          // After some errors SQLite has rolled back by itself.
        }
        throw error;
      }
      this.#indexed = to;
    } while (this.#indexed < newest && this.#elapsed() < end);
  }
}
