/**
 * Who is here: announces sessions, their names and their rooms to others, and ends sessions.
 *
 * Others see one person for all devices with the same name: only the first device joins, and only the last one leaves.
 *
 * PURE.
 *
 * @module
 */
import { Code, type Joined, nameKey, ProtocolError, type RoomLeft, type Who } from "../../protocol/mod.ts";
import type { RoomEvent } from "../backplane/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import { noSuchRoom, type OwnedRoom, type Owner } from "../registry/mod.ts";
import type { MemberRoom, Session } from "../sessions/mod.ts";
import { type HubCore, NOT_STORED } from "./core.ts";
import type { DropReason } from "./counters.ts";
import * as replies from "./replies.ts";

/** Why the hub ends a session whose client has taken the name over on a new connection. */
const REPLACED = "your client has connected again";

/** Tells others who is here. */
export class Presence {
  readonly #core: HubCore;

  /**
   * Announces the sessions of a hub.
   *
   * @param core the state of the hub
   */
  constructor(core: HubCore) {
    this.#core = core;
  }

  /** Announces a session, or that it no longer has the `old` name, if that is not announced yet. */
  announce(session: Session, old: string = session.name): void {
    if (!session.announced) {
      session.announced = true;
      if (this.#core.stored?.paused) this.#core.notify(session, NOT_STORED);
      this.#core.dependencies.named?.(session);
      const joined: Joined = { code: Code.Joined, new: session.name };
      if (this.#core.names.othersOf(session).length === 0) {
        this.publishPresence(session, this.#core.rooms.main.name, joined);
      } else if (!session.quiet) this.#core.reply(session, joined);
    } else if (old !== session.name) this.#announceRename(session, old);
  }

  /** Tells everyone that a session has another name; if other devices have the old or the new one, what that means. */
  #announceRename(session: Session, old: string): void {
    this.#core.dependencies.named?.(session, old);
    const { name } = session;
    const { main } = this.#core.rooms;
    const oldKey = nameKey(old);
    const leaves = oldKey === session.key || this.#core.names.othersOf(session, oldKey).length === 0;
    const joins = oldKey === session.key || this.#core.names.othersOf(session).length === 0;
    if (leaves && joins) {
      return this.publishPresence(session, main.name, { code: Code.Renamed, old, new: name });
    }
    if (joins) this.publishPresence(session, main.name, { code: Code.Joined, new: name });
    else if (leaves) this.publishPresence(session, main.name, { code: Code.Left, username: old });
    else if (!session.quiet) this.#core.reply(session, { code: Code.Renamed, old, new: name });
    if (oldKey === session.key) return;
    const isWithout = (devices: readonly Session[], room: MemberRoom) =>
      !devices.some((device) => room.members.has(device));
    const [before, after] = [this.#core.names.othersOf(session, oldKey), this.#core.names.othersOf(session)];
    for (const { room } of session.memberships) {
      if (room === main) continue;
      // The 204 of a user says that it leaves all rooms.
      if (!leaves && isWithout(before, room)) this.publishRoomLeft(session, room, old);
      if (isWithout(after, room)) {
        this.publishPresence(session, room.name, { code: Code.RoomJoined, room: room.name, username: name });
      }
    }
  }

  /** Publishes that a session joins, leaves or changes its name, unless it is quiet. */
  publishPresence(session: Session, room: string, message: RoomEvent["message"]): void {
    if (!session.quiet) this.#core.publish(session, room, message);
  }

  /** Publishes that a user has left a room. */
  publishRoomLeft(session: Session, room: MemberRoom, username = session.name): void {
    this.publishPresence(session, room.name, { code: Code.RoomLeft, room: room.name, username });
  }

  /** Checks whether another device of the same person is in a room. */
  hasDeviceIn(session: Session, room: MemberRoom, key?: string): boolean {
    return this.#core.names.othersOf(session, key).some((other) => room.members.has(other));
  }

  /** Makes a session leave a room, and tells nobody. Closes the room if it was the last one. */
  leave(session: Session, room: MemberRoom): void {
    if (!this.#core.rooms.leave(session, room)) return;
    if (this.#core.backplane.close(room.name)) {
      this.#core.rooms.keepEmpty(room);
      return;
    }
    const owned = this.#core.dependencies.ownership?.rooms;
    const before = owned?.find(room.name);
    owned?.forgetUnused(room.name, ({ name }) => this.#core.history?.seal(name, false));
    if (before !== undefined && owned?.find(room.name) === undefined) this.forgetModeration(before);
  }

  /** Ends what the owner of a room and its moderators have done, as it belongs to nobody. */
  forgetModeration({ name, owner }: OwnedRoom): void {
    const { moderation, moderationFailed } = this.#core.dependencies;
    const moderators = moderation?.moderatorsOf(name) ?? [];
    try {
      moderation?.forgetRoom(name);
    } catch (error) {
      moderationFailed?.(error);
    }
    for (const one of [owner, ...moderators]) this.#core.tellPowersOf(one);
  }

  /**
   * Makes a session leave the rooms that do not exist for it any longer, and those that it is banned from; `username`:
   * the name that others know.
   */
  leaveHidden(session: Session, username = session.name): void {
    for (const { room } of session.memberships) this.#leaveIfHidden(session, room, username);
  }

  #leaveIfHidden(session: Session, room: MemberRoom, username: string): void {
    const ban = this.#core.powers.roomBanOf(session, room.name);
    if (ban === undefined && !this.#core.rooms.isHidden(room.name, session)) return;
    if (ban !== undefined) this.#core.notify(session, this.#core.powers.textOf(ban));
    this.putOut(session, room, username);
    if (!this.hasDeviceIn(session, room, nameKey(username))) this.publishRoomLeft(session, room, username);
  }

  /** Puts a session out of a room; it reads why, and the others there are told that it leaves. */
  expel(session: Session, room: MemberRoom, why: string): void {
    this.#core.notify(session, why);
    this.putOut(session, room, session.name);
    if (!this.hasDeviceIn(session, room)) this.publishRoomLeft(session, room);
  }

  /** Ends the sessions that are banned from the hub, or puts those out of a room that are banned there. */
  enforceBans(room?: string): void {
    const { powers, rooms, sessions } = this.#core;
    const found = room === undefined ? undefined : rooms.find(room);
    if (room !== undefined) {
      for (const session of [...found?.members ?? []]) this.#leaveIfHidden(session, found!, session.name);
      return;
    }
    for (const session of [...sessions.values()]) {
      const ban = powers.banOf(session);
      if (ban !== undefined) this.end(session, powers.textOf(ban), "banned", powers.retryAfterMs(ban));
    }
  }

  /** Ends the sessions of a person that are banned, after its keys have changed: a ban of one of them holds for all. */
  enforceBansOf(owner: Owner): void {
    // Not always, since anybody can add a key: it looks at all sessions.
    if (this.#core.powers.isBanned(owner)) this.enforceBans();
    const keys = new Set(owner.keys.map(({ key }) => key));
    for (const session of [...this.#core.sessions.values()]) {
      if (session.identity !== undefined && keys.has(session.identity)) this.leaveHidden(session);
    }
  }

  /** Makes a session leave a room, and tells it; others are not told. */
  putOut(session: Session, room: MemberRoom, username: string): void {
    session.queueUnread(room);
    this.leave(session, room);
    const left: RoomLeft = { code: Code.RoomLeft, room: room.name, username };
    this.#core.reply(session, left);
  }

  /** Spells the name of the other devices of a person as that of a session. */
  respellDevices(session: Session): void {
    const { name } = session;
    let shown: { device: Session; old: string } | undefined;
    for (const device of this.#core.names.withKey(session.key)) {
      const old = device.name;
      if (old === name) continue;
      device.name = name;
      this.#core.dependencies.named?.(device, old);
      this.#core.reply(device, replies.renamed(name, undefined));
      if (device.announced && !device.quiet) shown ??= { device, old };
    }
    // Otherwise the session itself tells everyone.
    if (!session.quiet || shown === undefined) return;
    const renamed = { code: Code.Renamed, old: shown.old, new: name } as const;
    this.publishPresence(shown.device, this.#core.rooms.main.name, renamed);
  }

  /** Answers a request for the users of the hub or of a room. */
  who(session: Session, message: Who): void {
    const room = message.room === undefined ? undefined : this.#core.rooms.find(message.room);
    if (message.room !== undefined && this.#core.rooms.visibleName(message.room, session) === undefined) {
      throw noSuchRoom("list the users of");
    }
    const isHidden = (name: string) => this.#core.rooms.isHidden(name, session);
    this.announce(session);
    // Each page shows the users as they are when it is made; all devices of a person are one user.
    const show = (member: Session) => {
      const devices = this.#core.names.withKey(member.key).filter(({ announced, closed }) =>
        announced && !closed
      );
      const here = room === undefined ? devices : devices.filter((device) => room.members.has(device));
      return here[0] === member
        ? replies.userInfo(devices, this.#core.dependencies.clock.elapsed(), isHidden, here)
        : undefined;
    };
    const members = message.room === undefined ? this.#core.sessions.values() : room?.members ?? [];
    this.#core.replyPages(
      session,
      pagesOf(members, show, PAGE_BYTES),
      (page) => replies.users(page, message.ref),
    );
  }

  /** Ends a session, as `Hub.end` does; `successor` is the session that replaces it, if one does. */
  end(
    session: Session,
    reason: ProtocolError | string,
    dropReason?: DropReason,
    retryAfterMs?: number,
    successor?: Session,
  ): void {
    if (session.closed) return;
    this.#core.abandonUnanswered(session);
    this.#core.settleSession(session);
    this.#core.counters.drop(dropReason ?? (reason instanceof ProtocolError ? "bad_frame" : "other"));
    if (reason instanceof ProtocolError) this.#core.refuse(session, reason);
    else if (session.extended) this.#core.reply(session, replies.ending(reason, retryAfterMs, dropReason));
    else this.#core.notify(session, reason);
    this.disconnect(session, successor);
    session.transport.sessionEnded(reason instanceof ProtocolError ? reason.message : reason);
  }

  /** Ends a session whose client goes on in another one. */
  replace(session: Session, successor: Session): void {
    this.end(session, REPLACED, "replaced", undefined, successor);
  }

  /** Closes a session; everyone else is told, unless `successor` goes on where it stops. */
  disconnect(session: Session, successor?: Session): void {
    if (session.closed) return;
    session.closed = true;
    this.#core.sessions.delete(session.id);
    if (session.admitted) this.#core.names.delete(session);
    // Not the connection that replaces this one: others are told what follows from that.
    const devices = session.announced
      ? this.#core.names.othersOf(session).filter((other) => other !== successor)
      : [];
    for (const { room } of session.memberships) {
      this.leave(session, room);
      if (devices.length === 0 || room === this.#core.rooms.main) continue;
      if (!devices.some((other) => room.members.has(other))) this.publishRoomLeft(session, room);
    }
    if (session.announced && devices.length === 0 && !this.#core.shuttingDown) {
      this.publishPresence(session, this.#core.rooms.main.name, { code: Code.Left, username: session.name });
    }
  }
}
