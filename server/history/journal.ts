/**
 * The journal: what was said lately, as it was said, in files that are only ever appended to. It is what makes a line
 * safe
 * before anybody sees it; from there it is filed in the database later, when there is time.
 *
 * Strategy: it is written as the very frames that people are told, in one piece before anything of it is written to
 * anybody, so that keeping a line costs a copy
 * into the memory of the system, and a `kill -9` takes nothing of that back. Files have numbers; a new one is begun
 * when one
 * is large, and one is gone when all of it is filed. The database knows up to where it is filed, in the same
 * transaction
 * as the lines themselves, so that nothing is filed twice or left out.
 *
 * Rules: what `append` returned from is whole; where it throws, nothing of it is there. No file is appended to that
 * another
 * process wrote: its end may be half a frame. No file is removed that another process has put in the place of ours.
 *
 * It is long because it holds the journal and both of its kinds of files.
 *
 * @module
 */
import { join } from "node:path";

/** How large a file grows before another is begun, in bytes: some 20,000 lines. */
const FILE_BYTES = 4 * 1024 * 1024;
const FILE_MODE = 0o600;
/** How files are called, before and after their numbers. */
const PREFIX = "journal-";
const FILE_NAME = /^journal-(\d{1,15})$/;

/** A place in the journal. */
export interface Position {
  /** The number of the file. */
  readonly file: number;
  /** How many bytes of it are before the place. */
  readonly at: number;
}

/** One file of a journal. */
export interface JournalFile {
  /** How many bytes it has. */
  readonly size: number;
  /**
   * Appends bytes, all of them.
   *
   * @param bytes what to append
   * @throws {Error} what the system says; then some of them may be there
   */
  append(bytes: Uint8Array): void;
  /**
   * Reads.
   *
   * @param at where to begin
   * @param into takes as many bytes as there are
   * @returns how many there were
   */
  read(at: number, into: Uint8Array): number;
  /**
   * Throws away the end.
   *
   * @param size how many bytes stay
   */
  truncate(size: number): void;
  /** Lets the file go. */
  close(): void;
}

/** Where the files of a journal are. */
export interface JournalFiles {
  /** Whether they are still there when this process has ended, so that what is in them is worth filing at the end. */
  readonly lasting: boolean;
  /** The numbers of those there are, in order. */
  list(): number[];
  /**
   * Opens one to be read, or makes one to be appended to.
   *
   * @param file its number
   * @param make whether it is to be made
   * @returns the file
   */
  open(file: number, make: boolean): JournalFile;
  /**
   * Removes one that was opened here, unless another one has taken its place.
   *
   * @param file its number
   */
  remove(file: number): void;
  /**
   * Gives one another name, under which it is left alone.
   *
   * @param file its number
   * @param ending what is added to its name
   * @returns its path now
   */
  setAside(file: number, ending: string): string;
}

/** A journal that this process alone writes. */
export class Journal {
  readonly #files: JournalFiles;
  #number: number;
  #open: JournalFile | undefined;
  /** The file that was read last, where it is another one. */
  #reading: { number: number; file: JournalFile } | undefined;
  /** How many bytes are in the files before the one that is appended to. */
  readonly #closed = new Map<number, number>();

  /**
   * Goes on behind all that is there.
   *
   * @param files where its files are
   * @param least the least number that a new file may have
   */
  constructor(files: JournalFiles, least: number) {
    this.#files = files;
    this.#number = least - 1;
    for (const number of files.list()) {
      const file = files.open(number, false);
      const { size } = file;
      file.close();
      if (size === 0) {
        // Of a hub that was killed before anybody said something: there is nothing to file, and its number is free.
        files.remove(number);
        continue;
      }
      this.#closed.set(number, size);
      this.#number = Math.max(this.#number, number);
    }
    this.#number++;
  }

  /** Whether it is still there when this process has ended. */
  get lasting(): boolean {
    return this.#files.lasting;
  }

  /** Where what is appended next will be. */
  get end(): Position {
    return { file: this.#number, at: this.#open?.size ?? 0 };
  }

  /** The number of the first file there is; that of the one that is appended to where there is no other. */
  get first(): number {
    for (const number of this.#closed.keys()) return number;
    return this.#number;
  }

  /**
   * Tells how much there is behind a place.
   *
   * @param position the place
   * @returns how many bytes
   */
  behind({ file, at }: Position): number {
    let bytes = -at;
    for (const [number, size] of this.#closed) if (number >= file) bytes += size;
    return bytes + (this.#number >= file ? this.#open?.size ?? 0 : 0);
  }

  /**
   * Makes the file that is appended to, so that the first line does not have to wait for that.
   *
   * @throws {Error} what the system says; then the next line has it tried again
   */
  prepare(): void {
    this.#open ??= this.#files.open(this.#number, true);
  }

  /**
   * Appends frames: all or none.
   *
   * @param frames whole frames, in pieces
   * @throws {Error} what the system says
   */
  append(frames: readonly Uint8Array[]): void {
    if (this.#open !== undefined && this.#open.size >= FILE_BYTES) this.#turn();
    this.prepare();
    const file = this.#open!;
    const { size } = file;
    try {
      for (const bytes of frames) file.append(bytes);
    } catch (error) {
      try {
        file.truncate(size);
      } catch {
        // Then half a frame ends this file, and the next ones are to be read all the same.
        this.#turn();
      }
      throw error;
    }
  }

  /** Has what follows appended to another file, where something was appended to this one, so that this one can go. */
  turn(): void {
    if ((this.#open?.size ?? 0) > 0) this.#turn();
  }

  /** Has what follows appended to another file. */
  #turn(): void {
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
   * Reads what is at a place.
   *
   * @param position the place
   * @param into takes as many bytes of that file as there are
   * @returns how many there were; none at the end of a file
   */
  read({ file: number, at }: Position, into: Uint8Array): number {
    if (number === this.#number) return this.#open?.read(at, into) ?? 0;
    if (!this.#closed.has(number)) return 0;
    if (this.#reading?.number !== number) this.#keepReading(number, this.#files.open(number, false));
    return this.#reading!.file.read(at, into);
  }

  /**
   * Gives the file that comes after another one.
   *
   * @param number its number
   * @returns the number of the next one; nothing where it is the one that is appended to, or none follows
   */
  after(number: number): number | undefined {
    for (const next of this.#closed.keys()) if (next > number) return next;
    return number < this.#number ? this.#number : undefined;
  }

  /**
   * Removes the files before one.
   *
   * @param number its number
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
   * Gives a file another name, so that its rest is there for whoever wants to look at it. It is not the one that is
   * appended to.
   *
   * @param number its number
   * @param ending what is added to its name
   * @returns its path now
   * @throws {Error} what the system says; then it is still a part of the journal
   */
  setAside(number: number, ending: string): string {
    // Only what has its other name is no part of the journal any more.
    this.#stopReading(number);
    const path = this.#files.setAside(number, ending);
    this.#closed.delete(number);
    return path;
  }

  #stopReading(number: number): void {
    if (this.#reading?.number !== number) return;
    this.#reading.file.close();
    this.#reading = undefined;
  }

  /**
   * Ends.
   *
   * @param filed whether all of it is filed, so that it is not needed any more
   */
  close(filed: boolean): void {
    this.#reading?.file.close();
    this.#open?.close();
    if (!filed) return;
    const numbers = [...this.#closed.keys(), ...(this.#open === undefined ? [] : [this.#number])];
    for (const number of numbers) this.#files.remove(number);
  }
}

/** The files of a journal in a folder. */
export class FolderJournal implements JournalFiles {
  /** As {@linkcode JournalFiles.lasting}. */
  readonly lasting = true;
  readonly #folder: string;
  /** The numbers on the disk of those that were opened. */
  readonly #inodes = new Map<number, number | null>();

  /**
   * Looks into a folder.
   *
   * @param folder its path
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
      // The folder may have been moved away, and another hub begun in a new one under its name.
      if (Deno.lstatSync(path).ino !== inode) return;
      Deno.removeSync(path);
    } catch (error) {
      // With its folder it is gone already.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#inodes.delete(number);
  }

  /** As {@linkcode JournalFiles.setAside}. */
  setAside(number: number, ending: string): string {
    const aside = this.#path(number) + ending;
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

  read(at: number, into: Uint8Array): number {
    this.#file.seekSync(at, Deno.SeekMode.Start);
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
 * A journal that is thrown away, for rehearsals: in a file that has no name. It is a file like any other, so that the
 * engine
 * compiles for it what the real one needs.
 */
export class PassingJournal implements JournalFiles {
  /** As {@linkcode JournalFiles.lasting}. */
  readonly lasting = false;

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
      // Windows removes no file that is open.
      file.close();
      Deno.removeSync(path);
      throw error;
    }
  }

  /** As {@linkcode JournalFiles.remove}: they have no names. */
  remove(): void {}

  /** As {@linkcode JournalFiles.setAside}: they have no names. */
  setAside(): string {
    return "";
  }
}
