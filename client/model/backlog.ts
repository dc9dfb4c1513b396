/**
 * What happened in a place while one was in another: lines, and who came and went, in their order, to be shown later.
 *
 * PURE. Bounded: where too much comes, the oldest is dropped and counted, so that it can be told; those who come and go
 * never displace what was said.
 *
 * @module
 */
import type { ChatLine } from "../../protocol/mod.ts";
import type { PresenceChange } from "./presence.ts";

/** How many lines are kept for one place: some screens full. */
export const MAX_BACKLOG_LINES = 500;

/** How many UTF-16 units they may have together, so that a hub cannot fill the memory with them. */
export const MAX_BACKLOG_UNITS = 512 * 1024;

/** How many of those who came and went are kept for one place. */
export const MAX_BACKLOG_CHANGES = 200;

/** How many marks are kept for one place: one for each time the link was lost, the last of which count. */
const MAX_BACKLOG_MARKS = 10;

/** Something that is to be shown later. */
export type BacklogEntry =
  /** Somebody said something. */
  | { readonly kind: "line"; readonly line: ChatLine }
  /** What follows is new, in words. */
  | { readonly kind: "mark"; readonly text: string }
  /** Somebody came, went or took another name. */
  | { readonly kind: "change"; readonly change: PresenceChange };

/** What is taken out of a backlog. */
export interface Backlogged {
  /** What was kept, oldest first. */
  readonly entries: readonly BacklogEntry[];
  /** How many lines came before that and were dropped. */
  readonly lost: number;
}

/** What waits to be shown of one place. */
export class Backlog {
  #entries: BacklogEntry[] = [];
  #lines = 0;
  #changes = 0;
  #marks = 0;
  #units = 0;
  #lost = 0;

  /** How many lines wait, those that were dropped included. */
  get lines(): number {
    return this.#lines + this.#lost;
  }

  /**
   * Keeps something.
   *
   * @param entry what is to be shown later
   */
  add(entry: BacklogEntry): void {
    this.#entries.push(entry);
    if (entry.kind === "mark") {
      if (++this.#marks > MAX_BACKLOG_MARKS) this.#drop("mark");
      return;
    }
    if (entry.kind === "change") {
      if (++this.#changes > MAX_BACKLOG_CHANGES) this.#drop("change");
      return;
    }
    this.#lines++;
    this.#units += unitsOf(entry.line);
    while (this.#lines > MAX_BACKLOG_LINES || (this.#units > MAX_BACKLOG_UNITS && this.#lines > 1)) {
      this.#drop("line");
    }
  }

  /**
   * Takes everything out.
   *
   * @returns what was kept; nothing waits from then on
   */
  take(): Backlogged {
    const taken = { entries: this.#entries, lost: this.#lost };
    this.#entries = [];
    this.#lines = this.#changes = this.#marks = 0;
    this.#units = this.#lost = 0;
    return taken;
  }

  #drop(kind: BacklogEntry["kind"]): void {
    const [entry] = this.#entries.splice(this.#entries.findIndex((entry) => entry.kind === kind), 1);
    if (entry?.kind === "change") this.#changes--;
    if (entry?.kind === "mark") this.#marks--;
    if (entry?.kind !== "line") return;
    this.#lines--;
    this.#units -= unitsOf(entry.line);
    this.#lost++;
  }
}

function unitsOf({ username, message }: ChatLine): number {
  return username.length + message.length;
}
