/**
 * The full-text index of messages. Indexing a message costs as much as storing it, so it happens later, a
 * little at a time while no messages arrive; a search first indexes the rest.
 *
 * Strategy: the index has segments, each for a range of message ids. A search in one index cannot be
 * interrupted, and takes longer the more messages contain one of the words; in a segment it takes a few
 * milliseconds at most. Old segments are deleted as a whole. The position of a word in its message is not
 * stored, so no search can depend on it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LINE_COLUMNS, type Row } from "./page.ts";

/** How many messages are indexed in one transaction: less than a millisecond of work. */
const BATCH_LINES = 64;
/**
 * How many messages a segment covers: a search in one took 4 ms at most, for words that are in every message.
 */
const SEGMENT_LINES = 32_768;
/** The table name of a segment, before its number. */
const TABLE_PREFIX = "words_";
/**
 * Marks the conversation id among the words of a message: a character for private use, which FTS5 treats as a
 * letter.
 */
const CONVERSATION_PREFIX = "\uE000";

/** The index of the words in messages. */
export class WordIndex {
  readonly #db: DatabaseSync;
  readonly #elapsed: () => number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #setIndexed: StatementSync;
  /** The numbers of the existing segments. */
  readonly #segments: Set<number>;
  #indexed: number;
  /** The segment that messages are added to, and the statement that adds them. */
  #current: { segment: number; add: StatementSync } | undefined;

  /**
   * Continues where the index ends.
   *
   * @param db the database
   * @param indexed the id of the last indexed message
   * @param elapsed a monotonic clock, in milliseconds
   */
  constructor(db: DatabaseSync, indexed: number, elapsed: () => number) {
    this.#db = db;
    this.#indexed = indexed;
    this.#elapsed = elapsed;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#setIndexed = db.prepare("UPDATE state SET indexed = ?");
    const tables = db.prepare(
      `SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE ${TABLE_PREFIX}%'`,
    ).all();
    this.#segments = new Set(tables.map(({ name }) => Number(String(name).slice(TABLE_PREFIX.length))));
  }

  /** The id of the last indexed message. */
  get indexed(): number {
    return this.#indexed;
  }

  /**
   * Indexes some messages.
   *
   * @param ms approximate time limit, in milliseconds
   * @param newest the id of the newest message
   */
  work(ms: number, newest: number): void {
    const end = this.#elapsed() + ms;
    do {
      const segment = segmentOf(this.#indexed + 1);
      const to = Math.min(this.#indexed + BATCH_LINES, newest, (segment + 1) * SEGMENT_LINES - 1);
      this.#begin.run();
      try {
        if (this.#current?.segment !== segment) this.#current = { segment, add: this.#openSegment(segment) };
        this.#current.add.run(this.#indexed, to);
        this.#setIndexed.run(to);
        this.#commit.run();
      } catch (error) {
        this.#current = undefined;
        try {
          this.#rollback.run();
        } catch {
          // After some errors SQLite has already rolled back.
        }
        throw error;
      }
      this.#segments.add(segment);
      this.#indexed = to;
    } while (this.#indexed < newest && this.#elapsed() < end);
  }

  /** Creates a segment if it does not exist; returns the statement that adds messages to it. */
  #openSegment(segment: number): StatementSync {
    const table = TABLE_PREFIX + segment;
    this.#db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS ${table} USING fts5 (message, content = '', detail = none, columnsize = 0)`,
    );
    return this.#db.prepare(
      `INSERT INTO ${table} (rowid, message)
       SELECT id, '${CONVERSATION_PREFIX}' || place || ' ' || message FROM lines WHERE id > ? AND id <= ?`,
    );
  }

  /**
   * Searches segment by segment, newest first.
   *
   * @param conversation the id of the conversation
   * @param match words that must all be in the message
   * @param low the id of the oldest message to search
   * @param high the id of the newest
   * @returns the matches, at most `CHUNK_LINES` at a time
   */
  *search(conversationId: number, match: string, low: number, high: number): Generator<Row[], void> {
    const words = [CONVERSATION_PREFIX + conversationId, ...wordsOf(match)].map((word) => `"${word}"`).join(
      " AND ",
    );
    for (let segment = segmentOf(high); segment >= segmentOf(low); segment--) {
      if (!this.#segments.has(segment)) continue;
      const table = TABLE_PREFIX + segment;
      // The words alone do not identify the conversation: any message may contain the marker character.
      const found = this.#db.prepare(
        `SELECT ${LINE_COLUMNS} FROM ${table} JOIN lines ON lines.id = ${table}.rowid
         WHERE ${table} MATCH ? AND ${table}.rowid BETWEEN ? AND ? AND lines.place = ?
         ORDER BY ${table}.rowid DESC LIMIT ${CHUNK_LINES}`,
      );
      for (let [from, rows] = [high, [] as Row[]];;) {
        try {
          rows = found.all(words, low, from, conversationId) as unknown as Row[];
        } catch (error) {
          // A letter that is newer than the Unicode version of FTS5 splits its word, so no message contains the
          // word as a whole.
          if (!/phrase queries/.test(String(error))) throw error;
          return;
        }
        yield rows;
        if (rows.length < CHUNK_LINES) break;
        from = rows.at(-1)!.id - 1;
      }
    }
  }

  /**
   * Deletes one segment that is no longer needed.
   *
   * @param oldest the id of the oldest message
   * @returns whether there was one
   */
  drop(oldest: number): boolean {
    for (const segment of this.#segments) {
      if (segment >= segmentOf(oldest) || segment >= segmentOf(this.#indexed + 1)) continue;
      this.#db.exec(`DROP TABLE ${TABLE_PREFIX}${segment}`);
      this.#segments.delete(segment);
      return true;
    }
    return false;
  }
}

/** How many matches are read at once. */
const CHUNK_LINES = 128;

function segmentOf(id: number): number {
  return Math.floor(id / SEGMENT_LINES);
}

/**
 * Splits a text into words as FTS5 does: letters and digits with their combining marks. Nothing else is left,
 * so user input contains only words and no query syntax.
 *
 * @param text any text
 * @returns the words
 */
export function wordsOf(text: string): string[] {
  return text.normalize("NFC").match(/[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu) ?? [];
}
