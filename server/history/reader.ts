/**
 * Reads a history beside the hub that writes it, or while none does: what is filed in the database, and behind it
 * what stands in the journal only.
 *
 * Strategy: the database says up to where the journal is filed, so whoever reads both in that order, with one view of
 * the
 * database, has every line once. The hub removes a file of the journal only after the database says that it is filed:
 * so
 * where that has moved on to another file meanwhile, a file may have been missed, and all is read again.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "./errors.ts";
import type { KeptLine, Page, Place } from "./history.ts";
import { Index, wordsOf } from "./indexing.ts";
import { FolderJournal, type Position } from "./journal.ts";
import { DATABASE_FILE } from "./open.ts";
import { LINE_COLUMNS, PageBuilder, type Row } from "./page.ts";
import { readRecords, type RecordedLine } from "./record.ts";
import { checkVersion } from "./schema.ts";
import { placeKey, Store } from "./store.ts";

/** How often all is read again, where files of the journal are filed faster than they are read. */
const MAX_TRIES = 10;

/** Which lines are read. */
export interface ReaderQuery {
  /** The room, or what `conversationKey` gives. */
  place: string;
  /** Only those before this number. */
  before?: number | undefined;
  /** Only those after this number; then the page begins right after it, otherwise it ends at the newest. */
  after?: number | undefined;
  /** Only those that were said then or later, in milliseconds since 1970. */
  since?: number | undefined;
  /** Words, all of which must be in a line. */
  match?: string | undefined;
  /** How many lines at most. */
  limit: number;
}

/** A place of which something is kept. */
export interface KeptPlace {
  /** A room's name, or what `conversationKey` gives. */
  name: string;
  /** The number of its last line. */
  last: number;
}

/** A history that is only read. */
export class HistoryReader {
  readonly #db: DatabaseSync;
  readonly #files: FolderJournal;
  readonly #path: string;

  /**
   * Opens the history in a data folder, whether or not a hub uses it.
   *
   * @param folder the path of the folder
   * @throws {HistoryError} where there is no history, or it cannot be read
   */
  constructor(folder: string) {
    const path = join(folder, DATABASE_FILE);
    this.#path = path;
    this.#files = new FolderJournal(folder);
    let db: DatabaseSync | undefined;
    try {
      // SQLite's own words for a file that is not there help nobody.
      Deno.statSync(path);
      db = this.#db = new DatabaseSync(path, { readOnly: true });
      checkVersion(db, path);
    } catch (error) {
      db?.close();
      if (error instanceof HistoryError) throw error;
      const reason = error instanceof Deno.errors.NotFound
        ? "there is none"
        : error instanceof Error
        ? error.message
        : String(error);
      throw new HistoryError(`Cannot read the history in ${folder}: ${reason}`, { cause: error });
    }
  }

  /**
   * Lists all places, rooms first as they were made.
   *
   * @returns the rooms and conversations of which something is kept
   */
  places(): KeptPlace[] {
    return this.#view((store, unfiled) => {
      const places = new Map(store.places().map((place) => [placeKey(place.name), place]));
      for (const { place: name, sequence } of unfiled) {
        const key = placeKey(name);
        places.set(key, { name: places.get(key)?.name ?? name, last: sequence });
      }
      const all = [...places.values()];
      return [
        ...all.filter(({ name }) => !name.startsWith("@")),
        ...all.filter(({ name }) => name.startsWith("@")),
      ];
    });
  }

  /**
   * Reads lines.
   *
   * @param query which
   * @returns them, oldest first, and whether there are more: after these where `after` or `since` was given and nothing
   * was
   * searched for, otherwise before these
   * @throws {HistoryError} where the journal is filed faster than it can be read
   */
  page(query: ReaderQuery): Page {
    const { before = Number.MAX_SAFE_INTEGER, since = -Infinity, match, limit } = query;
    const words = match === undefined ? [] : wordsOf(fold(match));
    const forwards = (query.after !== undefined || query.since !== undefined) && match === undefined;
    return this.#view((store, unfiled) => {
      const place = store.place(query.place);
      const after = Math.max(query.after ?? -1, since > 0 ? store.lastBefore(place, since) : -1);
      const rest = unfiled.filter(({ place: name, sequence, timestamp, message }) =>
        placeKey(name) === place.key && sequence > after && sequence < before && timestamp >= since &&
        hasWords(message, words)
      ).map((line): KeptLine => ({ ...line, place }));
      if (forwards) {
        const page = store.page({ place: query.place, before, after, limit, bytes: Infinity });
        const lines = [...page.lines, ...rest];
        return { lines: lines.slice(0, limit), more: page.more || lines.length > limit };
      }
      const left = limit - rest.length;
      if (left <= 0) {
        return { lines: rest.slice(-limit), more: left < 0 || this.#anyBefore(store, place, after) };
      }
      const page = match === undefined
        ? store.page({ place: query.place, before, limit: left, bytes: Infinity })
        : this.#search(store, place, match, { before, after, limit: left });
      const lines = page.lines.filter(({ timestamp }) => timestamp >= since);
      return { lines: [...lines, ...rest], more: page.more };
    });
  }

  #anyBefore(store: Store, { key }: Place, after: number): boolean {
    return store.page({ place: key, after, limit: 1, bytes: 1 }).lines.length > 0;
  }

  /** Searches what is filed: what is indexed in the index, and the rest line by line. */
  #search(
    store: Store,
    place: Place,
    match: string,
    { before, after, limit }: { before: number; after: number; limit: number },
  ): Page {
    const index = new Index(this.#db, store.indexed, () => 0);
    const words = wordsOf(fold(match));
    const page = new PageBuilder(place, limit, Infinity, false);
    const fresh = this.#db.prepare(
      `SELECT ${LINE_COLUMNS} FROM lines WHERE id > ? AND place = ? AND sequence > ? AND sequence < ? ORDER BY id DESC`,
    ).all(store.indexed, place.id, after, before) as unknown as Row[];
    if (!page.add(fresh.filter(({ message }) => hasWords(message, words)))) return page.finish();
    for (const rows of index.search(place.id, match, 0, store.indexed)) {
      if (!page.add(rows.filter(({ sequence }) => sequence > after && sequence < before))) break;
    }
    return page.finish();
  }

  /**
   * Reads the lines that stand in the journal only, for whoever reads the database by himself. What is filed meanwhile
   * is
   * in both: whoever reads the database after this has to know a line by its place and number.
   *
   * @returns the lines, in the order in which they were said
   * @throws {HistoryError} where the journal is filed faster than it can be read
   */
  unfiled(): RecordedLine[] {
    return this.#view((_, unfiled) => unfiled);
  }

  /** Does something with one view of the database, and all lines that are not filed there. */
  #view<T>(work: (store: Store, unfiled: RecordedLine[]) => T): T {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      this.#db.exec("BEGIN");
      try {
        const store = new Store(this.#db, { ms: Infinity, bytes: Infinity }, () => 0);
        const unfiled = this.#unfiled(store.filed);
        if (unfiled !== undefined) return work(store, unfiled);
      } finally {
        this.#db.exec("ROLLBACK");
      }
    }
    throw new HistoryError("Cannot read the history: the hub writes faster than it can be read; try again");
  }

  /** Reads what is behind a place of the journal; nothing where it may not be all. */
  #unfiled(position: Position): RecordedLine[] | undefined {
    const { file, at } = position;
    const lines: RecordedLine[] = [];
    let found = false;
    try {
      for (const number of this.#files.list()) {
        if (number < file) continue;
        found ||= number === file;
        const from = number === file ? at : 0;
        const open = this.#files.open(number, false);
        try {
          const bytes = new Uint8Array(Math.max(0, open.size - from));
          const count = open.read(from, bytes);
          // What is half a frame at the end, the hub is about to write.
          lines.push(...readRecords(bytes.subarray(0, count), true).lines);
        } finally {
          open.close();
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return undefined;
    }
    return this.#movedOn(position, found) ? undefined : lines;
  }

  /**
   * Whether a file of the journal was filed and may have been removed since this view of the database: another one is
   * filed now, or that one was not there, as a hub that ends files what there is and removes it.
   */
  #movedOn({ file, at }: Position, found: boolean): boolean {
    const other = new DatabaseSync(this.#path, { readOnly: true });
    try {
      const { journal, filed } = other.prepare("SELECT journal, filed FROM state").get() ?? {};
      return Number(journal) !== file || !found && Number(filed) !== at;
    } finally {
      other.close();
    }
  }

  /** Ends. */
  close(): void {
    this.#db.close();
  }
}

/** A text as words are compared: in lower case, without accents. */
function fold(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

function hasWords(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const there = new Set(wordsOf(fold(text)));
  return words.every((word) => there.has(word));
}
