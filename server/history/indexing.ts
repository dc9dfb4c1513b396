/**
 * Makes lines to be found by their words. That costs as much as keeping them did, so it is done later, when nobody is
 * talking, a little at a time; a search does first what is left of it.
 *
 * Strategy: words are kept in parts, each for a range of lines by their ids, since a search in one index cannot be
 * interrupted, and takes as long as the lines are many that have one of the words; in a part it takes some milliseconds
 * at
 * most. Old parts are thrown away as a whole. Where in a line a word stands is not kept, so that no search can depend
 * on it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LINE_COLUMNS, type Row } from "./page.ts";

/** How many lines are done in one transaction: less than a millisecond of work. */
const BATCH_LINES = 64;
/** For how many lines a part is: a search in one took 4 ms at most, for words that are in every line. */
const PART_LINES = 32_768;
/** What the tables of the parts are called, before their numbers. */
const PREFIX = "words_";
/** What stands before the place of a line among its words: a character of private use, which counts as a letter. */
const PLACE_MARK = "\uE000";

/** Knows the words of lines. */
export class Index {
  readonly #db: DatabaseSync;
  readonly #elapsed: () => number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #note: StatementSync;
  /** The parts there are. */
  readonly #parts: Set<number>;
  #indexed: number;
  /** The part that is worked on, and what adds to it. */
  #open: { part: number; add: StatementSync } | undefined;

  /**
   * Goes on where the last one ended.
   *
   * @param db the database
   * @param indexed the id of the last line whose words are known
   * @param elapsed a clock that only goes forward, in milliseconds
   */
  constructor(db: DatabaseSync, indexed: number, elapsed: () => number) {
    this.#db = db;
    this.#indexed = indexed;
    this.#elapsed = elapsed;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#note = db.prepare("UPDATE state SET indexed = ?");
    const tables = db.prepare(
      `SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE ${PREFIX}%'`,
    ).all();
    this.#parts = new Set(tables.map(({ name }) => Number(String(name).slice(PREFIX.length))));
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
      const part = partOf(this.#indexed + 1);
      const to = Math.min(this.#indexed + BATCH_LINES, newest, (part + 1) * PART_LINES - 1);
      this.#begin.run();
      try {
        if (this.#open?.part !== part) this.#open = { part, add: this.#begun(part) };
        this.#open.add.run(this.#indexed, to);
        this.#note.run(to);
        this.#commit.run();
      } catch (error) {
        this.#open = undefined;
        try {
          this.#rollback.run();
        } catch {
          // After some errors SQLite has rolled back by itself.
        }
        throw error;
      }
      this.#parts.add(part);
      this.#indexed = to;
    } while (this.#indexed < newest && this.#elapsed() < end);
  }

  /** Makes a part, where it is not there, and gives what adds lines to it. */
  #begun(part: number): StatementSync {
    const table = PREFIX + part;
    this.#db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS ${table} USING fts5 (message, content = '', detail = none, columnsize = 0)`,
    );
    return this.#db.prepare(
      `INSERT INTO ${table} (rowid, message)
       SELECT id, '${PLACE_MARK}' || place || ' ' || message FROM lines WHERE id > ? AND id <= ?`,
    );
  }

  /**
   * Searches, the newest first; each step is a part.
   *
   * @param place the id of the place where lines were said
   * @param match words, all of which must be in a line
   * @param low the id of the oldest line to look at
   * @param high the id of the newest
   * @returns lines of a part, at most `limit` of them, and at the end nothing
   */
  *search(place: number, match: string, low: number, high: number): Generator<Row[], void> {
    const words = [PLACE_MARK + place, ...wordsOf(match)].map((word) => `"${word}"`).join(" AND ");
    for (let part = partOf(high); part >= partOf(low); part--) {
      if (!this.#parts.has(part)) continue;
      const table = PREFIX + part;
      // Words alone do not say where: anybody may write what stands before the place.
      const found = this.#db.prepare(
        `SELECT ${LINE_COLUMNS} FROM ${table} JOIN lines ON lines.id = ${table}.rowid
         WHERE ${table} MATCH ? AND ${table}.rowid BETWEEN ? AND ? AND lines.place = ?
         ORDER BY ${table}.rowid DESC LIMIT ${CHUNK_LINES}`,
      );
      for (let [from, rows] = [high, [] as Row[]];;) {
        try {
          rows = found.all(words, low, from, place) as unknown as Row[];
        } catch (error) {
          // A letter that Unicode has had for less time than FTS5 knows cuts its word, so that it is in no line as one.
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
   * Throws away a part that is not needed any more, if there is one.
   *
   * @param oldest the id of the oldest line there is
   * @returns whether there was one
   */
  drop(oldest: number): boolean {
    for (const part of this.#parts) {
      if (part >= partOf(oldest) || part >= partOf(this.#indexed + 1)) continue;
      this.#db.exec(`DROP TABLE ${PREFIX}${part}`);
      this.#parts.delete(part);
      return true;
    }
    return false;
  }
}

/** How many lines are found at once. */
const CHUNK_LINES = 128;

function partOf(id: number): number {
  return Math.floor(id / PART_LINES);
}

/**
 * Cuts a text into words as FTS5 does: letters and digits, with the marks that belong to them. Nothing else is left, so
 * that whatever somebody types is words and no language.
 *
 * @param text any text
 * @returns its words
 */
export function wordsOf(text: string): string[] {
  return text.normalize("NFC").match(/[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu) ?? [];
}
