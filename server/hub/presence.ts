/**
 * Who is here: announces sessions, their names and their rooms to others, and ends sessions.
 *
 * Others see one person for all devices with the same name: only the first device joins, and only the last one leaves.
 *
 * PURE. The file is long because all that others learn of sessions comes from it.
 *
 * @module
 */
import {
  Code,
  type Joined,
  type Left,
  nameKey,
  ProtocolError,
  type RoomLeft,
  type Who,
} from "../../protocol/mod.ts";
import type { RoomEvent } from "../backplane/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import { noSuchRoom, type OwnedRoom, type Owner } from "../registry/mod.ts";
import type { MemberRoom, RemoteSession, Session } from "../sessions/mod.ts";
import { type HubCore, NOT_STORED } from "./core.ts";
import type { DropReason } from "./counters.ts";
import * as replies from "./replies.ts";

/** About how many characters of JSON on sessions are told in one message to other hubs, which may have 512 KiB. */
const TOLD_AT_ONCE = 80_000;

/** Why the hub ends a session whose client has taken the name over on a new connection. */
const REPLACED = "your client has connected again";

/** Tells others who is here. */
export class Presence {
  readonly #core: HubCore;
  /** The sessions of which other hubs are told soon. */
  readonly #changed = new Set<Session>();

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
      const { continues } = session;
      if (continues !== undefined && continues.name !== session.name) {
        this.#core.reply(session, { code: Code.Joined, new: continues.name });
        return this.#announceRename(session, continues.name);
      }
      this.#core.dependencies.named?.(session);
      this.changed(session);
      const joined: Joined = { code: Code.Joined, new: session.name };
      if (session.continues === undefined && !this.#hasOthers(session)) {
        this.publishPresence(session, this.#core.rooms.main.name, joined);
      } else if (!session.quiet) this.#core.reply(session, joined);
    } else if (old !== session.name) this.#announceRename(session, old);
  }

  /** Tells everyone that a session has another name; if other devices have the old or the new one, what that means. */
  #announceRename(session: Session, old: string): void {
    this.#core.dependencies.named?.(session, old);
    this.changed(session);
    const { name } = session;
    const { main } = this.#core.rooms;
    const oldKey = nameKey(old);
    const leaves = oldKey === session.key || !this.#hasOthers(session, oldKey);
    const joins = oldKey === session.key || !this.#hasOthers(session);
    if (leaves && joins) {
      return this.publishPresence(session, main.name, { code: Code.Renamed, old, new: name });
    }
    if (joins) this.publishPresence(session, main.name, { code: Code.Joined, new: name });
    else if (leaves) this.publishPresence(session, main.name, { code: Code.Left, username: old });
    else if (!session.quiet) this.#core.reply(session, { code: Code.Renamed, old, new: name });
    if (oldKey === session.key) return;
    const { people } = this.#core;
    const isWithout = (devices: readonly Session[], room: MemberRoom, key: string) =>
      !devices.some((device) => room.members.has(device)) && !people?.isSeen(key, room.name);
    const [before, after] = [this.#core.names.othersOf(session, oldKey), this.#core.names.othersOf(session)];
    for (const { room } of session.memberships) {
      if (room === main) continue;
      // The 204 of a user says that it leaves all rooms.
      if (!leaves && isWithout(before, room, oldKey)) this.publishRoomLeft(session, room, old);
      if (isWithout(after, room, session.key)) {
        this.publishPresence(session, room.name, { code: Code.RoomJoined, room: room.name, username: name });
      }
    }
  }

  /** Whether others see another session with a name, here or at another hub. */
  #hasOthers(session: Session, key?: string): boolean {
    return this.#core.names.othersOf(session, key).length > 0 ||
      (this.#core.people?.isSeen(key ?? session.key) ?? false);
  }

  /** Tells the other hubs of a cluster soon what they should know of a session now. */
  changed(session: Session): void {
    const { cluster } = this.#core.dependencies;
    if (cluster === undefined || this.#core.shuttingDown) return;
    if (this.#changed.size === 0) cluster.log.soon(() => this.#tellChanged());
    this.#changed.add(session);
  }

  #tellChanged(): void {
    const { cluster } = this.#core.dependencies;
    for (const session of this.#changed) {
      if (session.closed) {
        if (session.told || session.taken !== undefined) cluster!.tell({ kind: "left", session: session.id });
      } else if (session.announced) {
        session.told = true;
        cluster!.tell({ kind: "here", is: this.#shownOf(session) });
      }
    }
    this.#changed.clear();
  }

  /** Describes a session for other hubs. */
  #shownOf(session: Session): RemoteSession {
    const { id, name, person, owner, quiet, verified, memberships, identity, transport: { address } } =
      session;
    const { clock } = this.#core.dependencies;
    const toWall = clock.wall() - clock.elapsed();
    return {
      session: id,
      name,
      person,
      owner: owner?.id,
      rooms: memberships.map(({ room }) => room.name),
      quiet,
      verified,
      ...session.known ? { known: true } : {},
      identity,
      address,
      since: Math.round(session.connectedAt + toWall),
      active: Math.round(session.activeAt + toWall),
    };
  }

  /** Tells the other hubs of all sessions. */
  tellAll(): void {
    const { cluster } = this.#core.dependencies;
    this.#changed.clear();
    const shown = [...this.#core.sessions.values()].filter(({ announced }) => announced);
    let begin = true, chars = 0, part: RemoteSession[] = [];
    const tell = (end: boolean) => {
      cluster!.tell({ kind: "all", sessions: part, begin, end });
      begin = false;
      chars = 0;
      part = [];
    };
    for (const session of shown) {
      const told = this.#shownOf(session);
      const itsChars = JSON.stringify(told).length;
      if (chars > 0 && chars + itsChars > TOLD_AT_ONCE) tell(false);
      session.told = true;
      part.push(told);
      chars += itsChars;
    }
    tell(true);
  }

  /** Tells everyone here who is gone with another hub. */
  tellGone(gone: readonly RemoteSession[]): void {
    const told = new Set<string>();
    const { bigRooms, rooms: { main } } = this.#core;
    for (const { name, quiet } of gone) {
      const key = nameKey(name);
      const isHere = this.#core.names.withKey(key).some(({ announced, quiet }) => announced && !quiet);
      if (quiet || told.has(key) || isHere || this.#core.people!.isSeen(key)) continue;
      told.add(key);
      const left: Left = { code: Code.Left, username: name };
      if (bigRooms.hides(main, left, undefined)) bigRooms.left(name, roomsOf(gone, key));
      else this.#core.show(main, left);
    }
  }

  /** Ends a session whose client goes on at another hub, which tells what follows from that. */
  replaceElsewhere(session: Session): void {
    session.announced = false;
    this.end(session, REPLACED, "replaced");
  }

  /** Tells everyone that the session at another hub has ended whose client is here now, but not seen in its place. */
  endReplaced(session: Session): void {
    const { continues } = session;
    session.continues = undefined;
    if (continues === undefined) return;
    const { name: username, rooms } = continues;
    const key = nameKey(username);
    const { main } = this.#core.rooms;
    const others = this.#core.names.othersOf(session, key);
    if (others.length === 0 && !this.#core.people!.isSeen(key)) {
      return this.#core.publish(session, main.name, { code: Code.Left, username });
    }
    for (const room of rooms) {
      const found = this.#core.rooms.find(room);
      const isIn = found !== undefined && others.some((device) => found.members.has(device));
      if (found === main || isIn || this.#core.people!.isSeen(key, room)) continue;
      this.#core.publish(session, room, { code: Code.RoomLeft, room, username });
    }
  }

  /** Tells the rooms in which the client of a session was at another hub, and is not any more. */
  endContinued(session: Session): void {
    const { continues } = session;
    session.continues = undefined;
    for (const name of continues?.rooms ?? []) {
      const room = this.#core.rooms.find(name);
      if (room?.members.has(session) || room === this.#core.rooms.main || session.quiet) continue;
      if (this.#core.people!.isSeen(session.key, name)) continue;
      this.#core.publish(session, name, { code: Code.RoomLeft, room: name, username: session.name });
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
    return this.#core.names.othersOf(session, key).some((other) => room.members.has(other)) ||
      (this.#core.people?.isSeen(key ?? session.key, room.name) ?? false);
  }

  /**
   * Shows a session nothing of `main` for some time: its client has read more of it at another hub of a cluster than
   * this hub has, to which that is still new.
   */
  pauseMain(session: Session): void {
    const { main } = this.#core.rooms;
    if (!main.members.has(session)) return;
    session.skipUnread(main);
    this.#core.rooms.leave(session, main);
    session.inMain = false;
  }

  /** Ends that: the session is in `main` as if it came now. */
  resumeMain(session: Session): void {
    if (session.inMain || session.quiet || session.closed || !session.admitted) return;
    this.#core.rooms.main.add(session);
    session.inMain = true;
  }

  /** Makes a session leave a room, and tells nobody. Closes the room if it was the last one. */
  leave(session: Session, room: MemberRoom): void {
    this.changed(session);
    if (!this.#core.rooms.leave(session, room)) return;
    this.#core.bigRooms.forget(room);
    if (this.#core.backplane.close(room.name)) return this.#core.rooms.keepEmpty(room);
    // Otherwise it exists as long as others are in it at other hubs.
    if ((this.#core.people?.inRoom(room.name).size ?? 0) > 0) return;
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

  /** Spells the name of the other devices of a person as a session does that has spelled it otherwise before. */
  respellDevices(session: Session, old: string): void {
    const { name, key, quiet } = session;
    if (name === old || nameKey(old) !== key) return;
    this.respell(name);
    // Otherwise `announce` tells everyone.
    if (!quiet) return;
    const isSeen = this.#core.names.withKey(key).some((device) => device.announced && !device.quiet) ||
      this.#core.people?.isSeen(key) === true;
    if (isSeen) {
      this.#core.publish(session, this.#core.rooms.main.name, { code: Code.Renamed, old, new: name });
    }
  }

  /** Spells the name of all devices of a person here alike, and tells those that spelled it otherwise. */
  respell(name: string): void {
    for (const device of this.#core.names.withKey(nameKey(name))) {
      const old = device.name;
      if (old === name) continue;
      device.name = name;
      this.changed(device);
      this.#core.dependencies.named?.(device, old);
      this.#core.reply(device, replies.renamed(name, undefined));
    }
  }

  /** Answers a request for the users of the hub or of a room. */
  who(session: Session, message: Who): void {
    const room = message.room === undefined ? undefined : this.#core.rooms.find(message.room);
    if (message.room !== undefined && this.#core.rooms.visibleName(message.room, session) === undefined) {
      throw noSuchRoom("list the users of");
    }
    const isHidden = (name: string) => this.#core.rooms.isHidden(name, session);
    this.announce(session);
    const { people, names, dependencies: { clock } } = this.#core;
    const inRoom = message.room === undefined ? undefined : people?.inRoom(message.room);
    const isHere = (one: Session | RemoteSession) =>
      message.room === undefined || ("transport" in one ? room?.members.has(one) : inRoom?.has(one)) === true;
    // Each page shows the users as they are when it is made; all devices of a person are one user.
    const shown = new Set<string>();
    const show = (one: Session | RemoteSession) => {
      const key = "transport" in one ? one.key : nameKey(one.name);
      const devices = names.withKey(key).filter(({ announced, closed }) => announced && !closed);
      const here = devices.filter(isHere);
      if ("transport" in one ? here[0] !== one : here.length > 0 || shown.has(key)) return undefined;
      if (!("transport" in one)) shown.add(key);
      return replies.userInfo({ devices, remote: [...people?.withKey(key) ?? []] }, clock, isHidden, isHere);
    };
    const members = message.room === undefined ? this.#core.sessions.values() : room?.members ?? [];
    const remote = message.room === undefined ? people?.all() : inRoom;
    this.#core.replyPages(
      session,
      pagesOf(concat<Session | RemoteSession>(members, remote ?? []), show, PAGE_BYTES),
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
    const isSeen = session.announced && (this.#core.people?.isSeen(session.key) ?? false);
    this.changed(session);
    const { memberships } = session;
    for (const { room } of memberships) {
      this.leave(session, room);
      if (devices.length === 0 && !isSeen || room === this.#core.rooms.main) continue;
      if (devices.some((other) => room.members.has(other))) continue;
      if (!this.#core.people?.isSeen(session.key, room.name)) this.publishRoomLeft(session, room);
    }
    if (session.announced && devices.length === 0 && !isSeen && !this.#core.shuttingDown) {
      this.publishPresence(session, this.#core.rooms.main.name, { code: Code.Left, username: session.name });
      if (!session.quiet) this.#core.bigRooms.left(session.name, memberships.map(({ room }) => room.name));
    }
  }
}

/** Finds the rooms of all sessions with a name. */
function roomsOf(sessions: readonly RemoteSession[], key: string): string[] {
  return sessions.flatMap(({ name, quiet, rooms }) => quiet || nameKey(name) !== key ? [] : rooms);
}

function* concat<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first;
  yield* second;
}
