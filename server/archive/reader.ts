/**
 * Reads what a hub keeps, beside the hub or while none runs, page by page. The one place that knows what it lies in.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HistoryError, HistoryReader } from "../history/mod.ts";
import type { LineRecord, MarkRecord, PlaceRecord } from "./record.ts";

/** The file of the database in a data folder. */
export const DATABASE_FILE = "riftchat.db";

/** How many lines are read at once: enough to be quick, few enough for any memory. */
const PAGE_LINES = 2000;

/** How many marks are read at once. */
const PAGE_MARKS = 1000;

/** A history that is only read. */
export class ArchiveReader {
  readonly #history: HistoryReader;
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
      Deno.statSync(path);
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      const reason = missing ? "there is none" : error instanceof Error ? error.message : String(error);
      const hint = missing ? "; --data names another folder" : "";
      throw new HistoryError(`Cannot read a history in ${folder}: ${reason}${hint}`, { cause: error });
    }
    this.#history = new HistoryReader(folder);
    this.#db = new DatabaseSync(path, { readOnly: true });
  }

  /**
   * Lists the places of which something is kept.
   *
   * @returns rooms first, in the order in which they were made
   */
  places(): PlaceRecord[] {
    return this.#history.places().map(({ name, last }): PlaceRecord => ({ kind: "place", name, last }));
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
    const { upTo = Number.MAX_SAFE_INTEGER - 1, since } = range;
    for (let after = range.after ?? 0;;) {
      const { lines, more } = this.#history.page({
        place,
        after,
        before: upTo + 1,
        since,
        limit: PAGE_LINES,
      });
      for (const { sequence, timestamp, username, to, verified, message } of lines) {
        after = sequence;
        if (since !== undefined && timestamp < since) continue;
        yield { kind: "line", place, sequence, timestamp, username, to, verified, message };
      }
      if (!more || lines.length === 0) return;
    }
  }

  /**
   * Reads the marks of lines that may be sent again, as far as they are filed, which they are when the hub is stopped.
   *
   * @returns the marks, in the order of their authors and themselves
   */
  *marks(): Generator<MarkRecord> {
    const statement = this.#db.prepare(`
      SELECT author, id, sequence, stored, timestamp FROM receipts
      WHERE (author, id) > (?, ?) ORDER BY author, id LIMIT ${PAGE_MARKS}`);
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
      if (rows.length < PAGE_MARKS) return;
    }
  }

  /** Ends. */
  close(): void {
    this.#history.close();
    this.#db.close();
  }
}
