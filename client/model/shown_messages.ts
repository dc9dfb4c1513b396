/**
 * The last messages that the screen has shown, so that one can be copied.
 *
 * PURE. Bounded by number and size, so that a hub cannot fill the memory.
 *
 * @module
 */
import { nameKey, type PastLine } from "../../protocol/mod.ts";

/** How many messages are kept: more than anybody counts back. */
export const MAX_SHOWN_MESSAGES = 500;

/** How many UTF-16 units their texts may have together. */
export const MAX_SHOWN_UNITS = 1024 * 1024;

/** The last messages that were shown, in the order of showing. */
export class ShownMessages {
  #lines: PastLine[] = [];
  #units = 0;

  /** How many messages are kept. */
  get count(): number {
    return this.#lines.length;
  }

  /**
   * Adds the message that was shown last.
   *
   * @param line the message
   */
  add(line: PastLine): void {
    this.#lines.push(line);
    this.#units += line.message.length;
    while (this.#lines.length > MAX_SHOWN_MESSAGES || (this.#units > MAX_SHOWN_UNITS && this.count > 1)) {
      this.#units -= this.#lines.shift()!.message.length;
    }
  }

  /**
   * Returns messages by their place, counted from the last one.
   *
   * @param first the place of the first, from 1; the last message has 1
   * @param last the place of the last, at most that of the first
   * @returns the messages in the order of showing; `undefined` if the first one is not kept
   */
  lastOnes(first: number, last: number): readonly PastLine[] | undefined {
    if (first > this.count) return undefined;
    return this.#lines.slice(this.count - first, this.count - last + 1);
  }

  /**
   * Returns the last message of a user.
   *
   * @param username the user, in any case
   * @returns the message; `undefined` if none is kept
   */
  lastOf(username: string): PastLine | undefined {
    const key = nameKey(username);
    return this.#lines.findLast((line) => nameKey(line.username) === key);
  }
}
