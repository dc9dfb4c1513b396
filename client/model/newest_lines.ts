/**
 * The newest of many messages, as many as fit into a given size.
 *
 * PURE. A hub may send messages of any length without an end, so their number alone does not limit the memory.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";

/**
 * Returns the size of a message in memory.
 *
 * @param line the message
 * @returns the length of its texts, in UTF-16 units
 */
export function unitsOf({ username, message, room = "", to = "", reactions = [] }: PastLine): number {
  const reactionUnits = reactions.reduce((sum, { reaction }) => sum + reaction.length + UNITS_A_REACTION, 0);
  return username.length + message.length + room.length + to.length + reactionUnits;
}

/** How many units a reaction counts for, beside its text. */
const UNITS_A_REACTION = 16;

/** The newest messages. The oldest ones are dropped when all of them are too large. */
export class NewestLines {
  readonly #maxUnits: number;
  #lines: PastLine[] = [];
  #units = 0;
  #dropped = 0;

  /**
   * Starts without messages.
   *
   * @param maxUnits how many UTF-16 units all messages may have together; a single message may have more
   */
  constructor(maxUnits: number) {
    this.#maxUnits = maxUnits;
  }

  /** The messages, oldest first. */
  get lines(): readonly PastLine[] {
    return this.#lines;
  }

  /** How many messages were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Adds messages that are newer than all before.
   *
   * @param lines the messages, oldest first
   */
  add(lines: readonly PastLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#units += unitsOf(line);
    }
    let first = 0;
    while (this.#units > this.#maxUnits && first < this.#lines.length - 1) {
      this.#units -= unitsOf(this.#lines[first++]!);
    }
    this.#lines.splice(0, first);
    this.#dropped += first;
  }
}
