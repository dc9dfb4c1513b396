/**
 * Reads what a hub keeps, beside the hub or while none runs, page by page. The one place that knows what it lies in.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "../history/mod.ts";
import type { LineRecord, MarkRecord, PlaceRecord } from "./record.ts";

/** The file of the database in a data folder. */
export const DATABASE_FILE = "riftchat.db";

/** How many lines are read at once: enough to be quick, few enough for any memory. */
const PAGE_LINES = 1000;

/** As in `history/schema.ts`: where nothing is left of a place, the place itself knows its last number. */
const LAST = "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/** A history that is only read. */
export class ArchiveReader {
  readonly #db: DatabaseSync;

  /**
   * Opens the history in a data folder.
   *
   * @param folder the path of the folder
   * @throws {HistoryError} where there is none, or it cannot be read
   */
  constructor(folder: string) {
    const path = join(folder, DATABASE_FILE);
    try {
      // SQLite's own words for a file that is not there help nobody.
      Deno.statSync(path);
      this.#db = new DatabaseSync(path, { readOnly: true });
      this.#db.prepare("SELECT 1 FROM places LIMIT 1").get();
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      const reason = missing ? "there is none" : error instanceof Error ? error.message : String(error);
      const hint = missing ? "; --data names another folder" : "";
      throw new HistoryError(`Cannot read a history in ${folder}: ${reason}${hint}`, { cause: error });
    }
  }

  /**
   * Lists the places of which something is kept.
   *
   * @returns rooms first, in the order in which they were made
   */
  places(): PlaceRecord[] {
    return this.#db.prepare(`SELECT name, ${LAST} AS last FROM places ORDER BY key LIKE '@%', id`).all()
      .map(({ name, last }): PlaceRecord => ({ kind: "place", name: String(name), last: Number(last) }));
  }

  /**
   * Reads the lines of a place, oldest first, as many at a time as memory has room for.
   *
   * @param place as {@linkcode PlaceRecord.name}
   * @param range `after` and `upTo`: only lines with numbers above the one and not above the other; `since`: only those
   * that were said then or later, in milliseconds since 1970
   * @returns the lines
   */
  *lines(
    place: string,
    range: { after?: number; upTo?: number; since?: number } = {},
  ): Generator<LineRecord> {
    const { upTo = Number.MAX_SAFE_INTEGER, since = -1 } = range;
    const statement = this.#db.prepare(`
      SELECT sequence, timestamp, username, recipient, verified, message FROM lines
      WHERE place = (SELECT id FROM places WHERE name = ?) AND sequence > ? AND sequence <= ? AND timestamp >= ?
      ORDER BY sequence LIMIT ${PAGE_LINES}`);
    for (let after = range.after ?? 0;;) {
      const rows = statement.all(place, after, upTo, since);
      for (const { sequence, timestamp, username, recipient, verified, message } of rows) {
        yield {
          kind: "line",
          place,
          sequence: after = Number(sequence),
          timestamp: Number(timestamp),
          username: String(username),
          to: recipient === null ? undefined : String(recipient),
          verified: verified === 1,
          message: String(message),
        };
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /**
   * Reads the marks of lines that may be sent again.
   *
   * @returns the marks, in the order of their authors and themselves
   */
  *marks(): Generator<MarkRecord> {
    const statement = this.#db.prepare(`
      SELECT author, id, sequence, stored, timestamp FROM receipts
      WHERE (author, id) > (?, ?) ORDER BY author, id LIMIT ${PAGE_LINES}`);
    for (let last = { author: "", id: "" };;) {
      const rows = statement.all(last.author, last.id);
      for (const row of rows) {
        last = { author: String(row.author), id: String(row.id) };
        const { sequence, stored, timestamp } = row;
        yield {
          kind: "mark",
          ...last,
          sequence: Number(sequence),
          stored: stored === 1,
          timestamp: Number(timestamp),
        };
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /** Ends. */
  close(): void {
    this.#db.close();
  }
}
