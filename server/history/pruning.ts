/**
 * Throws away what is kept for too long or takes too much space: the oldest lines first, wherever they were said, a few
 * at a time.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Index } from "./indexing.ts";
import type { Retention } from "../settings/mod.ts";
import { LAST, pragma } from "./schema.ts";

/** For how long a line that may be sent again is known, in milliseconds: longer than anybody's link is down. */
export const RECEIPT_MS = 24 * 3_600_000;
/** How many lines are thrown away in one step: a few milliseconds of work. */
const STEP_LINES = 128;
/** How many pages of 4 KiB are given back to the disk in one step. */
const STEP_PAGES = 64;

/** Decides what is thrown away. */
export class Pruner {
  readonly #db: DatabaseSync;
  readonly #keep: Retention;
  readonly #index: Index;
  readonly #oldest: StatementSync;
  readonly #dropLines: StatementSync;
  readonly #dropReceipts: StatementSync;
  readonly #emptied: StatementSync;
  readonly #noteLast: StatementSync;
  readonly #giveBack: StatementSync;

  /**
   * Prunes a database.
   *
   * @param db the database
   * @param keep for how long lines are kept, and how much
   * @param index knows words that are to be thrown away as well
   */
  constructor(db: DatabaseSync, keep: Retention, index: Index) {
    this.#db = db;
    this.#keep = keep;
    this.#index = index;
    this.#oldest = db.prepare(`SELECT id, place, timestamp FROM lines ORDER BY id LIMIT ${STEP_LINES}`);
    this.#dropLines = db.prepare("DELETE FROM lines WHERE id <= ?");
    this.#dropReceipts = db.prepare(
      `DELETE FROM receipts WHERE (author, id) IN
       (SELECT author, id FROM receipts WHERE timestamp < ? ORDER BY timestamp LIMIT ${STEP_LINES})`,
    );
    this.#noteLast = db.prepare(`UPDATE places SET last = ${LAST} WHERE id = ?`);
    this.#giveBack = db.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
    this.#emptied = db.prepare(
      "SELECT key FROM places WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lines WHERE place = places.id)",
    );
  }

  /**
   * Throws away a little.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns whether there is more, and the keys of places of which nothing is left
   */
  step(now: number): { more: boolean; emptied: string[] } {
    const receipts = Number(this.#dropReceipts.run(now - RECEIPT_MS).changes);
    const doomed = this.#doomed(now);
    const emptied = doomed.length === 0 ? [] : this.#drop(doomed);
    const dropped = doomed.length > 0 && this.#index.drop(doomed.at(-1)!.id + 1);
    const free = pragma(this.#db, "freelist_count");
    // A page a row: with `exec` it would be one page alone.
    if (free > 0) this.#giveBack.all();
    return { more: receipts === STEP_LINES || doomed.length > 0 || dropped || free > STEP_PAGES, emptied };
  }

  #doomed(now: number): { id: number; place: number }[] {
    const oldest = this.#oldest.all() as unknown as { id: number; place: number; timestamp: number }[];
    if (this.#usedBytes() > this.#keep.bytes) return oldest;
    const kept = oldest.findIndex(({ timestamp }) => timestamp >= now - this.#keep.ms);
    return kept < 0 ? oldest : oldest.slice(0, kept);
  }

  #drop(doomed: readonly { id: number; place: number }[]): string[] {
    const places = new Set(doomed.map(({ place }) => place));
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      // What is thrown away can no longer tell the last number.
      for (const place of places) this.#noteLast.run(place);
      this.#dropLines.run(doomed.at(-1)!.id);
      this.#db.exec("COMMIT");
    } catch (error) {
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // After some errors SQLite has rolled back by itself.
      }
      throw error;
    }
    return [...places].flatMap((place) => this.#emptied.all(place).map(({ key }) => String(key)));
  }

  /** How much space is in use, without what was thrown away and is still to be given back. */
  #usedBytes(): number {
    const pages = pragma(this.#db, "page_count") - pragma(this.#db, "freelist_count");
    return pages * pragma(this.#db, "page_size");
  }
}
