/**
 * Ensures that only one hub uses a data folder, and records the state of that hub for the next one.
 *
 * Strategy: the lock is an SQLite database that is locked exclusively. The lock ends with the process, however
 * the process ends, and another process notices it at once. A file next to it names the holder. That file has
 * its full length from the start, so it can be overwritten even when the disk is full: a hub with a full disk
 * records there that it runs on without storing messages.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { isLocked, LOCK_WAIT_MS } from "../sqlite/mod.ts";
import { HistoryError } from "./history.ts";

/** The file that is locked. */
const LOCK_FILE = "lock";
/** The file that names the holder. */
const HOLDER_FILE = "holder.json";
/** The length of the holder file, in bytes: one block of most disks. */
const HOLDER_BYTES = 4096;
const FILE_MODE = 0o600;

const holder = v.object({
  pid: v.number(),
  host: v.string(),
  since: v.string(),
  unkept: v.boolean(),
  damaged: v.boolean(),
});

/** The holder of a data folder, and its state. The field names are also the JSON keys in the holder file. */
export interface Holder {
  /** The process id. */
  pid: number;
  /** The host name. */
  host: string;
  /** The start time, as readable text. */
  since: string;
  /** Whether it assigned sequence numbers to messages that are not stored. */
  unkept: boolean;
  /** Whether it found the history damaged. */
  damaged: boolean;
}

/** A data folder that no other hub can use. */
export class FolderLock {
  readonly #lock: DatabaseSync;
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #holder: Holder;
  /**
   * The files that must not be removed or replaced, each with its inode number, if the system has inodes.
   */
  readonly #watched: [path: string, inode: number | null][] = [];
  /** What the previous holder recorded, if it was not stopped cleanly. */
  readonly previous: Holder | undefined;

  /**
   * Locks a data folder.
   *
   * @param folder the path of the folder, which exists
   * @param owner the process and host that lock it, and the start time
   * @param report reports something that the operator should know
   * @throws {HistoryError} when another hub uses the folder; the message names it
   */
  constructor(folder: string, owner: Pick<Holder, "pid" | "host" | "since">, report: (text: string) => void) {
    this.#path = join(folder, HOLDER_FILE);
    const lockPath = join(folder, LOCK_FILE);
    makePrivate(lockPath);
    this.#lock = new DatabaseSync(lockPath);
    try {
      takeLock(this.#lock, () => {
        // A hub that has just started has not written the file yet; it may also be a backup that reads the folder.
        if (readHolder(this.#path) !== undefined) return false;
        report(`another program has locked ${lockPath}: waiting for ${LOCK_WAIT_MS / 1000} s at most`);
        return true;
      });
    } catch (error) {
      this.#lock.close();
      if (!isLocked(error)) throw error;
      throw new HistoryError(`Cannot use the data folder ${folder}: ${inUse(readHolder(this.#path))}`);
    }
    this.previous = readHolder(this.#path);
    this.#holder = {
      ...owner,
      unkept: this.previous?.unkept ?? false,
      damaged: this.previous?.damaged ?? false,
    };
    this.#file = Deno.openSync(this.#path, { read: true, write: true, create: true, mode: FILE_MODE });
    this.#write();
    this.watch(this.#path);
    // Without this file another hub could lock the folder.
    this.watch(lockPath);
  }

  /**
   * Adds a file for {@linkcode FolderLock.check} to check.
   *
   * @param path the path of the file, which exists
   */
  watch(path: string): void {
    this.#watched.push([path, Deno.statSync(path).ino]);
  }

  /**
   * Checks that the watched files are still the same: a deleted file still accepts writes, but the next hub
   * would not find them.
   *
   * @throws {Error} when a watched file was removed or replaced
   */
  check(): void {
    for (const [path, inode] of this.#watched) {
      if (inodeOf(path) !== inode) throw new Error(`${path} was removed or replaced`);
    }
  }

  /**
   * Records the state.
   *
   * @param state the fields that have changed
   */
  recordState(state: Partial<Pick<Holder, "unkept" | "damaged">>): void {
    Object.assign(this.#holder, state);
    this.#write();
  }

  /** Unlocks the folder. State that the next hub needs stays recorded. */
  release(): void {
    this.#file.close();
    const { unkept, damaged } = this.#holder;
    // If the folder was moved away, the file went with it, and a file of another hub must not be removed.
    if (!unkept && !damaged && inodeOf(this.#path) === this.#watched[0]![1]) Deno.removeSync(this.#path);
    this.#lock.close();
  }

  #write(): void {
    const bytes = new TextEncoder().encode(JSON.stringify(this.#holder).padEnd(HOLDER_BYTES - 1) + "\n");
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
  }
}

/**
 * Locks a database.
 *
 * @param mayWait called if it is locked; returns whether to wait
 */
function takeLock(db: DatabaseSync, mayWait: () => boolean): void {
  const take = () => db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  try {
    take();
  } catch (error) {
    if (!isLocked(error) || !mayWait()) throw error;
    db.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    take();
  }
}

/** Creates a file, and makes it private: whoever can read a lock file can also lock it. */
function makePrivate(path: string): void {
  Deno.openSync(path, { write: true, create: true, mode: FILE_MODE }).close();
  if (Deno.build.os !== "windows") Deno.chmodSync(path, FILE_MODE);
}

/** Returns the inode number of a file; `undefined` if the file does not exist. */
function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return undefined;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return v.parse(holder, JSON.parse(Deno.readTextFileSync(path)));
  } catch {
    // The file does not exist, or its first write was interrupted.
    return undefined;
  }
}

function inUse(holder: Holder | undefined): string {
  if (holder === undefined) return `another program has locked its file ${LOCK_FILE}; stop that program`;
  return `another hub is using it: process ${holder.pid} on ${holder.host}, since ${holder.since}`;
}
