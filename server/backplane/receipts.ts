/**
 * What lines that may be sent again were answered, in memory: the latest of them, for a day.
 *
 * PURE.
 *
 * @module
 */
import { type Receipt, RECEIPT_MS } from "../history/mod.ts";

/** How many are known at most, so that they take some megabytes: hours of what people say. */
export const MAX_RECEIPTS = 10_000;

/** The latest receipts. */
export class Receipts {
  readonly #byMark = new Map<string, Receipt>();

  /** All that are known. */
  get all(): Iterable<Receipt> {
    return this.#byMark.values();
  }

  /**
   * Adds one; the oldest is forgotten where there are too many.
   *
   * @param receipt the receipt of a line that was not known
   */
  add(receipt: Receipt): void {
    if (this.#byMark.size >= MAX_RECEIPTS) {
      for (const oldest of this.#byMark.keys()) {
        this.#byMark.delete(oldest);
        break;
      }
    }
    this.#byMark.set(markOf(receipt.author, receipt.id), receipt);
  }

  /**
   * Finds one.
   *
   * @param author the key of the author's name
   * @param id the author's mark
   * @param now the time of day, in milliseconds since 1970
   * @returns the receipt, where it is known and not too old
   */
  find(author: string, id: string, now: number): Receipt | undefined {
    const receipt = this.#byMark.get(markOf(author, id));
    return receipt === undefined || now - receipt.timestamp > RECEIPT_MS ? undefined : receipt;
  }
}

/** A name has no line break in it. */
function markOf(author: string, id: string): string {
  return `${author}\n${id}`;
}
