/**
 * Opens a history: takes the data folder, opens the database in it or makes one, sets aside one that is damaged, and
 * files
 * what the last hub left in the journal.
 *
 * Rules: a database of a newer version, or of another program, is not touched; a damaged one gets another name and is
 * never deleted; where numbers of lines may have been lost, no number that may have been among them is given again.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HistoryError, isDamage, StorageError } from "./errors.ts";
import type { History } from "./history.ts";
import { FolderLock } from "./folder_lock.ts";
import { FolderJournal, Journal, type JournalFiles, PassingJournal } from "./journal.ts";
import { JournaledHistory } from "./journaled.ts";
import type { Retention } from "../settings/mod.ts";
import { migrate, pragma } from "./schema.ts";
import { Store } from "./store.ts";

/** The file of the database. */
export const DATABASE_FILE = "riftchat.db";
/** Its owner's alone, as it holds what people say to each other. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** How many pages of 4 KiB may wait to be written to where they stay, before that is done in the middle of things. */
const MAX_WAL_PAGES = 4096;
/** How much of that waiting room stays on the disk while it is empty, in bytes. */
const WAL_BYTES = 4 * 1024 * 1024;
/** Where in the first page the size of a page and the number of pages stand (sqlite.org/fileformat2.html, 1.3). */
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
const HEADER_BYTES = 100;
/** How every database of SQLite begins. */
const MAGIC = "SQLite format 3\0";

/** Where a history is, and how it is kept. */
export interface OpenOptions {
  /** The data folder; it is made where it is not there. */
  folder: string;
  /** For how long, and how much. */
  keep: Retention;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** The machine, for whoever else wants to use the folder. */
  host: string;
  /** A clock that only goes forward, in milliseconds. */
  elapsed(): number;
  /**
   * Opens a database; as SQLite does without it.
   *
   * @param path its file
   * @returns the database
   */
  database?(path: string): DatabaseSync;
  /** The files of the journal; those in the folder without it. */
  journal?: JournalFiles;
  /**
   * Takes note of something that an operator should know.
   *
   * @param text a sentence
   */
  report(text: string): void;
}

/**
 * Opens the history in a data folder.
 *
 * @param options where it is, and how it is kept
 * @returns the history, which this process alone uses until it is closed
 * @throws {HistoryError} where another hub uses the folder; where the database is of a newer version, or of another
 * program; where it cannot be opened for another reason than damage
 */
export function openHistory(options: OpenOptions): History {
  const { folder, keep, now, host, elapsed, report, database = (path) => new DatabaseSync(path) } = options;
  const files = options.journal ?? new FolderJournal(folder);
  const path = join(folder, DATABASE_FILE);
  let lock: FolderLock | undefined;
  let db: DatabaseSync | undefined;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    lock = new FolderLock(folder, { pid: Deno.pid, host, since: new Date(now).toISOString() });
    const { unkept = false, damaged = false } = lock.previous ?? {};
    const opened = elapsed();
    const aside = () => `.damaged-${stampOf(now + elapsed() - opened)}`;
    const begin = () => {
      db = openDatabase(path, database);
      const store = new Store(db, keep, elapsed);
      const journal = new Journal(files, store.filed.file + 1);
      return {
        store,
        history: new JournaledHistory({ journal, store, lock: lock!, elapsed, aside, report }),
      };
    };
    let why = damaged ? "it was found damaged" : undefined;
    let begun: ReturnType<typeof begin> | undefined;
    if (why === undefined) {
      try {
        begun = begin();
      } catch (error) {
        if (!isDamage(error)) throw error;
        why = new StorageError(error).message;
        db?.close();
        db = undefined;
      }
    }
    if (begun === undefined) {
      const renamed = setAside(path, aside());
      if (renamed !== undefined) {
        report(`the history was damaged (${why}) and is now ${renamed}; a new one was begun`);
      }
      begun = begin();
    }
    const { store, history } = begun;
    // More numbers than there were milliseconds since 1970 nobody has given: above, none is given twice.
    if (unkept || why !== undefined || history.damages > 0) store.raiseFloor(now);
    lock.note({ unkept: false, damaged: false });
    lock.guard(path);
    history.prepare();
    return history;
  } catch (error) {
    db?.close();
    lock?.release();
    if (error instanceof HistoryError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HistoryError(`Cannot open the history in ${folder}: ${reason}`, { cause: error });
  }
}

/**
 * Opens a history that is gone when it is closed: in memory, and a file without a name. For rehearsals.
 *
 * @param elapsed a clock that only goes forward, in milliseconds
 * @returns an empty history
 */
export function openInMemory(elapsed: () => number): History {
  const db = new DatabaseSync(":memory:");
  migrate(db, "memory");
  const store = new Store(db, { ms: Infinity, bytes: Infinity }, elapsed);
  const journal = new Journal(new PassingJournal(), 1);
  const lock = { note() {}, check() {}, release() {} };
  return new JournaledHistory({ journal, store, lock, elapsed, aside: () => "", report() {} });
}

function openDatabase(path: string, database: (path: string) => DatabaseSync): DatabaseSync {
  // A file that SQLite makes may be read by everyone.
  Deno.openSync(path, { write: true, create: true, mode: FILE_MODE }).close();
  checkLength(path);
  const db = database(path);
  try {
    // The first one counts only before anything else is there.
    db.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${MAX_WAL_PAGES};
      PRAGMA journal_size_limit = ${WAL_BYTES};
      PRAGMA cache_size = -8192;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path);
    probe(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A file that was cut off has fewer pages than it says; SQLite sees that only when it needs one of those. */
function checkLength(path: string): void {
  if (sizeOf(path + "-wal") > 0) return;
  const bytes = new Uint8Array(HEADER_BYTES);
  using file = Deno.openSync(path, { read: true });
  if (file.readSync(bytes) !== HEADER_BYTES || !new TextDecoder().decode(bytes).startsWith(MAGIC)) return;
  const header = new DataView(bytes.buffer);
  const pageSize = header.getUint16(PAGE_SIZE_AT);
  const size = (pageSize === 1 ? 65_536 : pageSize) * header.getUint32(PAGE_COUNT_AT);
  if (size > sizeOf(path)) throw new Error("the database is malformed: it was cut off");
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Touches both ends of everything: what is damaged there would hurt at once, what is damaged elsewhere hurts a page.
 */
function probe(db: DatabaseSync): void {
  for (const end of ["ASC", "DESC"]) {
    db.prepare(`SELECT * FROM lines ORDER BY id ${end} LIMIT 1`).get();
    db.prepare(`SELECT * FROM lines ORDER BY place ${end}, sequence ${end} LIMIT 1`).get();
    db.prepare(`SELECT * FROM receipts ORDER BY timestamp ${end} LIMIT 1`).get();
  }
  db.prepare("SELECT count(*) FROM places").get();
  if (db.prepare("SELECT * FROM state").get() === undefined) throw new Error("malformed: it has no state");
  pragma(db, "freelist_count");
}

function stampOf(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** Gives a damaged database another name; answers which, where there was one. */
function setAside(path: string, ending: string): string | undefined {
  let aside: string;
  for (let number = 1;; number++) {
    aside = `${path}${ending}${number === 1 ? "" : `-${number}`}`;
    if (sizeOf(aside) === 0) break;
  }
  let found = false;
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + ending, aside + ending);
      found = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found ? aside : undefined;
}
