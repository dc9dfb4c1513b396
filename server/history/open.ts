/**
 * Opens a history: locks the data folder, opens or creates its database, sets a damaged one aside, and drains
 * what the previous hub left in the journal.
 *
 * Rules: a folder or file of another user is not used; a database of a newer version or of another program is not
 * changed; a damaged one is renamed and never deleted; if sequence numbers may have been lost, none of them is assigned
 * again.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDamage, migrate, openDatabaseFile, pragma, setAside } from "../sqlite/mod.ts";
import { type History, HistoryError, StorageError } from "./history.ts";
import { FolderLock } from "./folder_lock.ts";
import { FolderJournalFiles, Journal, type JournalFiles, TemporaryJournalFiles } from "../journal/mod.ts";
import { JournaledHistory } from "./journaled_history.ts";
import type { Retention } from "../settings/mod.ts";
import { checkFileOwner, checkFolderOwner, deniedByOwner, OwnerError } from "../../runtime/mod.ts";
import { SCHEMA } from "./schema.ts";
import { Store } from "./store.ts";

/** The bits of a mode with which other users can write. */
const OTHERS_WRITE = 0o022;
/** The name of the database file. */
export const DATABASE_FILE = "riftchat.db";
/** The names of the files in a data folder, besides databases that `openDatabaseFile` checks. */
const FILE_NAMES = /^(lock(-journal|-wal|-shm)?|holder\.json|journal-\d+)$/;
/** Only the owner has access, as the history contains direct messages. */
const FOLDER_MODE = 0o700;

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
  /** Whether a hub starts, which begins an epoch; not for an import. The default is `true`. */
  beginsEpoch?: boolean;
  /**
   * Tells, if the history is a copy of a log that several hubs share, whether a copy that was made up to there is one
   * of that log. If it is not, a new one begins. If it throws, the copy remains as it is. Without it, a folder with a
   * copy is refused.
   *
   * @param progress as in {@linkcode History.progress}
   */
  isCurrentCopy?: ((progress: string) => boolean) | undefined;
  /**
   * Whether a folder with a copy may be opened without it, if the copy is not damaged: for a command that changes no
   * message. No if not given.
   */
  allowsCopy?: boolean | undefined;
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
 * @throws {HistoryError} when another hub uses the folder, when it or a file in it belongs to another user, when the
 * database has a newer version or belongs to another program, or when it cannot be opened for another reason than
 * damage
 */
export function openHistory(options: OpenOptions): History {
  const { folder, retention, now, host, elapsed, report, database, beginsEpoch = true } = options;
  const files = options.journal ?? new FolderJournalFiles(folder);
  const path = join(folder, DATABASE_FILE);
  let lock: FolderLock | undefined;
  let db: DatabaseSync | undefined;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    checkOwners(folder);
    warnOfWriters(folder, report);
    lock = new FolderLock(folder, { pid: Deno.pid, host, since: new Date(now).toISOString() }, report);
    const { unkept = false, damaged = false } = lock.previous ?? {};
    const openedAt = elapsed();
    const damagedSuffix = () => `.damaged-${timestampOf(now + elapsed() - openedAt)}`;
    const openParts = () => {
      db = openDatabase(path, database, report);
      const store = new Store(db, retention, elapsed, path);
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
    const isWhole = !unkept && why === undefined && history.damagedFiles === 0;
    const isCopy = store.progress !== undefined;
    if (options.isCurrentCopy !== undefined) {
      if (!isUsableCopy(store, options.isCurrentCopy, isWhole)) {
        lock.recordState({ unkept: false, damaged: false });
        lock = db = undefined;
        history.close();
        const renamed = setAside(path, `.replaced-${timestampOf(now)}`);
        report(
          `the copy of the log of the cluster cannot be used any more, and is now ${renamed}; it is copied again`,
        );
        return openHistory(options);
      }
    } else if (isCopy) {
      if (options.allowsCopy !== true || !isWhole) {
        throw new HistoryError(
          `${folder} has the copy of the log of a cluster, which only a hub with --cluster may change`,
        );
      }
    } else if (!isWhole) {
      // No hub has assigned more numbers than there are milliseconds since 1970, so numbers above that are unused.
      store.raiseFloor(now);
    }
    if (beginsEpoch && options.isCurrentCopy === undefined && !isCopy) beginEpoch(store, report);
    lock.recordState({ unkept: false, damaged: false });
    lock.watch(path);
    history.prepare();
    return history;
  } catch (error) {
    db?.close();
    lock?.release();
    if (error instanceof HistoryError) throw error;
    if (error instanceof OwnerError) throw new HistoryError(error.message);
    const reason = deniedByOwner(folder, error) ?? (error instanceof Error ? error.message : String(error));
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
  migrate(db, "memory", SCHEMA);
  const store = new Store(db, { ms: Infinity, bytes: Infinity }, elapsed);
  const journal = new Journal(new TemporaryJournalFiles(), 1);
  const lock = { recordState() {}, check() {}, release() {} };
  return new JournaledHistory({ journal, store, lock, elapsed, damagedSuffix: () => "", report() {} });
}

/**
 * Tells whether a database can go on as the copy of a log.
 *
 * @throws {HistoryError} if it has messages that are no copy
 */
function isUsableCopy(store: Store, isCurrent: (progress: string) => boolean, isWhole: boolean): boolean {
  if (store.progress !== undefined) return isWhole && isCurrent(store.progress);
  if (store.newestId === 0) return true;
  throw new HistoryError(
    "the folder has the messages of a hub of its own, which are not in the cluster: riftchat cluster import brings " +
      "them there if nobody has written there yet, and with --continue the rest after an import that was interrupted",
  );
}

/** Begins an epoch. Without it the chat goes on as well, but clients do not notice a history restored from a backup. */
function beginEpoch(store: Store, report: (text: string) => void): void {
  try {
    store.beginEpoch();
  } catch (error) {
    if (!(error instanceof StorageError) || error.damaged) throw error;
    report(
      `cannot record the start: ${error.message}; clients notice a restored backup only after the next start`,
    );
  }
}

/** Throws if the folder or a file in it belongs to another user: a file could be a link to one of somebody else. */
function checkOwners(folder: string): void {
  checkFolderOwner(folder);
  for (const { name } of Deno.readDirSync(folder)) {
    if (FILE_NAMES.test(name)) checkFileOwner(join(folder, name));
  }
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
  database: OpenOptions["database"],
  report: (text: string) => void,
): DatabaseSync {
  const db = openDatabaseFile(path, { schema: SCHEMA, database, report });
  try {
    checkReadable(db);
    return db;
  } catch (error) {
    db.close();
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
