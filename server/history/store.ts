/**
 * The SQLite database of a history.
 *
 * Strategy: changing a page of the database costs as much as storing some messages, so nothing is written that
 * can be computed, such as the last sequence number of a conversation. Messages are written with prepared
 * statements, hundreds in a transaction. The word index follows later, a little at a time (`word_index.ts`).
 * SQLite's write-ahead log (WAL) keeps committed data safe when this process ends; it is copied to the database
 * file while no messages arrive.
 *
 * It is long because all statements of the database stand together, next to the methods that use them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { type DirectConversations, directKey, lookupKey, MAX_DIRECT } from "./history.ts";
import {
  type ChangesPage,
  type ChangesQuery,
  type Conversation,
  type Enough,
  type HistorySizes,
  type InsertExtras,
  type MentionsQuery,
  type Page,
  type PageQuery,
  type PruneResult,
  type Receipt,
  type SearchQuery,
  StorageError,
  type StoredLine,
} from "./history.ts";
import type { Retention } from "../settings/mod.ts";
import { readSearch, type Search } from "../words/mod.ts";
import { Changes, Purge } from "./changes.ts";
import { Epochs } from "./epochs.ts";
import { WordIndex } from "./word_index.ts";
import type { Position } from "../journal/mod.ts";
import { type Found, LINE_COLUMNS, lineBytes, lineOf, LINES, PageBuilder, type Row } from "./page.ts";
import { Pruner } from "./pruner.ts";
import { ERASED, LAST_SEQUENCE, SECOND_NAME } from "./schema.ts";
import { Purger, type UncleanPage } from "../purge/mod.ts";
import { pragma, transaction } from "../sqlite/mod.ts";

/** How many conversations are cached beyond those that differ from the database; each takes some hundred bytes. */
const MAX_CACHED_CONVERSATIONS = 10_000;
/** How many messages are read at once: many are short, and a page is also limited in bytes. */
const CHUNK_LINES = 64;
/** How many direct conversations of a user are read in one step: one or two milliseconds of work. */
const STEP_DIRECT = 256;
/** How much space the disk must have before messages are stored again, in bytes. */
const BALLAST_BYTES = 1024 * 1024;
/** How long a jump of the clock must have lasted to be believed, in milliseconds. */
export const JUMP_MS = 3_600_000;
/** Time limit of one step of a search, in milliseconds: a third of what a user can notice. */
const STEP_MS = 3;

/**
 * How many messages a search indexes first. If there are more, as after the start of a version with another index,
 * it reads them instead, which takes a fraction of the time.
 */
const MAX_INDEXED_FIRST = 4096;
/** How much longer a row may become so that all of it is in its page, in bytes; see SQLite's file format. */
const MAX_ROW_BYTES = 4000;
/** By how many bytes a row may become longer than its text, because its lengths take more bytes. */
const ROW_LENGTHS_BYTES = 8;
/** How many changed messages are read in one step: one or two milliseconds of work. */
const STEP_CHANGES = 128;

/** The last message of a direct conversation. */
type LastDirect = Pick<Row, "id" | "sequence" | "timestamp" | "username"> & {
  key: string;
  recipient: string;
};

/** A conversation, and what the database knows of it. */
interface CachedConversation extends Conversation {
  /** The last sequence number that is in the database. */
  storedLast: number;
}

/** A database that only this process writes. */
export class Store {
  /** As {@linkcode History.retentionMs}. */
  readonly retentionMs: number;
  /** How much space messages may take, in bytes; `Infinity` if only their age is limited. */
  readonly retentionBytes: number;
  /** As {@linkcode History.floor}. */
  floor: number;
  /** The position up to which the journal was drained when the database was opened. */
  readonly drainedTo: Position;
  /** As {@linkcode History.progress}, of what was drained. */
  progress: string | undefined;
  readonly #db: DatabaseSync;
  readonly #index: WordIndex;
  readonly #pruner: Pruner;
  readonly #changes: Changes;
  readonly #epochs: Epochs;
  readonly #byKey = new Map<string, CachedConversation>();
  /**
   * The same conversations by every spelling that was asked for: computing a key takes longer than storing a
   * message.
   */
  readonly #bySpelling = new Map<string, CachedConversation>();
  readonly #statements: ReturnType<typeof prepare>;
  /** The highest sequence number in a deleted conversation: a new conversation starts above it. */
  #forgotten: number;
  #nextId: number;
  #lastChange: number;
  /** What is left to purge, as in {@linkcode Purge}. */
  #purge: number;
  /** What has to be purged again, as it came after the purge has begun. */
  #purgeAgain = 0;
  readonly #purger: Purger;
  #insertedSinceCheckpoint = 0;

  /**
   * Takes over a database that `openHistory` has opened.
   *
   * @param db the database, of the newest version
   * @param retention how long and how much is stored
   * @param elapsed a monotonic clock, in milliseconds
   * @param path the path of the file of the database; `undefined` if it is in memory, or cannot be written
   */
  constructor(db: DatabaseSync, retention: Retention, elapsed: () => number, path?: string) {
    this.#db = db;
    this.retentionMs = retention.ms;
    this.retentionBytes = retention.bytes;
    this.#statements = prepare(db);
    const state = db.prepare(
      `SELECT indexed, floor, forgotten, journal, filed, changed, purge, progress,
       (SELECT max(id) FROM lines) AS last FROM state`,
    ).get()!;
    this.floor = Number(state.floor);
    this.#forgotten = Number(state.forgotten);
    this.progress = state.progress === null ? undefined : String(state.progress);
    this.drainedTo = { file: Number(state.journal), offset: Number(state.filed) };
    this.#index = new WordIndex(db, Number(state.indexed), elapsed);
    this.#changes = new Changes(db, this.#index);
    this.#pruner = new Pruner(db, retention, this.#index);
    this.#lastChange = Math.max(Number(state.changed), this.floor);
    this.#purge = Number(state.purge);
    this.#purger = new Purger(db, path, elapsed);
    this.#epochs = new Epochs(db);
    this.#nextId = Math.max(Number(state.indexed), Number(state.last), this.#epochs.newestId) + 1;
  }

  /** As {@linkcode History.rooms}. */
  rooms(): { name: string; last: number }[] {
    return this.#wrapErrors(() =>
      this.#statements.rooms.all().map(({ name, last }) => ({
        name: String(name),
        last: Math.max(Number(last), this.floor),
      }))
    );
  }

  /**
   * Lists the conversations that have messages.
   *
   * @returns the room names, or keys of direct conversations, and the last sequence numbers, oldest
   * conversation first
   */
  conversations(): { name: string; last: number }[] {
    return this.#wrapErrors(() =>
      this.#db.prepare(
        `SELECT name, ${LAST_SEQUENCE} AS last FROM places
         WHERE key NOT LIKE '${ERASED}%' AND EXISTS (SELECT 1 FROM lines WHERE lines.place = places.id)
         ORDER BY id`,
      ).all().map(({ name, last }) => ({ name: String(name), last: Number(last) }))
    );
  }

  /**
   * Finds the last message before a time. Assumes that times grow with sequence numbers.
   *
   * @param conversation the conversation
   * @param time the time, in milliseconds since 1970
   * @returns its sequence number, or that of a deleted message; -1 if there is none
   */
  lastBefore(conversation: Conversation, time: number): number {
    return this.#wrapErrors(() => {
      const upTo = this.#db.prepare(
        "SELECT timestamp FROM lines WHERE place = ? AND sequence <= ? ORDER BY sequence DESC LIMIT 1",
      );
      let [low, high] = [-1, (conversation as CachedConversation).storedLast];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        const row = upTo.get(conversation.id, middle);
        if (row !== undefined && Number(row.timestamp) < time) low = middle;
        else high = middle - 1;
      }
      return low;
    });
  }

  /** Begins an epoch; the journal that the previous hub left is drained. */
  beginEpoch(): void {
    this.#wrapErrors(() => this.#epochs.begin(this.newestId, this.#lastChange));
  }

  /** As {@linkcode History.shareEpoch}. */
  shareEpoch(id: string): void {
    this.#wrapErrors(() => this.#epochs.share(id));
  }

  /** As {@linkcode History.epoch}. */
  get epoch(): string | undefined {
    return this.#epochs.text;
  }

  /** As {@linkcode History.sameIds}. */
  sameIds(epoch: string): number {
    return this.#epochs.sameUpTo(epoch);
  }

  /** As {@linkcode History.sameChanges}. */
  sameChanges(epoch: string): number {
    return this.#epochs.sameChanges(epoch);
  }

  /** As {@linkcode History.lastChange}. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** As {@linkcode History.nextChange}. */
  nextChange(number = this.#lastChange + 1): number {
    return this.#lastChange = number;
  }

  /** As {@linkcode History.numbers}. */
  *numbers(): Generator<[place: string, last: number]> {
    for (const { place, last } of this.#statements.numbers.iterate()) yield [String(place), Number(last)];
  }

  /** As {@linkcode History.sameUpTo}. */
  sameUpTo(name: string, sequence: number, epoch: string): number {
    const sameIds = this.#epochs.sameUpTo(epoch);
    if (sameIds === Infinity) return sequence;
    return this.#wrapErrors(() => {
      const { id, last } = this.#findConversation(name);
      const isSame = (number: number) => idOf(this.#statements.idBefore.get(id, number + 1)) <= sameIds;
      let [low, high] = [0, Math.min(sequence, last)];
      if (isSame(high)) return high;
      // The ids of the messages grow with their numbers.
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (isSame(middle)) low = middle;
        else high = middle - 1;
      }
      return low;
    });
  }

  /** The id of the newest message. */
  get newestId(): number {
    return this.#nextId - 1;
  }

  /** As {@linkcode History.conversation}. */
  conversation(name: string): Conversation {
    return this.#bySpelling.get(name) ?? this.#wrapErrors(() => this.#findConversation(name));
  }

  #findConversation(name: string): CachedConversation {
    const key = lookupKey(name);
    let conversation = this.#byKey.get(key);
    if (conversation === undefined) {
      if (this.#byKey.size >= MAX_CACHED_CONVERSATIONS) this.#evictConversations();
      const row = this.#statements.conversation.get(key);
      const start = Math.max(this.floor, this.#forgotten);
      conversation = row === undefined ? { key, name, id: 0, last: start, storedLast: start } : {
        key,
        name: String(row.name),
        id: Number(row.id),
        last: Math.max(Number(row.last), this.floor),
        storedLast: Number(row.last),
      };
      this.#byKey.set(key, conversation);
    }
    if (this.#bySpelling.size >= MAX_CACHED_CONVERSATIONS) this.#bySpelling.clear();
    this.#bySpelling.set(name, conversation);
    return conversation;
  }

  /** As {@linkcode History.hasMessages}. */
  hasMessages(conversation: Conversation): boolean {
    const { key, storedLast, last } = conversation as CachedConversation;
    return last > Math.max(storedLast, this.floor) ||
      this.page({ conversation: key, limit: 1, bytes: 1 }).lines.length > 0;
  }

  /**
   * Raises the floor of sequence numbers, because numbers below it may have been lost.
   *
   * @param floor the new floor
   */
  raiseFloor(floor: number): void {
    this.#wrapErrors(() => this.#statements.raiseFloor.run(floor));
    this.floor = Math.max(this.floor, floor);
    this.#lastChange = Math.max(this.#lastChange, this.floor);
    for (const conversation of this.#byKey.values()) {
      conversation.last = Math.max(conversation.last, this.floor);
    }
  }

  /** Removes conversations from the cache that are the same in the database. */
  #evictConversations(): void {
    this.#bySpelling.clear();
    for (const [key, { last, storedLast }] of this.#byKey) {
      if (last === storedLast || last <= this.floor) this.#byKey.delete(key);
    }
  }

  /**
   * As {@linkcode History.insert}. Messages from the journal that are in the database already are skipped.
   *
   * @returns the messages from the journal that were not inserted, because another message has their number
   */
  insert(
    lines: readonly StoredLine[],
    { conversations = [], receipts = [], changes = [], progress, drainedTo }: InsertExtras = {},
  ): StoredLine[] {
    const { begin, commit, rollback, addLine, addNewLine, addReceipt, setReply } = this.#statements;
    const add = drainedTo === undefined ? addLine : addNewLine;
    const added: Conversation[] = [];
    const refused: StoredLine[] = [];
    let id = this.#nextId;
    let receiptCount = 0;
    let lastChange = 0;
    let purge = 0;
    try {
      begin.run();
      for (const line of lines) {
        const { conversation, sequence, timestamp, username, to, verified, message, receipt } = line;
        if (conversation.id === 0) this.#addConversation(conversation, added);
        const { changes: count } = add.run(
          id++,
          conversation.id,
          sequence,
          timestamp,
          username,
          to ?? null,
          verified ? 1 : 0,
          message,
        );
        if (count === 0 && !this.#isStored(line)) refused.push(line);
        if (line.replyTo !== undefined && count > 0) setReply.run(line.replyTo, id - 1);
        if (receipt !== undefined) {
          const { author, id, timestamp, digest } = receipt;
          addReceipt.run(author, id, sequence, 1, timestamp, digest ?? null);
          receiptCount++;
        }
      }
      for (const conversation of conversations) {
        if (conversation.id === 0) this.#addConversation(conversation, added);
        this.#statements.setLast.run(conversation.last, conversation.id);
        this.#pruner.addedEmpty();
      }
      for (const { author, id, sequence, stored, timestamp, digest } of receipts) {
        addReceipt.run(author, id, sequence, stored ? 1 : 0, timestamp, digest ?? null);
        receiptCount++;
      }
      for (const record of changes) {
        lastChange = record.change;
        purge |= this.#changes.apply(this.#findConversation(record.place).id, record);
        if (record.messageId === undefined) continue;
        const { author, id, digest } = record.messageId;
        addReceipt.run(author, id, record.sequence, 1, record.at, digest ?? null);
        receiptCount++;
      }
      if (purge > 0) this.#statements.setPurge.run(this.#purge | purge);
      if (progress !== undefined) {
        this.#statements.setProgress.run(progress.progress);
        for (const [place, last] of progress.numbers) this.#statements.setNumber.run(place, last);
      }
      if (drainedTo !== undefined) this.#statements.setDrainedTo.run(drainedTo.file, drainedTo.offset);
      commit.run();
    } catch (error) {
      for (const conversation of added) conversation.id = 0;
      try {
        rollback.run();
      } catch {
        // After some errors SQLite has already rolled back.
      }
      if (lastChange > 0) this.#index.reload();
      throw new StorageError(error);
    }
    this.#nextId = id;
    if (progress !== undefined) this.progress = progress.progress;
    this.#mustPurge(purge);
    this.#lastChange = Math.max(this.#lastChange, lastChange);
    this.#insertedSinceCheckpoint += lines.length;
    this.#pruner.addedReceipts(receiptCount);
    for (const { conversation, sequence } of lines) {
      const stored = conversation as CachedConversation;
      if (sequence > stored.storedLast) stored.storedLast = sequence;
    }
    for (const conversation of conversations) {
      (conversation as CachedConversation).storedLast = conversation.last;
    }
    return refused;
  }

  /** Whether the database has this very message, which may be changed there. */
  #isStored({ conversation, sequence, timestamp, username, message }: StoredLine): boolean {
    const row = this.#statements.line.get(conversation.id, sequence);
    return row?.timestamp === timestamp && row.username === username &&
      (row.message === message || row.number !== null);
  }

  #addConversation(conversation: Conversation, added: Conversation[]): void {
    // The last sequence number follows from its messages: some assigned numbers may never be stored.
    conversation.id = Number(
      this.#statements.addConversation.run(conversation.key, conversation.name, 0).lastInsertRowid,
    );
    added.push(conversation);
  }

  /** As {@linkcode History.checkDiskSpace}. */
  checkDiskSpace(): void {
    this.#wrapErrors(() => {
      this.#statements.addBallast.run(BALLAST_BYTES);
      this.#statements.dropBallast.run();
    });
  }

  /** As {@linkcode History.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#wrapErrors(() => {
      const row = this.#statements.receipt.get(author, id);
      if (row === undefined) return undefined;
      const { sequence, stored, timestamp, digest } = row;
      return {
        author,
        id,
        sequence: Number(sequence),
        stored: stored === 1,
        timestamp: Number(timestamp),
        ...(digest === null ? {} : { digest: String(digest) }),
      };
    });
  }

  /** As {@linkcode History.page}. */
  page(
    { conversation: name, before = Number.MAX_SAFE_INTEGER, after, above = -1, limit, bytes }: PageQuery,
  ): Page {
    return this.#wrapErrors(() => {
      const conversation = this.#findConversation(name);
      const forwards = after !== undefined;
      const page = this.newPage(conversation, { limit, bytes, forwards });
      const statement = forwards ? this.#statements.forwards : this.#statements.backwards;
      let [low, high] = [Math.max(after ?? -1, above), before];
      for (;;) {
        const rows = statement.all(conversation.id, low, high, CHUNK_LINES) as unknown as Row[];
        if (!page.add(rows) || rows.length < CHUNK_LINES) return page.finish();
        const { sequence } = rows.at(-1)!;
        if (forwards) low = sequence;
        else high = sequence;
      }
    });
  }

  /**
   * Starts an empty page of messages of the database.
   *
   * @param conversation the conversation
   * @param options as for {@linkcode PageBuilder}
   * @returns the page
   */
  newPage(
    conversation: Conversation,
    options: { limit: number; bytes: number; forwards: boolean },
  ): PageBuilder {
    return new PageBuilder(conversation, { ...options, changedOf: this.#changedOf });
  }

  readonly #changedOf = (id: number) => this.#changes.of(id);

  /** As {@linkcode History.line}, for messages that are in the database. */
  line(name: string, sequence: number): StoredLine | undefined {
    return this.#wrapErrors(() => {
      const conversation = this.#findConversation(name);
      const row = this.#statements.line.get(conversation.id, sequence) as unknown as Row | undefined;
      return row && lineOf(row, conversation, this.#changedOf);
    });
  }

  /**
   * As {@linkcode History.changes}, for changes that are in the database.
   *
   * @param query which messages
   * @param upTo the number of the last change that is in the database, also if its message is not
   * @returns as for {@linkcode History.changes}
   */
  *changes(
    { after, wanted, limit, bytes }: ChangesQuery,
    upTo: number,
  ): Generator<void, ChangesPage> {
    const lines: StoredLine[] = [];
    let size = 0;
    for (let last = after > this.#lastChange ? 0 : after;;) {
      const rows = this.#wrapErrors(() => this.#statements.changes.all(last)) as unknown as Row[];
      for (const row of rows) {
        const line = this.#wrapErrors(() => this.#lineAnywhere(row));
        if (line !== undefined && wanted(line)) {
          if (lines.length >= limit || size >= bytes) return { lines, last, more: true };
          lines.push(line);
          size += lineBytes(line);
        }
        last = row.number!;
      }
      if (rows.length < STEP_CHANGES) return { lines, last: Math.max(last, upTo), more: false };
      yield;
    }
  }

  /** As {@linkcode History.detach}, for messages that are in the database. */
  detach(key: string): void {
    this.#wrapErrors(() => {
      const { detachable, detach, forget, dropReceipts } = this.#statements;
      transaction(this.#db, () => {
        for (const { id, last } of detachable.all(`@${key}@`, `@${key}A`, key)) {
          detach.run(id!);
          // New conversations of the name do not use the numbers again.
          forget.run(Math.max(Number(last), this.floor));
        }
        dropReceipts.run(key);
      });
    });
    this.#byKey.clear();
    this.#bySpelling.clear();
    this.#forgotten = Number(this.#statements.forgotten.get()!.forgotten);
  }

  /** As {@linkcode History.erase}, for messages that are in the database. */
  erase(name: string): void {
    this.#wrapErrors(() => {
      const { conversation, erase, forget, unseal } = this.#statements;
      transaction(this.#db, () => {
        unseal.run(lookupKey(name));
        const row = conversation.get(lookupKey(name));
        if (row === undefined) return;
        erase.run(row.id!);
        forget.run(Math.max(Number(row.last), this.floor));
      });
    });
    this.#byKey.clear();
    this.#bySpelling.clear();
    this.#forgotten = Number(this.#statements.forgotten.get()!.forgotten);
    this.#pruner.erased();
  }

  /** As {@linkcode History.seal}. */
  seal(name: string, isSealed: boolean): void {
    const { seal, unseal } = this.#statements;
    this.#wrapErrors(() => (isSealed ? seal : unseal).run(lookupKey(name)));
  }

  /** As {@linkcode History.sealed}. */
  sealed(): string[] {
    return this.#wrapErrors(() => this.#statements.sealed.all().map(({ key }) => String(key)));
  }

  /** As {@linkcode History.directConversations}, without the messages in the journal. */
  *directConversations(key: string, after: number): Generator<void, DirectConversations> {
    const last = this.newestId;
    let newest: LastDirect[] = [];
    const { directAsFirst, directAsSecond } = this.#statements;
    // "A" follows "@", so the range has the keys that begin with the name.
    const asFirst = (from: string) => directAsFirst.all(from || `@${key}@`, `@${key}A`, STEP_DIRECT);
    // Without the conversation of a user with themselves, which the first query has.
    const asSecond = (from: string) => directAsSecond.all(key, from, `@${key}@${key}`, STEP_DIRECT);
    for (const read of [asFirst, asSecond]) {
      for (let from = "", more = true; more;) {
        const rows = this.#wrapErrors(() => read(from)) as unknown as LastDirect[];
        newest.push(...rows.filter(({ id }) => id > after || after > last));
        newest = newest.sort((a, b) => b.id - a.id).slice(0, MAX_DIRECT);
        from = rows.at(-1)?.key ?? "";
        more = rows.length === STEP_DIRECT;
        yield;
      }
    }
    const conversations = newest.map((row) => {
      const { sequence, timestamp, username, recipient } = row;
      const isAuthor = directKey(key, nameKey(recipient)) === row.key;
      return { partner: isAuthor ? recipient : username, sequence, timestamp };
    });
    return { conversations, last };
  }

  /** As {@linkcode History.search}. */
  *search(
    { conversation: name, match, before, after = -1, above = -1, limit, bytes }: SearchQuery,
  ): Generator<void, Page, Enough> {
    const newest = yield* this.#indexFirst();
    const conversation = this.#wrapErrors(() => this.#findConversation(name));
    const page = this.newPage(conversation, { limit, bytes, forwards: false });
    const { idBefore, idAfter } = this.#statements;
    const high = before === undefined
      ? newest
      : this.#wrapErrors(() => idOf(idBefore.get(conversation.id, before)));
    const low = this.#wrapErrors(() => idOf(idAfter.get(conversation.id, Math.max(after, above))));
    const steps = this.find(conversation, readSearch(match), low, low > 0 ? high : low - 1);
    for (;;) {
      const { done, value } = this.#wrapErrors(() => steps.next());
      if (done || !page.add(value.rows)) return page.finish();
      if ((yield) === true && value.from > low && value.from <= high) {
        return page.finishEarly(this.#wrapErrors(() => this.#sequenceAt(conversation, value.from)));
      }
    }
  }

  /** Indexes the newest messages, if they are not too many; returns the id of the newest. */
  *#indexFirst(): Generator<void, number> {
    const newest = this.#nextId - 1;
    while (this.#index.indexed < newest && newest - this.#index.indexed <= MAX_INDEXED_FIRST) {
      this.#wrapErrors(() => this.#index.work(STEP_MS, newest));
      yield;
    }
    return newest;
  }

  /** As {@linkcode History.mentions}. */
  *mentions({ match, since, before, wanted, limit, bytes }: MentionsQuery): Generator<void, Page, Enough> {
    const newest = yield* this.#indexFirst();
    const first = since === undefined
      ? { id: 0 }
      : this.#wrapErrors(() => this.#statements.firstSince.get(since));
    const high = Math.min(newest, (before ?? Infinity) - 1);
    const lines: StoredLine[] = [];
    let size = 0;
    const steps = this.#index.search(
      undefined,
      readSearch(match),
      idOf(first),
      first === undefined ? -1 : high,
    );
    for (let from = high + 1;;) {
      const { done, value } = this.#wrapErrors(() => steps.next());
      if (done) return { lines: lines.reverse(), more: false };
      for (const row of value.rows) {
        const line = this.#wrapErrors(() => this.#lineAnywhere(row));
        if (line === undefined || line.timestamp < (since ?? 0) || !wanted(line)) continue;
        if (lines.length >= limit || size >= bytes) {
          return { lines: lines.reverse(), more: true, before: from };
        }
        lines.push(line);
        size += lineBytes(line);
        from = row.id;
      }
      if ((yield) === true) return { lines: lines.reverse(), more: true, before: value.from };
    }
  }

  /** Makes a message of a row of any conversation; `undefined` if nobody may read it. */
  #lineAnywhere(row: Row): StoredLine | undefined {
    const name = String(this.#statements.nameOf.get(row.place!)?.name);
    if (name.startsWith("@@")) return undefined;
    return lineOf(row, this.#findConversation(name), this.#changedOf);
  }

  /** Returns the sequence number of the first message of a conversation with this id or a higher one. */
  #sequenceAt(conversation: Conversation, id: number): number {
    let [low, high] = [0, (conversation as CachedConversation).storedLast + 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (idOf(this.#statements.idBefore.get(conversation.id, middle)) < id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Searches for messages, newest first: those that are not in the word index are read one by one.
   *
   * @param conversation the conversation
   * @param search what must be in the message
   * @param low the id of the oldest message to search
   * @param high the id of the newest
   * @returns the matches, some at a time
   */
  find(conversation: Conversation, search: Search, low: number, high: number): Generator<Found, void> {
    return this.#index.search(conversation.id, search, low, high);
  }

  /**
   * Adds words to the index.
   *
   * @param ms time limit, in milliseconds
   * @returns whether there are more
   */
  index(ms: number): boolean {
    const newest = this.#nextId - 1;
    if (!this.#index.hasWork(newest)) return false;
    this.#wrapErrors(() => this.#index.work(ms, newest));
    return this.#index.hasWork(newest);
  }

  /** As {@linkcode History.prune}. */
  prune(now: number): PruneResult {
    return this.#wrapErrors(() => {
      const result = this.#pruner.step(now);
      for (const key of result.emptied) this.#forget(key);
      this.#mustPurge(Number(this.#statements.purge.get()!.purge));
      return result;
    });
  }

  /** Notes that texts were deleted, or rows have moved; the database has it already. */
  #mustPurge(what: number): void {
    this.#purge |= what;
    this.#purgeAgain |= what;
  }

  /** Whether a text was deleted or replaced that may still be on the disk. */
  get mustPurge(): boolean {
    return (this.#purge & Purge.Text) !== 0;
  }

  /** Begins a purge; what is deleted from here on needs another one. */
  beginPurge(): void {
    this.#purgeAgain = 0;
    this.#purger.restart();
  }

  /**
   * Does a part of a purge: removes the texts that were deleted or replaced before {@linkcode beginPurge} from the
   * index, from the unused space of pages, and from the write-ahead log.
   *
   * @param ms approximate time limit, in milliseconds
   * @returns `blocked` if another program reads the database; it can go on later
   */
  purge(ms: number): "more" | "done" | "blocked" {
    return this.#wrapErrors(() => {
      if (this.#index.dropStale()) return "more";
      if ((this.#purge & Purge.Pages) !== 0) {
        const result = this.#purger.check(ms, (page) => this.#clean(page));
        if (result !== "done") return result;
        this.#purge &= ~Purge.Pages | this.#purgeAgain;
      }
      if (!this.#purger.emptyLog()) return "blocked";
      this.#purge = this.#purgeAgain;
      this.#statements.setPurge.run(this.#purge);
      return "done";
    });
  }

  /**
   * Empties the unused space of a page: while one of its rows takes all of it, SQLite must move the others together,
   * and when that row is short again, the rest is overwritten.
   */
  #clean({ rowid, row, unused }: UncleanPage): void {
    const found = this.#statements.text.get(rowid);
    // The page may belong to another table: then the row of that number is not in it.
    if (found === undefined || Buffer.from(row).indexOf(String(found.message)) < 0) return;
    const spaces = Math.min(unused - ROW_LENGTHS_BYTES, MAX_ROW_BYTES - row.length);
    if (spaces <= 0) return;
    transaction(this.#db, () => {
      this.#statements.setText.run(found.message + " ".repeat(spaces), rowid);
      this.#statements.setText.run(found.message!, rowid);
    });
  }

  /** Handles a conversation that is no longer in the database. Its numbers continue if it is still in use. */
  #forget(key: string): void {
    const conversation = this.#byKey.get(key);
    if (conversation !== undefined) conversation.id = 0;
    this.#forgotten = Number(this.#statements.forgotten.get()!.forgotten);
  }

  /** As {@linkcode History.newestTime}. */
  newestTime(): number | undefined {
    return this.#wrapErrors(() => {
      const { newest, firstSince, before } = this.#statements;
      const row = newest.get();
      if (row === undefined) return undefined;
      const time = Number(row.timestamp);
      const first = firstSince.get(time - JUMP_MS)!;
      const previous = before.get(first.id!);
      // Within the last hour the clock was set ahead, or nobody had said anything for long.
      const jumped = previous !== undefined && Number(previous.timestamp) < Number(first.timestamp) - JUMP_MS;
      return jumped ? Number(previous.timestamp) + time - Number(first.timestamp) : time;
    });
  }

  /** As {@linkcode History.sizes}, without the journal. */
  sizes(): Omit<HistorySizes, "journalBytes"> {
    return this.#wrapErrors(() => {
      const row = this.#statements.oldestTime.get();
      return {
        databaseBytes: pragma(this.#db, "page_count") * pragma(this.#db, "page_size"),
        oldestTime: row === undefined ? undefined : Number(row.timestamp),
      };
    });
  }

  /** As {@linkcode History.checkpoint}. */
  checkpoint(): void {
    if (this.#insertedSinceCheckpoint === 0) return;
    this.#insertedSinceCheckpoint = 0;
    this.#wrapErrors(() => this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)"));
  }

  /** As {@linkcode History.close}. */
  close(): void {
    this.#db.close();
    this.#purger.close();
  }

  /** Runs an operation of the database; an error becomes a `StorageError`. */
  #wrapErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError(error);
    }
  }
}

function idOf(row: ReturnType<StatementSync["get"]>): number {
  return Number(row?.id ?? 0);
}

/** The last messages of conversations, for a query of `places`. */
const LAST_DIRECT = `lines.id, lines.sequence, lines.timestamp, lines.username, lines.recipient
  FROM places CROSS JOIN lines ON lines.place = places.id AND lines.sequence =
    (SELECT max(newest.sequence) FROM lines AS newest WHERE newest.place = places.id)`;

// No parameter has a number (`?1`): before Deno 2.9 `node:sqlite` takes it for a name, and binds no value to it.

/** The last messages of the direct conversations with keys in a range, the first of them, at most so many. */
export const DIRECT_AS_FIRST = `SELECT places.key, ${LAST_DIRECT}
  WHERE places.key > ? AND places.key < ? ORDER BY places.key LIMIT ?`;

/** The same for those whose second name has a key, above a key, without one of them. */
export const DIRECT_AS_SECOND = `SELECT places.key, ${LAST_DIRECT}
  WHERE ${SECOND_NAME} = ? AND substr(key, 1, 1) = '@' AND places.key > ? AND places.key <> ?
  ORDER BY places.key LIMIT ?`;

function prepare(db: DatabaseSync) {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    rooms: db.prepare(
      `SELECT name, ${LAST_SEQUENCE} AS last FROM places
       WHERE key NOT LIKE '@%' AND EXISTS (SELECT 1 FROM lines WHERE lines.place = places.id) ORDER BY id`,
    ),
    conversation: db.prepare(`SELECT id, name, ${LAST_SEQUENCE} AS last FROM places WHERE key = ?`),
    addConversation: db.prepare("INSERT INTO places (key, name, last) VALUES (?, ?, ?)"),
    setLast: db.prepare("UPDATE places SET last = ? WHERE id = ?"),
    addLine: db.prepare(
      `INSERT INTO lines (id, place, sequence, timestamp, username, recipient, verified, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    addNewLine: db.prepare(
      `INSERT OR IGNORE INTO lines (id, place, sequence, timestamp, username, recipient, verified, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    nameOf: db.prepare("SELECT name FROM places WHERE id = ?"),
    setReply: db.prepare("UPDATE lines SET reply_to = ? WHERE id = ?"),
    text: db.prepare("SELECT message FROM lines WHERE id = ?"),
    setText: db.prepare("UPDATE lines SET message = ? WHERE id = ?"),
    purge: db.prepare("SELECT purge FROM state"),
    setPurge: db.prepare("UPDATE state SET purge = ?"),
    raiseFloor: db.prepare("UPDATE state SET floor = max(floor, ?)"),
    forgotten: db.prepare("SELECT forgotten FROM state"),
    forget: db.prepare("UPDATE state SET forgotten = max(forgotten, ?)"),
    // "A" follows "@", so the range has the keys that begin with the name.
    detachable: db.prepare(
      `SELECT id, ${LAST_SEQUENCE} AS last FROM places WHERE key > ? AND key < ?
       UNION SELECT id, ${LAST_SEQUENCE} AS last FROM places WHERE ${SECOND_NAME} = ? AND substr(key, 1, 1) = '@'`,
    ),
    // No name is empty, so nobody asks for such a key.
    detach: db.prepare("UPDATE places SET key = '@@' || id || key, name = '@@' || id || key WHERE id = ?"),
    erase: db.prepare(`UPDATE places SET key = '${ERASED}' || id, name = '${ERASED}' || id WHERE id = ?`),
    seal: db.prepare("INSERT OR IGNORE INTO sealed (key) VALUES (?)"),
    unseal: db.prepare("DELETE FROM sealed WHERE key = ?"),
    sealed: db.prepare("SELECT key FROM sealed ORDER BY key"),
    dropReceipts: db.prepare("DELETE FROM receipts WHERE author = ?"),
    newest: db.prepare("SELECT timestamp FROM lines ORDER BY id DESC LIMIT 1"),
    firstSince: db.prepare(
      "SELECT id, timestamp FROM lines WHERE timestamp >= ? ORDER BY timestamp, id LIMIT 1",
    ),
    before: db.prepare("SELECT timestamp FROM lines WHERE id < ? ORDER BY id DESC LIMIT 1"),
    oldestTime: db.prepare("SELECT timestamp FROM lines ORDER BY timestamp LIMIT 1"),
    numbers: db.prepare("SELECT place, last FROM numbers"),
    setNumber: db.prepare("INSERT OR REPLACE INTO numbers (place, last) VALUES (?, ?)"),
    setProgress: db.prepare("UPDATE state SET progress = ?"),
    setDrainedTo: db.prepare("UPDATE state SET journal = ?, filed = ?"),
    addReceipt: db.prepare(
      "INSERT OR REPLACE INTO receipts (author, id, sequence, stored, timestamp, digest) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    addBallast: db.prepare("INSERT INTO ballast VALUES (zeroblob(?))"),
    dropBallast: db.prepare("DELETE FROM ballast"),
    receipt: db.prepare(
      "SELECT sequence, stored, timestamp, digest FROM receipts WHERE author = ? AND id = ?",
    ),
    forwards: db.prepare(
      `SELECT ${LINE_COLUMNS} FROM ${LINES}
       WHERE place = ? AND sequence > ? AND sequence < ? ORDER BY sequence LIMIT ?`,
    ),
    backwards: db.prepare(
      `SELECT ${LINE_COLUMNS} FROM ${LINES}
       WHERE place = ? AND sequence > ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
    ),
    line: db.prepare(`SELECT ${LINE_COLUMNS} FROM ${LINES} WHERE place = ? AND sequence = ?`),
    changes: db.prepare(
      `SELECT lines.place, ${LINE_COLUMNS} FROM changes CROSS JOIN lines ON lines.id = changes.line
       WHERE changes.number > ? ORDER BY changes.number LIMIT ${STEP_CHANGES}`,
    ),
    directAsFirst: db.prepare(DIRECT_AS_FIRST),
    directAsSecond: db.prepare(DIRECT_AS_SECOND),
    idBefore: db.prepare(
      "SELECT id FROM lines WHERE place = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1",
    ),
    idAfter: db.prepare("SELECT id FROM lines WHERE place = ? AND sequence > ? ORDER BY sequence LIMIT 1"),
  };
}
