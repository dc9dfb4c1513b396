/**
 * The files of a journal: in a folder, or temporary ones without names.
 *
 * @module
 */
import { join } from "node:path";

const FILE_MODE = 0o600;
/** The name of a file, before its number. */
const PREFIX = "journal-";
const FILE_NAME = /^journal-(\d{1,15})$/;

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
