/**
 * Which room belongs to whom, who is a member, and who may read it.
 *
 * Rules:
 * - Each change is one transaction, and counts only when it is committed: it survives a `kill -9`.
 * - A private room always has its owner among its members.
 *
 * The database and the time are handed in. The file is long because half of it is documentation.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { type SqlRow, transaction } from "../sqlite/mod.ts";
import { MAX_MEMBERS_OF_ROOM, MAX_ROOMS_OF_OWNER } from "../limits.ts";
import type { OwnedNames } from "./owned_names.ts";
import type { Owner } from "./owner.ts";

/** A member of a room. */
export interface RoomMember {
  /** The member. */
  readonly owner: Owner;
  /** Since when, in milliseconds since 1970; it orders them, so it grows even if the clock is set back. */
  readonly since: number;
  /** The sequence number of the last message before that. */
  readonly sequence: number;
  /** Of which room, as {@linkcode OwnedRoom.roomId}. */
  readonly roomId: number | undefined;
}

/** A room that belongs to somebody. */
export interface OwnedRoom {
  /** The key of its name. */
  readonly key: string;
  /** Its name, without `#`. */
  readonly name: string;
  /** Who owns it. */
  readonly owner: Owner;
  /** Whether only members may know of it. */
  readonly isPrivate: boolean;
  /** Whether members may read all of its history, or only what was said since they are members. */
  readonly wholeHistory: boolean;
  /**
   * If `wholeHistory` is false and the room is open: the sequence number of the last message that was said while only
   * members could read it; 0 for none.
   */
  readonly floor: number;
  /** What it is about; empty for nothing. */
  readonly topic: string;
  /** Since when it is owned, in milliseconds since 1970. */
  readonly since: number;
  /** In a cluster, a random number that tells it from gone rooms of its name, and from one made at the same moment. */
  readonly roomId: number | undefined;
  /** The members by the number of their owner, in the order in which they became members. */
  readonly members: ReadonlyMap<number, RoomMember>;
}

/** What can be changed about a room. */
export type RoomChange = Partial<Pick<OwnedRoom, "owner" | "isPrivate" | "wholeHistory" | "floor" | "topic">>;

type MutableRoom = { -readonly [Field in keyof OwnedRoom]: OwnedRoom[Field] } & {
  members: Map<number, RoomMember>;
};

/** What happens to the rooms of an owner whose name is freed. */
export interface PassedOn {
  /** The rooms that have another owner now. */
  passed: OwnedRoom[];
  /** The rooms without another member, which belong to nobody now. */
  orphaned: OwnedRoom[];
}

/** What another hub of a cluster has changed about a room. */
export interface RoomRefresh {
  /** The room. */
  readonly room: OwnedRoom;
  /** What was different before; `undefined` if the room belonged to nobody. */
  readonly before: Pick<OwnedRoom, "owner" | "isPrivate" | "wholeHistory" | "topic"> | undefined;
  /** Whether the room belongs to nobody now. */
  readonly isGone: boolean;
  /** Whether its owner has deleted it, or everyone has left it; otherwise it is gone with the name of its owner. */
  readonly isDeleted: boolean;
}

/** The owned rooms of a hub. */
export class OwnedRooms {
  readonly #db: DatabaseSync;
  readonly #names: OwnedNames;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byKey = new Map<string, MutableRoom>();
  readonly #byOwner = new Map<Owner, Set<MutableRoom>>();

  /**
   * Reads the owned rooms of a database.
   *
   * @param db the database of a registry, of the newest version
   * @param names the owned names of the same database
   */
  constructor(db: DatabaseSync, names: OwnedNames) {
    this.#db = db;
    this.#names = names;
    this.#statements = prepare(db);
    for (const row of this.#statements.rooms.all() as SqlRow[]) {
      const owner = names.owner(Number(row.owner));
      // In a cluster the owner may come after the room, or may have lost the name to another hub.
      if (owner !== undefined) this.#index(roomOf(row, owner));
    }
    for (const row of this.#statements.members.all() as SqlRow[]) {
      const room = this.#byKey.get(String(row.room));
      const owner = names.owner(Number(row.owner));
      if (room !== undefined && owner !== undefined) addTo(room, memberOf(row, owner));
    }
  }

  /** All owned rooms. */
  get all(): Iterable<OwnedRoom> {
    return this.#byKey.values();
  }

  /**
   * Finds a room.
   *
   * @param name its name in any spelling, without `#`
   * @returns the room, if it belongs to somebody
   */
  find(name: string): OwnedRoom | undefined {
    return this.#byKey.get(nameKey(name));
  }

  /**
   * Finds the rooms of an owner.
   *
   * @param owner the owner
   * @returns the rooms, in the order in which the owner got them; a copy
   */
  ownedBy(owner: Owner): OwnedRoom[] {
    return [...this.#byOwner.get(owner) ?? []];
  }

  /**
   * Checks whether somebody may own another room.
   *
   * @param owner the person
   * @returns whether it would not be too many
   */
  mayOwnMore(owner: Owner): boolean {
    return (this.#byOwner.get(owner)?.size ?? 0) < MAX_ROOMS_OF_OWNER;
  }

  /**
   * Finds the rooms that would belong to nobody if the name of their owner were freed.
   *
   * @param owner the owner
   * @returns the rooms without another member
   */
  lonelyOf(owner: Owner): OwnedRoom[] {
    return this.ownedBy(owner).filter((room) => room.members.size === 1);
  }

  /**
   * Gives a room that belongs to nobody to an owner, as an open room.
   *
   * @param name its name
   * @param owner the owner, who becomes the first member
   * @param now the time of day, in milliseconds since 1970
   * @param sequence the sequence number of the last message in the room; 0 for none
   * @returns the room; `undefined` if the owner has as many rooms as allowed
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  create(name: string, owner: Owner, now: number, sequence: number): OwnedRoom | undefined {
    if (!this.mayOwnMore(owner)) return undefined;
    const key = nameKey(name);
    const roomId = this.#names.ids?.random();
    transaction(this.#db, () => {
      this.#statements.addRoom.run(key, name, owner.id, now, roomId ?? null);
      this.#statements.addMember.run(key, owner.id, now, sequence, roomId ?? null);
    });
    const member = { owner, since: now, sequence, roomId };
    const room: MutableRoom = {
      key,
      name,
      owner,
      isPrivate: false,
      wholeHistory: true,
      floor: 0,
      topic: "",
      since: now,
      roomId,
      members: new Map([[owner.id, member]]),
    };
    this.#index(room);
    return room;
  }

  /**
   * Changes a room.
   *
   * @param room the room
   * @param change what is different from now on; a new owner must be a member
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  change(room: OwnedRoom, change: RoomChange): void {
    const { owner, isPrivate, wholeHistory, floor, topic } = { ...room, ...change };
    this.#statements.changeRoom.run(
      owner.id,
      Number(isPrivate),
      Number(wholeHistory),
      floor,
      topic,
      room.key,
    );
    const changed = this.#byKey.get(room.key)!;
    this.#giveTo(changed, owner);
    Object.assign(changed, { isPrivate, wholeHistory, floor, topic });
  }

  /**
   * Makes somebody a member.
   *
   * @param room the room
   * @param owner the new member
   * @param now the time of day, in milliseconds since 1970
   * @param sequence the sequence number of the last message in the room
   * @returns whether the person is a member now; the room may have too many
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  addMember({ key }: OwnedRoom, owner: Owner, now: number, sequence: number): boolean {
    const { members, since: roomSince, roomId } = this.#byKey.get(key)!;
    if (members.has(owner.id)) return true;
    if (members.size >= MAX_MEMBERS_OF_ROOM) return false;
    // The clock of the hub that has made the room may be ahead of that of this one.
    const since = Math.max(now, ([...members.values()].at(-1)?.since ?? roomSince) + 1);
    this.#statements.addMember.run(key, owner.id, since, sequence, roomId ?? null);
    members.set(owner.id, { owner, since, sequence, roomId });
    return true;
  }

  /**
   * Removes a member, who is not the owner of the room.
   *
   * @param room the room
   * @param owner the member
   * @returns whether the person was a member
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  removeMember({ key }: OwnedRoom, owner: Owner): boolean {
    const { members } = this.#byKey.get(key)!;
    if (!members.has(owner.id)) return false;
    this.#statements.removeMember.run(key, owner.id);
    return members.delete(owner.id);
  }

  /**
   * Makes a room belong to nobody.
   *
   * @param room the room
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  delete({ key }: OwnedRoom): void {
    this.#statements.removeRoom.run(key);
    this.#forget(this.#byKey.get(key)!);
  }

  /**
   * Passes the rooms of an owner on to the members who have been there longest, and ends the memberships of the owner.
   *
   * @param owner the owner, whose name is to be freed
   * @returns what has become of the rooms
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  passOn(owner: Owner): PassedOn {
    const owned = [...this.#byOwner.get(owner) ?? []];
    const heirs = owned.map((room) =>
      [...room.members.values()].find((member) => member.owner !== owner)?.owner
    );
    transaction(this.#db, () => {
      this.#statements.removeMemberships.run(owner.id);
      owned.forEach(({ key }, i) => {
        const heir = heirs[i];
        if (heir === undefined) this.#statements.removeRoom.run(key);
        else this.#statements.changeOwner.run(heir.id, key);
      });
    });
    for (const { members } of this.#byKey.values()) members.delete(owner.id);
    owned.forEach((room, i) => {
      const heir = heirs[i];
      if (heir === undefined) this.#forget(room);
      else this.#giveTo(room, heir);
    });
    return {
      passed: owned.filter((_, i) => heirs[i] !== undefined),
      orphaned: owned.filter((_, i) => heirs[i] === undefined),
    };
  }

  /**
   * Takes a room as another hub of a cluster has stored it. The object of the room stays the same.
   *
   * @param key the key of its name
   * @returns what has changed; `undefined` if it belonged and belongs to nobody
   */
  refresh(key: string): RoomRefresh | undefined {
    const known = this.#byKey.get(key);
    const before = known && { ...known };
    const row = this.#statements.room.get(key) as SqlRow | undefined;
    const owner = row && this.#names.owner(Number(row.owner));
    if (row === undefined || owner === undefined) {
      if (known === undefined) return undefined;
      this.#forget(known);
      const isDeleted = row === undefined && this.#names.owner(known.owner.id) !== undefined;
      return { room: known, before, isGone: true, isDeleted };
    }
    if (known !== undefined) {
      const { owner: _, members: __, ...content } = roomOf(row, owner);
      this.#giveTo(known, owner);
      Object.assign(known, content);
      for (const [id, member] of known.members) if (!isOf(known, member)) known.members.delete(id);
      return { room: known, before, isGone: false, isDeleted: false };
    }
    const room = roomOf(row, owner);
    this.#index(room);
    for (const row of this.#statements.membersOf.all(key) as SqlRow[]) {
      const member = this.#names.owner(Number(row.owner));
      if (member !== undefined) addTo(room, memberOf(row, member));
    }
    return { room, before, isGone: false, isDeleted: false };
  }

  /**
   * Takes a membership as another hub of a cluster has stored it.
   *
   * @param key the key of the room
   * @param id the number of the member
   * @returns the room and the member, and whether it is one now; `undefined` if nothing has changed
   */
  refreshMember(key: string, id: number): { room: OwnedRoom; member: Owner; isMember: boolean } | undefined {
    const room = this.#byKey.get(key);
    if (room === undefined) return undefined;
    const before = room.members.get(id);
    const row = this.#statements.member.get(key, id) as SqlRow | undefined;
    const owner = row && this.#names.owner(id);
    const member = row && owner && memberOf(row, owner);
    if (member === undefined || !isOf(room, member)) {
      room.members.delete(id);
      return before && { room, member: before.owner, isMember: false };
    }
    room.members.set(id, member);
    if (before === undefined) sortMembers(room);
    return before === undefined ? { room, member: member.owner, isMember: true } : undefined;
  }

  /**
   * Finds the rooms and memberships that an owner has in the database, of which the memory may not know.
   *
   * @param id the number of an owner who is new, or gone
   * @returns the keys of rooms
   */
  storedOf(id: number): { owned: string[]; joined: string[] } {
    const keys = (rows: Record<string, unknown>[]) => rows.map(({ key }) => String(key));
    return {
      owned: keys(this.#statements.roomsOf.all(id)),
      joined: keys(this.#statements.membershipsOf.all(id)),
    };
  }

  #index(room: MutableRoom): void {
    this.#byKey.set(room.key, room);
    const owned = this.#byOwner.get(room.owner);
    if (owned === undefined) this.#byOwner.set(room.owner, new Set([room]));
    else owned.add(room);
  }

  #giveTo(room: MutableRoom, owner: Owner): void {
    if (room.owner === owner) return;
    this.#takeFromOwner(room);
    room.owner = owner;
    this.#index(room);
  }

  #forget(room: MutableRoom): void {
    this.#byKey.delete(room.key);
    this.#takeFromOwner(room);
  }

  #takeFromOwner(room: MutableRoom): void {
    const owned = this.#byOwner.get(room.owner);
    owned?.delete(room);
    if (owned?.size === 0) this.#byOwner.delete(room.owner);
  }
}

function roomOf(row: SqlRow, owner: Owner): MutableRoom {
  return {
    key: String(row.key),
    name: String(row.name),
    owner,
    isPrivate: Number(row.private) === 1,
    wholeHistory: Number(row.whole_history) === 1,
    floor: Number(row.floor),
    topic: String(row.topic),
    since: Number(row.since),
    roomId: roomIdOf(row),
    members: new Map(),
  };
}

/** Puts members into the order in which they became that, which is the order of heirs, the same at all hubs. */
function sortMembers({ members }: MutableRoom): void {
  const order = (one: RoomMember, other: RoomMember) =>
    one.since - other.since || one.owner.id - other.owner.id;
  let previous: RoomMember | undefined, isSorted = true;
  for (const member of members.values()) {
    isSorted &&= previous === undefined || order(previous, member) < 0;
    previous = member;
  }
  if (isSorted) return;
  const all = [...members.values()].sort(order);
  members.clear();
  for (const member of all) members.set(member.owner.id, member);
}

/** Adds somebody to a room, unless the membership is that of another one. */
function addTo(room: MutableRoom, member: RoomMember): void {
  if (isOf(room, member)) room.members.set(member.owner.id, member);
}

/**
 * Tells whether a membership is one of a room as it is. In a cluster one may be left of another room of that name: of
 * an earlier one, which was deleted when another hub made it, or of one that a hub made when another had made this one.
 * Older versions tell them apart by the time alone.
 */
function isOf(
  room: Pick<OwnedRoom, "since" | "roomId">,
  member: Pick<RoomMember, "since" | "roomId">,
): boolean {
  return Number(member.since) >= room.since &&
    (room.roomId === undefined || member.roomId === undefined || member.roomId === room.roomId);
}

function memberOf(row: SqlRow, owner: Owner): RoomMember {
  return { owner, since: Number(row.since), sequence: Number(row.sequence), roomId: roomIdOf(row) };
}

function roomIdOf({ room_id: id }: SqlRow): number | undefined {
  return id === null || id === undefined ? undefined : Number(id);
}

function prepare(db: DatabaseSync): Record<
  | "rooms"
  | "room"
  | "membersOf"
  | "member"
  | "roomsOf"
  | "membershipsOf"
  | "members"
  | "addRoom"
  | "changeRoom"
  | "changeOwner"
  | "removeRoom"
  | "addMember"
  | "removeMember"
  | "removeMemberships",
  StatementSync
> {
  return {
    rooms: db.prepare("SELECT * FROM rooms"),
    room: db.prepare("SELECT * FROM rooms WHERE key = ?"),
    membersOf: db.prepare("SELECT * FROM members WHERE room = ? ORDER BY since, owner"),
    member: db.prepare("SELECT * FROM members WHERE room = ? AND owner = ?"),
    roomsOf: db.prepare("SELECT key FROM rooms WHERE owner = ?"),
    membershipsOf: db.prepare("SELECT room AS key FROM members WHERE owner = ?"),
    members: db.prepare("SELECT * FROM members ORDER BY room, since, owner"),
    addRoom: db.prepare(
      "INSERT OR REPLACE INTO rooms (key, name, owner, private, whole_history, topic, since, room_id) " +
        "VALUES (?, ?, ?, 0, 1, '', ?, ?)",
    ),
    changeRoom: db.prepare(
      "UPDATE rooms SET owner = ?, private = ?, whole_history = ?, floor = ?, topic = ? WHERE key = ?",
    ),
    changeOwner: db.prepare("UPDATE rooms SET owner = ? WHERE key = ?"),
    removeRoom: db.prepare("DELETE FROM rooms WHERE key = ?"),
    addMember: db.prepare(
      "INSERT OR REPLACE INTO members (room, owner, since, sequence, room_id) VALUES (?, ?, ?, ?, ?)",
    ),
    removeMember: db.prepare("DELETE FROM members WHERE room = ? AND owner = ?"),
    removeMemberships: db.prepare("DELETE FROM members WHERE owner = ?"),
  };
}
