/**
 * Reads the file of an open database for texts in unused space, and empties its write-ahead log (WAL).
 *
 * Rules: the file is read only while the WAL is empty, so that it is what the database has. It stays open as long as
 * the database: closing it would release the locks that SQLite has on it (sqlite.org/howtocorrupt.html, 2.2).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isLocked, pragma } from "../sqlite/mod.ts";
import { type UncleanPage, uncleanPages } from "./unused_space.ts";

/** How many pages are read at once: a megabyte, which takes half a millisecond. */
const CHUNK_PAGES = 256;

/** Purges one database, which only this process writes. */
export class Purger {
  readonly #db: DatabaseSync;
  readonly #path: string | undefined;
  readonly #elapsed: () => number;
  #file: Deno.FsFile | undefined;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The number of the next page to check. */
  #next = 0;

  /**
   * Uses an open database.
   *
   * @param db the database, with `secure_delete`
   * @param path the path of its file; `undefined` if it is in memory
   * @param elapsed a monotonic clock, in milliseconds
   */
  constructor(db: DatabaseSync, path: string | undefined, elapsed: () => number) {
    this.#db = db;
    this.#path = path;
    this.#elapsed = elapsed;
  }

  /** Goes back to the first page. */
  restart(): void {
    this.#next = 0;
  }

  /**
   * Checks some pages, from where the last call has ended.
   *
   * @param ms approximate time limit, in milliseconds
   * @param clean is called for each page with text in its unused space
   * @returns `done` after the last page; `blocked` if another program reads the database, so that none can be checked
   */
  check(ms: number, clean: (page: UncleanPage) => void): "more" | "done" | "blocked" {
    if (this.#path === undefined) return "done";
    const end = this.#elapsed() + ms;
    const pageSize = pragma(this.#db, "page_size");
    const pages = pragma(this.#db, "page_count");
    this.#file ??= Deno.openSync(this.#path, { read: true });
    if (this.#buffer.length !== CHUNK_PAGES * pageSize) this.#buffer = new Uint8Array(CHUNK_PAGES * pageSize);
    if (!this.emptyLog()) return "blocked";
    // The first page has the schema.
    for (this.#next = Math.max(1, this.#next); this.#next < pages;) {
      const count = Math.min(CHUNK_PAGES, pages - this.#next);
      const bytes = this.#read(this.#next * pageSize, this.#buffer.subarray(0, count * pageSize));
      for (const page of uncleanPages(bytes, pageSize)) clean(page);
      this.#next += count;
      if (this.#elapsed() >= end) return this.#next < pages ? "more" : "done";
    }
    return "done";
  }

  #read(offset: number, into: Uint8Array): Uint8Array {
    this.#file!.seekSync(offset, Deno.SeekMode.Start);
    let done = 0;
    while (done < into.length) {
      const count = this.#file!.readSync(into.subarray(done));
      if (count === null || count === 0) break;
      done += count;
    }
    return into.subarray(0, done);
  }

  /**
   * Copies the WAL to the database file and truncates it.
   *
   * @returns whether it is empty; not if another program reads the database
   */
  emptyLog(): boolean {
    try {
      const row = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
      return row?.busy === 0;
    } catch (error) {
      if (isLocked(error)) return false;
      throw error;
    }
  }

  /** Closes the file. The database must be closed. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
