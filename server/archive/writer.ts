/**
 * Writes a history into an empty data folder: all of it or nothing, whatever happens.
 *
 * Strategy: the history is opened as a hub does it, so no hub can use the folder in the meantime. Everything is
 * then written in one transaction of a second connection; SQLite keeps the transaction on the disk and not in
 * memory.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type History, HistoryError, openHistory } from "../history/mod.ts";
import { DATABASE_FILE } from "./reader.ts";
import type { HistoryRecord, LineRecord } from "./record.ts";
import { nameKey } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";

/** Writes a history. */
export class ArchiveWriter {
  readonly #history: History;
  readonly #db: DatabaseSync;
  readonly #statements;
  #conversationId = 0;

  /**
   * Locks an empty folder, which is created if it does not exist.
   *
   * @param folder the path of the folder
   * @param now the time of day, in milliseconds since 1970
   * @throws {HistoryError} when a hub uses the folder, it has messages already, or it cannot be written
   */
  constructor(folder: string, now: number) {
    this.#history = openHistory({
      folder,
      beginsEpoch: false,
      retention: { ms: Infinity, bytes: Infinity },
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
          `Cannot import into ${folder}: the folder must be empty: it has messages already`,
        );
      }
      this.#statements = {
        conversation: this.#db.prepare("INSERT INTO places (key, name, last) VALUES (?, ?, ?) RETURNING id"),
        line: this.#db.prepare(
          "INSERT INTO lines (place, sequence, timestamp, username, recipient, verified, message, reply_to) " +
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ),
        change: this.#db.prepare(
          "INSERT INTO changes (line, number, author, edited, deleted) VALUES (?, ?, ?, ?, ?)",
        ),
        reaction: this.#db.prepare(
          "INSERT INTO reactions (line, reaction, author, number) VALUES (?, ?, ?, ?)",
        ),
        mark: this.#db.prepare(
          "INSERT OR REPLACE INTO receipts (author, id, sequence, stored, timestamp, digest) VALUES (?, ?, ?, ?, ?, ?)",
        ),
      };
    } catch (error) {
      db?.close();
      this.#history.close();
      throw error;
    }
  }

  /**
   * Writes a record; a message belongs to the conversation before it.
   *
   * @param record the record
   */
  write(record: HistoryRecord): void {
    const { conversation, line, mark } = this.#statements;
    if (record.kind === "conversation") {
      const key = record.name.startsWith("@") ? record.name : nameKey(record.name);
      this.#conversationId = Number(conversation.get(key, record.name, record.last)!.id);
    } else if (record.kind === "line") {
      const { sequence, timestamp, username, to = null, verified, message, replyTo = null } = record;
      const { lastInsertRowid } = line.run(
        this.#conversationId,
        sequence,
        timestamp,
        username,
        to,
        verified ? 1 : 0,
        message,
        replyTo,
      );
      if (record.change !== undefined) this.#writeChanges(Number(lastInsertRowid), record, record.change);
    } else {
      const { author, id, sequence, stored, timestamp, digest = null } = record;
      mark.run(author, id, sequence, stored ? 1 : 0, timestamp, digest);
    }
  }

  #writeChanges(
    id: number,
    { changedBy, edited, deleted, reactions = [] }: LineRecord,
    number: number,
  ): void {
    const { change, reaction } = this.#statements;
    change.run(id, number, changedBy ?? null, edited ?? null, deleted ? 1 : 0);
    // Reactions are read in the order of their numbers.
    let order = 0;
    for (const { reaction: text, by } of reactions) {
      for (const name of by) reaction.run(id, text, name, order++);
    }
  }

  /**
   * Measures what was written.
   *
   * @returns its size in the database, in bytes
   */
  usedBytes(): number {
    const pragma = (name: string) => Number(this.#db.prepare(`PRAGMA ${name}`).get()![name]);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  /**
   * Closes the history and unlocks the folder.
   *
   * @param commit whether to keep what was written
   * @param lastChange the number of the last change; later ones have higher numbers
   */
  close(commit: boolean, lastChange = 0): void {
    try {
      if (commit) this.#db.prepare("UPDATE state SET changed = max(changed, ?)").run(lastChange);
      this.#db.exec(commit ? "COMMIT" : "ROLLBACK");
    } finally {
      this.#db.close();
      this.#history.close();
    }
  }
}
