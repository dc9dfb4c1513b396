/**
 * The rooms of a hub: found in any spelling of their names, made by the first who joins, gone with the last who leaves,
 * unless something that was said there is kept; then they sleep until somebody joins.
 *
 * PURE. `main` is always there, and everyone is in it.
 *
 * @module
 */
import { checkName, MAX_NAME_CHARS, nameKey, ProtocolError, type RoomInfo } from "../../protocol/mod.ts";
import { DEFAULT_ROOM_LIMITS, FULL_RETRY_MS, MAX_EMPTY_ROOMS, type RoomLimits } from "../limits.ts";
import { MAIN_ROOM, Room } from "./room.ts";
import type { MemberRoom, Session } from "./session.ts";

/** A room that nobody is in and of which something is kept. */
export interface EmptyRoom {
  /** Its name as it was first spelled. */
  name: string;
  /** The number of the last line in it. */
  last: number;
}

/** What the rooms of a hub begin with. */
export interface RoomsOptions {
  /** How many there may be. */
  limits?: RoomLimits | undefined;
  /** Tells the number of the last line that was ever said in a room that is made. */
  lastSequence?: (name: string) => number;
  /** The rooms of which something is kept. */
  empty?: Iterable<EmptyRoom>;
  /** Whether what is said in a room is to be kept. */
  journaled?: boolean;
}

/** All rooms of one hub. */
export class Rooms {
  /** The room that everyone is in. */
  readonly main: Room;
  readonly #byKey: Map<string, Room>;
  /** The rooms that nobody is in and of which something is kept. */
  readonly #asleep = new Map<string, EmptyRoom>();
  readonly #last: (name: string) => number;
  readonly #keeping: boolean;
  readonly #limits: RoomLimits;

  /**
   * Begins with `main` and those of which something is kept.
   *
   * @param options see {@linkcode RoomsOptions}
   */
  constructor(
    { limits = DEFAULT_ROOM_LIMITS, lastSequence = () => 0, empty = [], journaled = false }: RoomsOptions =
      {},
  ) {
    this.#limits = limits;
    this.#last = lastSequence;
    this.#keeping = journaled;
    this.main = new Room(MAIN_ROOM, lastSequence(MAIN_ROOM), journaled);
    this.#byKey = new Map([[nameKey(MAIN_ROOM), this.main]]);
    for (const room of empty) {
      if (!this.#byKey.has(nameKey(room.name))) this.#letSleep(room);
    }
  }

  /**
   * Lists every room there is as a 214 names it: `main` first, then those that somebody is in as they were made.
   *
   * @returns the rooms, each as it is when it is asked for
   */
  *list(): Generator<RoomInfo, void> {
    for (const { name, members, lastSequence } of this.#byKey.values()) {
      yield { name, users: members.size, last_sequence: lastSequence };
    }
    for (const { name, last } of this.#asleep.values()) yield { name, users: 0, last_sequence: last };
  }

  /**
   * Finds a room.
   *
   * @param name any text
   * @returns the room of that name in any spelling, if there is one
   */
  find(name: string): Room | undefined {
    // The usual case; and the key of a text longer than any name costs time.
    if (name === MAIN_ROOM) return this.main;
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#byKey.get(nameKey(name));
  }

  /**
   * Tells whether there is a room, also one that sleeps.
   *
   * @param name any text
   * @returns the room's name as it was first spelled, if there is one
   */
  nameOf(name: string): string | undefined {
    return this.find(name)?.name ??
      (name.length > 2 * MAX_NAME_CHARS ? undefined : this.#asleep.get(nameKey(name))?.name);
  }

  /**
   * Finds a room that a session is in.
   *
   * @param session whose room it should be
   * @param name any text
   * @returns the room of that name
   * @throws {ProtocolError} `no_such_room` where there is none, `not_in_room` where the session is not in it
   */
  joinedRoom(session: Session, name: string): Room {
    const room = this.find(name);
    const spelled = room?.name ?? this.nameOf(name);
    if (spelled === undefined) {
      throw new ProtocolError(
        "no_such_room",
        "Cannot do that in that room: there is none of that name; join it first",
      );
    }
    if (room === undefined || !room.members.has(session)) {
      throw new ProtocolError(
        "not_in_room",
        `Cannot do that in ${spelled}: you are not in it; join it first`,
      );
    }
    return room;
  }

  /**
   * Makes sure that a session may be in some rooms, and changes nothing.
   *
   * @param session who wants to join
   * @param names what it asks for
   * @throws {ProtocolError} `bad_name` and `name_reserved` as {@linkcode checkName} does, `not_allowed` where the session
   * would be in more rooms than it may
   */
  checkJoins(session: Session, names: readonly string[]): void {
    // Before anything is done for each of them: thousands of names fit into one request.
    const { rooms, perSession } = this.#limits;
    const tooMany = (what: string) =>
      new ProtocolError(
        "not_allowed",
        `Cannot join ${what}: you may be in ${perSession} rooms at once; leave one first`,
      );
    if (perSession > 0 && names.length > perSession) throw tooMany(`${names.length} rooms`);
    const joined = new Set(session.memberships.map(({ room }) => nameKey(room.name)));
    for (const name of names) {
      if (this.nameOf(name) === undefined) checkName(name);
      if (rooms > 0 && this.find(name) === undefined && this.#byKey.size >= rooms) {
        throw new ProtocolError(
          "unavailable",
          `Cannot make ${name}: this hub has ${rooms} rooms, the most it may`,
          { retryAfterMs: FULL_RETRY_MS },
        );
      }
      joined.add(nameKey(name));
      if (perSession > 0 && joined.size > perSession) throw tooMany(name);
    }
  }

  /**
   * Says which rooms a session is in once it has joined some more.
   *
   * @param session whose rooms are asked for
   * @param more the names of the others
   * @returns the names of all, each once, as the rooms spell them
   */
  namesWith(session: Session, more: readonly string[]): string[] {
    const names = new Map(session.memberships.map(({ room }) => [nameKey(room.name), room.name]));
    for (const name of more) {
      const key = nameKey(name);
      if (!names.has(key)) names.set(key, this.nameOf(name) ?? name);
    }
    return [...names.values()];
  }

  /**
   * Lets a session into a room, which is made where there is none of that name.
   *
   * @param session who joins
   * @param name the room; {@linkcode Rooms.checkJoins} was asked before
   * @returns the room, and whether the session was not in it before
   */
  join(session: Session, name: string): { room: Room; came: boolean } {
    let room = this.find(name);
    if (room === undefined) {
      const key = nameKey(name);
      const asleep = this.#asleep.get(key);
      room = new Room(asleep?.name ?? name, asleep?.last ?? this.#last(name), this.#keeping);
      this.#byKey.set(key, room);
      this.#asleep.delete(key);
    }
    const came = !room.members.has(session);
    if (came) room.add(session);
    return { room, came };
  }

  /**
   * Lets a session out of a room.
   *
   * @param session who leaves
   * @param room a room that it is in
   * @returns whether nobody is in the room any more, so that it is gone
   */
  leave(session: Session, room: MemberRoom): boolean {
    room.remove(session);
    return room.members.size === 0 && room !== this.main && this.#byKey.delete(nameKey(room.name));
  }

  /**
   * Lets a room sleep that is gone, since something of it is kept.
   *
   * @param room the room
   */
  keepEmpty({ name, lastSequence }: MemberRoom): void {
    this.#letSleep({ name, last: lastSequence });
  }

  #letSleep(room: EmptyRoom): void {
    for (const oldest of this.#asleep.keys()) {
      if (this.#asleep.size < MAX_EMPTY_ROOMS) break;
      this.#asleep.delete(oldest);
    }
    this.#asleep.set(nameKey(room.name), room);
  }

  /**
   * Forgets rooms that sleep: nothing of them is kept any more.
   *
   * @param keys the keys of their names, and maybe of other rooms
   */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.#asleep.delete(key);
  }
}
