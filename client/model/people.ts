/**
 * The users online, for completion: their names, who wrote last, and the rooms they are in.
 *
 * PURE. It receives every message of the hub. Only completion and the display of leaves use it. So if a hub
 * announces more users than the limit, the users with the oldest news are dropped. For a room that this user is not
 * in, it knows only the last list from the hub. In a big room the hub announces no joins and leaves; of those who are
 * there it knows who has said something, and the last list that the user has asked for.
 *
 * @module
 */
import { Code, nameKey, type RoomPeople, type ServerMessage, type UserInfo } from "../../protocol/mod.ts";
import { isMain, MAIN, roomOf, targetLabel } from "./target.ts";

/** How many users are stored at most, so that a hub cannot fill the memory. */
export const MAX_PEOPLE = 10_000;

/** How many UTF-16 units their names and rooms may have together: ten times those of 10,000 usual users. */
export const MAX_PEOPLE_UNITS = 4 * 1024 * 1024;

/** How many rooms of one user are stored at most: as many as a RiftChat hub allows. */
const MAX_ROOMS = 64;

/** A user online. */
interface Person {
  name: string;
  /** The number of their last message, counted over all users; 0 before the first. */
  lastMessage: number;
  /** The keys of their rooms, without `main`. */
  rooms: Set<string>;
}

/** The users online and when they wrote last. */
export class People {
  /** By the keys of their names, those with the oldest news first. */
  readonly #people = new Map<string, Person>();
  /** The size of all names and rooms, in UTF-16 units. */
  #units = 0;
  #messageCount = 0;
  /** How many people are in each big room, by its key. */
  readonly #big = new Map<string, number>();
  /** The names in the list of a room that is not big any more, while its parts arrive. */
  #listed: string[] = [];

  /**
   * Lists all users but one.
   *
   * @param self the name to leave out, which is the user's own
   * @returns the names of the authors, the last one first, then of all others in alphabetical order
   */
  others(self: string): string[] {
    const own = nameKey(self);
    return [...this.#people]
      .filter(([key]) => key !== own)
      .map(([, person]) => person)
      .sort((a, b) => b.lastMessage - a.lastMessage || (a.name < b.name ? -1 : 1))
      .map(({ name }) => name);
  }

  /**
   * Finds a user.
   *
   * @param name a name in any case
   * @returns the name as that user writes it; `undefined` if no user of that name is known to be online
   */
  find(name: string): string | undefined {
    return this.#people.get(nameKey(name))?.name;
  }

  /**
   * Whether a user is known to be in a room.
   *
   * @param name a name in any case
   * @param room a room that this user is in, in any case
   * @returns whether the user is known to be there
   */
  isIn(name: string, room: string): boolean {
    return this.#people.get(nameKey(name))?.rooms.has(nameKey(room)) ?? false;
  }

  /**
   * Lists the members of a room.
   *
   * @param room a room that this user is in, in any case
   * @returns their names, in no order
   */
  inRoom(room: string): string[] {
    const key = nameKey(room);
    return [...this.#people.values()].filter(({ rooms }) => rooms.has(key)).map(({ name }) => name);
  }

  /**
   * Tells how many people are in a big room, of which the hub announces no joins and leaves.
   *
   * @param room a room that this user is in, in any case
   * @returns the number; `undefined` if the room is not big
   */
  countIn(room: string): number | undefined {
    return this.#big.get(nameKey(room));
  }

  /**
   * Forgets whether a room is big, which this user has left.
   *
   * @param room the room, in any case
   */
  leftRoom(room: string): void {
    this.#big.delete(nameKey(room));
  }

  /**
   * Takes a whole list of a room, which was asked for: others are not there any more.
   *
   * @param room a room that this user is in, in any case
   * @param users all who are there; the quiet ones are left out
   */
  listed(room: string, users: readonly Pick<UserInfo, "username" | "quiet">[]): void {
    // Nothing tells when a quiet user leaves.
    const names = users.flatMap(({ username, quiet }) => quiet ? [] : [username]);
    const keys = new Set(names.map(nameKey));
    for (const username of names) this.receive({ code: Code.RoomJoined, room, username });
    for (const [key, { name }] of [...this.#people]) {
      if (keys.has(key)) continue;
      if (isMain(roomOf(room))) this.#delete(key);
      else this.#change(name, (rooms) => rooms.delete(nameKey(room)));
    }
  }

  /**
   * Updates the users from a message.
   *
   * @param message any message of the hub
   */
  receive(message: ServerMessage): void {
    switch (message.code) {
      case Code.Said: {
        // A notice to this client alone comes from the hub and not from a user.
        const { username, sequence, room = MAIN.name } = message.message;
        if (sequence === undefined && nameKey(username) === "server") return;
        this.#add(username, ++this.#messageCount);
        // Nothing else tells that somebody is in a big room.
        if (!isMain(roomOf(room)) && this.#big.has(nameKey(room))) this.#addToRoom(username, room);
        return;
      }
      case Code.SaidTo:
        this.#add(message.message.username, ++this.#messageCount);
        return;
      case Code.RoomJoined:
        this.#add(message.username, 0);
        this.#addToRoom(message.username, message.room);
        return;
      case Code.RoomLeft:
        return this.#change(message.username, (rooms) => rooms.delete(nameKey(message.room)));
      case Code.RoomPeople:
        return this.#receivePeople(message);
      case Code.Joined:
        return this.#add(message.new, 0);
      case Code.Users:
        for (const { username, rooms, quiet } of message.users) {
          // Nothing tells when a quiet user leaves.
          if (quiet) continue;
          this.#add(username, 0);
          this.#change(username, (rooms) => rooms.clear());
          for (const room of rooms.slice(0, MAX_ROOMS)) this.#addToRoom(username, room);
        }
        return;
      case Code.Left:
        this.#delete(nameKey(message.username));
        return;
      case Code.Renamed: {
        const { lastMessage = 0, rooms } = this.#people.get(nameKey(message.old)) ?? {};
        this.#delete(nameKey(message.old));
        return this.#add(message.new, lastMessage, rooms);
      }
    }
  }

  /** Removes all users, for a new connection. */
  clear(): void {
    this.#people.clear();
    this.#big.clear();
    this.#listed = [];
    this.#units = 0;
  }

  #receivePeople({ room, users, announced, usernames = [], more }: RoomPeople): void {
    const key = nameKey(room);
    if (!announced) {
      // A hub can name more rooms than this user is in.
      if (this.#big.size < MAX_ROOMS || this.#big.has(key)) this.#big.set(key, users);
      return;
    }
    this.#big.delete(key);
    this.#listed.push(...usernames);
    if (more && this.#listed.length <= MAX_PEOPLE) return;
    this.listed(room, this.#listed.splice(0).map((username) => ({ username })));
  }

  #addToRoom(name: string, room: string): void {
    this.#change(name, (rooms) => {
      if (rooms.size < MAX_ROOMS) rooms.add(nameKey(room));
    });
  }

  /** Changes the rooms of a user. */
  #change(name: string, change: (rooms: Set<string>) => void): void {
    const person = this.#people.get(nameKey(name));
    if (person === undefined) return;
    this.#units -= unitsOf(person);
    change(person.rooms);
    this.#units += unitsOf(person);
    this.#shrink();
  }

  #delete(key: string): void {
    const person = this.#people.get(key);
    if (person === undefined) return;
    this.#people.delete(key);
    this.#units -= unitsOf(person);
  }

  /** Drops the users with the oldest news, until the others fit. */
  #shrink(): void {
    for (const first of this.#people.keys()) {
      if (this.#people.size <= MAX_PEOPLE && this.#units <= MAX_PEOPLE_UNITS) return;
      this.#delete(first);
    }
  }

  #add(name: string, spoke: number, rooms?: Set<string>): void {
    const key = nameKey(name);
    const existing = this.#people.get(key);
    this.#delete(key);
    const person: Person = {
      name,
      lastMessage: Math.max(spoke, existing?.lastMessage ?? 0),
      rooms: rooms ?? existing?.rooms ?? new Set(),
    };
    this.#people.set(key, person);
    this.#units += unitsOf(person);
    this.#shrink();
  }
}

/** The size of a user in memory, in UTF-16 units. */
function unitsOf({ name, rooms }: Person): number {
  let units = name.length;
  for (const room of rooms) units += room.length;
  return units;
}

/**
 * Says how many people are in a room, and whether their joins and leaves are shown.
 *
 * @param people what the hub has told
 * @returns a text of one line
 */
export function roomPeopleText({ room, users, announced }: Omit<RoomPeople, "code">): string {
  const shown = announced ? "shown again" : "not shown; :who lists who is there";
  return `people in ${targetLabel(roomOf(room))}: ${users}; joins and leaves are ${shown}`;
}
