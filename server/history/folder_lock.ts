/**
 * That one hub alone uses a data folder, and what it leaves behind for the next one.
 *
 * Strategy: the lock is an SQLite database that is held exclusively, which is gone with the process, however that ends,
 * and
 * is known at once to whoever tries. Who holds it stands in a file beside it. That file is as long from the start as it
 * ever gets, so that it can be written over when nothing else can be written any more: a hub whose disk is full says
 * there that it goes on without keeping lines.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { HistoryError } from "./errors.ts";

/** The file that is locked. */
const LOCK_FILE = "lock";
/** The file that says who holds it. */
const HOLDER_FILE = "holder.json";
/** How long that is, in bytes: a block of most disks. */
const HOLDER_BYTES = 4096;
const FILE_MODE = 0o600;

const holder = v.object({
  pid: v.number(),
  host: v.string(),
  since: v.string(),
  unkept: v.boolean(),
  damaged: v.boolean(),
});

/** Who uses a data folder, and how it goes. */
export interface Holder {
  /** Its process. */
  pid: number;
  /** The machine it runs on. */
  host: string;
  /** Since when, as text for people. */
  since: string;
  /** Whether it has given numbers to lines that are not kept. */
  unkept: boolean;
  /** Whether it has found the history damaged. */
  damaged: boolean;
}

/** A data folder that no other hub can use. */
export class FolderLock {
  readonly #lock: DatabaseSync;
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #holder: Holder;
  /** The files that are to stay, each with its number on the disk, where the system has such. */
  readonly #guarded: [path: string, inode: number | null][] = [];
  /** What the one before left behind, where it was not stopped in order. */
  readonly previous: Holder | undefined;

  /**
   * Takes a folder.
   *
   * @param folder its path; it is there
   * @param who the process and machine that take it, and when
   * @throws {HistoryError} where another hub uses it, which is named
   */
  constructor(folder: string, who: Pick<Holder, "pid" | "host" | "since">) {
    this.#path = join(folder, HOLDER_FILE);
    this.#lock = new DatabaseSync(join(folder, LOCK_FILE));
    try {
      this.#lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    } catch (error) {
      this.#lock.close();
      if (!/locked/.test(String(error))) throw error;
      throw new HistoryError(
        `Cannot use the data folder ${folder}: no other hub may be using it: ${
          inUse(readHolder(this.#path))
        }`,
      );
    }
    this.previous = readHolder(this.#path);
    this.#holder = {
      ...who,
      unkept: this.previous?.unkept ?? false,
      damaged: this.previous?.damaged ?? false,
    };
    this.#file = Deno.openSync(this.#path, { read: true, write: true, create: true, mode: FILE_MODE });
    this.#write();
    this.guard(this.#path);
    // Where it goes, another hub can have the folder.
    this.guard(join(folder, LOCK_FILE));
  }

  /**
   * Has {@linkcode FolderLock.check} look after a file.
   *
   * @param path the file, which is there
   */
  guard(path: string): void {
    this.#guarded.push([path, Deno.statSync(path).ino]);
  }

  /**
   * Makes sure that what is written is there for the next hub: a file that somebody has deleted takes it and keeps
   * nothing.
   *
   * @throws {Error} where a file that is looked after is gone, or another has taken its place
   */
  check(): void {
    for (const [path, inode] of this.#guarded) {
      if (inodeOf(path) !== inode) throw new Error(`${path} has gone`);
    }
  }

  /**
   * Writes down how it goes.
   *
   * @param state what has changed
   */
  note(state: Partial<Pick<Holder, "unkept" | "damaged">>): void {
    Object.assign(this.#holder, state);
    this.#write();
  }

  /** Lets the folder go; what the next one has to know stays. */
  release(): void {
    this.#file.close();
    const { unkept, damaged } = this.#holder;
    // Where the folder has gone it is gone with it, and another's is not ours to remove.
    if (!unkept && !damaged && inodeOf(this.#path) === this.#guarded[0]![1]) Deno.removeSync(this.#path);
    this.#lock.close();
  }

  #write(): void {
    const bytes = new TextEncoder().encode(JSON.stringify(this.#holder).padEnd(HOLDER_BYTES - 1) + "\n");
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }
}

/** The number of a file; `undefined` where there is none. */
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
    // There is none, or it was cut off while it was written for the first time.
    return undefined;
  }
}

function inUse(holder: Holder | undefined): string {
  if (holder === undefined) return "another one is";
  return `process ${holder.pid} on ${holder.host} has been since ${holder.since}`;
}
