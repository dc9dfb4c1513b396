/**
 * The unshown contents of a buffer that is not on the screen: messages and their changes, separators, and joins, leaves
 * and renames, in order.
 *
 * PURE. Bounded: above a limit the oldest entries are dropped, and dropped new messages are counted. Each kind has its
 * own limit, so joins and leaves never displace messages. The numbers of dropped messages are known, so that they can
 * be fetched from the hub.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";
import type { MissedRange } from "./earlier_messages.ts";
import type { LineNews } from "./line_news.ts";
import { unitsOf } from "./newest_lines.ts";
import { changeUnits, type PresenceChange } from "./presence.ts";

/** How many messages one buffer stores: as many missed ones as are fetched at once. */
export const MAX_BACKLOG_LINES = 2000;

/** How many UTF-16 units these messages may have together, so that a hub cannot fill the memory. */
export const MAX_BACKLOG_UNITS = 512 * 1024;

/** How many joins, leaves and renames one buffer stores. */
export const MAX_BACKLOG_CHANGES = 200;

/** How many changes of messages one buffer stores. */
export const MAX_BACKLOG_NEWS = 200;

/** How many UTF-16 units their messages may have together. */
export const MAX_BACKLOG_NEWS_UNITS = 256 * 1024;

/** How many UTF-16 units the names in them may have together. */
export const MAX_BACKLOG_CHANGE_UNITS = 32 * 1024;

/** How many separators one buffer stores. Each lost connection adds one, and the last ones matter. */
const MAX_BACKLOG_SEPARATORS = 10;

/** An entry that is shown later. */
export type BacklogEntry =
  /** A message, and whether it counts as new and mentions the user. */
  | { readonly kind: "line"; readonly line: PastLine; readonly isNew?: boolean; readonly mentioned?: boolean }
  /** A separator line: the messages after it are new. */
  | { readonly kind: "separator"; readonly text: string }
  /** A join, leave or rename. */
  | { readonly kind: "change"; readonly change: PresenceChange }
  /** What has happened to a message that was shown. */
  | { readonly kind: "news"; readonly news: LineNews };

/** An entry with a message. */
export type LineEntry = BacklogEntry & { readonly kind: "line" };

/** What a backlog holds. */
export interface BacklogContents {
  /** The entries, oldest first. */
  readonly entries: readonly BacklogEntry[];
  /** How many older messages that count as new were dropped. */
  readonly dropped: number;
  /** The numbers of all dropped messages; absent if none has a number. */
  readonly droppedRange?: MissedRange;
}

/** The unshown contents of one buffer. */
export class Backlog {
  #entries: BacklogEntry[] = [];
  #lines = 0;
  #changes = 0;
  #separators = 0;
  #news = 0;
  #newsUnits = 0;
  #units = 0;
  #changeUnits = 0;
  #dropped = 0;
  #droppedRange: MissedRange | undefined;

  /**
   * Adds an entry.
   *
   * @param entry an entry to show later
   */
  add(entry: BacklogEntry): void {
    this.#entries.push(entry);
    if (entry.kind === "separator") {
      if (++this.#separators > MAX_BACKLOG_SEPARATORS) this.#drop("separator");
      return;
    }
    if (entry.kind === "news") {
      this.#news++;
      this.#newsUnits += unitsOf(entry.news.line);
      while (this.#news > MAX_BACKLOG_NEWS || this.#newsUnits > MAX_BACKLOG_NEWS_UNITS) this.#drop("news");
      return;
    }
    if (entry.kind === "change") {
      this.#changes++;
      this.#changeUnits += changeUnits(entry.change);
      while (this.#changes > MAX_BACKLOG_CHANGES || this.#changeUnits > MAX_BACKLOG_CHANGE_UNITS) {
        this.#drop("change");
      }
      return;
    }
    this.#lines++;
    this.#units += unitsOf(entry.line);
    while (this.#lines > MAX_BACKLOG_LINES || (this.#units > MAX_BACKLOG_UNITS && this.#lines > 1)) {
      this.#drop("line");
    }
  }

  /**
   * Removes the messages of some authors.
   *
   * @param isHidden returns whether the messages of an author are removed
   * @returns the removed messages
   */
  remove(isHidden: (username: string) => boolean): LineEntry[] {
    const removed: LineEntry[] = [];
    this.#entries = this.#entries.filter((entry) => {
      if (entry.kind !== "line" || !isHidden(entry.line.username)) return true;
      this.#lines--;
      this.#units -= unitsOf(entry.line);
      removed.push(entry);
      return false;
    });
    return removed;
  }

  /**
   * Finds a message.
   *
   * @param sequence its number
   * @returns its entry; `undefined` if it is not there
   */
  find(sequence: number): LineEntry | undefined {
    const isOne = (entry: BacklogEntry) => entry.kind === "line" && entry.line.sequence === sequence;
    return this.#entries.findLast(isOne) as LineEntry | undefined;
  }

  /**
   * Replaces the entry of a message.
   *
   * @param old an entry that {@linkcode Backlog.find} has returned
   * @param entry the new one
   */
  replace(old: LineEntry, entry: LineEntry): void {
    this.#entries[this.#entries.indexOf(old)] = entry;
    this.#units += unitsOf(entry.line) - unitsOf(old.line);
  }

  /**
   * Removes and returns all entries.
   *
   * @returns the entries
   */
  take(): BacklogContents {
    const range = this.#droppedRange;
    const taken = { entries: this.#entries, dropped: this.#dropped, ...(range && { droppedRange: range }) };
    this.#entries = [];
    this.#lines =
      this.#changes =
      this.#separators =
      this.#news =
        0;
    this.#units =
      this.#changeUnits =
      this.#newsUnits =
      this.#dropped =
        0;
    this.#droppedRange = undefined;
    return taken;
  }

  #drop(kind: BacklogEntry["kind"]): void {
    const [entry] = this.#entries.splice(this.#entries.findIndex((entry) => entry.kind === kind), 1);
    if (entry?.kind === "change") {
      this.#changes--;
      this.#changeUnits -= changeUnits(entry.change);
    }
    if (entry?.kind === "separator") this.#separators--;
    if (entry?.kind === "news") {
      this.#news--;
      this.#newsUnits -= unitsOf(entry.news.line);
    }
    if (entry?.kind !== "line") return;
    this.#lines--;
    this.#units -= unitsOf(entry.line);
    if (entry.isNew) this.#dropped++;
    const { sequence } = entry.line;
    if (sequence === undefined) return;
    this.#droppedRange = {
      after: Math.min(sequence - 1, this.#droppedRange?.after ?? Infinity),
      before: Math.max(sequence + 1, this.#droppedRange?.before ?? 0),
    };
  }
}
