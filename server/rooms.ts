/**
 * The rooms of a hub: found in any spelling of their names, made by the first who joins, gone with the last who leaves.
 *
 * PURE. `main` is always there, and everyone is in it.
 *
 * @module
 */
import { checkName, MAX_NAME_CHARS, nameKey, ProtocolError } from "../protocol/mod.ts";
import { DEFAULT_ROOM_LIMITS, FULL_RETRY_MS, type RoomLimits } from "./limits.ts";
import { MAIN_ROOM, Room } from "./room.ts";
import type { Session } from "./session.ts";

/** All rooms of one hub. */
export class Rooms {
  /** The room that everyone is in. */
  readonly main: Room = new Room(MAIN_ROOM);
  readonly #byKey = new Map([[nameKey(MAIN_ROOM), this.main]]);
  readonly #limits: RoomLimits;

  /**
   * Begins with `main` alone.
   *
   * @param limits how many rooms there may be
   */
  constructor(limits: RoomLimits = DEFAULT_ROOM_LIMITS) {
    this.#limits = limits;
  }

  /** Every room there is, `main` first, then as they were made. */
  get all(): Iterable<Room> {
    return this.#byKey.values();
  }

  /** How many rooms there are. */
  get count(): number {
    return this.#byKey.size;
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
   * Finds a room that a session is in.
   *
   * @param session whose room it should be
   * @param name any text
   * @returns the room of that name
   * @throws {ProtocolError} `no_such_room` where there is none, `not_in_room` where the session is not in it
   */
  of(session: Session, name: string): Room {
    const room = this.find(name);
    if (room === undefined) {
      throw new ProtocolError(
        "no_such_room",
        "Cannot do that in that room: there is none of that name; join it first",
      );
    }
    if (!room.members.has(session)) {
      throw new ProtocolError(
        "not_in_room",
        `Cannot do that in ${room.name}: you are not in it; join it first`,
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
      if (this.find(name) === undefined) {
        checkName(name);
        if (rooms > 0 && this.count >= rooms) {
          throw new ProtocolError(
            "unavailable",
            `Cannot make ${name}: this hub has ${rooms} rooms, the most it may`,
            { retryAfterMs: FULL_RETRY_MS },
          );
        }
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
      if (!names.has(key)) names.set(key, this.find(name)?.name ?? name);
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
    if (room === undefined) this.#byKey.set(nameKey(name), room = new Room(name));
    const came = !room.members.has(session);
    if (came) room.add(session);
    return { room, came };
  }

  /**
   * Lets a session out of a room.
   *
   * @param session who leaves
   * @param room a room that it is in
   * @returns whether the room is gone with it
   */
  leave(session: Session, room: Room): boolean {
    room.remove(session);
    return room.members.size === 0 && room !== this.main && this.#byKey.delete(nameKey(room.name));
  }
}
