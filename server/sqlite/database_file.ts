/**
 * Opens the file of a database, and renames a damaged one.
 *
 * Rules: only the owner has access to the file. A file of another user is not used. A database of a newer version or
 * of another program is not changed.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { checkFileOwner } from "../../runtime/mod.ts";
import { isLocked, LOCK_WAIT_MS } from "./database_errors.ts";
import { migrate, type Schema } from "./migrate.ts";

/** Only the owner has access. */
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

/** Options of {@linkcode openDatabaseFile}. */
export interface DatabaseFileOptions {
  /** The tables and their migrations. */
  schema: Schema;
  /**
   * Opens a database; the default is SQLite's own way.
   *
   * @param path the path of the file
   * @returns the database
   */
  database?: ((path: string) => DatabaseSync) | undefined;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/**
 * Opens a database of the newest version; creates the file if there is none, and migrates an older one. The
 * write-ahead log keeps committed data safe when this process ends.
 *
 * @param path the path of the file
 * @param options see {@linkcode DatabaseFileOptions}
 * @returns the database
 * @throws {OwnerError} if the file or one of SQLite beside it belongs to another user
 * @throws {Error} of the class of the schema if the file cannot be used; of SQLite if it is damaged, see `isDamage`
 */
export function openDatabaseFile(path: string, options: DatabaseFileOptions): DatabaseSync {
  const { schema, database = (path) => new DatabaseSync(path) } = options;
  for (const suffix of ["", "-wal", "-shm", "-journal"]) checkFileOwner(path + suffix);
  // A file that SQLite creates could be read by everyone.
  Deno.openSync(path, { write: true, create: true, mode: FILE_MODE }).close();
  checkLength(path);
  const db = database(path);
  try {
    // It has an effect only before the first transaction, and needs the lock.
    if (sizeOf(path) === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    waitForLock(db, path, options);
    // What is deleted is overwritten with zeros.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${MAX_WAL_PAGES};
      PRAGMA journal_size_limit = ${WAL_BYTES};
      PRAGMA cache_size = -8192;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path, schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Waits while another program has locked the database, such as a backup or the `sqlite3` shell. While the hub runs it
 * does not wait: that would stop all clients.
 */
function waitForLock(
  db: DatabaseSync,
  path: string,
  { schema: { Failure }, report }: DatabaseFileOptions,
): void {
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
    throw new Failure(
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
 * Renames a damaged database. It is never deleted.
 *
 * @param path the path of its file
 * @param suffix what is appended to the name; if there is such a file, a number follows
 * @returns the new path; `undefined` if there was no file
 */
export function setAside(path: string, suffix: string): string | undefined {
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
