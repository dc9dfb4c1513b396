/**
 * The names of all who are in a room that is not big any more, which a hub sends in several messages if they are many.
 *
 * PURE.
 *
 * @module
 */
import type { RoomPeople } from "../../protocol/mod.ts";

/** How many UTF-16 units the names may have together, so that a hub cannot fill the memory: 100,000 names or more. */
const MAX_NAMES_UNITS = 4 * 1024 * 1024;

/** Puts the parts of one list after the other together. */
export class RoomNames {
  #names: string[] = [];
  #units = 0;

  /**
   * Takes a message of the hub.
   *
   * @param message how many people are in a room
   * @returns the message, with all names if it is the last part of a list, or without them if they are too many;
   *   `undefined` if more parts follow
   */
  receive(message: RoomPeople): RoomPeople | undefined {
    const { usernames, more, ...rest } = message;
    if (!message.announced) return rest;
    for (const name of usernames ?? []) this.#units += name.length;
    if (this.#units > MAX_NAMES_UNITS) this.#names = [];
    else this.#names.push(...usernames ?? []);
    if (more) return undefined;
    const isWhole = this.#units <= MAX_NAMES_UNITS;
    const names = this.#names;
    this.clear();
    return isWhole ? { ...rest, usernames: names } : rest;
  }

  /** Forgets the parts of a list, whose others do not come any more, as the connection is another one. */
  clear(): void {
    this.#names = [];
    this.#units = 0;
  }
}
