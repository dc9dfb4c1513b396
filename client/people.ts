/**
 * Who may be meant when a name is typed: those who are here, who spoke last first.
 *
 * PURE. It is told every message of the hub. Only completion depends on it, so that where a hub announces more people
 * than there can be, those of whom nothing was heard the longest are forgotten.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage } from "../protocol/mod.ts";

/** How many people are known at most, so that no hub can fill the memory with them. */
export const MAX_PEOPLE = 10_000;

/** Knows who is here and who spoke last. */
export class People {
  /** By their keys, those first of whom nothing was heard the longest; `spoke` grows with each line, 0 before the first. */
  readonly #people = new Map<string, { name: string; spoke: number }>();
  #lines = 0;

  /**
   * Lists who may be meant.
   *
   * @param self one's own name, which is left out
   * @returns the names of those who spoke, the last one first, then of the others in the order of the alphabet
   */
  others(self: string): string[] {
    const own = nameKey(self);
    return [...this.#people]
      .filter(([key]) => key !== own)
      .map(([, person]) => person)
      .sort((a, b) => b.spoke - a.spoke || (a.name < b.name ? -1 : 1))
      .map(({ name }) => name);
  }

  /**
   * Takes note of what happens.
   *
   * @param message any message of the hub
   */
  receive(message: ServerMessage): void {
    switch (message.code) {
      case Code.Said: {
        // A line to one client alone comes from the hub and not from one of the people.
        const { username, sequence } = message.message;
        if (sequence !== undefined || nameKey(username) !== "server") this.#put(username, ++this.#lines);
        return;
      }
      case Code.Joined:
        return this.#put(message.new, 0);
      case Code.Users:
        for (const { username } of message.users) this.#put(username, 0);
        return;
      case Code.Left:
        this.#people.delete(nameKey(message.username));
        return;
      case Code.Renamed: {
        const spoke = this.#people.get(nameKey(message.old))?.spoke ?? 0;
        this.#people.delete(nameKey(message.old));
        return this.#put(message.new, spoke);
      }
    }
  }

  /** Forgets everybody, as when the connection is another one. */
  clear(): void {
    this.#people.clear();
  }

  #put(name: string, spoke: number): void {
    const key = nameKey(name);
    const known = this.#people.get(key)?.spoke ?? 0;
    this.#people.delete(key);
    this.#people.set(key, { name, spoke: Math.max(spoke, known) });
    if (this.#people.size <= MAX_PEOPLE) return;
    for (const first of this.#people.keys()) {
      this.#people.delete(first);
      return;
    }
  }
}
