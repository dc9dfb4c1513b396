/**
 * Writes a whole history into an empty data folder: all of it or nothing, whatever happens meanwhile. The other place
 * that knows what a history lies in.
 *
 * Strategy: a history is opened as a hub does it, so that no hub can use the folder meanwhile; all is then written in
 * one
 * transaction beside it, which SQLite keeps on the disk and not in memory.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type History, HistoryError, openHistory } from "../history/mod.ts";
import { DATABASE_FILE } from "./reader.ts";
import type { HistoryRecord } from "./record.ts";
import { nameKey } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";

/** A history that is being written. */
export class ArchiveWriter {
  readonly #history: History;
  readonly #db: DatabaseSync;
  readonly #statements;
  #place = 0;

  /**
   * Takes an empty folder, which is made where it is not there.
   *
   * @param folder its path
   * @param now the time of day, in milliseconds since 1970
   * @throws {HistoryError} where a hub uses it, something is kept in it already, or it cannot be written
   */
  constructor(folder: string, now: number) {
    this.#history = openHistory({
      folder,
      keep: { ms: Infinity, bytes: Infinity },
      now,
      host: Deno.hostname(),
      elapsed: systemClock.elapsed,
      report: () => {},
    });
    let db: DatabaseSync | undefined;
    try {
      db = this.#db = new DatabaseSync(join(folder, DATABASE_FILE));
      this.#db.exec("BEGIN IMMEDIATE");
      const { places, lines } = this.#db.prepare(
        "SELECT (SELECT count(*) FROM places) AS places, EXISTS (SELECT 1 FROM lines) AS lines",
      ).get()!;
      if (Number(places) > 0 || Number(lines) > 0) {
        throw new HistoryError(
          `Cannot import into ${folder}: the folder must be empty: it has lines already`,
        );
      }
      this.#statements = {
        place: this.#db.prepare("INSERT INTO places (key, name, last) VALUES (?, ?, ?) RETURNING id"),
        line: this.#db.prepare(
          "INSERT INTO lines (place, sequence, timestamp, username, recipient, verified, message) VALUES (?, ?, " +
            "?, ?, ?, ?, ?)",
        ),
        mark: this.#db.prepare(
          "INSERT OR REPLACE INTO receipts (author, id, sequence, stored, timestamp) VALUES (?, ?, ?, ?, ?)",
        ),
      };
    } catch (error) {
      db?.close();
      this.#history.close();
      throw error;
    }
  }

  /**
   * Writes a record; a line belongs to the place before it.
   *
   * @param record the record
   */
  write(record: HistoryRecord): void {
    const { place, line, mark } = this.#statements;
    if (record.kind === "place") {
      const key = record.name.startsWith("@") ? record.name : nameKey(record.name);
      this.#place = Number(place.get(key, record.name, record.last)!.id);
    } else if (record.kind === "line") {
      const { sequence, timestamp, username, to = null, verified, message } = record;
      line.run(this.#place, sequence, timestamp, username, to, verified ? 1 : 0, message);
    } else {
      const { author, id, sequence, stored, timestamp } = record;
      mark.run(author, id, sequence, stored ? 1 : 0, timestamp);
    }
  }

  /**
   * Ends, and leaves the folder to whoever wants it.
   *
   * @param all whether what was written is to stay
   */
  close(all: boolean): void {
    try {
      this.#db.exec(all ? "COMMIT" : "ROLLBACK");
    } finally {
      this.#db.close();
      this.#history.close();
    }
  }
}
