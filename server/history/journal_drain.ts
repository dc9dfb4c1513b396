/**
 * Drains the journal: moves messages from the journal to the database, a few milliseconds at a time, in the
 * order in which the hub received them. The database stores the drained position in the same transaction.
 *
 * @module
 */
import { HEADER_BYTES, MAX_BODY_BYTES } from "../../protocol/mod.ts";
import { type Receipt, StorageError, type StoredLine } from "./history.ts";
import type { Journal, Position } from "../journal/mod.ts";
import { readRecords, type Records } from "./journal_record.ts";
import type { Store } from "./store.ts";

/** How much is read at once, in bytes: the longest frame fits, and storing it takes 2 ms. */
const CHUNK_BYTES = HEADER_BYTES + MAX_BODY_BYTES;

/** A file of the journal that could not be read to its end. */
export interface Damage {
  /** The number of the file. */
  file: number;
  /** What is wrong with it. */
  reason: string;
}

/** Dependencies of {@linkcode JournalDrain}. */
export interface JournalDrainDependencies {
  /** The receipt of a message with an id is now in the database. */
  drained(receipt: Receipt): void;
  /** A text that is still in the journal was deleted or replaced in the database. */
  erased(): void;
  /**
   * A file could not be read to its end, so sequence numbers may be lost. The callback sets the file aside; the
   * messages after it are drained.
   */
  damaged(damage: Damage): void;
}

/** Drains one journal. */
export class JournalDrain {
  readonly #journal: Journal;
  readonly #store: Store;
  readonly #elapsed: () => number;
  readonly #dependencies: JournalDrainDependencies;
  #buffer: Uint8Array = new Uint8Array(CHUNK_BYTES);
  #position: Position;
  /** How many messages of the current file could not be stored. */
  #refused = 0;

  /**
   * Continues at the position that the database stores.
   *
   * @param journal the source
   * @param store the destination
   * @param elapsed a monotonic clock, in milliseconds
   * @param dependencies see {@linkcode JournalDrainDependencies}
   */
  constructor(journal: Journal, store: Store, elapsed: () => number, dependencies: JournalDrainDependencies) {
    this.#journal = journal;
    this.#store = store;
    this.#elapsed = elapsed;
    this.#dependencies = dependencies;
    const { drainedTo: position } = store;
    // Older files were drained, or they would still exist.
    this.#position = position.file >= journal.firstFile ? position : { file: journal.firstFile, offset: 0 };
  }

  /** The position up to which everything is in the database. */
  get position(): Position {
    return this.#position;
  }

  /** The size of the pending messages, in bytes. */
  get pendingBytes(): number {
    return this.#journal.bytesAfter(this.#position);
  }

  /**
   * Drains some pending messages.
   *
   * @param ms approximate time limit, in milliseconds
   * @returns whether there are more
   * @throws {StorageError} when the disk cannot read or write; the messages are still in the journal then
   */
  work(ms: number): boolean {
    const end = this.#elapsed() + ms;
    while (this.#drainChunk()) if (this.#elapsed() >= end) return this.pendingBytes > 0;
    return false;
  }

  /** Drains one chunk; returns whether there may be more. */
  #drainChunk(): boolean {
    const { file, offset } = this.#position;
    const count = this.#wrapErrors(() => this.#journal.read(this.#position, this.#buffer));
    const last = count < this.#buffer.length;
    const { lines, changes, progress, used, damage } = readRecords(this.#buffer.subarray(0, count), last);
    if (used > 0) {
      const position = { file, offset: offset + used };
      this.#insert({ lines, changes, progress }, position);
      this.#position = position;
      if (this.#buffer.length > CHUNK_BYTES) this.#buffer = new Uint8Array(CHUNK_BYTES);
      if (damage === undefined) return true;
    } else if (!last && damage === undefined) {
      // The chunk has message ids whose messages are further on.
      this.#buffer = new Uint8Array(2 * this.#buffer.length);
      return true;
    }
    if (damage !== undefined) {
      const reason = damage;
      this.#wrapErrors(() => {
        // Nothing may be appended to a file that cannot be read.
        if (file === this.#journal.end.file) this.#journal.rotate();
        this.#dependencies.damaged({ file, reason });
      });
    }
    const next = this.#journal.nextFile(file);
    if (next === undefined) return false;
    if (this.#refused > 0) {
      const reason = `${this.#refused} messages have numbers that other messages have`;
      this.#refused = 0;
      this.#wrapErrors(() => this.#dependencies.damaged({ file, reason }));
    }
    // The rest of the file was never shown to a client: it is half a frame, or damaged.
    this.#store.insert([], { drainedTo: { file: next, offset: 0 } });
    this.#position = { file: next, offset: 0 };
    // Syncs to the disk, so that a power failure after the file is removed loses no messages.
    this.#store.checkpoint();
    this.#wrapErrors(() => this.#journal.removeBefore(next));
    return true;
  }

  /** Remembers that a file has messages that are nowhere else, so it must not be removed when it is drained. */
  #keepFile(count: number, file: number): void {
    this.#refused += count;
    this.#wrapErrors(() => {
      if (file === this.#journal.end.file) this.#journal.rotate();
    });
  }

  /** Runs an operation of the journal; an error becomes a `StorageError`, as for the database. */
  #wrapErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StorageError(error);
    }
  }

  #insert(
    { lines: journalLines, changes, progress }: Pick<Records, "lines" | "changes" | "progress">,
    drainedTo: Position,
  ): void {
    const lines: StoredLine[] = [];
    for (const { conversation: name, messageId, ...line } of journalLines) {
      const conversation = this.#store.conversation(name);
      conversation.last = Math.max(conversation.last, line.sequence);
      const { sequence, timestamp } = line;
      lines.push({
        conversation,
        ...line,
        receipt: messageId && { ...messageId, sequence, stored: true, timestamp },
      });
    }
    const refused = this.#store.insert(lines, { changes, progress, drainedTo });
    if (refused.length > 0) this.#keepFile(refused.length, drainedTo.file);
    for (const { receipt } of lines) if (receipt !== undefined) this.#dependencies.drained(receipt);
    for (const { kind, sequence, at, messageId } of changes) {
      if (kind === "delete" || kind === "edit") this.#dependencies.erased();
      if (messageId === undefined) continue;
      this.#dependencies.drained({ ...messageId, sequence, stored: true, timestamp: at });
    }
  }
}
