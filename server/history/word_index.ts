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
 * A segment with a message that was deleted or edited is stale: it has words that nobody may find. Searches read its
 * messages one by one, until it was deleted, which leaves no word on the disk, and its messages were indexed again.
 *
 * It is long because adding, searching and forgetting all know what is indexed and what is not.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { indexTerms, matches, type Search } from "../words/mod.ts";
import { type Found, LINE_COLUMNS, LINES, type Row } from "./page.ts";

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
/** How many messages a search reads in one step if they are not indexed: one or two milliseconds of work. */
const STEP_IDS = 256;
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
  readonly #byId: StatementSync;
  readonly #everywhereById: StatementSync;
  readonly #setReindexed: StatementSync;
  readonly #dropReindexed: StatementSync;
  /** The id of the last indexed message of each segment that is indexed again, or {@linkcode STALE}. */
  readonly #reindexed = new Map<number, number>();
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
    this.#byId = db.prepare(
      `SELECT ${LINE_COLUMNS} FROM ${LINES} WHERE lines.id >= ? AND lines.id <= ? AND +lines.place = ?
       ORDER BY lines.id DESC`,
    );
    this.#everywhereById = db.prepare(
      `SELECT lines.place, ${LINE_COLUMNS} FROM ${LINES} WHERE lines.id >= ? AND lines.id <= ?
       ORDER BY lines.id DESC`,
    );
    this.#setReindexed = db.prepare("INSERT OR REPLACE INTO reindex (segment, indexed) VALUES (?, ?)");
    this.#dropReindexed = db.prepare("DELETE FROM reindex WHERE segment = ?");
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE %'").all()
      .map(({ name }) => String(name));
    this.#segments = new Set(
      tables.filter((name) => name.startsWith(TABLE_PREFIX)).map((name) =>
        Number(name.slice(TABLE_PREFIX.length))
      ),
    );
    this.#oldTables = tables.filter((name) => name.startsWith(OLD_TABLE_PREFIX));
    this.reload();
  }

  /** Reads again which segments are stale, after a transaction that has marked some was undone. */
  reload(): void {
    this.#reindexed.clear();
    for (const { segment, indexed } of this.#db.prepare("SELECT segment, indexed FROM reindex").all()) {
      this.#reindexed.set(Number(segment), Number(indexed));
    }
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
    return this.#oldTables.length > 0 || this.#indexed < newest || this.#toReindex() !== undefined;
  }

  /** Returns a segment to index again; `undefined` if there is none. */
  #toReindex(): number | undefined {
    for (const [segment, indexed] of this.#reindexed) if (indexed !== STALE) return segment;
    return undefined;
  }

  /**
   * Notes, within a transaction, that the text of a message was deleted or replaced.
   *
   * @param id the id of the message
   */
  markStale(id: number): void {
    const segment = segmentOf(id);
    if (id > (this.#reindexed.get(segment) ?? this.#indexed)) return;
    this.#setReindexed.run(segment, STALE);
    this.#reindexed.set(segment, STALE);
  }

  /**
   * Deletes a stale segment, so that its messages are indexed again.
   *
   * @returns whether there was one
   */
  dropStale(): boolean {
    for (const [segment, indexed] of this.#reindexed) {
      if (indexed !== STALE) continue;
      // Messages are still added to the newest segment: it is the one that is not indexed up to its end.
      const isNewest = segment === segmentOf(this.#indexed + 1);
      const before = Math.max(0, segment * SEGMENT_LINES - 1);
      this.#transaction(() => {
        this.#db.exec(`DROP TABLE IF EXISTS ${TABLE_PREFIX}${segment}`);
        if (isNewest) {
          this.#setIndexed.run(before);
          this.#dropReindexed.run(segment);
        } else this.#setReindexed.run(segment, before);
      });
      this.#segments.delete(segment);
      if (this.#current?.segment === segment) this.#current = undefined;
      if (isNewest) {
        this.#indexed = before;
        this.#reindexed.delete(segment);
      } else this.#reindexed.set(segment, before);
      return true;
    }
    return false;
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
      const again = this.#toReindex();
      if (table !== undefined) {
        this.#db.exec(`DROP TABLE ${table}`);
        this.#oldTables.pop();
      } else if (this.#indexed < newest) this.#addNew(newest);
      else if (again !== undefined) this.#addAgain(again);
      if (this.#elapsed() >= end) return;
    }
  }

  /** Indexes some messages that were never indexed. */
  #addNew(newest: number): void {
    const segment = segmentOf(this.#indexed + 1);
    this.#indexed = this.#addBatch(segment, this.#indexed, newest, (to) => this.#setIndexed.run(to));
  }

  /** Indexes some messages of a segment that was deleted because it was stale. */
  #addAgain(segment: number): void {
    const last = (segment + 1) * SEGMENT_LINES - 1;
    const to = this.#addBatch(segment, this.#reindexed.get(segment)!, last, (to) => {
      if (to === last) this.#dropReindexed.run(segment);
      else this.#setReindexed.run(segment, to);
    });
    if (to === last) this.#reindexed.delete(segment);
    else this.#reindexed.set(segment, to);
  }

  /**
   * Indexes some messages of a segment.
   *
   * @param segment the segment
   * @param after the id of the message before them
   * @param newest the id of the last message to index, if it is in the segment
   * @param record records the id up to which the messages are indexed
   * @returns that id
   */
  #addBatch(segment: number, after: number, newest: number, record: (to: number) => void): number {
    let to = Math.min(after + BATCH_LINES, newest, (segment + 1) * SEGMENT_LINES - 1);
    try {
      this.#transaction(() => {
        if (this.#current?.segment !== segment) this.#current = { segment, add: this.#openSegment(segment) };
        let left = BATCH_CHARACTERS;
        for (const row of this.#unindexed.all(after, to)) {
          const { id, place, message } = row as { id: number; place: number; message: string };
          const terms = indexTerms(message);
          this.#current.add.run(id, `${CONVERSATION_PREFIX}${place} ${terms}`);
          left -= terms.length;
          if (left > 0) continue;
          to = id;
          break;
        }
        record(to);
      });
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
    this.#segments.add(segment);
    return to;
  }

  #transaction(work: () => void): void {
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      try {
        this.#rollback.run();
      } catch {
        // After some errors SQLite has already rolled back.
      }
      throw error;
    }
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
   * Searches segment by segment, newest first; messages that are not indexed are read one by one. A step takes a few
   * milliseconds, whatever is searched for.
   *
   * @param conversationId the id of the conversation; `undefined` for all
   * @param search what must be in the message
   * @param low the id of the oldest message to search
   * @param high the id of the newest
   * @returns the matches, some at a time
   */
  *search(
    conversationId: number | undefined,
    search: Search,
    low: number,
    high: number,
  ): Generator<Found, void> {
    if (conversationId === undefined && search.terms.length === 0) {
      return yield* this.#read(conversationId, search, low, high);
    }
    // More may be indexed during the search.
    const indexed = this.#indexed;
    yield* this.#read(conversationId, search, Math.max(low, indexed + 1), high);
    const newest = Math.min(high, indexed);
    const isCut = search.terms.length > MAX_TERMS;
    const rarest = isCut ? this.#rarestTerms(search.terms, newest) : search.terms;
    if (isCut) yield { rows: [], from: newest + 1 };
    const isEverywhere = conversationId === undefined;
    const place = isEverywhere ? [] : [conversationId];
    const terms = [...place.map((id) => CONVERSATION_PREFIX + id), ...rarest].map(quote).join(" AND ");
    const mustCheck = isCut || search.parts.length > 0;
    for (let segment = segmentOf(newest); segment >= segmentOf(low); segment--) {
      const first = segment * SEGMENT_LINES;
      let from = Math.min(newest, first + SEGMENT_LINES - 1);
      // Between two steps a segment may become stale, or be deleted.
      const isReadable = () =>
        this.#segments.has(segment) && !this.#reindexed.has(segment) && from <= this.#indexed;
      if (isReadable()) {
        const table = TABLE_PREFIX + segment;
        const found = this.#db.prepare(
          `SELECT ${
            isEverywhere ? "lines.place, " : ""
          }${LINE_COLUMNS} FROM ${table} JOIN lines ON lines.id = ${table}.rowid
           LEFT JOIN changes ON changes.line = lines.id
           WHERE ${table} MATCH ? AND ${table}.rowid BETWEEN ? AND ? ${
            isEverywhere ? "" : "AND lines.place = ?"
          }
           ORDER BY ${table}.rowid DESC LIMIT ${CHUNK_LINES}`,
        );
        for (let isLast = false; !isLast && isReadable();) {
          const rows = found.all(terms, low, from, ...place) as unknown as Row[];
          isLast = rows.length < CHUNK_LINES;
          from = (isLast ? first : rows.at(-1)!.id) - 1;
          yield {
            rows: mustCheck ? rows.filter(({ message }) => matches(search, message)) : rows,
            from: from + 1,
          };
        }
      }
      const hasUnindexed = this.#reindexed.has(segment) || from > this.#indexed;
      if (from >= first && hasUnindexed) {
        yield* this.#read(conversationId, search, Math.max(low, first), from);
      }
    }
  }

  /** Searches messages that are not indexed, newest first. */
  *#read(
    conversationId: number | undefined,
    search: Search,
    low: number,
    high: number,
  ): Generator<Found, void> {
    for (let to = high; to >= low; to -= STEP_IDS) {
      const from = Math.max(low, to - STEP_IDS + 1);
      const rows = (conversationId === undefined
        ? this.#everywhereById.all(from, to)
        : this.#byId.all(from, to, conversationId)) as unknown as Row[];
      yield {
        rows: rows.filter(({ message }) =>
          matches(search, message)
        ),
        from,
      };
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
      this.#dropReindexed.run(segment);
      this.#segments.delete(segment);
      this.#reindexed.delete(segment);
      return true;
    }
    return false;
  }
}

/** Instead of the id of the last indexed message: the segment has words of deleted or replaced texts. */
const STALE = -1;

/** How many matches are read at once. */
const CHUNK_LINES = 128;

function quote(term: string): string {
  return `"${term}"`;
}

function segmentOf(id: number): number {
  return Math.floor(id / SEGMENT_LINES);
}
