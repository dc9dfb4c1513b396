/**
 * Deletes messages beyond the retention time or size: the oldest first, of all conversations, a few at a time. What is
 * not messages has limits of its own, so that it never displaces them: a conversation without messages is deleted, and
 * receipts have a maximum age and number.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { Purge } from "./changes.ts";
import type { PruneResult } from "./history.ts";
import type { WordIndex } from "./word_index.ts";
import type { Retention } from "../settings/mod.ts";
import { ERASED, LAST_SEQUENCE } from "./schema.ts";
import { pragma } from "../sqlite/mod.ts";

/**
 * How long receipts are stored, in milliseconds: longer than a client may be disconnected and still send a
 * message again.
 */
const RECEIPT_MS = 24 * 3_600_000;
/** The share of the retention size that receipts may take in addition to it. */
const RECEIPT_SHARE = 1 / 16;
/** The size of a receipt with its index entry, in bytes (measured with ids of 36 characters, and `session`). */
export const RECEIPT_BYTES = 176;
/** The number of receipts that are always allowed: minutes of a busy hub, so that a client can send again. */
const MIN_RECEIPTS = 10_000;
/** The largest number of receipts. In a day a hub takes fewer messages with ids. */
const MAX_RECEIPTS = 1_000_000;
/** When there are too many receipts, the oldest are deleted until this share of the maximum is left. */
const RECEIPTS_LEFT = 0.9;
/** How many messages one step deletes: a few milliseconds of work. */
const STEP_LINES = 128;
/** How many conversations one step looks at for those without messages. */
const STEP_CONVERSATIONS = 256;
/** How many pages of 4 KiB one step returns to the disk. */
const STEP_PAGES = 64;

/** A message that may be deleted. */
interface OldLine {
  id: number;
  place: number;
  timestamp: number;
}

/** A conversation without messages. */
interface EmptyConversation {
  id: number;
  key: string;
  last: number;
}

/** Deletes old messages from a database. */
export class Pruner {
  readonly #db: DatabaseSync;
  readonly #retention: Retention;
  readonly #index: WordIndex;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #maxReceipts: number;
  /** How many receipts there are at most; repeated receipts are counted again. Infinite before they are counted. */
  #receipts = Infinity;
  /** The number of receipts to reach; infinite while there are not too many. */
  #receiptTarget = Infinity;
  /** The id of the last conversation that was checked for messages; `undefined` if all were. */
  #checkedTo: number | undefined = 0;
  /** Whether there may be erased conversations. */
  #erasing = true;

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
    this.#statements = prepare(db);
    const share = Math.floor(retention.bytes * RECEIPT_SHARE / RECEIPT_BYTES);
    this.#maxReceipts = Math.min(MAX_RECEIPTS, Math.max(MIN_RECEIPTS, share));
  }

  /**
   * Notes that receipts were stored.
   *
   * @param count how many
   */
  addedReceipts(count: number): void {
    this.#receipts += count;
  }

  /** Notes that a conversation without messages was stored. */
  addedEmpty(): void {
    this.#checkedTo = 0;
  }

  /** Notes that a conversation was erased. */
  erased(): void {
    this.#erasing = true;
  }

  /**
   * Deletes some messages.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns what was deleted
   */
  step(now: number): PruneResult {
    const moreReceipts = this.#dropReceipts(now);
    const oversize = this.#usedBytes() > this.#retention.bytes;
    const old = this.#oldLines(now, oversize);
    const erased = this.#erasing ? this.#statements.erased.all() as unknown as OldLine[] : [];
    const emptied = this.#transaction(() => {
      const touched = this.#dropLines([...old, ...erased]);
      for (const { id } of erased) this.#index.markStale(id);
      const purge = (erased.length > 0 ? Purge.Text : 0) | (touched.length > 0 ? Purge.Pages : 0);
      if (purge > 0) this.#statements.addPurge.run(purge);
      return [...touched, ...this.#emptyConversations()].filter((conversation) =>
        this.#dropConversation(conversation)
      );
    });
    this.#erasing = erased.length > 0;
    const droppedSegment = old.length > 0 && this.#index.drop(this.#oldestId());
    const free = pragma(this.#db, "freelist_count");
    // The statement returns one row for each page: `exec` would free only one page.
    if (free > 0) this.#statements.vacuum.all();
    // A database that another program has made may not return pages.
    const shrinks = free > STEP_PAGES && pragma(this.#db, "freelist_count") < free;
    return {
      more: moreReceipts || old.length > 0 || this.#erasing || this.#checkedTo !== undefined ||
        droppedSegment || shrinks,
      emptied: emptied.map(({ key }) => key),
      expired: oversize ? 0 : old.length,
      oversize: oversize ? old.length : 0,
    };
  }

  /** Deletes some receipts that are too old or too many; returns whether there are more. */
  #dropReceipts(now: number): boolean {
    const { dropOldReceipts, dropOldestReceipts } = this.#statements;
    let dropped = Number(dropOldReceipts.run(now - RECEIPT_MS).changes);
    if (this.#receipts > Math.min(this.#maxReceipts, this.#receiptTarget)) {
      this.#receipts = this.#countReceipts();
      if (this.#receipts > this.#maxReceipts) {
        this.#receiptTarget = Math.floor(this.#maxReceipts * RECEIPTS_LEFT);
      }
      if (this.#receipts > this.#receiptTarget) dropped += Number(dropOldestReceipts.run().changes);
      else this.#receiptTarget = Infinity;
    }
    this.#receipts -= dropped;
    return dropped >= STEP_LINES;
  }

  #countReceipts(): number {
    return Number(this.#statements.countReceipts.get()!.count);
  }

  #oldLines(now: number, oversize: boolean): OldLine[] {
    const oldest = this.#statements.oldest.all() as unknown as OldLine[];
    if (oversize) return oldest;
    const firstKept = oldest.findIndex(({ timestamp }) => timestamp >= now - this.#retention.ms);
    return firstKept < 0 ? oldest : oldest.slice(0, firstKept);
  }

  /** Deletes messages; returns those of their conversations that have none left. */
  #dropLines(lines: readonly OldLine[]): EmptyConversation[] {
    const { dropLine, anyChange, dropChange, dropReactions, setLast, empty } = this.#statements;
    const conversationIds = new Set(lines.map(({ place }) => place));
    // The last sequence number follows from the messages, of which the last may be among the oldest.
    for (const id of conversationIds) setLast.run(id);
    const hasChanges = anyChange.get() !== undefined;
    for (const { id } of lines) {
      dropLine.run(id);
      // A message with reactions was changed.
      if (hasChanges && dropChange.run(id).changes > 0) dropReactions.run(id);
    }
    return [...conversationIds].flatMap((id) => empty.all(id) as unknown as EmptyConversation[]);
  }

  /** Finds conversations that were stored without a message, which happens when the disk is full. */
  #emptyConversations(): EmptyConversation[] {
    if (this.#checkedTo === undefined) return [];
    const rows = this.#statements.conversations.all(this.#checkedTo);
    this.#checkedTo = rows.length < STEP_CONVERSATIONS ? undefined : Number(rows.at(-1)!.id);
    return rows.flatMap(({ id }) => this.#statements.empty.all(id!) as unknown as EmptyConversation[]);
  }

  /** Deletes a conversation; returns whether it was still there. */
  #dropConversation({ id, last }: EmptyConversation): boolean {
    this.#statements.forget.run(last);
    return this.#statements.dropConversation.run(id).changes > 0;
  }

  #oldestId(): number {
    return Number(this.#statements.oldestId.get()?.id ?? Number.MAX_SAFE_INTEGER);
  }

  #transaction<T>(work: () => T): T {
    const checkedTo = this.#checkedTo;
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#checkedTo = checkedTo;
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // After some errors SQLite has already rolled back.
      }
      throw error;
    }
  }

  /**
   * Returns the used size, without receipts, and without pages that are deleted and not yet returned to the disk.
   */
  #usedBytes(): number {
    const pages = pragma(this.#db, "page_count") - pragma(this.#db, "freelist_count");
    return pages * pragma(this.#db, "page_size") - this.#receipts * RECEIPT_BYTES;
  }
}

function prepare(db: DatabaseSync) {
  return {
    oldest: db.prepare(`SELECT id, place, timestamp FROM lines ORDER BY timestamp, id LIMIT ${STEP_LINES}`),
    // A quotation mark follows an exclamation mark.
    erased: db.prepare(
      `SELECT lines.id, place, timestamp FROM places CROSS JOIN lines ON lines.place = places.id
       WHERE places.key > '${ERASED}' AND places.key < '@@"' LIMIT ${STEP_LINES}`,
    ),
    oldestId: db.prepare("SELECT id FROM lines ORDER BY id LIMIT 1"),
    anyChange: db.prepare("SELECT 1 FROM changes LIMIT 1"),
    dropChange: db.prepare("DELETE FROM changes WHERE line = ?"),
    dropReactions: db.prepare("DELETE FROM reactions WHERE line = ?"),
    addPurge: db.prepare("UPDATE state SET purge = purge | ?"),
    dropLine: db.prepare("DELETE FROM lines WHERE id = ?"),
    dropOldReceipts: db.prepare(
      `DELETE FROM receipts WHERE (author, id) IN
       (SELECT author, id FROM receipts WHERE timestamp < ? ORDER BY timestamp LIMIT ${STEP_LINES})`,
    ),
    dropOldestReceipts: db.prepare(
      `DELETE FROM receipts WHERE (author, id) IN
       (SELECT author, id FROM receipts ORDER BY timestamp LIMIT ${STEP_LINES})`,
    ),
    countReceipts: db.prepare("SELECT count(*) AS count FROM receipts"),
    setLast: db.prepare(`UPDATE places SET last = ${LAST_SEQUENCE} WHERE id = ?`),
    empty: db.prepare(
      "SELECT id, key, last FROM places WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lines WHERE place = places.id)",
    ),
    conversations: db.prepare(`SELECT id FROM places WHERE id > ? ORDER BY id LIMIT ${STEP_CONVERSATIONS}`),
    dropConversation: db.prepare("DELETE FROM places WHERE id = ?"),
    forget: db.prepare("UPDATE state SET forgotten = max(forgotten, ?)"),
    vacuum: db.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`),
  };
}
