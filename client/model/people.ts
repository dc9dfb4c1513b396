/**
 * Who may be meant when a name is typed: those who are here, who spoke last first; and which rooms they are in.
 *
 * PURE. It is told every message of the hub. Only completion, and where it is shown that somebody leaves, depend on it,
 * so that where a hub announces more people than there can be, those of whom nothing was heard the longest are
 * forgotten. Of rooms that one is not in it knows only what the hub said when it was asked.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage } from "../../protocol/mod.ts";

/** How many people are known at most, so that no hub can fill the memory with them. */
export const MAX_PEOPLE = 10_000;

/** How many rooms of one person are known at most: as many as a hub of ours allows. */
const MAX_ROOMS = 64;

/** Somebody who is here. */
interface Person {
  name: string;
  /** Grows with each line that is said; 0 before the first. */
  spoke: number;
  /** The keys of rooms, `main` aside. */
  rooms: Set<string>;
}

/** Knows who is here and who spoke last. */
export class People {
  /** By their keys, those first of whom nothing was heard the longest. */
  readonly #people = new Map<string, Person>();
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
   * Finds somebody.
   *
   * @param name a name in any spelling
   * @returns the name as that person spells it; nothing where nobody of that name is known to be here
   */
  find(name: string): string | undefined {
    return this.#people.get(nameKey(name))?.name;
  }

  /**
   * Tells whether somebody is in a room.
   *
   * @param name a name in any spelling
   * @param room the name of a room that one is in, in any spelling
   * @returns whether that is known
   */
  isIn(name: string, room: string): boolean {
    return this.#people.get(nameKey(name))?.rooms.has(nameKey(room)) ?? false;
  }

  /**
   * Lists who is in a room.
   *
   * @param room the name of a room that one is in, in any spelling
   * @returns their names, in no order
   */
  inRoom(room: string): string[] {
    const key = nameKey(room);
    return [...this.#people.values()].filter(({ rooms }) => rooms.has(key)).map(({ name }) => name);
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
      case Code.SaidTo:
        this.#put(message.message.username, ++this.#lines);
        return;
      case Code.RoomJoined:
        this.#put(message.username, 0);
        this.#enter(message.username, message.room);
        return;
      case Code.RoomLeft:
        this.#people.get(nameKey(message.username))?.rooms.delete(nameKey(message.room));
        return;
      case Code.Joined:
        return this.#put(message.new, 0);
      case Code.Users:
        for (const { username, rooms } of message.users) {
          this.#put(username, 0);
          this.#people.get(nameKey(username))?.rooms.clear();
          for (const room of rooms.slice(0, MAX_ROOMS)) this.#enter(username, room);
        }
        return;
      case Code.Left:
        this.#people.delete(nameKey(message.username));
        return;
      case Code.Renamed: {
        const { spoke = 0, rooms } = this.#people.get(nameKey(message.old)) ?? {};
        this.#people.delete(nameKey(message.old));
        return this.#put(message.new, spoke, rooms);
      }
    }
  }

  /** Forgets everybody, as when the connection is another one. */
  clear(): void {
    this.#people.clear();
  }

  #enter(name: string, room: string): void {
    const rooms = this.#people.get(nameKey(name))?.rooms;
    if (rooms !== undefined && rooms.size < MAX_ROOMS) rooms.add(nameKey(room));
  }

  #put(name: string, spoke: number, rooms?: Set<string>): void {
    const key = nameKey(name);
    const known = this.#people.get(key);
    this.#people.delete(key);
    this.#people.set(key, {
      name,
      spoke: Math.max(spoke, known?.spoke ?? 0),
      rooms: rooms ?? known?.rooms ?? new Set(),
    });
    if (this.#people.size <= MAX_PEOPLE) return;
    for (const first of this.#people.keys()) {
      this.#people.delete(first);
      return;
    }
  }
}
