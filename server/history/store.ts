/**
 * A history in an SQLite database: what is kept in which order, numbered in which place, and how it is read again.
 *
 * Strategy: a page of the database that is changed costs as much as some lines do, so nothing is written that can
 * be found out, such as the last number in a place. Lines are written with prepared statements, hundreds in a
 * transaction; for
 * search they are made to be found later, a little at a time (`indexing.ts`). The log of SQLite (WAL) makes what was
 * committed safe from the end of this
 * process; it is copied to where it stays when nobody is talking.
 *
 * It is long because all statements of the database stand together.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { StorageError } from "./errors.ts";
import type { KeepMore, KeptLine, Page, PageQuery, Place, Receipt, SearchQuery } from "./history.ts";
import type { Retention } from "../settings/mod.ts";
import { Index } from "./indexing.ts";
import type { Position } from "./journal.ts";
import { LINE_COLUMNS, PageBuilder, type Row } from "./page.ts";
import { Pruner } from "./pruning.ts";
import { LAST } from "./schema.ts";

/** How many places are remembered without need; each is some hundred bytes. */
const MAX_PLACES = 10_000;
/** How many lines are read at once: many are short, and a page is bounded by bytes as well. */
const CHUNK_LINES = 64;
/** How much room there must be before it is said that there is room, in bytes. */
const ROOM_BYTES = 1024 * 1024;
/** How long a step of a search may take, in milliseconds: a third of what nobody notices. */
const STEP_MS = 3;

/** A place, and how much of it is in the database. */
interface StoredPlace extends Place {
  /** The last number that is in the database. */
  kept: number;
}

/** A history in a database that this process alone writes. */
export class Store {
  /** As `History` has it. */
  readonly retentionMs: number;
  /** How much space lines may take, in bytes; `Infinity` where only the time counts. */
  readonly retentionBytes: number;
  /** As `History` has it. */
  floor: number;
  /** Up to where the journal was filed when the database was opened. */
  readonly filed: Position;
  readonly #db: DatabaseSync;
  readonly #index: Index;
  readonly #pruner: Pruner;
  readonly #places = new Map<string, StoredPlace>();
  /** The same by the spellings that were asked for, since to find a key takes longer than to keep a line. */
  readonly #spelled = new Map<string, StoredPlace>();
  readonly #statements: ReturnType<typeof prepare>;
  #nextId: number;
  #keptSinceCheckpoint = 0;

  /**
   * Takes over a database; `openHistory` makes it.
   *
   * @param db the database, of the newest version
   * @param keep for how long lines are kept, and how much
   * @param elapsed a clock that only goes forward, in milliseconds
   */
  constructor(db: DatabaseSync, keep: Retention, elapsed: () => number) {
    this.#db = db;
    this.retentionMs = keep.ms;
    this.retentionBytes = keep.bytes;
    this.#statements = prepare(db);
    const state = db.prepare(
      "SELECT indexed, floor, journal, filed, (SELECT max(id) FROM lines) AS last FROM state",
    ).get()!;
    this.floor = Number(state.floor);
    this.filed = { file: Number(state.journal), at: Number(state.filed) };
    this.#index = new Index(db, Number(state.indexed), elapsed);
    this.#pruner = new Pruner(db, keep, this.#index);
    this.#nextId = Math.max(Number(state.indexed), Number(state.last)) + 1;
  }

  /** As `History` has it. */
  rooms(): { name: string; last: number }[] {
    return this.#read(() =>
      this.#statements.rooms.all().map(({ name, last }) => ({
        name: String(name),
        last: Math.max(Number(last), this.floor),
      }))
    );
  }

  /**
   * Lists all places of which something is kept.
   *
   * @returns their names, or what `conversationKey` gave, and the numbers of their last lines, oldest place first
   */
  places(): { name: string; last: number }[] {
    return this.#read(() =>
      this.#db.prepare(
        `SELECT name, ${LAST} AS last FROM places
         WHERE EXISTS (SELECT 1 FROM lines WHERE lines.place = places.id) ORDER BY id`,
      ).all().map(({ name, last }) => ({ name: String(name), last: Number(last) }))
    );
  }

  /**
   * Finds the last line before a time; the times of lines are taken to grow with their numbers.
   *
   * @param place the place
   * @param time the time, in milliseconds since 1970
   * @returns its number, or that of a line that is no more; -1 where there is none
   */
  lastBefore(place: Place, time: number): number {
    return this.#read(() => {
      const upTo = this.#db.prepare(
        "SELECT timestamp FROM lines WHERE place = ? AND sequence <= ? ORDER BY sequence DESC LIMIT 1",
      );
      let [low, high] = [-1, (place as StoredPlace).kept];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        const row = upTo.get(place.id, middle);
        if (row !== undefined && Number(row.timestamp) < time) low = middle;
        else high = middle - 1;
      }
      return low;
    });
  }

  /** The id of the last line that a search finds in the index. */
  get indexed(): number {
    return this.#index.indexed;
  }

  /** As `History` has it. */
  place(name: string): Place {
    return this.#spelled.get(name) ?? this.#read(() => this.#findPlace(name));
  }

  #findPlace(name: string): StoredPlace {
    const key = placeKey(name);
    let place = this.#places.get(key);
    if (place === undefined) {
      if (this.#places.size >= MAX_PLACES) this.#forgetPlaces();
      const row = this.#statements.place.get(key);
      place = row === undefined ? { key, name, id: 0, last: this.floor, kept: 0 } : {
        key,
        name: String(row.name),
        id: Number(row.id),
        last: Math.max(Number(row.last), this.floor),
        kept: Number(row.last),
      };
      this.#places.set(key, place);
    }
    if (this.#spelled.size >= MAX_PLACES) this.#spelled.clear();
    this.#spelled.set(name, place);
    return place;
  }

  /** As `History` has it. */
  isKept(place: Place): boolean {
    const { key, kept, last } = place as StoredPlace;
    return last > Math.max(kept, this.floor) ||
      this.page({ place: key, limit: 1, bytes: 1 }).lines.length > 0;
  }

  /**
   * Has numbers begin above one from now on, as some that were given may have been lost.
   *
   * @param floor the number
   */
  raiseFloor(floor: number): void {
    this.#read(() => this.#statements.raiseFloor.run(floor));
    this.floor = Math.max(this.floor, floor);
    for (const place of this.#places.values()) place.last = Math.max(place.last, this.floor);
  }

  /** Forgets the places that are in the database as they are here. */
  #forgetPlaces(): void {
    this.#spelled.clear();
    for (const [key, { last, kept }] of this.#places) {
      if (last === kept || last === this.floor) this.#places.delete(key);
    }
  }

  /** As `History` has it; of lines that come from the journal those that are there already are passed over. */
  keep(lines: readonly KeptLine[], { places = [], receipts = [], filed }: KeepMore = {}): void {
    const { begin, commit, rollback, addLine, addNewLine, addReceipt } = this.#statements;
    const add = filed === undefined ? addLine : addNewLine;
    const made: Place[] = [];
    let id = this.#nextId;
    try {
      begin.run();
      for (const { place, sequence, timestamp, username, to, verified, message, receipt } of lines) {
        if (place.id === 0) this.#addPlace(place, made);
        add.run(id++, place.id, sequence, timestamp, username, to ?? null, verified ? 1 : 0, message);
        if (receipt !== undefined) {
          addReceipt.run(receipt.author, receipt.id, receipt.sequence, 1, receipt.timestamp);
        }
      }
      for (const place of places) {
        if (place.id === 0) this.#addPlace(place, made);
        this.#statements.setLast.run(place.last, place.id);
      }
      for (const { author, id, sequence, stored, timestamp } of receipts) {
        addReceipt.run(author, id, sequence, stored ? 1 : 0, timestamp);
      }
      if (filed !== undefined) this.#statements.setFiled.run(filed.file, filed.at);
      commit.run();
    } catch (error) {
      for (const place of made) place.id = 0;
      try {
        rollback.run();
      } catch {
        // After some errors SQLite has rolled back by itself.
      }
      throw new StorageError(error);
    }
    this.#nextId = id;
    this.#keptSinceCheckpoint += lines.length;
    for (const { place, sequence } of lines) {
      const stored = place as StoredPlace;
      if (sequence > stored.kept) stored.kept = sequence;
    }
    for (const place of places) (place as StoredPlace).kept = place.last;
  }

  #addPlace(place: Place, made: Place[]): void {
    // Its lines say what the last number is: some that were given may never be kept.
    place.id = Number(this.#statements.addPlace.run(place.key, place.name, 0).lastInsertRowid);
    made.push(place);
  }

  /** As `History` has it. */
  checkRoom(): void {
    this.#read(() => {
      this.#statements.addBallast.run(ROOM_BYTES);
      this.#statements.dropBallast.run();
    });
  }

  /** As `History` has it. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#read(() => {
      const row = this.#statements.receipt.get(author, id);
      if (row === undefined) return undefined;
      const { sequence, stored, timestamp } = row;
      return { author, id, sequence: Number(sequence), stored: stored === 1, timestamp: Number(timestamp) };
    });
  }

  /** As `History` has it. */
  page({ place: name, before = Number.MAX_SAFE_INTEGER, after, limit, bytes }: PageQuery): Page {
    return this.#read(() => {
      const place = this.#findPlace(name);
      const forwards = after !== undefined;
      const page = new PageBuilder(place, limit, bytes, forwards);
      const statement = forwards ? this.#statements.forwards : this.#statements.backwards;
      let [low, high] = [after ?? -1, before];
      for (;;) {
        const rows = statement.all(place.id, low, high, CHUNK_LINES) as unknown as Row[];
        if (!page.add(rows) || rows.length < CHUNK_LINES) return page.finish();
        const { sequence } = rows.at(-1)!;
        if (forwards) low = sequence;
        else high = sequence;
      }
    });
  }

  /** As `History` has it. */
  *search({ place: name, match, before, after, limit, bytes }: SearchQuery): Generator<void, Page> {
    const newest = this.#nextId - 1;
    while (this.#index.indexed < newest) {
      this.#read(() => this.#index.work(STEP_MS, newest));
      yield;
    }
    const place = this.#read(() => this.#findPlace(name));
    const page = new PageBuilder(place, limit, bytes, false);
    const { idBefore, idAfter } = this.#statements;
    const high = before === undefined ? newest : this.#read(() => idOf(idBefore.get(place.id, before)));
    const low = this.#read(() => idOf(idAfter.get(place.id, after ?? -1)));
    const steps = this.#index.search(place.id, match, low, low > 0 ? high : low - 1);
    for (;;) {
      const { done, value } = this.#read(() => steps.next());
      if (done || !page.add(value)) return page.finish();
      yield;
    }
  }

  /** As `History` has it. */
  index(ms: number): boolean {
    const newest = this.#nextId - 1;
    if (this.#index.indexed < newest) this.#read(() => this.#index.work(ms, newest));
    return this.#index.indexed < newest;
  }

  /** As `History` has it. */
  prune(now: number): { more: boolean; emptied: string[] } {
    return this.#read(() => this.#pruner.step(now));
  }

  /** As `History` has it. */
  checkpoint(): void {
    if (this.#keptSinceCheckpoint === 0) return;
    this.#keptSinceCheckpoint = 0;
    this.#read(() => this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)"));
  }

  /** As `History` has it. */
  close(): void {
    this.#db.close();
  }

  /** Does something with the database, and says in our words what went wrong. */
  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError(error);
    }
  }
}

/**
 * Gives the key of a place.
 *
 * @param name the name of a room, or what `conversationKey` gave
 * @returns the key
 */
export function placeKey(name: string): string {
  return name.startsWith("@") ? name : nameKey(name);
}

function idOf(row: ReturnType<StatementSync["get"]>): number {
  return Number(row?.id ?? 0);
}

function prepare(db: DatabaseSync) {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    rooms: db.prepare(
      `SELECT name, ${LAST} AS last FROM places
       WHERE key NOT LIKE '@%' AND EXISTS (SELECT 1 FROM lines WHERE lines.place = places.id) ORDER BY id`,
    ),
    place: db.prepare(`SELECT id, name, ${LAST} AS last FROM places WHERE key = ?`),
    addPlace: db.prepare("INSERT INTO places (key, name, last) VALUES (?, ?, ?)"),
    setLast: db.prepare("UPDATE places SET last = ? WHERE id = ?"),
    addLine: db.prepare(
      `INSERT INTO lines (id, place, sequence, timestamp, username, recipient, verified, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    addNewLine: db.prepare(
      `INSERT OR IGNORE INTO lines (id, place, sequence, timestamp, username, recipient, verified, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    raiseFloor: db.prepare("UPDATE state SET floor = max(floor, ?)"),
    setFiled: db.prepare("UPDATE state SET journal = ?, filed = ?"),
    addReceipt: db.prepare(
      "INSERT OR REPLACE INTO receipts (author, id, sequence, stored, timestamp) VALUES (?, ?, ?, ?, ?)",
    ),
    addBallast: db.prepare("INSERT INTO ballast VALUES (zeroblob(?))"),
    dropBallast: db.prepare("DELETE FROM ballast"),
    receipt: db.prepare("SELECT sequence, stored, timestamp FROM receipts WHERE author = ? AND id = ?"),
    forwards: db.prepare(
      `SELECT ${LINE_COLUMNS} FROM lines
       WHERE place = ? AND sequence > ? AND sequence < ? ORDER BY sequence LIMIT ?`,
    ),
    backwards: db.prepare(
      `SELECT ${LINE_COLUMNS} FROM lines
       WHERE place = ? AND sequence > ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
    ),
    idBefore: db.prepare(
      "SELECT id FROM lines WHERE place = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1",
    ),
    idAfter: db.prepare("SELECT id FROM lines WHERE place = ? AND sequence > ? ORDER BY sequence LIMIT 1"),
  };
}
