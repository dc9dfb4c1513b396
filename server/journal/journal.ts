/**
 * The journal: append-only files with the recent messages. A message is safe in the journal before any client
 * receives it; later the history moves it to its database.
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
 * @module
 */
import type { JournalFile, JournalFiles } from "./journal_files.ts";

/** The size at which a new file is started, in bytes: about 20,000 messages. */
const FILE_BYTES = 4 * 1024 * 1024;

/** How many bytes are collected for one write. */
const BUFFER_BYTES = 16 * 1024;

/** A position in the journal. */
export interface Position {
  /** The number of the file. */
  readonly file: number;
  /** The offset in the file, in bytes. */
  readonly offset: number;
}

/** A journal that only this process writes. */
export class Journal {
  readonly #files: JournalFiles;
  #number: number;
  #open: JournalFile | undefined;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
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
      if (frames.length === 1) file.append(frames[0]!);
      else this.#appendTogether(file, frames);
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

  /** Appends pieces in as few writes as possible: a write to a file takes longer than copying some hundred bytes. */
  #appendTogether(file: JournalFile, pieces: readonly Uint8Array[]): void {
    const buffer = this.#buffer;
    let used = 0;
    for (const bytes of pieces) {
      if (used + bytes.length > BUFFER_BYTES && used > 0) {
        file.append(buffer.subarray(0, used));
        used = 0;
      }
      if (bytes.length > BUFFER_BYTES) {
        file.append(bytes);
        continue;
      }
      buffer.set(bytes, used);
      used += bytes.length;
    }
    if (used > 0) file.append(buffer.subarray(0, used));
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
