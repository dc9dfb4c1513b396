/**
 * The journal: append-only files with the recent messages. A message is safe in the journal before any client
 * receives it; later it is moved to the database (`journal_drain.ts`).
 *
 * Strategy: the journal holds the same frames that clients receive, appended before any of them is sent. So
 * storing a message costs one copy into the memory of the operating system, and a `kill -9` cannot undo it.
 * Files are numbered. A new file is started when the last one is large, and a file is removed when all of it is
 * in the database. The database stores the position up to which the journal is drained in the same transaction
 * as the messages, so nothing is stored twice or left out.
 *
 * Rules: when `append` returns, everything is written; when it throws, nothing of it counts. Files of another
 * process are never appended to, as they may end with half a frame. Files that another process has put in place
 * of ours are never removed.
 *
 * It is long because it holds the journal and both kinds of its files, and the folder has no room for another
 * file.
 *
 * @module
 */
import { join } from "node:path";

/** The size at which a new file is started, in bytes: about 20,000 messages. */
const FILE_BYTES = 4 * 1024 * 1024;
const FILE_MODE = 0o600;
/** The name of a file, before its number. */
const PREFIX = "journal-";
const FILE_NAME = /^journal-(\d{1,15})$/;

/** A position in the journal. */
export interface Position {
  /** The number of the file. */
  readonly file: number;
  /** The offset in the file, in bytes. */
  readonly offset: number;
}

/** One file of a journal. */
export interface JournalFile {
  /** The size, in bytes. */
  readonly size: number;
  /**
   * Appends all bytes.
   *
   * @param bytes the bytes to append
   * @throws {Error} the error of the operating system; some of the bytes may be written then
   */
  append(bytes: Uint8Array): void;
  /**
   * Reads bytes.
   *
   * @param offset where to start, in bytes
   * @param into receives as many bytes as there are
   * @returns the number of bytes read
   */
  read(offset: number, into: Uint8Array): number;
  /**
   * Removes the end of the file.
   *
   * @param size the size that remains, in bytes
   */
  truncate(size: number): void;
  /** Closes the file. */
  close(): void;
}

/** The files of a journal. */
export interface JournalFiles {
  /** Whether the files remain when the process ends, so that they should be drained on close. */
  readonly persistent: boolean;
  /** Lists the numbers of the existing files, in ascending order. */
  list(): number[];
  /**
   * Opens a file for reading, or creates one for appending.
   *
   * @param file the number of the file
   * @param make whether to create it
   * @returns the open file
   */
  open(file: number, make: boolean): JournalFile;
  /**
   * Removes a file that was opened here, unless another process has replaced it.
   *
   * @param file the number of the file
   */
  remove(file: number): void;
  /**
   * Renames a file, so that it is no longer part of the journal.
   *
   * @param file the number of the file
   * @param suffix what to append to its name
   * @returns its new path
   */
  setAside(file: number, suffix: string): string;
}

/** A journal that only this process writes. */
export class Journal {
  readonly #files: JournalFiles;
  #number: number;
  #open: JournalFile | undefined;
  /** The last file that was read, other than the one that is appended to. */
  #reading: { number: number; file: JournalFile } | undefined;
  /** The sizes of the files before the one that is appended to, in bytes, by number. */
  readonly #closed = new Map<number, number>();

  /**
   * Opens a journal; new messages go after everything that exists.
   *
   * @param files the files of the journal
   * @param minNumber the lowest number that a new file may have
   */
  constructor(files: JournalFiles, minNumber: number) {
    this.#files = files;
    this.#number = minNumber - 1;
    for (const number of files.list()) {
      const file = files.open(number, false);
      const { size } = file;
      file.close();
      if (size === 0) {
        // Left by a hub that was killed before the first message: it is empty, so its number can be used again.
        files.remove(number);
        continue;
      }
      this.#closed.set(number, size);
      this.#number = Math.max(this.#number, number);
    }
    this.#number++;
  }

  /** Whether the files remain when the process ends. */
  get persistent(): boolean {
    return this.#files.persistent;
  }

  /** The position at which the next frame is appended. */
  get end(): Position {
    return { file: this.#number, offset: this.#open?.size ?? 0 };
  }

  /** The number of the first file; that of the file that is appended to if there is no other. */
  get firstFile(): number {
    for (const number of this.#closed.keys()) return number;
    return this.#number;
  }

  /**
   * Returns how much of the journal follows a position.
   *
   * @param position the position
   * @returns the number of bytes
   */
  bytesAfter({ file, offset }: Position): number {
    let bytes = -offset;
    for (const [number, size] of this.#closed) if (number >= file) bytes += size;
    return bytes + (this.#number >= file ? this.#open?.size ?? 0 : 0);
  }

  /**
   * Creates the file that is appended to, so that the first message does not wait for it.
   *
   * @throws {Error} the error of the operating system; the next `append` tries again
   */
  prepare(): void {
    this.#open ??= this.#files.open(this.#number, true);
  }

  /**
   * Appends frames: all or none.
   *
   * @param frames whole frames, in pieces
   * @throws {Error} the error of the operating system
   */
  append(frames: readonly Uint8Array[]): void {
    if (this.#open !== undefined && this.#open.size >= FILE_BYTES) this.#rotate();
    this.prepare();
    const file = this.#open!;
    const { size } = file;
    try {
      for (const bytes of frames) file.append(bytes);
    } catch (error) {
      try {
        file.truncate(size);
      } catch {
        // The file now ends with half a frame; the next frames must still be readable.
        this.#rotate();
      }
      throw error;
    }
  }

  /**
   * Starts a new file, unless the present one is empty, so that the present one can be removed once it is
   * drained.
   */
  rotate(): void {
    if ((this.#open?.size ?? 0) > 0) this.#rotate();
  }

  /** Starts a new file for the next frames. */
  #rotate(): void {
    const file = this.#open!;
    this.#closed.set(this.#number++, file.size);
    this.#open = undefined;
    if (this.#reading?.number === this.#number - 1) file.close();
    else this.#keepReading(this.#number - 1, file);
  }

  #keepReading(number: number, file: JournalFile): void {
    this.#reading?.file.close();
    this.#reading = { number, file };
  }

  /**
   * Reads bytes at a position.
   *
   * @param position the position
   * @param into receives as many bytes of that file as there are
   * @returns the number of bytes read; 0 at the end of a file
   */
  read({ file: number, offset }: Position, into: Uint8Array): number {
    if (number === this.#number) return this.#open?.read(offset, into) ?? 0;
    if (!this.#closed.has(number)) return 0;
    if (this.#reading?.number !== number) this.#keepReading(number, this.#files.open(number, false));
    return this.#reading!.file.read(offset, into);
  }

  /**
   * Returns the file that follows another one.
   *
   * @param number the number of a file
   * @returns the number of the next file; `undefined` if there is none
   */
  nextFile(number: number): number | undefined {
    for (const next of this.#closed.keys()) if (next > number) return next;
    return number < this.#number ? this.#number : undefined;
  }

  /**
   * Removes all files before a file.
   *
   * @param number the number of the first file that stays
   */
  removeBefore(number: number): void {
    for (const old of this.#closed.keys()) {
      if (old >= number) break;
      this.#stopReading(old);
      this.#closed.delete(old);
      this.#files.remove(old);
    }
  }

  /**
   * Renames a damaged file, so that its contents can still be examined. It must not be the file that is
   * appended to.
   *
   * @param number the number of the file
   * @param suffix what to append to its name
   * @returns its new path
   * @throws {Error} the error of the operating system; the file is still part of the journal then
   */
  setAside(number: number, suffix: string): string {
    // Only after the rename is the file no longer part of the journal.
    this.#stopReading(number);
    const path = this.#files.setAside(number, suffix);
    this.#closed.delete(number);
    return path;
  }

  #stopReading(number: number): void {
    if (this.#reading?.number !== number) return;
    this.#reading.file.close();
    this.#reading = undefined;
  }

  /**
   * Closes the journal.
   *
   * @param drained whether everything is in the database, so that the files can be removed
   */
  close(drained: boolean): void {
    this.#reading?.file.close();
    this.#open?.close();
    if (!drained) return;
    const numbers = [...this.#closed.keys(), ...(this.#open === undefined ? [] : [this.#number])];
    for (const number of numbers) this.#files.remove(number);
  }
}

/** The files of a journal in a folder. */
export class FolderJournalFiles implements JournalFiles {
  /** As {@linkcode JournalFiles.persistent}. */
  readonly persistent = true;
  readonly #folder: string;
  /** The inode numbers of the files that were opened. */
  readonly #inodes = new Map<number, number | null>();

  /**
   * Uses a folder.
   *
   * @param folder the path of the folder
   */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** As {@linkcode JournalFiles.list}. */
  list(): number[] {
    const numbers = [...Deno.readDirSync(this.#folder)].flatMap(({ name }) => {
      const [, number] = FILE_NAME.exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    return numbers.sort((one, other) => one - other);
  }

  /** As {@linkcode JournalFiles.open}. */
  open(number: number, make: boolean): JournalFile {
    const how = make ? { append: true, createNew: true, mode: FILE_MODE } : {};
    const file = new DiskFile(Deno.openSync(this.#path(number), { read: true, ...how }));
    this.#inodes.set(number, file.inode);
    return file;
  }

  /** As {@linkcode JournalFiles.remove}. */
  remove(number: number): void {
    const path = this.#path(number);
    const inode = this.#inodes.get(number);
    try {
      // The folder may have been moved away, and another hub may use a new one with the same name.
      if (Deno.lstatSync(path).ino !== inode) return;
      Deno.removeSync(path);
    } catch (error) {
      // The file is gone together with its folder.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#inodes.delete(number);
  }

  /** As {@linkcode JournalFiles.setAside}. */
  setAside(number: number, suffix: string): string {
    const aside = this.#path(number) + suffix;
    Deno.renameSync(this.#path(number), aside);
    return aside;
  }

  #path(number: number): string {
    return join(this.#folder, PREFIX + number);
  }
}

class DiskFile implements JournalFile {
  readonly #file: Deno.FsFile;
  readonly inode: number | null;
  size: number;

  constructor(file: Deno.FsFile) {
    this.#file = file;
    const { ino, size } = file.statSync();
    this.inode = ino;
    this.size = size;
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const count = this.#file.writeSync(done === 0 ? bytes : bytes.subarray(done));
      done += count;
      this.size += count;
    }
  }

  read(offset: number, into: Uint8Array): number {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    let done = 0;
    while (done < into.length) {
      const count = this.#file.readSync(into.subarray(done));
      if (count === null || count === 0) break;
      done += count;
    }
    return done;
  }

  truncate(size: number): void {
    this.#file.truncateSync(size);
    this.size = size;
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * The files of a temporary journal, for the warm-up: real files without a name, so that the engine compiles the
 * same code as for a real journal.
 */
export class TemporaryJournalFiles implements JournalFiles {
  /** As {@linkcode JournalFiles.persistent}. */
  readonly persistent = false;

  /** As {@linkcode JournalFiles.list}. */
  list(): number[] {
    return [];
  }

  /** As {@linkcode JournalFiles.open}. */
  open(): JournalFile {
    const path = Deno.makeTempFileSync({ prefix: "riftchat-" });
    const file = Deno.openSync(path, { read: true, append: true });
    try {
      Deno.removeSync(path);
      return new DiskFile(file);
    } catch (error) {
      // Windows cannot remove an open file.
      file.close();
      Deno.removeSync(path);
      throw error;
    }
  }

  /** As {@linkcode JournalFiles.remove}; the files have no names. */
  remove(): void {}

  /** As {@linkcode JournalFiles.setAside}; the files have no names. */
  setAside(): string {
    return "";
  }
}
