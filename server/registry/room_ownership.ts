/**
 * What clients may do with rooms that belong to somebody: who may know of a room, read it, and change it.
 *
 * Rules:
 * - A private room does not exist for anybody but its members.
 * - What was said while only members could read it stays theirs, unless the owner says otherwise.
 * - Everything that a client can cause is a `ProtocolError`.
 *
 * The file is long because it holds one method for each thing that a client may do, and half of it is documentation.
 *
 * PURE: the clock and the registry are handed in.
 *
 * @module
 */
import {
  checkText,
  type Invite,
  MAX_NAME_CHARS,
  MAX_TOPIC_CHARS,
  ProtocolError,
  type RemoveMember,
  type RoomChanged,
  type RoomDetails,
  type SetRoom,
} from "../../protocol/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import { MAX_MEMBERS_OF_ROOM, MAX_ROOMS_OF_OWNER } from "../limits.ts";
import type { OwnedRoom, RoomChange } from "./owned_rooms.ts";
import type { Owner } from "./owner.ts";
import type { Registry } from "./registry.ts";
import { storeChange } from "./store_change.ts";

/** Somebody who uses rooms: a session of the hub. */
export interface RoomUser {
  /** The name. */
  readonly name: string;
  /** The owner of the name, if it belongs to the user's key. */
  readonly owner: Owner | undefined;
}

/** A change of a room, for the people who are told. */
export type RoomNews = Omit<RoomChanged, "code" | "room">;

/** Dependencies of {@linkcode RoomOwnership}. */
export interface RoomOwnershipDependencies {
  /** Who owns what. */
  registry: Registry;
  /** The time of day. */
  clock: Pick<Clock, "wall">;
  /** Called when a change could not be stored. */
  failed: (error: unknown) => void;
}

/** Decides over owned rooms. */
export class RoomOwnership {
  readonly #dependencies: RoomOwnershipDependencies;

  /**
   * Uses a registry.
   *
   * @param dependencies see {@linkcode RoomOwnershipDependencies}
   */
  constructor(dependencies: RoomOwnershipDependencies) {
    this.#dependencies = dependencies;
  }

  /** All owned rooms. */
  get all(): Iterable<OwnedRoom> {
    return this.#dependencies.registry.rooms.all;
  }

  /**
   * Finds the rooms of an owner.
   *
   * @param owner the owner
   * @returns the rooms, in the order in which the owner got them
   */
  ownedBy(owner: Owner): OwnedRoom[] {
    return this.#dependencies.registry.rooms.ownedBy(owner);
  }

  /**
   * Finds an owned room.
   *
   * @param name any text
   * @returns the room, if it belongs to somebody
   */
  find(name: string): OwnedRoom | undefined {
    // Computing the key of a text longer than any name takes time.
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#dependencies.registry.rooms.find(name);
  }

  /**
   * Checks whether a room does not exist for a user: it is private, and the user is no member.
   *
   * @param name any text
   * @param user the user
   * @returns whether it is hidden
   */
  isHidden(name: string, { owner }: RoomUser): boolean {
    const room = this.find(name);
    if (room === undefined || !room.isPrivate) return false;
    // In a cluster it may be no member: if it has changed a room at one hub that it has deleted at another one.
    return owner === undefined || room.owner !== owner && !room.members.has(owner.id);
  }

  /**
   * Finds from where on a user may read a room that is not hidden.
   *
   * @param name any text
   * @param user the user
   * @returns the sequence number of the last message that the user may not read; 0 if there is none
   */
  floorOf(name: string, { owner }: RoomUser): number {
    const room = this.find(name);
    if (room === undefined || room.wholeHistory) return 0;
    const since = owner && room.members.get(owner.id)?.sequence;
    if (room.isPrivate) return since ?? Infinity;
    return Math.min(room.floor, since ?? Infinity);
  }

  /**
   * Gives a new room to the user who makes it.
   *
   * @param name the name of the room
   * @param user the user
   * @param last the sequence number of the last message of an earlier room of this name; 0 for none
   * @returns why the room belongs to nobody, for the user to read; `undefined` if it is the user's, or the user owns no
   * name
   */
  create(name: string, { owner }: RoomUser, last: number): string | undefined {
    const { registry: { rooms }, clock, failed } = this.#dependencies;
    if (owner === undefined) return undefined;
    try {
      if (rooms.create(name, owner, clock.wall(), last) !== undefined) return undefined;
      return `You do not own #${name}: ${owner.name} owns ${MAX_ROOMS_OF_OWNER} rooms already; delete one first`;
    } catch (error) {
      failed(error);
      return `You do not own #${name}: the hub cannot store it now`;
    }
  }

  /**
   * Makes a room belong to nobody again that everyone has left, if nothing of it is worth keeping: it is open, has no
   * topic, and no member but its owner.
   *
   * @param name the name of a room without stored messages
   * @param unseal records in the history that the room has no messages for its members only
   */
  forgetUnused(name: string, unseal: (room: OwnedRoom) => void): void {
    const room = this.find(name);
    if (room === undefined || room.isPrivate || room.topic !== "" || room.members.size > 1) return;
    try {
      // First, so that the room does not exist for nobody after a crash in between.
      if (isGuarded(room)) unseal(room);
      this.#dependencies.registry.rooms.delete(room);
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }

  /**
   * Describes a room that is not hidden.
   *
   * @param name the name of the room
   * @returns the content of a 220, and the members, if the room belongs to somebody
   */
  detailsOf(
    name: string,
  ): { content: Omit<RoomDetails, "code" | "ref" | "members" | "more">; members?: Iterable<string> } {
    const room = this.find(name);
    if (room === undefined) return { content: { room: name, mode: "open", history: "all" } };
    const { isPrivate, wholeHistory, owner, since, topic } = room;
    return {
      content: {
        room: room.name,
        mode: isPrivate ? "private" : "open",
        history: wholeHistory ? "all" : "joined",
        owner: owner.name,
        since,
        ...topic === "" ? {} : { topic },
      },
      members: namesOf(room),
    };
  }

  /**
   * Changes a room.
   *
   * @param name the name of a room that is not hidden
   * @param user the user
   * @param request what changes
   * @param last the sequence number of the last message in the room
   * @param seal records in the history whether the room has messages for its members only
   * @returns the room, and what others are told, if anything has changed
   * @throws {ProtocolError} `not_allowed` if the room is not the user's, `bad_message`, `bad_text`, `too_long`,
   * `no_such_user`; `unavailable` if it cannot be stored
   * @throws what `seal` throws
   */
  set(
    name: string,
    user: RoomUser,
    { topic, mode, history, owner: heirName }: SetRoom,
    last: number,
    seal: (room: OwnedRoom, isSealed: boolean) => void,
  ): { room: OwnedRoom; news: RoomNews | undefined } {
    const room = this.owned(name, user);
    const change: { -readonly [Field in keyof RoomChange]: RoomChange[Field] } = {};
    const news: RoomNews = { by: user.name };
    if (topic !== undefined) {
      checkTopic(topic);
      change.topic = news.topic = topic;
    }
    if (heirName !== undefined) {
      change.owner = this.#heir(room, heirName);
      news.owner = change.owner.name;
    }
    const isPrivate = mode === undefined ? room.isPrivate : mode === "private";
    if (isPrivate !== room.isPrivate || history !== undefined) {
      const wholeHistory = history === "all";
      Object.assign(change, { isPrivate, wholeHistory, floor: isPrivate || wholeHistory ? 0 : last });
      news.mode = isPrivate ? "private" : "open";
      news.history = wholeHistory ? "all" : "joined";
    } else if (topic === undefined && heirName === undefined) {
      if (mode !== undefined) return { room, news: undefined };
      throw new ProtocolError(
        "bad_message",
        "Cannot change the room: give a topic, a mode, a history or an owner",
      );
    }
    // In this order nobody can read them after a crash in between.
    if (change.wholeHistory === false || change.isPrivate) seal(room, true);
    this.#store(() => this.#dependencies.registry.rooms.change(room, change));
    if (change.isPrivate !== undefined && !isGuarded(room)) seal(room, false);
    return { room, news };
  }

  #heir(room: OwnedRoom, name: string): Owner {
    const { registry: { rooms } } = this.#dependencies;
    const heir = this.#ownerOf(name);
    if (heir === undefined || !room.members.has(heir.id)) {
      throw new ProtocolError(
        "no_such_user",
        `Cannot give #${room.name} to ${shown(name)}: no member has that name; invite them first`,
      );
    }
    if (heir !== room.owner && !rooms.mayOwnMore(heir)) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot give #${room.name} to ${heir.name}: they own ${MAX_ROOMS_OF_OWNER} rooms already`,
      );
    }
    return heir;
  }

  /**
   * Makes somebody a member.
   *
   * @param name the name of a room that is not hidden
   * @param user the user
   * @param request whom
   * @param last the sequence number of the last message in the room
   * @returns the room, the member, and whether the membership is new
   * @throws {ProtocolError} `not_allowed` if the room is not the user's or has too many members, `no_such_user` if
   * nobody owns the name, `unavailable`
   */
  invite(
    name: string,
    user: RoomUser,
    { username }: Pick<Invite, "username">,
    last: number,
  ): { room: OwnedRoom; member: Owner; isNew: boolean } {
    const { registry: { rooms }, clock } = this.#dependencies;
    const room = this.owned(name, user);
    const member = this.#ownerOf(username);
    if (member === undefined) {
      throw new ProtocolError(
        "no_such_user",
        `Cannot invite ${
          shown(username)
        }: the name belongs to nobody; it belongs to its user once they have a key ` +
          "and have said something",
      );
    }
    const isNew = !room.members.has(member.id);
    if (!this.#store(() => rooms.addMember(room, member, clock.wall(), last))) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot invite ${member.name}: #${room.name} has ${MAX_MEMBERS_OF_ROOM} members already; remove one first`,
      );
    }
    return { room, member, isNew };
  }

  /**
   * Makes somebody a member of a private room who has an invite of its owner.
   *
   * @param name the name of the room
   * @param user the user
   * @param last the sequence number of the last message in the room
   * @returns the room and the new member; `undefined` if it is not private, or the user is a member
   * @throws {ProtocolError} `not_allowed` if the user owns no name or the room has too many members, `unavailable`
   */
  admit(name: string, { owner }: RoomUser, last: number): { room: OwnedRoom; member: Owner } | undefined {
    const { registry: { rooms }, clock } = this.#dependencies;
    const room = this.find(name);
    if (room === undefined || !room.isPrivate) return undefined;
    if (owner === undefined) {
      throw new ProtocolError("not_allowed", `Cannot let you into #${room.name}: you own no name`);
    }
    if (room.members.has(owner.id)) return undefined;
    if (!this.#store(() => rooms.addMember(room, owner, clock.wall(), last))) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot let you into #${room.name}: it has ${MAX_MEMBERS_OF_ROOM} members already`,
      );
    }
    return { room, member: owner };
  }

  /**
   * Ends a membership: the owner of the room ends any, a member their own.
   *
   * @param name the name of a room that is not hidden
   * @param user the user
   * @param request whose
   * @returns the room and the former member
   * @throws {ProtocolError} `not_allowed` if the user may not do that, or if it is the owner's; `no_such_user` if no
   * member has that name; `unavailable`
   */
  remove(
    name: string,
    user: RoomUser,
    { username }: Pick<RemoveMember, "username">,
  ): { room: OwnedRoom; member: Owner } {
    const { registry: { rooms } } = this.#dependencies;
    const member = this.#ownerOf(username);
    const room = member !== undefined && member === user.owner && this.find(name) || this.owned(name, user);
    if (member === undefined || !room.members.has(member.id)) {
      throw new ProtocolError(
        "no_such_user",
        `Cannot remove ${shown(username)} from #${room.name}: no member has that name`,
      );
    }
    if (member === room.owner) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot remove the owner of #${room.name}: give the room to another member first, or delete it`,
      );
    }
    this.#store(() => rooms.removeMember(room, member));
    return { room, member };
  }

  /**
   * Makes a room belong to nobody, and deletes its messages.
   *
   * @param name the name of a room that is not hidden
   * @param user the user
   * @param erase deletes the stored messages of the room
   * @returns the room as it was
   * @throws {ProtocolError} `not_allowed` if the room is not the user's, `unavailable`
   * @throws what `erase` throws; then nothing has changed
   */
  delete(name: string, user: RoomUser, erase: (room: OwnedRoom) => void): OwnedRoom {
    const room = this.owned(name, user);
    // First, so that nobody can read the messages in a room of nobody after a crash.
    erase(room);
    this.#store(() => this.#dependencies.registry.rooms.delete(room));
    return room;
  }

  /**
   * Finds a room of a user.
   *
   * @param name the name of a room that is not hidden
   * @param user the user
   * @returns the room
   * @throws {ProtocolError} `not_allowed` if it belongs to nobody or to somebody else
   */
  owned(name: string, { owner }: RoomUser): OwnedRoom {
    const room = this.find(name);
    if (room === undefined) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot change #${name}: it belongs to nobody; a room belongs to the owner of a name who makes it`,
      );
    }
    if (room.owner !== owner) {
      throw new ProtocolError("not_allowed", `Cannot change #${room.name}: it belongs to ${room.owner.name}`);
    }
    return room;
  }

  #ownerOf(name: string): Owner | undefined {
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#dependencies.registry.names.ownerOf(name);
  }

  #store<T>(change: () => T): T {
    return storeChange(change, (error) => this.#dependencies.failed(error));
  }
}

/**
 * The refusal for a room that does not exist, or not for this user.
 *
 * @param what what cannot be done, such as `list the users of`
 * @returns the error
 */
export function noSuchRoom(what: string): ProtocolError {
  return new ProtocolError("no_such_room", `Cannot ${what} that room: there is no room of that name`);
}

/**
 * Checks whether a room has messages for its members only.
 *
 * @param room the room
 * @returns whether it is private, or was
 */
export function isGuarded(
  { isPrivate, wholeHistory }: Pick<OwnedRoom, "isPrivate" | "wholeHistory">,
): boolean {
  return isPrivate || !wholeHistory;
}

function* namesOf({ members }: OwnedRoom): Generator<string> {
  for (const { owner } of members.values()) yield owner.name;
}

function checkTopic(topic: string): void {
  if (topic === "") return;
  checkText(topic);
  if (/[\n\t]/.test(topic)) {
    throw new ProtocolError("bad_text", "Cannot use that topic: it must be one line, without tabs");
  }
  const { length } = [...topic];
  if (length > MAX_TOPIC_CHARS) {
    throw new ProtocolError(
      "too_long",
      `Cannot use that topic: it must have at most ${MAX_TOPIC_CHARS} characters: it has ${length}`,
    );
  }
}

/** Shortens a name that a client has sent, which may be any text. */
function shown(name: string): string {
  return name.length <= MAX_NAME_CHARS && /^[\p{L}\p{N}\p{M}._-]+$/u.test(name) ? name : "that user";
}
