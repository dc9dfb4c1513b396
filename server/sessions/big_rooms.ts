/**
 * Rooms with so many people that their joins and leaves are not announced: each would be a frame to everybody, so N
 * people who come at once would be N * N frames. Their members are told how many people are there, every few seconds.
 *
 * Rules:
 * - A join, leave or rename in a big room goes to the one whom it is about, and to nobody else. A rename is announced
 *   if somebody may follow it: of those who have said something, or got a direct message, or are in a room that is not
 *   big.
 * - What a 204 says of all rooms must be said in those that are not big: a 212 for each.
 * - A room becomes big with the join that is too many, and small again with a count that is well below, so that a room
 *   near the limit does not change all the time. Then its members get the names of all who are there.
 * - Clients of the base protocol get none of that: no joins and leaves of others, and no counts.
 *
 * PURE: the timer is passed in. The file is long because half of it is documentation.
 *
 * @module
 */
import {
  Code,
  type Joined,
  type Left,
  nameKey,
  type Renamed,
  type RoomJoined,
  type RoomLeft,
  type RoomPeople,
} from "../../protocol/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { BIG_ROOM_COUNT_MS, PAGE_BYTES, SMALL_ROOM_SHARE } from "../limits.ts";
import type { RemotePeople, RemoteSession } from "./remote_people.ts";
import type { Rooms } from "./rooms.ts";
import type { MemberRoom, Session } from "./session.ts";

/** A join, leave or rename. */
export type PresenceMessage = Joined | Left | Renamed | RoomJoined | RoomLeft;

/** What {@linkcode BigRooms} needs. */
export interface BigRoomsOptions {
  /** In a room with more people than that no single joins and leaves are announced; 0 if they always are. */
  upTo: number;
  /** All rooms. */
  rooms: Rooms;
  /** Who is at the other hubs of a cluster, if the hub is in one. */
  people: RemotePeople | undefined;
  /** Counts the people in a room, those at other hubs included. */
  count: (room: MemberRoom) => number;
  /** Shows a message to all members of a room. */
  show: (room: MemberRoom, message: RoomLeft) => void;
  /** Shows a message to the members of a room that speak the extension. */
  showExtended: (room: MemberRoom, message: RoomPeople) => void;
  /** Sends a message to one client. */
  push: (session: Session, message: PresenceMessage) => void;
  /** The time by `Clock.elapsed`, in milliseconds. */
  now: () => number;
  /** Asks for a call of {@linkcode BigRooms.tick} after that many milliseconds. */
  wakeAfter: (ms: number) => void;
}

/** What is known of a big room. */
interface BigRoom {
  /** How many people its members were told. */
  users: number;
  /** Whether somebody may have come or gone since. */
  isChanged: boolean;
  /**
   * Who has come since the last count, by the keys of their names, and who has gone, without a name: what other hubs
   * tell of their sessions may follow a little later.
   */
  readonly latest: Map<string, string | undefined>;
}

/** The rooms whose joins and leaves are not announced. */
export class BigRooms {
  readonly #options: BigRoomsOptions;
  readonly #big = new Map<MemberRoom, BigRoom>();
  /** How many more may join a room that is not big before its people are counted again. */
  readonly #uncounted = new WeakMap<MemberRoom, number>();
  /** When the next tick is due; infinite for none. */
  #tickAt = Infinity;

  /**
   * Begins without big rooms.
   *
   * @param options see {@linkcode BigRoomsOptions}
   */
  constructor(options: BigRoomsOptions) {
    this.#options = options;
  }

  /**
   * Tells a client that comes into some rooms which of them are big.
   *
   * @param names the names of the rooms
   * @returns the messages for the client, one for each big room
   */
  noticesOf(names: readonly string[]): RoomPeople[] {
    if (this.#big.size === 0) return [];
    return names.flatMap((name) => {
      const room = this.#options.rooms.find(name);
      const big = room === undefined ? undefined : this.#big.get(room);
      return big === undefined ? [] : [noticeOf(room!, big)];
    });
  }

  /**
   * Takes a join, leave or rename before it is shown in a room, in the order of these messages.
   *
   * @param room the room
   * @param message the message
   * @param author the session that it is about, if that is one of this hub
   * @returns whether it must not be shown; then the author has it
   */
  hides(room: MemberRoom, message: PresenceMessage, author: Session | undefined): boolean {
    if (this.#options.upTo === 0) return false;
    if (message.code === Code.Left) this.left(message.username, this.#roomsOf(message.username, author));
    const big = this.#big.get(room) ?? this.#join(room, message, author);
    if (big === undefined) return false;
    switch (message.code) {
      case Code.Joined:
        big.latest.set(nameKey(message.new), message.new);
        break;
      case Code.RoomJoined:
        big.latest.set(nameKey(message.username), message.username);
        break;
      case Code.Renamed:
        big.latest.set(nameKey(message.old), undefined);
        big.latest.set(nameKey(message.new), message.new);
        if (this.#isFollowed(message, author)) return false;
        break;
      default:
        big.latest.set(nameKey(message.username), undefined);
    }
    this.#change(big);
    if (author !== undefined && !author.closed && room.members.has(author)) {
      this.#options.push(author, message);
    }
    return true;
  }

  /**
   * Takes it that somebody has left the hub. Tells the rooms that are not big, if no 204 says it as `main` is big.
   *
   * @param username the name of the user
   * @param names the names of the rooms in which the user was
   */
  left(username: string, names: Iterable<string>): void {
    const { rooms, show } = this.#options;
    if (this.#big.size === 0) return;
    const isUntold = this.#big.has(rooms.main);
    for (const name of new Set(names)) {
      const room = rooms.find(name);
      if (room === undefined) continue;
      const big = this.#big.get(room);
      if (big !== undefined) {
        big.latest.set(nameKey(username), undefined);
        this.#change(big);
      } else if (isUntold && room.members.size > 0) {
        show(room, { code: Code.RoomLeft, room: room.name, username });
      }
    }
  }

  /**
   * Forgets a room that was removed.
   *
   * @param room the room
   */
  forget(room: MemberRoom): void {
    this.#big.delete(room);
  }

  /**
   * Takes it that another hub has told of its sessions.
   *
   * @param sessions those that are there
   */
  told(sessions: readonly RemoteSession[]): void {
    if (this.#options.upTo === 0) return;
    for (const name of new Set(sessions.flatMap(({ rooms }) => rooms))) {
      const room = this.#options.rooms.find(name);
      if (room !== undefined && !this.#big.has(room)) this.#grow(room, 0);
    }
    for (const big of this.#big.values()) this.#change(big);
  }

  /** Tells the members of big rooms how many people are there, if that has changed. `wakeAfter` asks for this call. */
  tick(): void {
    const { count, now, showExtended, upTo, wakeAfter } = this.#options;
    const waitMs = this.#tickAt - now();
    if (waitMs > 0) {
      if (waitMs < Infinity) wakeAfter(waitMs);
      return;
    }
    this.#tickAt = Infinity;
    for (const [room, big] of this.#big) {
      if (!big.isChanged) continue;
      big.isChanged = false;
      const users = count(room);
      if (users <= upTo * SMALL_ROOM_SHARE) {
        this.#end(room, big, users);
        continue;
      }
      big.latest.clear();
      if (users === big.users) continue;
      big.users = users;
      showExtended(room, noticeOf(room, big));
    }
  }

  #bigOf(name: string): BigRoom | undefined {
    const room = this.#options.rooms.find(name);
    return room === undefined ? undefined : this.#big.get(room);
  }

  #change(big: BigRoom): void {
    big.isChanged = true;
    if (this.#tickAt < Infinity) return;
    this.#tickAt = this.#options.now() + BIG_ROOM_COUNT_MS;
    this.#options.wakeAfter(BIG_ROOM_COUNT_MS);
  }

  /** Makes a room a big one if somebody joins who is too many. */
  #join(room: MemberRoom, message: PresenceMessage, author: Session | undefined): BigRoom | undefined {
    if (message.code !== Code.Joined && message.code !== Code.RoomJoined) return undefined;
    const key = nameKey(message.code === Code.Joined ? message.new : message.username);
    // Another hub may tell of its session a little later.
    const isAhead = author === undefined && !this.#options.people?.isSeen(key, room.name);
    return this.#grow(room, isAhead ? 1 : 0);
  }

  /** Makes a room a big one if so many people are there, and some that are not known yet. */
  #grow(room: MemberRoom, ahead: number): BigRoom | undefined {
    const { count, people, showExtended, upTo } = this.#options;
    // Counting takes time, so it is done only if it may matter: a person has at least one session.
    if (room.members.size + (people?.inRoom(room.name).size ?? 0) + ahead <= upTo) return undefined;
    const uncounted = this.#uncounted.get(room) ?? 0;
    if (uncounted > 0) {
      this.#uncounted.set(room, uncounted - 1);
      return undefined;
    }
    const users = count(room) + ahead;
    if (users <= upTo) {
      this.#uncounted.set(room, upTo - users);
      return undefined;
    }
    this.#uncounted.delete(room);
    const big: BigRoom = { users, isChanged: false, latest: new Map() };
    this.#big.set(room, big);
    showExtended(room, noticeOf(room, big));
    return big;
  }

  /** Makes a room small again: its members get all names, and then each join and leave. */
  #end(room: MemberRoom, { latest }: BigRoom, users: number): void {
    this.#big.delete(room);
    const nextPage = pagesOf(this.#namesIn(room, latest), (name) => name, PAGE_BYTES);
    for (let hasMore = true; hasMore;) {
      const { items: usernames, more } = nextPage();
      const notice = {
        code: Code.RoomPeople,
        room: room.name,
        users,
        announced: true,
        usernames,
        ...more,
      } as const;
      this.#options.showExtended(room, notice);
      hasMore = more.more === true;
    }
  }

  /** Finds the names of all who are in a room and not quiet, each once. */
  #namesIn(room: MemberRoom, latest: BigRoom["latest"]): string[] {
    const names = new Map<string, string>();
    for (const { announced, quiet, key, name } of room.members) if (announced && !quiet) names.set(key, name);
    for (const { quiet, name } of this.#options.people?.inRoom(room.name) ?? []) {
      if (!quiet) names.set(nameKey(name), name);
    }
    for (const [key, name] of latest) {
      if (name === undefined) names.delete(key);
      else names.set(key, name);
    }
    return [...names.values()];
  }

  /** Finds the rooms of a user who leaves, those at other hubs included. */
  #roomsOf(username: string, author: Session | undefined): string[] {
    if (author !== undefined) return author.memberships.map(({ room }) => room.name);
    return this.#remoteOf(username).flatMap(({ rooms }) => rooms);
  }

  /** Whether somebody may follow a rename: of those who are known by a message, or are in a room that is not big. */
  #isFollowed({ old, new: name }: Renamed, author: Session | undefined): boolean {
    if (author !== undefined) {
      return author.known || author.memberships.some(({ room }) => !this.#big.has(room));
    }
    const isSmall = (room: string) => this.#options.rooms.find(room) !== undefined && !this.#bigOf(room);
    return [old, name].some((name) =>
      this.#remoteOf(name).some(({ rooms, known }) => known === true || rooms.some(isSmall))
    );
  }

  #remoteOf(name: string) {
    return [...this.#options.people?.withKey(nameKey(name)) ?? []].filter(({ quiet }) => !quiet);
  }
}

/** Says how many people are in a big room. */
function noticeOf({ name }: MemberRoom, { users }: BigRoom): RoomPeople {
  return { code: Code.RoomPeople, room: name, users, announced: false };
}
