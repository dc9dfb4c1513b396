/**
 * Histories in temporary data folders.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { type History, openHistory, type OpenOptions, type StoredLine } from "../../../server/history/mod.ts";
import { FolderJournalFiles, type JournalFile, type JournalFiles } from "../../../server/journal/mod.ts";
import { parseRetention } from "../../../server/settings/mod.ts";
import { START } from "./test_hub.ts";

/** A data folder, removed when it is disposed of. */
export class DataFolder implements Disposable {
  /** Its path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "riftchat-history-" });
  /** The reports to the operator. */
  readonly reports: string[] = [];

  /** The open database of the hub. */
  #open: DatabaseSync | undefined;
  #full = false;

  /** The path of the database. */
  get database(): string {
    return `${this.path}/riftchat.db`;
  }

  /** Opens the history in the folder. */
  open(options: Partial<Omit<OpenOptions, "retention">> & { keep?: string } = {}): History {
    return openHistory({
      folder: this.path,
      now: START,
      host: "here",
      elapsed: () => performance.now(),
      report: (text) => this.reports.push(text),
      database: (path) => this.#open = new DatabaseSync(path),
      journal: this.#journal(),
      ...options,
      retention: parseRetention(options.keep ?? "forever")!,
    });
  }

  /** Reads all files of the folder: for each name its bytes, as characters. */
  files(): Record<string, string> {
    const names = [...Deno.readDirSync(this.path)].filter(({ isFile }) => isFile).map(({ name }) => name)
      .sort();
    const read = (name: string) =>
      new TextDecoder("latin1").decode(Deno.readFileSync(`${this.path}/${name}`));
    return Object.fromEntries(names.map((name) => [name, read(name)]));
  }

  /** Opens the database as a program that only reads it. */
  reader(): DatabaseSync {
    return new DatabaseSync(this.database, { readOnly: true });
  }

  /** Queries the database, while the hub runs or afterwards. */
  query(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    const db = this.reader();
    try {
      return db.prepare(sql).all(...values);
    } finally {
      db.close();
    }
  }

  /** Runs SQL that changes the database. */
  change(sql: string): void {
    const db = new DatabaseSync(this.database);
    db.exec(sql);
    db.close();
  }

  /** Opens journal files; while the disk is full, only half of each append is written. */
  #journal(): JournalFiles {
    const files = new FolderJournalFiles(this.path);
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

  /** Lets the database and the journal grow no more, like a full disk. */
  fill(): void {
    this.#full = true;
    this.#open!.exec("PRAGMA max_page_count = 1");
    for (const bytes of [4000, 1]) {
      try {
        for (;;) this.#open!.exec(`INSERT INTO ballast VALUES (zeroblob(${bytes}))`);
      } catch {
        // It is full.
      }
    }
  }

  /** Lets them grow again. */
  empty(): void {
    this.#full = false;
    this.#open!.exec("PRAGMA max_page_count = 1000000");
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Makes the next message of a conversation. */
export function lineIn(
  store: History,
  name: string,
  message: string,
  more: Partial<StoredLine> = {},
): StoredLine {
  const conversation = store.conversation(name);
  return {
    conversation,
    sequence: ++conversation.last,
    timestamp: START,
    username: "ana",
    message,
    verified: false,
    ...more,
  };
}

/** Runs all steps of a generator; returns its result. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
