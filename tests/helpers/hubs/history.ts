/**
 * Histories in folders that are gone with the test.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import {
  type History,
  type JournalFile,
  type JournalFiles,
  type KeptLine,
  openHistory,
  type OpenOptions,
} from "../../../server/history/mod.ts";
import { FolderJournal } from "../../../server/history/journal.ts";
import { parseRetention } from "../../../server/settings/mod.ts";
import { START } from "./test_hub.ts";

/** A data folder that is gone with the test. */
export class DataFolder implements Disposable {
  /** Where it is. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "riftchat-history-" });
  /** What was reported to the operator. */
  readonly reports: string[] = [];

  /** The database as the hub has it open. */
  #open: DatabaseSync | undefined;
  #full = false;

  /** Where the database is. */
  get database(): string {
    return `${this.path}/riftchat.db`;
  }

  /** Opens the history in it. */
  open(options: Partial<Omit<OpenOptions, "keep">> & { keep?: string } = {}): History {
    return openHistory({
      folder: this.path,
      now: START,
      host: "here",
      elapsed: () => performance.now(),
      report: (text) => this.reports.push(text),
      database: (path) => this.#open = new DatabaseSync(path),
      journal: this.#journal(),
      ...options,
      keep: parseRetention(options.keep ?? "forever")!,
    });
  }

  /** Asks the database something, beside the hub or after it. */
  query(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    const db = new DatabaseSync(this.database, { readOnly: true });
    try {
      return db.prepare(sql).all(...values);
    } finally {
      db.close();
    }
  }

  /** Changes the database as no hub does. */
  change(sql: string): void {
    const db = new DatabaseSync(this.database);
    db.exec(sql);
    db.close();
  }

  /** The files of a journal, of which half of what is appended fits while the disk is full. */
  #journal(): JournalFiles {
    const files = new FolderJournal(this.path);
    const open = files.open.bind(files);
    files.open = (number, make): JournalFile => {
      const file = open(number, make);
      const append = file.append.bind(file);
      file.append = (bytes) => {
        if (!this.#full) return append(bytes);
        append(bytes.subarray(0, bytes.length / 2));
        throw new Error("database or disk is full");
      };
      return file;
    };
    return files;
  }

  /** Lets nothing of the hub grow any more, as a full disk does. */
  fill(): void {
    this.#full = true;
    this.#open!.exec("PRAGMA max_page_count = 1");
    for (const bytes of [4000, 1]) {
      try {
        for (;;) this.#open!.exec(`INSERT INTO ballast VALUES (zeroblob(${bytes}))`);
      } catch {
        // Not one more fits.
      }
    }
  }

  /** Lets it grow again. */
  empty(): void {
    this.#full = false;
    this.#open!.exec("PRAGMA max_page_count = 1000000");
  }

  /** Throws it away. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Makes the next line of a place. */
export function lineIn(
  store: History,
  place: string,
  message: string,
  more: Partial<KeptLine> = {},
): KeptLine {
  const where = store.place(place);
  return {
    place: where,
    sequence: ++where.last,
    timestamp: START,
    username: "ana",
    message,
    verified: false,
    ...more,
  };
}

/** Does all steps of something, and gives what is at their end. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
