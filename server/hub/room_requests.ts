/**
 * Requests about rooms: joining, leaving, listing, and changing a room that belongs to somebody; and what it means that
 * another hub of a cluster has changed one.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskRoom,
  Code,
  type DeleteRoom,
  type Invite,
  type Invited,
  type Join,
  type Leave,
  type ListRooms,
  ProtocolError,
  type RemoveMember,
  type RoomChanged,
  type RoomJoined,
  type SetRoom,
} from "../../protocol/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import {
  isGuarded,
  noSuchRoom,
  type OwnedRoom,
  type Owner,
  type RegistryChange,
  type RoomNews,
} from "../registry/mod.ts";
import type { MemberRoom, Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { NameRequests } from "./name_requests.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

/** What cannot be done with a room that does not exist, by the code of the request. */
const ROOM_REQUESTS = {
  [Code.AskRoom]: "describe",
  [Code.SetRoom]: "change",
  [Code.Invite]: "invite anybody to",
  [Code.RemoveMember]: "remove anybody from",
  [Code.DeleteRoom]: "delete",
} as const;

/** Lets sessions into rooms and out of them, and changes rooms. */
export class RoomRequests {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;

  /**
   * Handles the requests about rooms.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   * @param nameRequests gives and frees names
   */
  constructor(core: HubCore, presence: Presence, nameRequests: NameRequests) {
    this.#core = core;
    this.#presence = presence;
    this.#nameRequests = nameRequests;
  }

  /** Carries out a request about a room that may belong to somebody. */
  carryOut(
    session: Session,
    message: AskRoom | SetRoom | Invite | RemoveMember | DeleteRoom,
  ): void {
    const owned = this.#core.dependencies.ownership?.rooms;
    if (owned === undefined) {
      throw new ProtocolError("unavailable", "Cannot do that: on this hub no room belongs to anybody");
    }
    const name = this.#core.rooms.visibleName(message.room, session);
    if (name === undefined) throw noSuchRoom(ROOM_REQUESTS[message.code]);
    const { ref } = message;
    const by = session.name;
    switch (message.code) {
      case Code.AskRoom: {
        this.#presence.announce(session);
        const { content, members } = owned.detailsOf(name);
        if (members === undefined) {
          return this.#core.reply(session, replies.roomDetails(content, undefined, ref));
        }
        const pages = pagesOf(members, (member) => member, PAGE_BYTES);
        return this.#core.replyPages(session, pages, (page) => replies.roomDetails(content, page, ref));
      }
      case Code.SetRoom: {
        const mute = message.topic === undefined ? undefined : this.#core.powers.muteOf(session, name);
        if (mute !== undefined) throw this.#core.powers.refusal(mute, "set the topic");
        const last = this.#core.rooms.lastSequenceOf(name);
        const seal = (room: OwnedRoom, isSealed: boolean) => this.#core.history?.seal(room.name, isSealed);
        const { room, news } = owned.set(name, session, message, last, seal);
        this.#presence.announce(session);
        if (news === undefined) break;
        this.tell(room, news);
        this.#core.tellPowersOf(session.owner!);
        this.#core.tellPowersIn(room);
        for (const member of this.#core.rooms.find(name)?.members ?? []) this.#presence.leaveHidden(member);
        break;
      }
      case Code.Invite: {
        const last = this.#core.rooms.lastSequenceOf(name);
        const { room, member, isNew } = owned.invite(name, session, message, last);
        this.#presence.announce(session);
        if (!isNew) break;
        this.tell(room, { by, invited: member.name });
        this.tellInvited(room, member, by);
        break;
      }
      case Code.RemoveMember: {
        const { room, member } = owned.remove(name, session, message);
        this.#presence.announce(session);
        this.tell(room, { by, removed: member.name }, member);
        for (const device of this.#core.devicesOf(member)) this.#presence.leaveHidden(device);
        this.#core.tellPowersOf(member);
        break;
      }
      case Code.DeleteRoom: {
        const room = owned.delete(name, session, ({ name }) => this.#core.backplane.erase(name));
        this.#presence.announce(session);
        this.close(room, { by });
      }
    }
    this.#core.done(session, ref);
  }

  /** Tells the devices of somebody who is a member of a room now. */
  tellInvited({ name }: OwnedRoom, member: Owner, by: string): void {
    this.#core.tellPowersOf(member);
    const invited: Invited = { code: Code.Invited, room: name, by };
    for (const device of this.#core.devicesOf(member)) this.#core.showInMailbox(device, invited);
  }

  /** Tells everyone in a room, its members, and perhaps a former member, what has changed. */
  tell({ name, members }: OwnedRoom, news: RoomNews, former?: Owner): void {
    const message: RoomChanged = { code: Code.RoomChanged, room: name, ...news };
    const room = this.#core.rooms.find(name);
    if (room !== undefined) this.#core.show(room, message);
    for (const session of this.#core.sessions.values()) {
      const { owner } = session;
      if (owner === undefined || room?.members.has(session)) continue;
      if (owner === former || members.has(owner.id)) this.#core.showInMailbox(session, message);
    }
  }

  /** Puts everyone out of a room that is deleted, tells them and its members, and ends what was done there. */
  close(owned: OwnedRoom, news: RoomNews): void {
    this.empty(owned, news);
    this.#presence.forgetModeration(owned);
  }

  /** Puts everyone out of a room that is deleted, and tells them and its members. */
  empty(owned: OwnedRoom, news: RoomNews): void {
    this.tell(owned, { ...news, deleted: true });
    const room = this.#core.rooms.find(owned.name);
    for (const session of room?.members ?? []) this.#presence.putOut(session, room!, session.name);
    this.#core.rooms.forget([owned.key]);
  }

  /**
   * Acts on what another hub of a cluster has stored about a room. Only its owner changes a room, so everyone is told
   * that the owner did. An open room that belongs to nobody goes on for those who are in it, unless it was deleted.
   */
  changedElsewhere({ room, before, isGone, isDeleted }: RegistryChange & { what: "room" }): void {
    if (isGone) {
      // Otherwise the last one may have left it, and nobody has deleted it.
      const isUsed = room.topic !== "" || room.members.size > 1 ||
        this.#core.rooms.find(room.name) !== undefined;
      if (room.isPrivate || isDeleted && isUsed) this.empty(room, {});
      else if (isDeleted) this.#core.rooms.forget([room.key]);
      return this.#core.tellPowersIn(room);
    }
    const wasGuarded = before !== undefined && isGuarded(before);
    if (isGuarded(room) !== wasGuarded) this.#core.history?.seal(room.name, isGuarded(room));
    if (before !== undefined) {
      const news = newsOf(room, before);
      if (Object.keys(news).length > 0) this.tell(room, { by: before.owner.name, ...news });
      if (before.owner !== room.owner) this.#core.tellPowersOf(before.owner);
    }
    this.#core.tellPowersIn(room);
    for (const member of this.#core.rooms.find(room.name)?.members ?? []) this.#presence.leaveHidden(member);
  }

  /**
   * Acts on a membership that another hub of a cluster has stored or ended. Who has ended it is not known: the owner or
   * the member.
   */
  membershipElsewhere({ room, member, isMember }: RegistryChange & { what: "member" }): void {
    if (isMember) {
      const by = room.owner.name;
      this.tell(room, { by, invited: member.name });
      return this.tellInvited(room, member, by);
    }
    this.tell(room, { removed: member.name }, member);
    for (const device of this.#core.devicesOf(member)) this.#presence.leaveHidden(device);
    this.#core.tellPowersOf(member);
  }

  /** Finds out why a session may not join a room: it does not exist for the session, or the session is banned there. */
  refusalOf(session: Session, room: string): ProtocolError | undefined {
    return this.#core.rooms.refusalOf(session, room) ?? this.#core.powers.refusalOfRoom(session, room);
  }

  /** Lets a session join a room. */
  join(session: Session, { room, ref }: Join): void {
    this.#core.rooms.checkJoins(session, [room]);
    const refusal = this.refusalOf(session, room);
    if (refusal !== undefined) throw refusal;
    this.#presence.announce(session);
    // Before it joins: it may be the one who makes the room big, which everyone there is told.
    const notices = this.#core.bigRooms.noticesOf([room]);
    this.enter(session, [room]);
    for (const notice of notices) this.#core.reply(session, notice);
    this.#core.done(session, ref);
  }

  /** Adds a session to rooms that it may join, and announces it in those that are new to it. */
  enter(session: Session, names: readonly string[]): void {
    for (const name of names) {
      const isNew = this.#core.rooms.nameOf(name) === undefined;
      const { room, joined } = this.#core.rooms.join(session, name);
      if (!joined) continue;
      this.#presence.changed(session);
      // A mute may hold in this room.
      session.freeToSpeak = -1;
      if (isNew && session.identity !== undefined) this.#ownRoom(session, room);
      if (room === this.#core.rooms.main) session.inMain = true;
      const joinedMessage: RoomJoined = { code: Code.RoomJoined, room: room.name, username: session.name };
      const wasThere = session.continues?.rooms.includes(room.name) ?? false;
      if (!wasThere && !this.#presence.hasDeviceIn(session, room)) {
        this.#presence.publishPresence(session, room.name, joinedMessage);
      } else if (!session.quiet) this.#core.reply(session, joinedMessage);
    }
  }

  /** Gives a new room to the session that makes it, and its name, too, if nobody owns that. */
  #ownRoom(session: Session, { name, lastSequence }: MemberRoom): void {
    this.#nameRequests.claimName(session);
    const notice = this.#core.dependencies.ownership!.rooms.create(name, session, lastSequence);
    if (notice !== undefined) this.#core.notify(session, notice);
    if (session.owner !== undefined) this.#core.tellPowersOf(session.owner);
  }

  /** Lets a session leave a room, and tells the others there. */
  leave(session: Session, { room: name, ref }: Leave): void {
    const room = this.#core.rooms.joinedRoom(session, name);
    if (room === this.#core.rooms.main) {
      throw new ProtocolError("not_allowed", `Cannot leave ${room.name}: every user is a member of it`);
    }
    this.#presence.announce(session);
    session.queueUnread(room);
    this.#presence.leave(session, room);
    if (!this.#presence.hasDeviceIn(session, room)) this.#presence.publishRoomLeft(session, room);
    this.#core.done(session, ref);
  }

  /** Lists the rooms that exist for a session. */
  list(session: Session, message: ListRooms): void {
    this.#presence.announce(session);
    this.#core.replyPages(
      session,
      pagesOf(
        this.#core.rooms.list(session, (members, name) => this.#core.countPeople(members, name)),
        (room) => room,
        PAGE_BYTES,
      ),
      (page) => replies.rooms(page, message.ref),
    );
  }
}

/** Finds out what is different about a room. */
function newsOf(
  { owner, isPrivate, wholeHistory, topic }: OwnedRoom,
  before: Pick<OwnedRoom, "owner" | "isPrivate" | "wholeHistory" | "topic">,
): RoomNews {
  return {
    ...(topic === before.topic ? {} : { topic }),
    ...(owner === before.owner ? {} : { owner: owner.name }),
    ...(isPrivate === before.isPrivate && wholeHistory === before.wholeHistory ? {} : {
      mode: isPrivate ? "private" : "open",
      history: wholeHistory ? "all" : "joined",
    }),
  };
}
