/**
 * Receipts: the acknowledgements of recent messages that have an id, in memory. A client that sends such a message
 * again receives the same acknowledgement.
 *
 * Rule: they are limited by number and not by age, so a clock that jumps makes the hub forget none.
 *
 * PURE.
 *
 * @module
 */
import type { Receipt } from "../history/mod.ts";

/** The largest number of receipts: they take some megabytes and cover hours of chat. */
export const MAX_RECEIPTS = 10_000;

/** The most recent receipts. */
export class Receipts {
  readonly #byKey = new Map<string, Receipt>();

  /** All receipts in memory. */
  get all(): Iterable<Receipt> {
    return this.#byKey.values();
  }

  /**
   * Adds a receipt. Drops the oldest one if there are too many.
   *
   * @param receipt the receipt of a new message
   */
  add(receipt: Receipt): void {
    if (this.#byKey.size >= MAX_RECEIPTS) {
      for (const oldest of this.#byKey.keys()) {
        this.#byKey.delete(oldest);
        break;
      }
    }
    const key = keyOf(receipt.author, receipt.id);
    // So that a receipt that replaces another one counts as recent.
    this.#byKey.delete(key);
    this.#byKey.set(key, receipt);
  }

  /**
   * Drops the receipts of an author.
   *
   * @param author the author, as in a receipt
   */
  forget(author: string): void {
    for (const [key, receipt] of this.#byKey) if (receipt.author === author) this.#byKey.delete(key);
  }

  /**
   * Finds a receipt.
   *
   * @param author the author, as in a receipt
   * @param id the id that the author gave the message
   * @returns the receipt, if there is one
   */
  find(author: string, id: string): Receipt | undefined {
    return this.#byKey.get(keyOf(author, id));
  }
}

/** Joins the two with a line break, which no author contains. */
function keyOf(author: string, id: string): string {
  return `${author}\n${id}`;
}
