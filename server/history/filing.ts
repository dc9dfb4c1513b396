/**
 * Files lines: takes them from the journal into the database, some milliseconds at a time. Lines are filed in the order
 * in
 * which they were said, and the database knows from the same transaction up to where that is done.
 *
 * @module
 */
import { HEADER_BYTES, MAX_BODY_BYTES } from "../../protocol/mod.ts";
import { StorageError } from "./errors.ts";
import type { KeptLine } from "./history.ts";
import type { Journal, Position } from "./journal.ts";
import { readRecords, type RecordedLine } from "./record.ts";
import type { Store } from "./store.ts";

/** How much is read at once, in bytes: the longest frame fits, and to file it takes 2 ms. */
const PIECE_BYTES = HEADER_BYTES + MAX_BODY_BYTES;

/** A file of the journal that could not be read to its end. */
export interface Damage {
  /** The number of the file. */
  file: number;
  /** What is wrong. */
  reason: string;
}

/** Who is told what comes of it. */
export interface FilingDependencies {
  /** A line with a mark was filed. */
  filed(line: KeptLine): void;
  /**
   * A file could not be read to its end: numbers of lines may have been lost. It is set aside, and the lines behind it
   * are
   * filed.
   */
  damaged(damage: Damage): void;
}

/** Files the lines of one journal. */
export class Filing {
  readonly #journal: Journal;
  readonly #store: Store;
  readonly #elapsed: () => number;
  readonly #dependencies: FilingDependencies;
  #buffer: Uint8Array = new Uint8Array(PIECE_BYTES);
  #position: Position;

  /**
   * Goes on where the last one ended.
   *
   * @param journal where lines are
   * @param store where they go
   * @param elapsed a clock that only goes forward, in milliseconds
   * @param ports who is told what comes of it
   */
  constructor(journal: Journal, store: Store, elapsed: () => number, dependencies: FilingDependencies) {
    this.#journal = journal;
    this.#store = store;
    this.#elapsed = elapsed;
    this.#dependencies = dependencies;
    const { filed: position } = store;
    // What there is from before that is filed, as its files would be gone otherwise.
    this.#position = position.file >= journal.first ? position : { file: journal.first, at: 0 };
  }

  /** Up to where everything is filed. */
  get position(): Position {
    return this.#position;
  }

  /** How many bytes of the journal are not filed. */
  get behindBytes(): number {
    return this.#journal.behind(this.#position);
  }

  /**
   * Files some of what is not.
   *
   * @param ms for about how long, in milliseconds
   * @returns whether there is more
   * @throws {StorageError} where the disk does not give or take it; then it is still in the journal
   */
  work(ms: number): boolean {
    const end = this.#elapsed() + ms;
    while (this.#filePiece()) if (this.#elapsed() >= end) return this.behindBytes > 0;
    return false;
  }

  /** Files a piece; tells whether there may be more. */
  #filePiece(): boolean {
    const { file, at } = this.#position;
    const count = this.#ask(() => this.#journal.read(this.#position, this.#buffer));
    const last = count < this.#buffer.length;
    const { lines, used, damage } = readRecords(this.#buffer.subarray(0, count), last);
    if (used > 0) {
      const position = { file, at: at + used };
      this.#file(lines, position);
      this.#position = position;
      if (this.#buffer.length > PIECE_BYTES) this.#buffer = new Uint8Array(PIECE_BYTES);
      if (damage === undefined) return true;
    } else if (!last && damage === undefined) {
      // Marks whose lines are farther away.
      this.#buffer = new Uint8Array(2 * this.#buffer.length);
      return true;
    }
    if (damage !== undefined) {
      const reason = damage;
      this.#ask(() => {
        // What follows is not to be appended to a file that cannot be read.
        if (file === this.#journal.end.file) this.#journal.turn();
        this.#dependencies.damaged({ file, reason });
      });
    }
    const next = this.#journal.after(file);
    if (next === undefined) return false;
    // What is left of the file nobody was shown, as it is half a frame, or it is damaged.
    this.#store.keep([], { filed: { file: next, at: 0 } });
    this.#position = { file: next, at: 0 };
    // On the disk, and not only in the system's memory: a machine that loses its power now loses nothing of the file.
    this.#store.checkpoint();
    this.#ask(() => this.#journal.removeBefore(next));
    return true;
  }

  /** Asks the journal something, and says in our words what went wrong: its files are on a disk as the database is. */
  #ask<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StorageError(error);
    }
  }

  #file(recorded: readonly RecordedLine[], filed: Position): void {
    const lines: KeptLine[] = [];
    for (const { place: name, mark, ...line } of recorded) {
      const place = this.#store.place(name);
      place.last = Math.max(place.last, line.sequence);
      const { sequence, timestamp } = line;
      lines.push({ place, ...line, receipt: mark && { ...mark, sequence, stored: true, timestamp } });
    }
    this.#store.keep(lines, { filed });
    for (const line of lines) if (line.receipt !== undefined) this.#dependencies.filed(line);
  }
}
