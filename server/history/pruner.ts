/**
 * Deletes messages beyond the retention time or size: the oldest first, of all conversations, a few at a time.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WordIndex } from "./word_index.ts";
import type { Retention } from "../settings/mod.ts";
import { LAST_SEQUENCE, pragma } from "./schema.ts";

/**
 * How long receipts are stored, in milliseconds: longer than a client may be disconnected and still send a
 * message again.
 */
export const RECEIPT_MS = 24 * 3_600_000;
/** How many messages one step deletes: a few milliseconds of work. */
const STEP_LINES = 128;
/** How many pages of 4 KiB one step returns to the disk. */
const STEP_PAGES = 64;

/** Deletes old messages from a database. */
export class Pruner {
  readonly #db: DatabaseSync;
  readonly #retention: Retention;
  readonly #index: WordIndex;
  readonly #oldest: StatementSync;
  readonly #dropLines: StatementSync;
  readonly #dropReceipts: StatementSync;
  readonly #emptied: StatementSync;
  readonly #setLast: StatementSync;
  readonly #vacuum: StatementSync;

  /**
   * Prunes a database.
   *
   * @param db the database
   * @param retention how long and how much is stored
   * @param index the word index, which is pruned as well
   */
  constructor(db: DatabaseSync, retention: Retention, index: WordIndex) {
    this.#db = db;
    this.#retention = retention;
    this.#index = index;
    this.#oldest = db.prepare(`SELECT id, place, timestamp FROM lines ORDER BY id LIMIT ${STEP_LINES}`);
    this.#dropLines = db.prepare("DELETE FROM lines WHERE id <= ?");
    this.#dropReceipts = db.prepare(
      `DELETE FROM receipts WHERE (author, id) IN
       (SELECT author, id FROM receipts WHERE timestamp < ? ORDER BY timestamp LIMIT ${STEP_LINES})`,
    );
    this.#setLast = db.prepare(`UPDATE places SET last = ${LAST_SEQUENCE} WHERE id = ?`);
    this.#vacuum = db.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
    this.#emptied = db.prepare(
      "SELECT key FROM places WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lines WHERE place = places.id)",
    );
  }

  /**
   * Deletes some messages.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns whether there is more to delete, and the keys of conversations without any messages left
   */
  step(now: number): { more: boolean; emptied: string[] } {
    const receipts = Number(this.#dropReceipts.run(now - RECEIPT_MS).changes);
    const expired = this.#expired(now);
    const emptied = expired.length === 0 ? [] : this.#drop(expired);
    const dropped = expired.length > 0 && this.#index.drop(expired.at(-1)!.id + 1);
    const free = pragma(this.#db, "freelist_count");
    // The statement returns one row for each page: `exec` would free only one page.
    if (free > 0) this.#vacuum.all();
    return { more: receipts === STEP_LINES || expired.length > 0 || dropped || free > STEP_PAGES, emptied };
  }

  #expired(now: number): { id: number; place: number }[] {
    const oldest = this.#oldest.all() as unknown as { id: number; place: number; timestamp: number }[];
    if (this.#usedBytes() > this.#retention.bytes) return oldest;
    const firstKept = oldest.findIndex(({ timestamp }) => timestamp >= now - this.#retention.ms);
    return firstKept < 0 ? oldest : oldest.slice(0, firstKept);
  }

  #drop(expired: readonly { id: number; place: number }[]): string[] {
    const conversationIds = new Set(expired.map(({ place }) => place));
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      // Without its messages a conversation must store its last sequence number itself.
      for (const place of conversationIds) this.#setLast.run(place);
      this.#dropLines.run(expired.at(-1)!.id);
      this.#db.exec("COMMIT");
    } catch (error) {
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // After some errors SQLite has already rolled back.
      }
      throw error;
    }
    return [...conversationIds].flatMap((place) => this.#emptied.all(place).map(({ key }) => String(key)));
  }

  /** Returns the used size, without pages that are deleted and not yet returned to the disk. */
  #usedBytes(): number {
    const pages = pragma(this.#db, "page_count") - pragma(this.#db, "freelist_count");
    return pages * pragma(this.#db, "page_size");
  }
}
