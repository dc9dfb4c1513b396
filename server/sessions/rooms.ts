/**
 * The rooms of a hub. A room is found in every spelling of its name. The first user who joins creates it; it is
 * removed when the last one leaves. If its history is stored, it stays in the list as an empty room until somebody
 * joins again.
 *
 * A room may belong to somebody; then it stays without members and history, too. A private room does not exist for
 * those who are not its members.
 *
 * PURE. `main` always exists, and every user is a member of it. The file is long because half of it is documentation.
 *
 * @module
 */
import { checkName, MAX_NAME_CHARS, nameKey, ProtocolError, type RoomInfo } from "../../protocol/mod.ts";
import { DEFAULT_ROOM_LIMITS, FULL_RETRY_MS, MAX_EMPTY_ROOMS, type RoomLimits } from "../limits.ts";
import type { RoomOwnership } from "../registry/mod.ts";
import type { RemotePeople } from "./remote_people.ts";
import { MAIN_ROOM, Room } from "./room.ts";
import type { MemberRoom, Session } from "./session.ts";

/** A room without members whose history is stored. */
export interface EmptyRoom {
  /** Its name, in its first spelling. */
  name: string;
  /** The sequence number of its last message. */
  last: number;
}

/** Options of {@linkcode Rooms}. */
export interface RoomsOptions {
  /** How many rooms there may be; default `DEFAULT_ROOM_LIMITS`. */
  limits?: RoomLimits | undefined;
  /** Returns the sequence number of the last message ever sent in a new room; default 0. */
  lastSequence?: (name: string) => number;
  /** The rooms with stored history; default none. */
  empty?: Iterable<EmptyRoom>;
  /** Whether the messages of rooms are stored; default `false`. */
  journaled?: boolean;
  /** Who owns which room; without it none is owned. */
  owned?: RoomOwnership | undefined;
  /** The keys of rooms whose messages are for members of whom nothing is known: they exist for nobody. */
  sealed?: Iterable<string>;
  /** Who is at the other hubs of a cluster, if the hub is in one. */
  remote?: RemotePeople | undefined;
}

/** All rooms of one hub. */
export class Rooms {
  /** The room that every user is a member of. */
  readonly main: Room;
  readonly #byKey: Map<string, Room>;
  /** Rooms without members whose history is stored, those that emptied first in front. */
  readonly #empty = new Map<string, EmptyRoom>();
  readonly #last: (name: string) => number;
  readonly #keeping: boolean;
  readonly #limits: RoomLimits;
  readonly #owned: RoomOwnership | undefined;
  readonly #sealed: Set<string>;
  readonly #remote: RemotePeople | undefined;

  /**
   * Starts with `main` and the rooms whose history is stored.
   *
   * @param options see {@linkcode RoomsOptions}
   */
  constructor(
    {
      limits = DEFAULT_ROOM_LIMITS,
      lastSequence = () => 0,
      empty = [],
      journaled = false,
      owned,
      sealed = [],
      remote,
    }: RoomsOptions = {},
  ) {
    this.#limits = limits;
    this.#owned = owned;
    this.#sealed = new Set(sealed);
    this.#remote = remote;
    this.#last = lastSequence;
    this.#keeping = journaled;
    this.main = new Room(MAIN_ROOM, lastSequence(MAIN_ROOM), journaled);
    this.#byKey = new Map([[nameKey(MAIN_ROOM), this.main]]);
    for (const room of empty) {
      if (!this.#byKey.has(nameKey(room.name))) this.#addEmpty(room);
    }
  }

  /**
   * Lists all rooms in the form of a 214: `main` first, then the rooms with members in the order of their creation,
   * then the empty ones.
   *
   * @param session who asks
   * @param countPeople counts the people among the members of a room
   * @returns the rooms that exist for the session, each as it is when the iterator reaches it
   */
  *list(
    session: Session,
    countPeople: (members: ReadonlySet<Session>, name: string) => number,
  ): Generator<RoomInfo, void> {
    for (const { name, members, lastSequence } of this.#byKey.values()) {
      if (this.isHidden(name, session)) continue;
      yield { name, users: countPeople(members, name), last_sequence: lastSequence };
    }
    for (const { name, last } of this.#empty.values()) {
      if (!this.isHidden(name, session)) {
        yield { name, users: countPeople(NOBODY, name), last_sequence: last };
      }
    }
    for (const { key, name } of this.#owned?.all ?? []) {
      if (this.#byKey.has(key) || this.#empty.has(key) || this.isHidden(name, session)) continue;
      yield { name, users: countPeople(NOBODY, name), last_sequence: this.#last(name) };
    }
    for (const [key, name] of this.#remote?.rooms() ?? []) {
      if (this.#byKey.has(key) || this.#empty.has(key) || this.#owned?.find(key) !== undefined) continue;
      if (this.isHidden(name, session)) continue;
      yield { name, users: countPeople(NOBODY, name), last_sequence: this.#last(name) };
    }
  }

  /**
   * Checks whether a room does not exist for a session.
   *
   * @param name any text
   * @param session the session
   * @returns whether it is private, and the session is no member
   */
  isHidden(name: string, session: Session): boolean {
    if (name === MAIN_ROOM || name.length > 2 * MAX_NAME_CHARS) return false;
    if (this.#sealed.size > 0 && this.#sealed.has(nameKey(name))) return true;
    return this.#owned?.isHidden(name, session) ?? false;
  }

  /**
   * Finds from where on a session may read a room.
   *
   * @param name any text
   * @param session the session
   * @returns the number of the last message that the session may not read; 0 if there is none
   */
  floorOf(name: string, session: Session): number {
    return this.#owned?.floorOf(name, session) ?? 0;
  }

  /**
   * Finds the number of the last message in a room.
   *
   * @param name the name of a room
   * @returns the sequence number; 0 for none
   */
  lastSequenceOf(name: string): number {
    return this.find(name)?.lastSequence ?? this.#empty.get(nameKey(name))?.last ?? this.#last(name);
  }

  /**
   * Finds a room that has members.
   *
   * @param name any text
   * @returns the room with that name in any spelling, if there is one
   */
  find(name: string): Room | undefined {
    // The usual case. Computing the key of a text longer than any name takes time.
    if (name === MAIN_ROOM) return this.main;
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#byKey.get(nameKey(name));
  }

  /**
   * Finds the name of a room that exists for a session, also of an empty one.
   *
   * @param name any text
   * @param session the session
   * @returns the name in its first spelling, if there is such a room
   */
  visibleName(name: string, session: Session): string | undefined {
    const spelled = this.nameOf(name);
    return this.isHidden(name, session) ? undefined : spelled;
  }

  /**
   * Finds the name of a room, also of an empty one.
   *
   * @param name any text
   * @returns the name in its first spelling, if there is such a room
   */
  nameOf(name: string): string | undefined {
    return this.find(name)?.name ??
      (name.length > 2 * MAX_NAME_CHARS ? undefined : this.#empty.get(nameKey(name))?.name) ??
      this.#owned?.find(name)?.name ??
      (name.length > 2 * MAX_NAME_CHARS ? undefined : this.#remote?.roomName(nameKey(name)));
  }

  /**
   * Finds a room that a session is a member of.
   *
   * @param session the session
   * @param name any text
   * @returns the room with that name
   * @throws {ProtocolError} `no_such_room` if there is none for the session, `not_in_room` if it is not a member
   */
  joinedRoom(session: Session, name: string): Room {
    const room = this.find(name);
    if (room?.members.has(session)) return room;
    const spelled = this.visibleName(name, session);
    if (spelled === undefined) {
      throw new ProtocolError(
        "no_such_room",
        "Cannot do that: there is no room of that name; join it first to create it",
      );
    }
    throw new ProtocolError(
      "not_in_room",
      `Cannot do that in ${spelled}: you are not a member; join it first`,
    );
  }

  /**
   * Checks that a session may join some rooms. Changes nothing.
   *
   * @param session the session
   * @param names the names of the rooms
   * @throws {ProtocolError} `bad_name` and `name_reserved` as {@linkcode checkName} does, `not_allowed` if the
   * session would be in too many rooms, `unavailable` if the hub has too many rooms
   */
  checkJoins(session: Session, names: readonly string[]): void {
    // Check the count first: one request can hold thousands of names.
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
          `Cannot create ${name}: this hub has ${rooms} rooms, which is its limit; try again later`,
          { retryAfterMs: FULL_RETRY_MS },
        );
      }
      joined.add(nameKey(name));
      if (perSession > 0 && joined.size > perSession) throw tooMany(name);
    }
  }

  /**
   * Finds why a session may not join a room, other than the limits of {@linkcode Rooms.checkJoins}.
   *
   * @param session the session
   * @param name the name of the room
   * @returns the refusal, if the room is hidden
   */
  refusalOf(session: Session, name: string): ProtocolError | undefined {
    if (!this.isHidden(name, session)) return undefined;
    return new ProtocolError(
      "no_such_room",
      `Cannot join #${name}: there is no room of that name that you may join`,
    );
  }

  /**
   * Lists the rooms that a session is a member of once it has joined some more.
   *
   * @param session the session
   * @param more the names of the rooms to join
   * @returns all names, each once, in the spelling of the room
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
   * Adds a session to a room. Creates the room if there is none of that name.
   *
   * @param session the session
   * @param name the name of the room, which {@linkcode Rooms.checkJoins} has accepted
   * @returns the room, and whether the session has joined just now
   */
  join(session: Session, name: string): { room: Room; joined: boolean } {
    let room = this.find(name);
    if (room === undefined) {
      const key = nameKey(name);
      const emptied = this.#empty.get(key);
      const spelled = emptied?.name ?? this.#owned?.find(name)?.name ?? this.nameOf(name) ?? name;
      room = new Room(spelled, emptied?.last ?? this.#last(name), this.#keeping);
      this.#byKey.set(key, room);
      this.#empty.delete(key);
    }
    const joined = !room.members.has(session);
    if (joined) room.add(session);
    return { room, joined };
  }

  /**
   * Removes a session from a room. Removes the room if it has no members left.
   *
   * @param session the session
   * @param room one of its rooms
   * @returns whether the room was removed
   */
  leave(session: Session, room: MemberRoom): boolean {
    room.remove(session);
    return room.members.size === 0 && room !== this.main && this.#byKey.delete(nameKey(room.name));
  }

  /**
   * Keeps a removed room in the list as an empty one, since its history is stored. Beyond `MAX_EMPTY_ROOMS` the one
   * that emptied first is dropped.
   *
   * @param room the removed room
   */
  keepEmpty({ name, lastSequence }: Pick<MemberRoom, "name" | "lastSequence">): void {
    this.#addEmpty({ name, last: lastSequence });
  }

  #addEmpty(room: EmptyRoom): void {
    for (const oldest of this.#empty.keys()) {
      if (this.#empty.size < MAX_EMPTY_ROOMS) break;
      this.#empty.delete(oldest);
    }
    this.#empty.set(nameKey(room.name), room);
  }

  /**
   * Lets a room exist again whose messages are gone.
   *
   * @param key the key of its name
   * @returns whether it was sealed
   */
  unseal(key: string): boolean {
    return this.#sealed.delete(key);
  }

  /**
   * Drops empty rooms whose history is gone.
   *
   * @param keys the keys of their names; others are ignored
   */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.#empty.delete(key);
  }
}

const NOBODY: ReadonlySet<Session> = new Set();
