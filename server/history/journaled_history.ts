/**
 * A history made of a journal and a database. Messages go to the journal before any client receives them, and
 * are drained to the database later, where they can be read.
 *
 * Rules: a caller must catch up before it reads (`catchUp`), because pages contain no pending messages; so no page
 * has to be combined from two sources. The pending messages are limited: above `DRAIN_BYTES` each append drains
 * about twice as much as was added, and if that fails for long, no more messages are accepted.
 *
 * It is long because it is the only file that decides between journal and database.
 *
 * @module
 */
import type { FolderLock } from "./folder_lock.ts";
import {
  type ChangesPage,
  type ChangesQuery,
  type Conversation,
  type DirectConversations,
  type Enough,
  type History,
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
import { JournalDrain } from "./journal_drain.ts";
import type { Journal } from "../journal/mod.ts";
import type { Store } from "./store.ts";
import { DEFAULT_RETENTION, parseRetention } from "../settings/mod.ts";

/** The size of pending messages above which `append` drains some itself, in bytes: one second of a flood. */
export const DRAIN_BYTES = 32 * 1024 * 1024;
/**
 * The maximum size of pending messages while the database accepts nothing, in bytes, unless the retention size
 * is larger. Above it, messages are reported as not stored.
 */
const MAX_PENDING_BYTES = 2 * DRAIN_BYTES;
/** The same limit if the retention size is unlimited: the default retention size. */
const DEFAULT_RETENTION_BYTES = parseRetention(DEFAULT_RETENTION)!.bytes;
/**
 * How many bytes are appended between two checks of the pending size: draining twice as much takes a few
 * milliseconds.
 */
const CHECK_BYTES = 64 * 1024;
/** How often the folder is checked while messages are appended, in milliseconds. */
const CHECK_MS = 1000;
/** Time limit of one step of `catchUp`, in milliseconds: a third of what a user can notice. */
const STEP_MS = 3;
/** How long `append` does not try to drain after the database has refused a write, in milliseconds. */
const RETRY_MS = 5000;

/**
 * How long after a text was deleted or replaced a purge begins, in milliseconds: one purge is for all that are deleted
 * meanwhile, and messages of the same part of the index are indexed again.
 */
const PURGE_AFTER_MS = 10_000;
/** How long a purge waits for a moment without messages, in milliseconds. */
const PURGE_WAIT_MS = 60_000;
/** The pause between two looks for such a moment, and between two parts of a purge, in milliseconds. */
const PURGE_LOOK_MS = 250, PURGE_PAUSE_MS = 5;
/** The pause while another program reads the database, in milliseconds. */
const PURGE_BLOCKED_MS = 1000;
/** The share of the time that purges may take. */
const PURGE_SHARE = 1 / 20;

/** Dependencies of {@linkcode JournaledHistory}. */
export interface JournaledHistoryDependencies {
  /** Receives messages first. */
  journal: Journal;
  /** Receives messages later. */
  store: Store;
  /** The lock of the data folder. */
  lock: Pick<FolderLock, "recordState" | "check" | "release">;
  /** A monotonic clock, in milliseconds. */
  elapsed(): number;
  /**
   * Returns the suffix for the name of a damaged journal file.
   *
   * @returns the suffix
   */
  damagedSuffix(): string;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report(text: string): void;
}

/** A history that only this process writes. */
export class JournaledHistory implements History {
  readonly #journal: Journal;
  readonly #store: Store;
  readonly #lock: JournaledHistoryDependencies["lock"];
  readonly #elapsed: () => number;
  readonly #drain: JournalDrain;
  /** The receipts of pending messages. */
  readonly #receipts = new Map<string, Receipt>();
  #retryAt = 0;
  #checkedAt = -Infinity;
  /** How many bytes were appended since the pending size was checked. */
  #unchecked = 0;
  /** Whether the pending size is over its maximum. */
  #overfull = false;
  /** How many files of the journal that the previous hub left were damaged and set aside. */
  readonly damagedFiles: number;
  /** How many files were damaged since then. */
  #damagedFiles = 0;
  /** The keys of conversations that have lost their last message in the database, and are not reported yet. */
  readonly #emptied = new Set<string>();
  /** Whether pruned or erased messages, or texts that were deleted or replaced, may still be in the journal. */
  #prunedInJournal = false;
  /** When the next purge may begin; `undefined` if there is none. */
  #purgeAt: number | undefined;
  #isPurging = false;
  /** How long the current or the last purge took, in milliseconds. */
  #purgeMs = 0;
  /** The number of the first change that is not appended yet; `undefined` if all are. */
  #unappendedChange: number | undefined;

  /**
   * Opens a history and drains what the previous hub left in the journal.
   *
   * @param dependencies see {@linkcode JournaledHistoryDependencies}
   */
  constructor({ journal, store, lock, elapsed, damagedSuffix, report }: JournaledHistoryDependencies) {
    this.#journal = journal;
    this.#store = store;
    this.#lock = lock;
    this.#elapsed = elapsed;
    this.#drain = new JournalDrain(journal, store, elapsed, {
      drained: (receipt) => this.#forgetReceipt(receipt),
      erased: () => this.#prunedInJournal = true,
      damaged: ({ file, reason }) => {
        lock.recordState({ unkept: true });
        const path = journal.setAside(file, damagedSuffix());
        this.#damagedFiles++;
        report(
          `the journal was damaged (${reason}): its other messages are stored, and the file is now ${path}`,
        );
      },
    });
    this.#drain.work(Infinity);
    this.damagedFiles = this.#damagedFiles;
    this.#damagedFiles = 0;
  }

  /** The size of the pending messages, in bytes. */
  get pendingBytes(): number {
    return this.#drain.pendingBytes;
  }

  /** As {@linkcode History.retentionMs}. */
  get retentionMs(): number {
    return this.#store.retentionMs;
  }

  /** As {@linkcode History.floor}. */
  get floor(): number {
    return this.#store.floor;
  }

  /** As {@linkcode History.rooms}. */
  rooms(): { name: string; last: number }[] {
    return this.#store.rooms();
  }

  /** As {@linkcode History.conversation}. */
  conversation(name: string): Conversation {
    return this.#store.conversation(name);
  }

  /** As {@linkcode History.hasMessages}. */
  hasMessages(conversation: Conversation): boolean {
    return this.#store.hasMessages(conversation);
  }

  /**
   * Does the work of the first `append` in advance, so that the first message is stored as fast as any other:
   * creates the journal file and checks the folder. An error is ignored here; the first `append` tries again
   * and reports it.
   */
  prepare(): void {
    try {
      this.#journal.prepare();
      this.#checkFolder();
    } catch {
      // The disk may be full at the start and have space at the first message.
    }
  }

  /** As {@linkcode History.append}. */
  append(frames: readonly Uint8Array[], receipts: readonly Receipt[] = []): void {
    try {
      this.#checkFolder();
      if (this.#overfull) this.#makeRoom();
      this.#journal.append(frames);
    } catch (error) {
      throw new StorageError(error);
    }
    this.#unappendedChange = undefined;
    for (const receipt of receipts) this.#receipts.set(keyOf(receipt.author, receipt.id), receipt);
    for (const { length } of frames) this.#unchecked += length;
    if (this.#unchecked > CHECK_BYTES) this.#drainExcess();
  }

  /**
   * Checks from time to time that the stored files are still in place: a check costs as much as storing a
   * message.
   */
  #checkFolder(): void {
    const now = this.#elapsed();
    if (now - this.#checkedAt < CHECK_MS) return;
    this.#lock.check();
    this.#checkedAt = now;
  }

  /** Whether so much is pending that no more may be appended. */
  get #isOverfull(): boolean {
    const { retentionBytes } = this.#store;
    const most = Number.isFinite(retentionBytes) ? retentionBytes : DEFAULT_RETENTION_BYTES;
    return this.#drain.pendingBytes > Math.max(MAX_PENDING_BYTES, most);
  }

  /** Drains some messages before more are accepted. If the database refuses, its own error is thrown. */
  #makeRoom(): void {
    if (this.#isOverfull) this.#drain.work(STEP_MS);
    if (this.#isOverfull) {
      throw new Error(
        `the database accepts no messages, and ${this.#drain.pendingBytes} bytes of the journal are pending`,
      );
    }
    this.#overfull = false;
  }

  /**
   * Drains messages during a flood when too many are pending: twice as much as was added, so that their size
   * shrinks.
   */
  #drainExcess(): void {
    const behind = this.#drain.pendingBytes;
    const target = Math.max(DRAIN_BYTES, behind - 2 * this.#unchecked);
    this.#unchecked = 0;
    this.#overfull = this.#isOverfull;
    if (behind <= DRAIN_BYTES || this.#elapsed() < this.#retryAt) return;
    try {
      while (this.#drain.pendingBytes > target && this.#drain.work(0));
    } catch (error) {
      // The appended messages are safe anyway. The owner of this history gets the error when it calls `work`.
      if (!(error instanceof StorageError)) throw error;
      this.#retryAt = this.#elapsed() + RETRY_MS;
    }
  }

  /** As {@linkcode History.insert}. */
  insert(lines: readonly StoredLine[], more?: InsertExtras): void {
    // Earlier messages must be inserted first.
    this.#drain.work(Infinity);
    this.#store.insert(lines, more);
    this.#unappendedChange = undefined;
  }

  /** As {@linkcode History.checkDiskSpace}. */
  checkDiskSpace(): void {
    try {
      this.#lock.check();
    } catch (error) {
      throw new StorageError(error);
    }
    this.#store.checkDiskSpace();
  }

  /** Forgets a receipt that is in the database now, unless a later message has the same id. */
  #forgetReceipt({ author, id, sequence, digest }: Receipt): void {
    const key = keyOf(author, id);
    const latest = this.#receipts.get(key);
    if (latest?.digest === digest && latest?.sequence === sequence) this.#receipts.delete(key);
  }

  /** As {@linkcode History.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#receipts.get(keyOf(author, id)) ?? this.#store.receipt(author, id);
  }

  /** As {@linkcode History.catchUp}. */
  *catchUp(): Generator<void, void> {
    const { file, offset } = this.#journal.end;
    for (;;) {
      const { position } = this.#drain;
      if (position.file > file || position.file === file && position.offset >= offset) return;
      if (!this.#drain.work(STEP_MS)) return;
      yield;
    }
  }

  /** As {@linkcode History.detach}. */
  detach(key: string): void {
    for (const _ of this.catchUp());
    for (const [id, { author }] of this.#receipts) if (author === key) this.#receipts.delete(id);
    this.#store.detach(key);
  }

  /** As {@linkcode History.erase}. */
  erase(name: string): void {
    for (const _ of this.catchUp());
    this.#store.erase(name);
    this.#prunedInJournal = true;
  }

  /** As {@linkcode History.seal}. */
  seal(name: string, isSealed: boolean): void {
    this.#store.seal(name, isSealed);
  }

  /** As {@linkcode History.sealed}. */
  sealed(): string[] {
    return this.#store.sealed();
  }

  /** As {@linkcode History.page}. */
  page(query: PageQuery): Page {
    return this.#store.page(query);
  }

  /** As {@linkcode History.lastChange}. */
  get lastChange(): number {
    return this.#store.lastChange;
  }

  /** As {@linkcode History.progress}. */
  get progress(): string | undefined {
    return this.#store.progress;
  }

  /** As {@linkcode History.numbers}. */
  numbers(): Iterable<readonly [place: string, last: number]> {
    for (const _ of this.catchUp());
    return this.#store.numbers();
  }

  /** As {@linkcode History.shareEpoch}. */
  shareEpoch(id: string): void {
    this.#store.shareEpoch(id);
  }

  /** As {@linkcode History.nextChange}. */
  nextChange(number?: number): number {
    const change = this.#store.nextChange(number);
    this.#unappendedChange ??= change;
    return change;
  }

  /** As {@linkcode History.line}. */
  line(conversation: string, sequence: number): StoredLine | undefined {
    for (const _ of this.catchUp());
    return this.#store.line(conversation, sequence);
  }

  /** As {@linkcode History.changes}. */
  *changes(query: ChangesQuery): Generator<void, ChangesPage> {
    const upTo = this.#unappendedChange === undefined ? this.lastChange : this.#unappendedChange - 1;
    yield* this.catchUp();
    return yield* this.#store.changes(query, upTo);
  }

  /** As {@linkcode History.sameChanges}. */
  sameChanges(epoch: string): number {
    return this.#store.sameChanges(epoch);
  }

  /** As {@linkcode History.epoch}. */
  get epoch(): string | undefined {
    return this.#store.epoch;
  }

  /** As {@linkcode History.sameUpTo}. */
  sameUpTo(conversation: string, sequence: number, epoch: string): number {
    return this.#store.sameUpTo(conversation, sequence, epoch);
  }

  /** As {@linkcode History.sameIds}. */
  sameIds(epoch: string): number {
    return this.#store.sameIds(epoch);
  }

  /** As {@linkcode History.directConversations}. */
  *directConversations(key: string, after: number): Generator<void, DirectConversations> {
    yield* this.catchUp();
    return yield* this.#store.directConversations(key, after);
  }

  /** As {@linkcode History.search}. */
  *search(query: SearchQuery): Generator<void, Page, Enough> {
    yield* this.catchUp();
    return yield* this.#store.search(query);
  }

  /** As {@linkcode History.mentions}. */
  *mentions(query: MentionsQuery): Generator<void, Page, Enough> {
    yield* this.catchUp();
    return yield* this.#store.mentions(query);
  }

  /** As {@linkcode History.work}. */
  work(ms: number): boolean {
    const end = this.#elapsed() + ms;
    if (this.#drain.work(ms)) return true;
    return this.#store.index(Math.max(0, end - this.#elapsed()));
  }

  /** As {@linkcode History.purge}. */
  purge(ms: number, isQuiet: boolean): number {
    if (!this.#store.mustPurge) return Infinity;
    const start = this.#elapsed();
    this.#purgeAt ??= start + Math.max(PURGE_AFTER_MS, this.#purgeMs / PURGE_SHARE);
    if (start < this.#purgeAt) return this.#purgeAt - start;
    if (!isQuiet && start < this.#purgeAt + PURGE_WAIT_MS) return PURGE_LOOK_MS;
    if (!this.#isPurging) {
      this.#isPurging = true;
      this.#purgeMs = 0;
      this.#store.beginPurge();
    }
    const result = this.#purgePart(ms);
    this.#purgeMs += this.#elapsed() - start;
    if (result === "blocked") return PURGE_BLOCKED_MS;
    if (result === "more") return isQuiet ? PURGE_PAUSE_MS : PURGE_LOOK_MS;
    this.#isPurging = false;
    this.#purgeAt = undefined;
    // Texts that were deleted meanwhile.
    return this.purge(ms, isQuiet);
  }

  #purgePart(ms: number): "more" | "done" | "blocked" {
    if (this.#prunedInJournal) {
      this.#removeDrained();
      if (this.#prunedInJournal) return "more";
    }
    return this.#store.purge(ms);
  }

  /** Purges what is left before the database is closed; the next start does what fails. */
  #purgeAll(): void {
    try {
      if (!this.#store.mustPurge) return;
      this.#store.beginPurge();
      while (this.#store.purge(Infinity) === "more");
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  /** As {@linkcode History.prune}. */
  prune(now: number): PruneResult {
    const result = this.#store.prune(now);
    for (const key of result.emptied) this.#emptied.add(key);
    if (result.expired > 0 || result.oversize > 0) this.#prunedInJournal = true;
    else if (!result.more && this.#prunedInJournal) this.#removeDrained();
    return { ...result, emptied: this.#takeEmptied() };
  }

  /** Returns the conversations without messages. Those may still have pending ones, so the journal is drained first. */
  #takeEmptied(): string[] {
    if (this.#emptied.size === 0 || this.#drain.work(STEP_MS)) return [];
    const emptied = [...this.#emptied].filter((key) =>
      !this.#store.hasMessages(this.#store.conversation(key))
    );
    this.#emptied.clear();
    return emptied;
  }

  /** As {@linkcode History.newestTime}. */
  newestTime(): number | undefined {
    return this.#store.newestTime();
  }

  /** As {@linkcode History.sizes}. */
  sizes(): HistorySizes {
    const journalBytes = this.#journal.bytesAfter({ file: 0, offset: 0 });
    return { journalBytes, ...this.#store.sizes() };
  }

  /** Removes drained messages from the journal, so that pruned messages disappear there too. */
  #removeDrained(): void {
    // If much is pending, a new file starts soon anyway; otherwise the next `prune` tries again.
    if (this.#drain.work(STEP_MS)) return;
    this.#journal.rotate();
    this.#prunedInJournal = this.#drain.work(STEP_MS);
  }

  /** As {@linkcode History.checkpoint}. */
  checkpoint(): void {
    this.#store.checkpoint();
  }

  /** As {@linkcode History.recordState}. */
  recordState(state: { unkept?: boolean; damaged?: boolean }): void {
    // Damage since the start lost sequence numbers, which storing other messages does not bring back.
    this.#lock.recordState(
      this.#damagedFiles > 0 && state.unkept === false ? { ...state, unkept: true } : state,
    );
  }

  /** As {@linkcode History.close}. */
  close(): void {
    let drained = false;
    try {
      drained = this.#journal.persistent && !this.#drain.work(Infinity);
    } finally {
      try {
        this.#journal.close(drained);
        if (drained) this.#purgeAll();
      } finally {
        this.#store.close();
        this.#lock.release();
      }
    }
  }
}

/** Names contain no line break. */
function keyOf(author: string, id: string): string {
  return `${author}\n${id}`;
}
