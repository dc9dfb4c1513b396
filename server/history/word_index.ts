/**
 * The full-text index of messages. Indexing a message costs as much as storing it, so it happens later, a
 * little at a time while no messages arrive; a search first indexes the rest, or reads it if it is much. What
 * a word is, the room `words` decides; FTS5 only splits at spaces.
 *
 * Strategy: the index has segments, each for a range of message ids. A search in one index cannot be
 * interrupted, and takes longer the more messages contain one of the words; in a segment it takes a few
 * milliseconds at most. Old segments are deleted as a whole. The position of a word in its message is not
 * stored, so no search can depend on it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { indexTerms, matches, type Search } from "../words/mod.ts";
import { type Found, LINE_COLUMNS, type Row } from "./page.ts";

/**
 * How many messages are indexed in one transaction, and after how many characters of their terms it ends: about a
 * millisecond of work.
 */
const BATCH_LINES = 64;
const BATCH_CHARACTERS = 4096;
/** How many messages a segment covers: a search in one for two words that never meet takes some milliseconds. */
const SEGMENT_LINES = 32_768;
/**
 * How many terms are searched for in the index: FTS5 cannot be interrupted, and each further term that is in most
 * messages adds as much time. If there are more, these are the rarest ones, and the messages are checked for the rest.
 */
const MAX_TERMS = 2;
/** How many messages with a term are counted to see how rare it is. */
const SAMPLE_LINES = 64;
/**
 * The size of a page of FTS5, in bytes. FTS5 merges its pages 64 at a time inside a transaction: with its own size of
 * 4 KB that took up to 58 ms for Chinese messages, and takes 20 to 30 with this one. Searches are as fast.
 */
const PAGE_BYTES = 1000;
/** The table name of a segment, before its number. */
const TABLE_PREFIX = "terms_";
/** The same, of the index of databases before version 3. */
const OLD_TABLE_PREFIX = "words_";
/** Marks the conversation id among the terms of a message: a character for private use, which no term contains. */
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
  /** The tables of the index of an older version. */
  readonly #oldTables: string[];
  readonly #unindexed: StatementSync;
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
    this.#unindexed = db.prepare("SELECT id, place, message FROM lines WHERE id > ? AND id <= ? ORDER BY id");
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE %'").all()
      .map(({ name }) => String(name));
    this.#segments = new Set(
      tables.filter((name) => name.startsWith(TABLE_PREFIX)).map((name) =>
        Number(name.slice(TABLE_PREFIX.length))
      ),
    );
    this.#oldTables = tables.filter((name) => name.startsWith(OLD_TABLE_PREFIX));
  }

  /** The id of the last indexed message. */
  get indexed(): number {
    return this.#indexed;
  }

  /**
   * Checks whether there is something to do.
   *
   * @param newest the id of the newest message
   * @returns whether {@linkcode work} would do something
   */
  hasWork(newest: number): boolean {
    return this.#oldTables.length > 0 || this.#indexed < newest;
  }

  /**
   * Indexes some messages; before that, deletes the index of an older version, one table at a time.
   *
   * @param ms approximate time limit, in milliseconds
   * @param newest the id of the newest message
   */
  work(ms: number, newest: number): void {
    const end = this.#elapsed() + ms;
    while (this.hasWork(newest)) {
      const table = this.#oldTables.at(-1);
      if (table === undefined) this.#addBatch(newest);
      else {
        this.#db.exec(`DROP TABLE ${table}`);
        this.#oldTables.pop();
      }
      if (this.#elapsed() >= end) return;
    }
  }

  #addBatch(newest: number): void {
    const segment = segmentOf(this.#indexed + 1);
    let to = Math.min(this.#indexed + BATCH_LINES, newest, (segment + 1) * SEGMENT_LINES - 1);
    this.#begin.run();
    try {
      if (this.#current?.segment !== segment) this.#current = { segment, add: this.#openSegment(segment) };
      let left = BATCH_CHARACTERS;
      for (const row of this.#unindexed.all(this.#indexed, to)) {
        const { id, place, message } = row as { id: number; place: number; message: string };
        const terms = indexTerms(message);
        this.#current.add.run(id, `${CONVERSATION_PREFIX}${place} ${terms}`);
        left -= terms.length;
        if (left > 0) continue;
        to = id;
        break;
      }
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
  }

  /** Creates a segment if it does not exist; returns the statement that adds messages to it. */
  #openSegment(segment: number): StatementSync {
    const table = TABLE_PREFIX + segment;
    this.#db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS ${table}
       USING fts5 (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii')`,
    );
    this.#db.exec(`INSERT INTO ${table} (${table}, rank) VALUES ('pgsz', ${PAGE_BYTES})`);
    return this.#db.prepare(`INSERT INTO ${table} (rowid, terms) VALUES (?, ?)`);
  }

  /**
   * Searches segment by segment, newest first. A step takes a few milliseconds, whatever is searched for.
   *
   * @param conversationId the id of the conversation
   * @param search what must be in the message
   * @param low the id of the oldest message to search
   * @param high the id of the newest
   * @returns the matches, at most `CHUNK_LINES` at a time
   */
  *search(conversationId: number, search: Search, low: number, high: number): Generator<Found, void> {
    const isCut = search.terms.length > MAX_TERMS;
    const rarest = isCut ? this.#rarestTerms(search.terms, high) : search.terms;
    if (isCut) yield { rows: [], from: high + 1 };
    const terms = [CONVERSATION_PREFIX + conversationId, ...rarest].map(quote).join(" AND ");
    const mustCheck = isCut || search.parts.length > 0;
    for (let segment = segmentOf(high); segment >= segmentOf(low); segment--) {
      if (!this.#segments.has(segment)) continue;
      const table = TABLE_PREFIX + segment;
      const found = this.#db.prepare(
        `SELECT ${LINE_COLUMNS} FROM ${table} JOIN lines ON lines.id = ${table}.rowid
         WHERE ${table} MATCH ? AND ${table}.rowid BETWEEN ? AND ? AND lines.place = ?
         ORDER BY ${table}.rowid DESC LIMIT ${CHUNK_LINES}`,
      );
      // Between two steps a segment may be deleted with its messages.
      for (let from = high; this.#segments.has(segment);) {
        const rows = found.all(terms, low, from, conversationId) as unknown as Row[];
        const isLast = rows.length < CHUNK_LINES;
        from = (isLast ? segment * SEGMENT_LINES : rows.at(-1)!.id) - 1;
        yield {
          rows: mustCheck ? rows.filter(({ message }) => matches(search, message)) : rows,
          from: from + 1,
        };
        if (isLast) break;
      }
    }
  }

  /**
   * Returns the rarest of some terms, as far as the first messages of the newest segment show. Oldest first, as FTS5
   * takes milliseconds to begin a long list at its end.
   */
  #rarestTerms(terms: readonly string[], high: number): string[] {
    const segment = [...this.#segments].filter((number) => number <= segmentOf(high))
      .reduce((newest, number) => Math.max(newest, number), -1);
    if (segment < 0) return terms.slice(0, MAX_TERMS);
    const table = TABLE_PREFIX + segment;
    const sample = this.#db.prepare(
      `SELECT count(*) AS count, max(id) AS last
       FROM (SELECT rowid AS id FROM ${table} WHERE ${table} MATCH ? LIMIT ${SAMPLE_LINES})`,
    );
    const density = (term: string) => {
      const { count, last } = sample.get(quote(term)) as { count: number; last: number | null };
      return count / (count < SAMPLE_LINES ? SEGMENT_LINES : last! - segment * SEGMENT_LINES + 1);
    };
    return terms.map((term) => ({ term, density: density(term) })).sort((a, b) => a.density - b.density)
      .slice(0, MAX_TERMS).map(({ term }) => term);
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

function quote(term: string): string {
  return `"${term}"`;
}

function segmentOf(id: number): number {
  return Math.floor(id / SEGMENT_LINES);
}
