/**
 * A history: a journal that lines are written to before anybody sees them, and a database that they are filed in
 * when there is time, where they are found again.
 *
 * Rules: all that reads lines has to catch up first (`caughtUp`), as what is not filed is in no page; so nothing has to
 * be
 * put together of two halves. What is not filed is bounded: beyond `MAX_BEHIND_BYTES` each round files
 * about as much as it adds, and where that fails for long, nothing more is taken.
 *
 * It is long because it is the one place that decides between journal and database.
 *
 * @module
 */
import { StorageError } from "./errors.ts";
import type { FolderLock } from "./folder_lock.ts";
import type { History, KeepMore, KeptLine, Page, PageQuery, Place, Receipt, SearchQuery } from "./history.ts";
import { Filing } from "./filing.ts";
import type { Journal } from "./journal.ts";
import type { Store } from "./store.ts";
import { DEFAULT_RETENTION, parseRetention } from "../settings/mod.ts";

/** How much may wait to be filed before that is done in the middle of a flood, in bytes: a second of a flood. */
export const MAX_BEHIND_BYTES = 32 * 1024 * 1024;
/**
 * How much may wait where the database takes nothing at all, in bytes, if what is kept may not take more anyway:
 * beyond, lines
 * are said to be not stored.
 */
const MAX_UNFILED_BYTES = 2 * MAX_BEHIND_BYTES;
/**
 * The same where there is no bound to what is kept: as much as is kept of all that is said, unless it is told
 * otherwise.
 */
const USUAL_BYTES = parseRetention(DEFAULT_RETENTION)!.bytes;
/**
 * How much is appended before it is looked again how much waits, in bytes: to file twice that takes some milliseconds.
 */
const CHECK_BYTES = 64 * 1024;
/** How often it is looked whether the folder is still there, while lines are kept, in milliseconds. */
const CHECK_MS = 1000;
/** How long a step of catching up may take, in milliseconds: a third of what nobody notices. */
const STEP_MS = 3;
/** How long after the database did not take something it is left alone in the middle of a flood, in milliseconds. */
const RETRY_MS = 5000;

/** What a history is made of. */
export interface Parts {
  /** Where lines are written first. */
  journal: Journal;
  /** Where they go. */
  store: Store;
  /** What the folder is locked by. */
  lock: Pick<FolderLock, "note" | "check" | "release">;
  /** A clock that only goes forward, in milliseconds. */
  elapsed(): number;
  /**
   * Makes what is added to the name of a file of the journal that is set aside, as it cannot be read to its end.
   *
   * @returns what is added
   */
  aside(): string;
  /**
   * Takes note of something that an operator should know.
   *
   * @param text a sentence
   */
  report(text: string): void;
}

/** A history that this process alone writes. */
export class JournaledHistory implements History {
  readonly #journal: Journal;
  readonly #store: Store;
  readonly #lock: Parts["lock"];
  readonly #elapsed: () => number;
  readonly #filing: Filing;
  /** Receipts of lines that are not filed. */
  readonly #receipts = new Map<string, Receipt>();
  #notBefore = 0;
  #checkedAt = -Infinity;
  /** How much was appended since it was looked how much waits, in bytes. */
  #unchecked = 0;
  /** Whether more waits than ever should. */
  #overfull = false;
  /** How many files that the last hub left in the journal could not be read to their ends, and were set aside. */
  readonly damages: number;
  /** How many there were since. */
  #damages = 0;
  /** Whether lines were thrown away that may still be in the journal. */
  #stale = false;

  /**
   * Puts a history together, and files what the last one left in the journal.
   *
   * @param parts what it is made of
   */
  constructor({ journal, store, lock, elapsed, aside, report }: Parts) {
    this.#journal = journal;
    this.#store = store;
    this.#lock = lock;
    this.#elapsed = elapsed;
    this.#filing = new Filing(journal, store, elapsed, {
      filed: ({ receipt }) => void this.#receipts.delete(keyOf(receipt!.author, receipt!.id)),
      damaged: ({ file, reason }) => {
        lock.note({ unkept: true });
        const path = journal.setAside(file, aside());
        this.#damages++;
        report(
          `the journal was damaged (${reason}): what could be read of it is kept, and it is now ${path}`,
        );
      },
    });
    this.#filing.work(Infinity);
    this.damages = this.#damages;
    this.#damages = 0;
  }

  /** How many bytes of the journal are not filed. */
  get behindBytes(): number {
    return this.#filing.behindBytes;
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

  /** As {@linkcode History.place}. */
  place(name: string): Place {
    return this.#store.place(name);
  }

  /** As {@linkcode History.isKept}. */
  isKept(place: Place): boolean {
    return this.#store.isKept(place);
  }

  /**
   * Does what can be done before the first line, so that this one is kept as fast as any: makes the file, and looks
   * after the
   * folder for the first time. What fails here is tried again with the first line, and told if it fails then.
   */
  prepare(): void {
    try {
      this.#journal.prepare();
      this.#checkFolder();
    } catch {
      // The disk may be full at the start and not when somebody says something.
    }
  }

  /** As {@linkcode History.append}. */
  append(frames: readonly Uint8Array[], receipts: readonly Receipt[] = []): void {
    try {
      this.#checkFolder();
      if (this.#overfull) this.#checkUnfiled();
      this.#journal.append(frames);
    } catch (error) {
      throw new StorageError(error);
    }
    for (const receipt of receipts) this.#receipts.set(keyOf(receipt.author, receipt.id), receipt);
    for (const { length } of frames) this.#unchecked += length;
    if (this.#unchecked > CHECK_BYTES) this.#checkBehind();
  }

  /** Looks whether what is kept can be found again, now and then: that costs as much as a line. */
  #checkFolder(): void {
    const now = this.#elapsed();
    if (now - this.#checkedAt < CHECK_MS) return;
    this.#lock.check();
    this.#checkedAt = now;
  }

  /** Whether so much waits that nothing more may be appended. */
  get #unfiledTooMuch(): boolean {
    const { retentionBytes } = this.#store;
    const most = Number.isFinite(retentionBytes) ? retentionBytes : USUAL_BYTES;
    return this.#filing.behindBytes > Math.max(MAX_UNFILED_BYTES, most);
  }

  /** Takes no more before some of what waits is filed; what keeps it from that says so itself. */
  #checkUnfiled(): void {
    if (this.#unfiledTooMuch) this.#filing.work(STEP_MS);
    if (this.#unfiledTooMuch) {
      throw new Error(
        `the database takes nothing, and ${this.#filing.behindBytes} bytes wait for it in the journal`,
      );
    }
    this.#overfull = false;
  }

  /** Files in the middle of a flood, where too much waits: twice what was added, so that it gets less. */
  #checkBehind(): void {
    const behind = this.#filing.behindBytes;
    const wanted = Math.max(MAX_BEHIND_BYTES, behind - 2 * this.#unchecked);
    this.#unchecked = 0;
    this.#overfull = this.#unfiledTooMuch;
    if (behind <= MAX_BEHIND_BYTES || this.#elapsed() < this.#notBefore) return;
    try {
      while (this.#filing.behindBytes > wanted && this.#filing.work(0));
    } catch (error) {
      // What was appended is safe all the same; whoever looks after this history is told when it is at work.
      if (!(error instanceof StorageError)) throw error;
      this.#notBefore = this.#elapsed() + RETRY_MS;
    }
  }

  /** As {@linkcode History.keep}. */
  keep(lines: readonly KeptLine[], more?: KeepMore): void {
    // What was said before is to stand before, and to be given its numbers first.
    this.#filing.work(Infinity);
    this.#store.keep(lines, more);
  }

  /** As {@linkcode History.checkRoom}. */
  checkRoom(): void {
    try {
      this.#lock.check();
    } catch (error) {
      throw new StorageError(error);
    }
    this.#store.checkRoom();
  }

  /** As {@linkcode History.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#receipts.get(keyOf(author, id)) ?? this.#store.receipt(author, id);
  }

  /** As {@linkcode History.caughtUp}. */
  *caughtUp(): Generator<void, void> {
    const { file, at } = this.#journal.end;
    for (;;) {
      const { position } = this.#filing;
      if (position.file > file || position.file === file && position.at >= at) return;
      if (!this.#filing.work(STEP_MS)) return;
      yield;
    }
  }

  /** As {@linkcode History.page}. */
  page(query: PageQuery): Page {
    return this.#store.page(query);
  }

  /** As {@linkcode History.search}. */
  *search(query: SearchQuery): Generator<void, Page> {
    yield* this.caughtUp();
    return yield* this.#store.search(query);
  }

  /** As {@linkcode History.work}. */
  work(ms: number): boolean {
    const end = this.#elapsed() + ms;
    if (this.#filing.work(ms)) return true;
    return this.#store.index(Math.max(0, end - this.#elapsed()));
  }

  /** As {@linkcode History.prune}. */
  prune(now: number): { more: boolean; emptied: string[] } {
    const { more, emptied } = this.#store.prune(now);
    if (more) this.#stale = true;
    else if (this.#stale) this.#dropFiled();
    // What is not filed is still to come.
    return { more, emptied: this.behindBytes > 0 ? [] : emptied };
  }

  /** Removes from the journal what is filed: lines that were thrown away are to be gone from there as well. */
  #dropFiled(): void {
    // Where much waits, there is soon a new file anyway; otherwise it is tried again when it is pruned next.
    if (this.#filing.work(STEP_MS)) return;
    this.#journal.turn();
    this.#stale = this.#filing.work(STEP_MS);
  }

  /** As {@linkcode History.checkpoint}. */
  checkpoint(): void {
    this.#store.checkpoint();
  }

  /** As {@linkcode History.mark}. */
  mark(state: { unkept?: boolean; damaged?: boolean }): void {
    // With what was damaged since the start numbers were lost that no mark of other lines brings back.
    this.#lock.note(this.#damages > 0 && state.unkept === false ? { ...state, unkept: true } : state);
  }

  /** As {@linkcode History.close}. */
  close(): void {
    let filed = false;
    try {
      filed = this.#journal.lasting && !this.#filing.work(Infinity);
    } finally {
      try {
        this.#journal.close(filed);
      } finally {
        this.#store.close();
        this.#lock.release();
      }
    }
  }
}

/** A name has no line break in it. */
function keyOf(author: string, id: string): string {
  return `${author}\n${id}`;
}
