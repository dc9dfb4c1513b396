/**
 * Opens a history: locks the data folder, opens or creates its database, sets a damaged one aside, and drains
 * what the previous hub left in the journal.
 *
 * Rules: a database of a newer version or of another program is not changed; a damaged one is renamed and never
 * deleted; if sequence numbers may have been lost, none of them is assigned again.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HistoryError, isDamage, isLocked, StorageError } from "./errors.ts";
import type { History } from "./history.ts";
import { FolderLock, LOCK_WAIT_MS } from "./folder_lock.ts";
import { FolderJournalFiles, Journal, type JournalFiles, TemporaryJournalFiles } from "./journal.ts";
import { JournaledHistory } from "./journaled_history.ts";
import type { Retention } from "../settings/mod.ts";
import { migrate, pragma } from "./schema.ts";
import { Store } from "./store.ts";

/** The bits of a mode with which other users can write. */
const OTHERS_WRITE = 0o022;
/** The name of the database file. */
export const DATABASE_FILE = "riftchat.db";
/** Only the owner has access, as the history contains direct messages. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/**
 * The size of the write-ahead log at which SQLite copies it to the database in the middle of a write, in pages
 * of 4 KiB.
 */
const MAX_WAL_PAGES = 4096;
/** How much of the empty write-ahead log stays on the disk, in bytes. */
const WAL_BYTES = 4 * 1024 * 1024;
/** The offsets of the page size and the page count in the first page (sqlite.org/fileformat2.html, 1.3). */
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
const HEADER_BYTES = 100;
/** The first bytes of every SQLite database. */
const MAGIC = "SQLite format 3\0";

/** Options of {@linkcode openHistory}. */
export interface OpenOptions {
  /** The path of the data folder; it is created if it does not exist. */
  folder: string;
  /** How long and how much is stored. */
  retention: Retention;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** The host name, shown to others that try to use the folder. */
  host: string;
  /** A monotonic clock, in milliseconds. */
  elapsed(): number;
  /**
   * Opens a database; the default is SQLite's own way.
   *
   * @param path the path of the file
   * @returns the database
   */
  database?(path: string): DatabaseSync;
  /** The files of the journal; by default those in the folder. */
  journal?: JournalFiles;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report(text: string): void;
}

/**
 * Opens the history in a data folder.
 *
 * @param options see {@linkcode OpenOptions}
 * @returns the history, which only this process may use until it is closed
 * @throws {HistoryError} when another hub uses the folder, when the database has a newer version or belongs to
 * another program, or when it cannot be opened for another reason than damage
 */
export function openHistory(options: OpenOptions): History {
  const { folder, retention, now, host, elapsed, report, database = (path) => new DatabaseSync(path) } =
    options;
  const files = options.journal ?? new FolderJournalFiles(folder);
  const path = join(folder, DATABASE_FILE);
  let lock: FolderLock | undefined;
  let db: DatabaseSync | undefined;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    warnOfWriters(folder, report);
    lock = new FolderLock(folder, { pid: Deno.pid, host, since: new Date(now).toISOString() }, report);
    const { unkept = false, damaged = false } = lock.previous ?? {};
    const openedAt = elapsed();
    const damagedSuffix = () => `.damaged-${timestampOf(now + elapsed() - openedAt)}`;
    const openParts = () => {
      db = openDatabase(path, database, report);
      const store = new Store(db, retention, elapsed);
      const journal = new Journal(files, store.drainedTo.file + 1);
      return {
        store,
        history: new JournaledHistory({ journal, store, lock: lock!, elapsed, damagedSuffix, report }),
      };
    };
    let why = damaged ? "the previous hub found the damage" : undefined;
    let opened: ReturnType<typeof openParts> | undefined;
    if (why === undefined) {
      try {
        opened = openParts();
      } catch (error) {
        if (!isDamage(error)) throw error;
        why = new StorageError(error).message;
        db?.close();
        db = undefined;
      }
    }
    if (opened === undefined) {
      const renamed = setAside(path, damagedSuffix());
      if (renamed !== undefined) {
        report(`the history was damaged (${why}) and is now ${renamed}; a new one was started`);
      }
      opened = openParts();
    }
    const { store, history } = opened;
    // No hub has assigned more numbers than there are milliseconds since 1970, so numbers above that are
    // unused.
    if (unkept || why !== undefined || history.damagedFiles > 0) store.raiseFloor(now);
    lock.recordState({ unkept: false, damaged: false });
    lock.watch(path);
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
 * Opens a temporary history, for the warm-up: in memory, and in a file without a name.
 *
 * @param elapsed a monotonic clock, in milliseconds
 * @returns an empty history
 */
export function openInMemory(elapsed: () => number): History {
  const db = new DatabaseSync(":memory:");
  migrate(db, "memory");
  const store = new Store(db, { ms: Infinity, bytes: Infinity }, elapsed);
  const journal = new Journal(new TemporaryJournalFiles(), 1);
  const lock = { recordState() {}, check() {}, release() {} };
  return new JournaledHistory({ journal, store, lock, elapsed, damagedSuffix: () => "", report() {} });
}

/** Reports that other users can write to the folder: they could replace its files. */
function warnOfWriters(folder: string, report: (text: string) => void): void {
  const { mode } = Deno.statSync(folder);
  if (mode === null || (mode & OTHERS_WRITE) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  report(`other users can write to the data folder ${folder} (mode ${octal}): run chmod 700 ${folder}`);
}

function openDatabase(
  path: string,
  database: (path: string) => DatabaseSync,
  report: (text: string) => void,
): DatabaseSync {
  // A file that SQLite creates could be read by everyone.
  Deno.openSync(path, { write: true, create: true, mode: FILE_MODE }).close();
  checkLength(path);
  const db = database(path);
  try {
    // It has an effect only before the first transaction, and needs the lock.
    if (sizeOf(path) === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    waitForLock(db, path, report);
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${MAX_WAL_PAGES};
      PRAGMA journal_size_limit = ${WAL_BYTES};
      PRAGMA cache_size = -8192;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path);
    checkReadable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Waits while another program has locked the database, such as a backup or the `sqlite3` shell. While the hub runs it
 * does not wait: that would stop all clients, and messages are safe in the journal.
 */
function waitForLock(db: DatabaseSync, path: string, report: (text: string) => void): void {
  const lock = () => db.exec("BEGIN IMMEDIATE; ROLLBACK");
  try {
    return lock();
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
  report(`another program has locked ${path}: waiting for ${LOCK_WAIT_MS / 1000} s at most`);
  try {
    db.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    lock();
    db.exec("PRAGMA busy_timeout = 0");
  } catch (error) {
    if (!isLocked(error)) throw error;
    throw new HistoryError(
      `Cannot open ${path}: another program has locked it: stop that program, then start again`,
    );
  }
}

/**
 * Checks the length of the file: SQLite notices that a file was truncated only when it needs one of the missing
 * pages.
 */
function checkLength(path: string): void {
  if (sizeOf(path + "-wal") > 0) return;
  const bytes = new Uint8Array(HEADER_BYTES);
  using file = Deno.openSync(path, { read: true });
  if (file.readSync(bytes) !== HEADER_BYTES || !new TextDecoder().decode(bytes).startsWith(MAGIC)) return;
  const header = new DataView(bytes.buffer);
  const pageSize = header.getUint16(PAGE_SIZE_AT);
  const size = (pageSize === 1 ? 65_536 : pageSize) * header.getUint32(PAGE_COUNT_AT);
  if (size > sizeOf(path)) throw new Error("the database is malformed: the file was truncated");
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
 * Reads both ends of every table. Damage there would fail at once; damage elsewhere fails only the pages that
 * need it.
 */
function checkReadable(db: DatabaseSync): void {
  for (const end of ["ASC", "DESC"]) {
    db.prepare(`SELECT * FROM lines ORDER BY id ${end} LIMIT 1`).get();
    db.prepare(`SELECT * FROM lines ORDER BY place ${end}, sequence ${end} LIMIT 1`).get();
    db.prepare(`SELECT * FROM receipts ORDER BY timestamp ${end} LIMIT 1`).get();
  }
  db.prepare("SELECT count(*) FROM places").get();
  if (db.prepare("SELECT * FROM state").get() === undefined) {
    throw new Error("malformed: it has no state row");
  }
  pragma(db, "freelist_count");
}

function timestampOf(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** Renames a damaged database; returns its new path, or `undefined` if there was none. */
function setAside(path: string, suffix: string): string | undefined {
  let asidePath: string;
  for (let number = 1;; number++) {
    asidePath = `${path}${suffix}${number === 1 ? "" : `-${number}`}`;
    if (sizeOf(asidePath) === 0) break;
  }
  let found = false;
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + suffix, asidePath + suffix);
      found = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found ? asidePath : undefined;
}
