/**
 * The hub: it carries out or refuses what clients ask for, and decides who receives which message.
 *
 * PURE: no socket, file, timer or clock of its own. The hub decides and never sends. A reply goes into the outbox of
 * one session. A message for everyone in a room goes to the backplane; when the backplane returns it in order, it goes
 * into the log of the room. The flusher and the connections decide when those bytes are written.
 *
 * Rules:
 * - A name belongs to one session at a time, in every spelling that has the same key. A new connection of the same
 *   person takes it over from an older one; for others that person has never left.
 * - A name that belongs to a key may have several sessions, the devices of a person. Others see one person: only the
 *   first device joins, and only the last one leaves.
 * - In `main` nobody sees anything of a session before its 201. A quiet session has no 201, 203, 204, 211 and 212.
 * - A session is in a private room only while its name is a member: when it loses the name or the membership, it is put
 *   out at once.
 * - A refusal goes to the client that made the request, and to nobody else.
 * - A client that has not sent hello gets the base protocol only, and of the rooms only `main`.
 *
 * This file is long because it holds one method for each request, and all of them decide over the same sessions, names,
 * rooms and backplane. What only builds, stores or counts has files of its own.
 *
 * @module
 */
import {
  type AddKey,
  type AskHistory,
  type AskKeyCode,
  type AskKeys,
  type AskPerson,
  type AskRoom,
  checkName,
  checkText,
  type ClientMessage,
  Code,
  DEFAULT_HISTORY_LINES,
  type DeleteRoom,
  type Hello,
  type Invite,
  type Invited,
  type Join,
  type Joined,
  type Leave,
  type ListConversations,
  type ListRooms,
  MAX_NAME_CHARS,
  nameKey,
  NONCE_BYTES,
  type PlainSaid,
  type PlainSay,
  PlainText,
  ProtocolError,
  type Release,
  type RemoveKey,
  type RemoveMember,
  type Rename,
  type RoomChanged,
  type RoomJoined,
  type RoomLeft,
  type Said,
  type SaidTo,
  type Say,
  type SayIn,
  type SayTo,
  serialize,
  type ServerMessage,
  type SetRoom,
  type Who,
} from "../../protocol/mod.ts";
import { type Backplane, EmbeddedBackplane, type RoomEvent, StoredBackplane } from "../backplane/mod.ts";
import { Counters, type DropReason } from "./counters.ts";
import { contentDigest, directKey, type History, sessionAuthor, StorageError } from "../history/mod.ts";
import type { HubDependencies } from "./dependencies.ts";
import { ANNOUNCE_SILENT_MS, MAX_MAILBOX_BYTES, MAX_STALL_MS, PAGE_BYTES } from "../limits.ts";
import {
  type Freeing,
  hasKey,
  isGuarded,
  noSuchRoom,
  type OwnedRoom,
  type Owner,
  type RoomNews,
} from "../registry/mod.ts";
import { Names } from "./names.ts";
import { Newcomers } from "./newcomers.ts";
import { type Page, pagesOf } from "./pages.ts";
import {
  answerWith,
  conversationMessages,
  conversationOf,
  historyMessage,
  missedMessages,
  newestMissed,
  readPage,
  restored,
  searchText,
} from "./history_requests.ts";
import * as replies from "./replies.ts";
import { mailboxOf, type Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { Searches } from "./searches.ts";
import { type MemberRoom, Session, type Transport } from "./session.ts";

/** Why the hub ends a session that gives no password. A client of the base protocol cannot send one. */
const NEEDS_PASSWORD =
  "this hub needs a password, which your client did not send: connect with riftchat join and give the password";

/** Why the hub ends a session whose client has taken the name over on a new connection. */
const REPLACED = "your client has connected again";

/** What the devices of a person read when a key was added to their name, which a thief could have done. */
const keyAddedText = (name: string) =>
  `A key was added to the name ${name}: if you did not do that, remove it (:keys lists all keys)`;

/** What users read when storing stops. */
const NOT_STORED = "Messages are not stored right now: the hub cannot write to its disk";

/** What users read when storing works again. */
const STORED_AGAIN = "Messages are stored again";

/** What cannot be done with a room that does not exist, by the code of the request. */
const ROOM_REQUESTS = {
  [Code.AskRoom]: "describe",
  [Code.SetRoom]: "change",
  [Code.Invite]: "invite anybody to",
  [Code.RemoveMember]: "remove anybody from",
  [Code.DeleteRoom]: "delete",
} as const;

/** The sessions, names and rooms of one hub. */
export class Hub {
  /** Event counters of the hub and of the connections to it. */
  readonly counters: Counters = new Counters();
  /** The message of the day, which each welcome carries; `undefined` for none. */
  motd: string | undefined;
  readonly #dependencies: HubDependencies;
  readonly #backplane: Backplane;
  readonly #rooms: Rooms;
  readonly #history: History | undefined;
  /** The backplane, if it stores messages. */
  readonly #stored: StoredBackplane | undefined;
  readonly #searches: Searches | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #names = new Names();
  readonly #newcomers: Newcomers;
  /** What happens when a name is freed. */
  readonly #freeing: Freeing = {
    detach: ({ name }) => this.#backplane.detach(nameKey(name)),
    erase: ({ name }) => this.#backplane.erase(name),
    passedOn: ({ passed, orphaned }) => {
      for (const room of passed) this.#tellRoom(room, { owner: room.owner.name });
      for (const room of orphaned) if (room.isPrivate) this.#closeRoom(room, {});
    },
  };
  /** The rooms whose log grew since {@linkcode Hub.#takeShown} was called last. */
  readonly #grown = new Set<MemberRoom>();
  #connections = 0;
  #shuttingDown = false;

  /**
   * Creates a hub without sessions.
   *
   * @param dependencies see {@linkcode HubDependencies}
   */
  constructor(dependencies: HubDependencies) {
    this.#dependencies = dependencies;
    const { announceMs = ANNOUNCE_SILENT_MS, history: storage, clock } = dependencies;
    this.#newcomers = new Newcomers(announceMs, (ms) => dependencies.wakeAfter(ms));
    const apply = (event: RoomEvent, sequence: number) => this.#apply(event, sequence);
    const acknowledge = (event: RoomEvent, sequence: number, stored: boolean) =>
      this.#acknowledge(event, sequence, stored);
    const now = () => clock.wall();
    const owned = dependencies.ownership?.rooms;
    if (storage === undefined) {
      this.#backplane = new EmbeddedBackplane(apply, acknowledge, now);
      this.#rooms = new Rooms({ limits: dependencies.rooms, owned });
      return;
    }
    const { history } = storage;
    this.#history = history;
    this.#searches = new Searches({
      elapsed: () => clock.elapsed(),
      pause: (ms, run) => storage.pause(ms, run),
    });
    this.#backplane = this.#stored = new StoredBackplane(history, {
      apply,
      acknowledge,
      now,
      takeShown: () => this.#takeShown(),
      stored: (count) => {
        this.counters.store(count, true);
        storage.stored();
      },
      notStored: (count) => this.counters.store(count, false),
      paused: (error, recorded) => {
        this.#notifyEveryone(NOT_STORED);
        storage.paused(error, recorded);
      },
      resumed: () => {
        this.#notifyEveryone(STORED_AGAIN);
        storage.resumed();
      },
    });
    this.#rooms = new Rooms({
      limits: dependencies.rooms,
      lastSequence: (name) => this.#backplane.lastSequence(name),
      empty: history.rooms(),
      journaled: true,
      owned,
      sealed: this.#sealedWithoutOwner(history),
    });
  }

  /** Finds the rooms with messages for members of whom nothing is known: who owns what was lost, or is not in use. */
  #sealedWithoutOwner(history: History): string[] {
    const owned = this.#dependencies.ownership?.rooms;
    return history.sealed().filter((key) => {
      const room = owned?.find(key);
      // The hub was killed before it has recorded that the room was opened.
      if (room !== undefined && !isGuarded(room)) history.seal(key, false);
      return room === undefined;
    });
  }

  /** The number of sessions. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Opens a session for a new client, under a random name. Its 202 is in its outbox when this returns. Its 201 follows
   * with its first request, or after `ANNOUNCE_SILENT_MS`.
   *
   * If the hub needs a password, the client can send and receive nothing before it has given it.
   *
   * @param transport the connection of the client
   * @returns the session
   */
  connect(transport: Transport): Session {
    const { clock, ownership, passwordGate, randomBytes } = this.#dependencies;
    const name = this.#names.random(randomBytes);
    const session = new Session(`c${++this.#connections}`, name, transport, clock.elapsed());
    this.#sessions.set(session.id, session);
    const nonce = btoa(String.fromCharCode(...randomBytes(NONCE_BYTES)));
    if (ownership !== undefined) session.nonce = nonce;
    const offer = replies.offer(name, nonce, {
      password: passwordGate !== undefined,
      identity: ownership?.hubKey,
    });
    session.admitted = passwordGate === undefined;
    if (session.admitted) this.#enterMain(session);
    this.#reply(session, offer);
    return session;
  }

  #enterMain(session: Session): void {
    this.#names.add(session);
    this.#rooms.main.add(session);
    this.#newcomers.add(session);
  }

  /**
   * Admits a client that gives the right password.
   *
   * @throws {ProtocolError} `bad_password` if the password is missing or wrong, `too_fast` if it is not compared now
   */
  #admit(session: Session, password: string | undefined): void {
    const { clock, passwordGate, randomBytes } = this.#dependencies;
    if (passwordGate === undefined || session.admitted) return;
    if (password === undefined) {
      throw new ProtocolError("bad_password", "Cannot let you in: this hub needs a password");
    }
    const result = passwordGate.admit(session.transport.address ?? "", password, clock.elapsed());
    if (!result.admitted) {
      const { compared, retryAfterMs } = result;
      const again = retryAfterMs === 0 ? "" : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
      throw compared
        ? new ProtocolError("bad_password", `Cannot let you in with that password${again}`, { retryAfterMs })
        : new ProtocolError(
          "too_fast",
          `Cannot check your password now, as too many wrong ones came in${again}`,
          { retryAfterMs },
        );
    }
    session.admitted = true;
    // Another client may have taken the name in the meantime.
    if (this.#names.has(session.name)) session.name = this.#names.random(randomBytes);
    this.#enterMain(session);
  }

  /**
   * Ends a session whose client has not given the password in time. Does nothing if it has.
   *
   * @param session the session
   */
  endUnadmitted(session: Session): void {
    if (!session.admitted) this.end(session, NEEDS_PASSWORD, "no_password");
  }

  /**
   * Records that a client has sent something.
   *
   * @param session the session of the client
   */
  markActive(session: Session): void {
    session.activeAt = this.#dependencies.clock.elapsed();
  }

  /**
   * Carries out a request of a client, or refuses it. Never throws for anything that a client can send.
   *
   * @param session the session of the client
   * @param message the request; a plain text need be valid only until this returns
   */
  receive(session: Session, message: ClientMessage | PlainSay): void {
    if (session.closed || this.#shuttingDown) return;
    this.counters.receive(message.code);
    try {
      this.#dispatch(session, message);
    } catch (error) {
      const refusal = error instanceof StorageError ? this.#historyUnreadable(error) : error;
      if (!(refusal instanceof ProtocolError)) throw error;
      const { word, retryAfterMs, free } = refusal;
      const { ref } = message;
      this.refuse(
        session,
        new ProtocolError(word, refusal.message, { ref, retryAfterMs, free, cause: error }),
      );
    }
  }

  /** Stores all messages that wait, and acknowledges them. To be called before anything is written to any client. */
  settle(): void {
    this.#backplane.settle();
  }

  /**
   * Stores and acknowledges the messages of a client that still wait.
   *
   * @param session the session of the client
   */
  settleSession(session: Session): void {
    if (session.settlesAt > this.#backplane.settleCount) this.#backplane.settle();
  }

  /**
   * Tries to store messages again if storing has stopped. Call it from time to time after `paused`.
   *
   * @returns whether messages are stored
   */
  retryStorage(): boolean {
    return this.#stored?.retryStorage() ?? true;
  }

  /**
   * Removes empty rooms from the list whose history is gone.
   *
   * @param keys the keys of their names; keys of other conversations are ignored
   */
  forgetRooms(keys: Iterable<string>): void {
    for (const key of keys) if (this.#rooms.unseal(key)) this.#history?.seal(key, false);
    this.#rooms.forget(keys);
  }

  /**
   * Tells a client that the hub refuses something that it sent: by a 206, or by a 200 from `server` if the client
   * speaks only the base protocol.
   *
   * @param session the session of the client
   * @param error why the hub refuses it
   */
  refuse(session: Session, error: ProtocolError): void {
    if (session.closed || this.#shuttingDown) return;
    this.counters.refuse(error.word);
    this.#dependencies.refused?.(session, error.word);
    if (!session.extended) return this.#notify(session, error.message);
    this.#reply(session, replies.refused(error));
  }

  /**
   * Tells a client that it sends faster than its rate limit, and that its requests wait. A base client is not told,
   * since nothing is refused.
   *
   * @param session the session of the client
   * @param waitMs how long its next request waits, in milliseconds
   */
  notifyThrottled(session: Session, waitMs: number): void {
    if (session.closed || this.#shuttingDown) return;
    this.counters.refuse("too_fast");
    this.#dependencies.refused?.(session, "too_fast");
    if (!session.extended) return;
    this.#reply(session, replies.throttled(waitMs));
  }

  /**
   * Ends a session from the hub's side: its client receives the reason, everyone else a 204.
   *
   * @param session the session to end
   * @param reason the protocol error of the client, or a text for its user
   * @param dropReason the reason for the counters; default `bad_frame` for a protocol error, else `other`
   * @param retryAfterMs when the client may connect again, in milliseconds, if that is known
   */
  end(
    session: Session,
    reason: ProtocolError | string,
    dropReason?: DropReason,
    retryAfterMs?: number,
  ): void {
    this.#end(session, reason, dropReason, retryAfterMs);
  }

  /** Ends a session, as {@linkcode Hub.end} does; `successor` is the session that replaces it, if one does. */
  #end(
    session: Session,
    reason: ProtocolError | string,
    dropReason?: DropReason,
    retryAfterMs?: number,
    successor?: Session,
  ): void {
    if (session.closed) return;
    this.settleSession(session);
    this.counters.drop(dropReason ?? (reason instanceof ProtocolError ? "bad_frame" : "other"));
    if (reason instanceof ProtocolError) this.refuse(session, reason);
    else if (session.extended) this.#reply(session, replies.ending(reason, retryAfterMs));
    else this.#notify(session, reason);
    this.#disconnect(session, successor);
    session.transport.sessionEnded(reason instanceof ProtocolError ? reason.message : reason);
  }

  /**
   * Closes a session whose client has disconnected; everyone else receives a 204. Calling it again does nothing.
   *
   * @param session the session of the client
   */
  disconnect(session: Session): void {
    this.#disconnect(session);
  }

  #disconnect(session: Session, successor?: Session): void {
    if (session.closed) return;
    session.closed = true;
    this.#sessions.delete(session.id);
    if (session.admitted) this.#names.delete(session);
    // Not the connection that replaces this one: others are told what follows from that.
    const devices = session.announced
      ? this.#names.othersOf(session).filter((other) => other !== successor)
      : [];
    for (const { room } of session.memberships) {
      this.#leave(session, room);
      if (devices.length === 0 || room === this.#rooms.main) continue;
      if (!devices.some((other) => room.members.has(other))) this.#publishRoomLeft(session, room);
    }
    if (session.announced && devices.length === 0 && !this.#shuttingDown) {
      this.#publishPresence(session, this.#rooms.main.name, { code: Code.Left, username: session.name });
    }
  }

  /** Announces the new sessions that have been silent for `ANNOUNCE_SILENT_MS`. `wakeAfter` asks for this call. */
  tick(): void {
    if (this.#shuttingDown) return;
    for (const session of this.#newcomers.takeDue(this.#dependencies.clock.elapsed())) {
      this.#announce(session);
    }
  }

  /** Tells everyone that the hub shuts down (205). From then on it carries out, refuses and announces nothing. */
  shutDown(): void {
    this.#backplane.settle();
    this.#shuttingDown = true;
    for (const session of this.#sessions.values()) {
      if (session.inMain) session.lastRoom = this.#rooms.main;
      else this.#show(session.lastRoom = mailboxOf(session).room, { code: Code.HubDown });
    }
    this.#show(this.#rooms.main, { code: Code.HubDown });
  }

  #dispatch(session: Session, message: ClientMessage | PlainSay): void {
    if (!session.admitted && message.code !== Code.Hello) {
      if (session.extended) {
        throw new ProtocolError(
          "bad_password",
          "Cannot do that yet: your client must give the password of this hub first",
        );
      }
      return this.end(session, NEEDS_PASSWORD, "no_password");
    }
    switch (message.code) {
      case Code.Say:
        return this.#say(session, message);
      case Code.Rename:
        return this.#rename(session, message);
      case Code.Hello:
        return this.#hello(session, message);
    }
    if (!session.extended) {
      throw new ProtocolError(
        "bad_message",
        `Cannot handle code ${message.code}: your client must send hello (code 102) first`,
      );
    }
    switch (message.code) {
      case Code.SayIn:
        return this.#sayIn(session, message);
      case Code.SayTo:
        return this.#sayTo(session, message);
      case Code.AskHistory:
        return this.#askHistory(session, message);
      case Code.Who:
        return this.#who(session, message);
      case Code.Join:
        return this.#join(session, message);
      case Code.Leave:
        return this.#leaveRoom(session, message);
      case Code.ListRooms:
        return this.#listRooms(session, message);
      case Code.ListConversations:
        return this.#listConversations(session, message);
      case Code.Ping:
        return this.#reply(session, replies.pong(message.ref));
      case Code.AskRoom:
      case Code.SetRoom:
      case Code.Invite:
      case Code.RemoveMember:
      case Code.DeleteRoom:
        return this.#changeRoom(session, message);
      default:
        return this.#changeName(session, message);
    }
  }

  /** Carries out a request about the name of the client and its keys. */
  #changeName(
    session: Session,
    message: Release | AddKey | RemoveKey | AskKeys | AskKeyCode | AskPerson,
  ): void {
    const { ownership } = this.#dependencies;
    if (ownership === undefined) {
      throw new ProtocolError("unavailable", "Cannot do that: on this hub no name belongs to anybody");
    }
    switch (message.code) {
      case Code.Release:
        this.#unown(ownership.release(session, this.#freeing));
        return this.#done(session, message.ref);
      case Code.AddKey: {
        const owner = ownership.addKey(session, message);
        this.#announce(session);
        return this.#addKey(session, owner, message);
      }
      case Code.RemoveKey:
        this.keysChanged(ownership.removeKey(session, message.key));
        return this.#done(session, message.ref);
      case Code.AskKeys:
        this.#announce(session);
        return this.#reply(session, replies.keys(ownership.keysOf(session), message.ref));
      case Code.AskKeyCode:
        return this.#reply(session, replies.keyCode(ownership.makeCode(session), message.ref));
      case Code.AskPerson: {
        const { username } = message;
        // Computing the key of a text longer than any name takes time.
        if (username.length > 2 * MAX_NAME_CHARS) checkName(username);
        this.#announce(session);
        const users = this.#names.find(username).filter(({ announced }) => announced);
        const owner = ownership.ownerOf(username);
        const keys = ownership.fingerprintsOf(username, users);
        return this.#reply(session, replies.person(username, { users, owner, keys }, message.ref));
      }
    }
  }

  /** Tells a client that its request has added a key to a name, and with a code to which one; and other devices. */
  #addKey(session: Session, owner: Owner, { key_code: code, ref }: AddKey): void {
    this.keysChanged(owner);
    for (const device of this.#names.find(owner.name)) {
      if (device !== session) this.#notify(device, keyAddedText(owner.name));
    }
    if (ref !== undefined) this.#reply(session, replies.keyAdded(ref, code && owner.name));
  }

  /** Carries out a request about a room that may belong to somebody. */
  #changeRoom(
    session: Session,
    message: AskRoom | SetRoom | Invite | RemoveMember | DeleteRoom,
  ): void {
    const owned = this.#dependencies.ownership?.rooms;
    if (owned === undefined) {
      throw new ProtocolError("unavailable", "Cannot do that: on this hub no room belongs to anybody");
    }
    const name = this.#rooms.visibleName(message.room, session);
    if (name === undefined) throw noSuchRoom(ROOM_REQUESTS[message.code]);
    const { ref } = message;
    const by = session.name;
    switch (message.code) {
      case Code.AskRoom: {
        this.#announce(session);
        const { content, members } = owned.detailsOf(name);
        if (members === undefined) return this.#reply(session, replies.roomDetails(content, undefined, ref));
        const pages = pagesOf(members, (member) => member, PAGE_BYTES);
        return this.#replyPages(session, pages, (page) => replies.roomDetails(content, page, ref));
      }
      case Code.SetRoom: {
        const last = this.#rooms.lastSequenceOf(name);
        const seal = (room: OwnedRoom, isSealed: boolean) => this.#history?.seal(room.name, isSealed);
        const { room, news } = owned.set(name, session, message, last, seal);
        this.#announce(session);
        if (news === undefined) break;
        this.#tellRoom(room, news);
        for (const member of this.#rooms.find(name)?.members ?? []) this.#leaveHidden(member);
        break;
      }
      case Code.Invite: {
        const last = this.#rooms.lastSequenceOf(name);
        const { room, member, isNew } = owned.invite(name, session, message, last);
        this.#announce(session);
        if (!isNew) break;
        this.#tellRoom(room, { by, invited: member.name });
        const invited: Invited = { code: Code.Invited, room: room.name, by };
        for (const device of this.#devicesOf(member)) this.#showInMailbox(device, invited);
        break;
      }
      case Code.RemoveMember: {
        const { room, member } = owned.remove(name, session, message);
        this.#announce(session);
        this.#tellRoom(room, { by, removed: member.name }, member);
        for (const device of this.#devicesOf(member)) this.#leaveHidden(device);
        break;
      }
      case Code.DeleteRoom: {
        const room = owned.delete(name, session, this.#freeing.erase);
        this.#announce(session);
        this.#closeRoom(room, { by });
      }
    }
    this.#done(session, ref);
  }

  /** Tells everyone in a room, its members, and perhaps a former member, what has changed. */
  #tellRoom({ name, members }: OwnedRoom, news: RoomNews, former?: Owner): void {
    const message: RoomChanged = { code: Code.RoomChanged, room: name, ...news };
    const room = this.#rooms.find(name);
    if (room !== undefined) this.#show(room, message);
    for (const session of this.#sessions.values()) {
      const { owner } = session;
      if (owner === undefined || room?.members.has(session)) continue;
      if (owner === former || members.has(owner.id)) this.#showInMailbox(session, message);
    }
  }

  /** Puts everyone out of a room that is deleted, and tells them and its members. */
  #closeRoom(owned: OwnedRoom, news: RoomNews): void {
    this.#tellRoom(owned, { ...news, deleted: true });
    const room = this.#rooms.find(owned.name);
    for (const session of room?.members ?? []) this.#putOut(session, room!, session.name);
    this.#rooms.forget([owned.key]);
  }

  /** Finds the sessions that have the name of an owner and own it. */
  #devicesOf(owner: Owner): Session[] {
    return this.#names.find(owner.name).filter((session) => session.owner === owner);
  }

  /** Makes a session leave the rooms that do not exist for it any longer; `username`: the name that others know. */
  #leaveHidden(session: Session, username = session.name): void {
    for (const { room } of session.memberships) {
      if (!this.#rooms.isHidden(room.name, session)) continue;
      this.#putOut(session, room, username);
      if (!this.#hasDeviceIn(session, room, nameKey(username))) {
        this.#publishRoomLeft(session, room, username);
      }
    }
  }

  /** Makes a session leave a room, and tells it; others are not told. */
  #putOut(session: Session, room: MemberRoom, username: string): void {
    session.queueUnread(room);
    this.#leave(session, room);
    const left: RoomLeft = { code: Code.RoomLeft, room: room.name, username };
    this.#reply(session, left);
  }

  /** Shows a notice to a session beside its rooms, unless too many messages wait there unread. */
  #showInMailbox(session: Session, message: ServerMessage): void {
    if (!session.extended || (session.mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES) return;
    this.#show(mailboxOf(session).room, message);
  }

  /**
   * Frees the names that their owners have not used for too long. To be called about once a minute.
   */
  expireNames(): void {
    const isOnline = (owner: Owner) =>
      this.#names.find(owner.name).some((session) => session.owner === owner);
    this.#dependencies.ownership?.expire(isOnline, this.#freeing);
  }

  /**
   * Frees a name, as an operator wants it.
   *
   * @param owner the owner of the name
   */
  freeName(owner: Owner): void {
    this.#dependencies.ownership?.free(owner, this.#freeing);
    this.#unown(owner);
  }

  /** Makes the sessions of a former owner guests. */
  #unown(owner: Owner): void {
    for (const session of this.#names.find(owner.name)) {
      if (session.owner !== owner) continue;
      session.owner = undefined;
      // Otherwise it would own the name again with the next thing that it says.
      session.choseName = false;
      this.#leaveHidden(session);
    }
  }

  /**
   * Gives the sessions with a name to its keys, after the keys have changed: those with a new key own the name, those
   * with a former one get another name.
   *
   * @param owner the owner of the name
   */
  keysChanged(owner: Owner): void {
    for (const session of [...this.#names.find(owner.name)]) {
      if (session.identity !== undefined && hasKey(owner, session.identity)) session.owner = owner;
      else {
        session.owner = undefined;
        this.#leaveHidden(session);
        this.#takeName(session);
      }
    }
  }

  /** Gives a session a random name instead of the one that it has, which belongs to others. */
  #takeName(session: Session): void {
    const old = session.name;
    this.#notify(session, `The name ${old} belongs to other keys, so you have another name`);
    this.#names.claim(session, this.#names.random(this.#dependencies.randomBytes));
    session.choseName = false;
    this.#reply(session, replies.renamed(session.name, undefined));
    this.#announce(session, old);
  }

  #say(session: Session, { message, ref }: Say | PlainSay): void {
    // A plain text was checked when it was parsed.
    if (typeof message === "string") checkText(message);
    if (!session.inMain) this.#rooms.joinedRoom(session, this.#rooms.main.name);
    this.#announce(session);
    this.#sayInRoom(session, this.#rooms.main, message, ref);
  }

  #sayIn(session: Session, { room: name, message, id, ref }: SayIn): void {
    const messageId = messageIdOf(session, id, () => contentDigest(nameKey(name), message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const room = this.#rooms.joinedRoom(session, name);
    this.#announce(session);
    this.#sayInRoom(session, room, message, ref, messageId);
  }

  #sayInRoom(
    session: Session,
    room: Room,
    message: string | PlainText,
    ref?: string,
    messageId?: MessageId,
  ): void {
    if (session.identity !== undefined) this.#claimName(session);
    const line = {
      timestamp: this.#dependencies.clock.wall(),
      username: session.name,
      message,
      sequence: 0,
      room: room.name,
      verified: session.verified,
    };
    const said = { code: Code.Said, message: line } as Said | PlainSaid;
    this.#publish(session, room.name, said, { ref, messageId });
    // Many clients send their next message only when they have received this one.
    session.transport.authorSpoke();
  }

  /**
   * Answers a message that was sent before as it was answered then; returns whether it was sent before. Another message
   * with the same id is new: somebody else may have had the name, and may have used the id.
   */
  #answerDuplicate(session: Session, { author, id, digest }: MessageId, ref: string | undefined): boolean {
    const receipt = this.#backplane.receipt(author, id);
    if (receipt === undefined || (receipt.digest ?? digest) !== digest) return false;
    // The first one may still wait: only settling shows whether it is stored.
    this.#backplane.settle();
    this.#announce(session);
    if (ref !== undefined) this.#reply(session, replies.done(ref, receipt.sequence, receipt.stored));
    return true;
  }

  /** Sends a direct message: the author and the reader receive it, and nobody else. */
  #sayTo(session: Session, { to, message, id, ref }: SayTo): void {
    const messageId = messageIdOf(session, id, () => contentDigest(`@${nameKey(to)}`, message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const readers = this.#names.find(to);
    const [reader] = readers;
    if (reader === undefined) {
      throw new ProtocolError("no_such_user", "Cannot send your message: no user of that name is online");
    }
    if (readers.every(({ mailbox }) => (mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES)) {
      throw new ProtocolError(
        "unavailable",
        `Cannot send your message to ${reader.name} now: too many messages wait there unread; try again later`,
        { retryAfterMs: MAX_STALL_MS },
      );
    }
    this.#announce(session);
    // Another device may lose the name by the next line.
    const { name: addressee, key } = reader;
    if (session.identity !== undefined) this.#claimName(session);
    const timestamp = this.#dependencies.clock.wall();
    const { name: username, verified } = session;
    const line = { timestamp, username, message, to: addressee, verified };
    const said: SaidTo = { code: Code.SaidTo, message: line };
    const more = { to: key, ref, messageId };
    this.#publish(session, directKey(session.key, key), said, more);
  }

  /** Gives a session the name under which it says something, if nobody owns it. */
  #claimName(session: Session): void {
    const before = session.owner;
    const notice = this.#dependencies.ownership!.claim(session, session.transport.address ?? "");
    if (notice !== undefined) this.#notify(session, notice);
    // Another device may have had the name before it was owned.
    if (session.owner !== undefined && session.owner !== before) this.keysChanged(session.owner);
  }

  /** Shows a direct message to all devices of its author and of its reader. */
  #showTo(said: SaidTo, author: Session | undefined, readers: readonly Session[]): void {
    // Not a reply: it need not wait until earlier messages are acknowledged.
    if (author !== undefined) this.#push(author, said);
    const authors = author === undefined ? [] : this.#names.withKey(author.key);
    for (const session of new Set([...readers, ...authors])) {
      if (session === author) continue;
      const { room } = mailboxOf(session);
      this.#show(room, session.extended ? said : replies.directForBase(said));
    }
  }

  #askHistory(session: Session, message: AskHistory): void {
    const history = this.#history;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot show earlier messages: this hub stores no history");
    }
    const { name, place, above } = conversationOf(session, message.room, this.#rooms);
    const match = searchText(message);
    this.settle();
    const query = {
      conversation: place,
      before: message.before,
      after: message.after,
      above,
      limit: message.limit ?? DEFAULT_HISTORY_LINES,
      bytes: PAGE_BYTES,
    };
    this.#announce(session);
    const steps = match === undefined ? readPage(history, query) : history.search({ ...query, match });
    const { seen, epoch, ref } = message;
    const answer = answerWith(steps, (page) => ({
      ...historyMessage(name, page, ref),
      ...restored(history, place, seen, epoch),
    }));
    this.#search(session, answer, (found) => {
      if (!this.#rooms.isHidden(name, session)) return [found];
      // It was put out meanwhile.
      const { word, message: text } = noSuchRoom("show earlier messages of");
      return [replies.refused(new ProtocolError(word, text, { ref }))];
    }, ref);
  }

  #listConversations(session: Session, { after = 0, epoch, ref }: ListConversations): void {
    const history = this.#history;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot list your conversations: this hub stores no history");
    }
    this.settle();
    this.#announce(session);
    const from = epoch === undefined ? after : Math.min(after, history.sameIds(epoch));
    const steps = history.directConversations(session.key, from);
    this.#search(session, steps, (found) => conversationMessages(found, ref), ref);
  }

  /** Reads the history, in several turns of the event loop if that takes long, and sends the client the result. */
  #search<T>(
    session: Session,
    steps: Generator<void, T>,
    toMessages: (found: T) => ServerMessage[],
    ref?: string,
  ) {
    this.#searches!.add(session, steps, (found) => {
      if (session.closed || this.#shuttingDown) return;
      if (found instanceof StorageError) return this.refuse(session, this.#historyUnreadable(found, ref));
      this.settleSession(session);
      const { outbox, transport } = session;
      const before = outbox.byteLength;
      for (const message of toMessages(found)) this.#push(session, message);
      transport.historySent(outbox.byteLength - before);
    });
  }

  /** Reports that stored messages cannot be read; returns the refusal for the client. */
  #historyUnreadable(error: StorageError, ref?: string): ProtocolError {
    this.#dependencies.history?.readFailed(error);
    const text = "Cannot do that: the hub cannot read its history; its log says why";
    return new ProtocolError("unavailable", text, { ref, cause: error });
  }

  #join(session: Session, { room, ref }: Join): void {
    this.#rooms.checkJoins(session, [room]);
    const refusal = this.#rooms.refusalOf(session, room);
    if (refusal !== undefined) throw refusal;
    this.#announce(session);
    this.#enter(session, [room]);
    this.#done(session, ref);
  }

  /** Adds a session to rooms that it may join, and announces it in those that are new to it. */
  #enter(session: Session, names: readonly string[]): void {
    for (const name of names) {
      const isNew = this.#rooms.nameOf(name) === undefined;
      const { room, joined } = this.#rooms.join(session, name);
      if (!joined) continue;
      if (isNew && session.identity !== undefined) this.#ownRoom(session, room);
      if (room === this.#rooms.main) session.inMain = true;
      const joinedMessage: RoomJoined = { code: Code.RoomJoined, room: room.name, username: session.name };
      if (!this.#hasDeviceIn(session, room)) this.#publishPresence(session, room.name, joinedMessage);
      else if (!session.quiet) this.#reply(session, joinedMessage);
    }
  }

  /** Gives a new room to the session that makes it, and its name, too, if nobody owns that. */
  #ownRoom(session: Session, { name, lastSequence }: MemberRoom): void {
    this.#claimName(session);
    const notice = this.#dependencies.ownership!.rooms.create(name, session, lastSequence);
    if (notice !== undefined) this.#notify(session, notice);
  }

  #leaveRoom(session: Session, { room: name, ref }: Leave): void {
    const room = this.#rooms.joinedRoom(session, name);
    if (room === this.#rooms.main) {
      throw new ProtocolError("not_allowed", `Cannot leave ${room.name}: every user is a member of it`);
    }
    this.#announce(session);
    session.queueUnread(room);
    this.#leave(session, room);
    if (!this.#hasDeviceIn(session, room)) this.#publishRoomLeft(session, room);
    this.#done(session, ref);
  }

  /** Publishes that a user has left a room. */
  #publishRoomLeft(session: Session, room: MemberRoom, username = session.name): void {
    this.#publishPresence(session, room.name, { code: Code.RoomLeft, room: room.name, username });
  }

  /** Checks whether another device of the same person is in a room. */
  #hasDeviceIn(session: Session, room: MemberRoom, key?: string): boolean {
    return this.#names.othersOf(session, key).some((other) => room.members.has(other));
  }

  #leave(session: Session, room: MemberRoom): void {
    if (!this.#rooms.leave(session, room)) return;
    if (this.#backplane.close(room.name)) this.#rooms.keepEmpty(room);
    else {
      const unseal = ({ name }: OwnedRoom) => this.#history?.seal(name, false);
      this.#dependencies.ownership?.rooms.forgetUnused(room.name, unseal);
    }
  }

  #listRooms(session: Session, message: ListRooms): void {
    this.#announce(session);
    this.#replyPages(
      session,
      pagesOf(this.#rooms.list(session), (room) => room, PAGE_BYTES),
      (page) => replies.rooms(page, message.ref),
    );
  }

  #rename(session: Session, message: Rename): void {
    const old = session.name;
    const replaced = this.#claim(session, message.username, session);
    if (replaced !== undefined) this.#replace(replaced, session);
    this.#leaveHidden(session, old);
    this.#reply(session, replies.renamed(session.name, message.ref));
    this.#respellDevices(session);
    this.#announce(session, old);
  }

  /** Spells the name of the other devices of a person as that of a session. */
  #respellDevices(session: Session): void {
    const { name } = session;
    let shown: { device: Session; old: string } | undefined;
    for (const device of this.#names.withKey(session.key)) {
      const old = device.name;
      if (old === name) continue;
      device.name = name;
      this.#dependencies.named?.(device, old);
      this.#reply(device, replies.renamed(name, undefined));
      if (device.announced && !device.quiet) shown ??= { device, old };
    }
    // Otherwise the session itself tells everyone.
    if (!session.quiet || shown === undefined) return;
    const renamed = { code: Code.Renamed, old: shown.old, new: name } as const;
    this.#publishPresence(shown.device, this.#rooms.main.name, renamed);
  }

  /** Ends a session whose client goes on in another one. */
  #replace(session: Session, successor: Session): void {
    this.#end(session, REPLACED, "replaced", undefined, successor);
  }

  /**
   * Gives a session the name that its client asks for.
   *
   * @returns the older session of the same program that had the name, if there is one; the caller ends it
   */
  #claim(session: Session, name: string, { person, identity }: Pick<Session, "person" | "identity">) {
    checkName(name);
    const owner = this.#dependencies.ownership?.check(
      name,
      identity,
      (isFree) => this.#names.suggest(name, isFree),
    );
    const isFree = (candidate: string) => this.#dependencies.ownership?.isFree(candidate, identity) ?? true;
    const replaced = this.#names.claim(session, name, { person, identity, owner }, isFree);
    Object.assign(session, { person, identity, owner, choseName: true });
    this.#dependencies.ownership?.use(session);
    return replaced;
  }

  #hello(session: Session, message: Hello): void {
    if (session.extended && session.welcomed) {
      throw new ProtocolError("bad_message", "Cannot send hello twice: use code 101 to change your name");
    }
    // Also if the name is refused: a client that sends hello understands a 206.
    session.extended = true;
    const { rooms: asked = [], username, after, newest, epoch, password, quiet, session: secret } = message;
    this.#admit(session, password);
    this.#rooms.checkJoins(session, asked);
    const old = session.name;
    const { ownership } = this.#dependencies;
    const person = secret === undefined ? undefined : sessionAuthor(secret);
    const identity = ownership?.prove(message, session.nonce);
    const replaced = username === undefined
      ? undefined
      : this.#claim(session, username, { person, identity });
    Object.assign(session, { person, identity });
    // Not all or nothing: a client that was removed from a room must still get in.
    const rooms = asked.filter((name) => !this.#rooms.isHidden(name, session));
    const continued = replaced?.announced && !replaced.quiet && !session.announced && !quiet
      ? replaced
      : undefined;
    if (replaced !== undefined && replaced !== continued) this.#replace(replaced, session);
    if (quiet) this.#silence(session, old, asked);
    session.welcomed = true;
    session.heartbeatMs = message.ping_ms;
    const content = {
      username: session.name,
      rooms: this.#rooms.namesWith(session, rooms),
      retentionMs: this.#history?.retentionMs,
      epoch: this.#history?.epoch,
      motd: this.motd,
      hasKeys: ownership !== undefined,
      identitySignature: message.nonce === undefined
        ? undefined
        : ownership?.proveHub(message.nonce, session.nonce),
    };
    this.#reply(session, replies.welcome(content, message.ref));
    if (continued === undefined) {
      this.#announce(session, old);
      this.#enter(session, rooms);
    } else this.#continue(session, continued, rooms);
    for (const name of asked) {
      const refusal = this.#rooms.refusalOf(session, name);
      if (refusal !== undefined) this.refuse(session, refusal);
    }
    if (this.#history === undefined || after === undefined) return;
    this.settle();
    const missed = newest === undefined
      ? missedMessages(session, { after, epoch }, this.#history, this.#rooms)
      : newestMissed(session, { after, epoch }, newest, this.#history, this.#rooms);
    this.#search(
      session,
      missed,
      (found) => found.filter(({ room }) => !this.#rooms.isHidden(room, session)),
    );
  }

  /**
   * Makes a session go on where an older one of the same person stops, and ends that. Only the client itself is told
   * that it joins; others are told what differs: the spelling of the name, and the rooms.
   */
  #continue(session: Session, older: Session, rooms: readonly string[]): void {
    const joinedRooms = new Set(older.memberships.map(({ room }) => room.name));
    session.queueUnread(this.#rooms.main);
    this.#reply(session, { code: Code.Joined, new: older.name });
    session.announced = true;
    if (older.name === session.name) this.#dependencies.named?.(session);
    else this.#announce(session, older.name);
    const { name: username } = session;
    for (const room of rooms.filter((name) => joinedRooms.has(this.#rooms.nameOf(name) ?? ""))) {
      if (!this.#rooms.join(session, room).joined) continue;
      this.#reply(session, { code: Code.RoomJoined, room: this.#rooms.nameOf(room)!, username });
    }
    this.#enter(session, rooms);
    for (const { room } of [...older.memberships]) {
      if (room.members.has(session)) continue;
      this.#leave(older, room);
      if (!this.#hasDeviceIn(older, room)) this.#publishRoomLeft(older, room, username);
    }
    // Others are not told that it leaves.
    older.announced = false;
    this.#replace(older, session);
  }

  /** Makes a session quiet. It leaves `main` if it wants other rooms only. */
  #silence(session: Session, old: string, rooms: readonly string[]): void {
    const { main } = this.#rooms;
    // It was too slow, and everyone saw it join.
    if (session.announced) this.#publish(session, main.name, { code: Code.Left, username: old });
    session.announced = false;
    session.quiet = true;
    if (rooms.length === 0 || rooms.some((name) => this.#rooms.find(name) === main)) return;
    this.#leave(session, main);
    session.inMain = false;
  }

  #who(session: Session, message: Who): void {
    const room = message.room === undefined ? undefined : this.#rooms.find(message.room);
    if (message.room !== undefined && this.#rooms.visibleName(message.room, session) === undefined) {
      throw noSuchRoom("list the users of");
    }
    const isHidden = (name: string) => this.#rooms.isHidden(name, session);
    this.#announce(session);
    // Each page shows the users as they are when it is made; all devices of a person are one user.
    const show = (member: Session) => {
      const devices = this.#names.withKey(member.key).filter(({ announced, closed }) => announced && !closed);
      const here = room === undefined ? devices : devices.filter((device) => room.members.has(device));
      return here[0] === member
        ? replies.userInfo(devices, this.#dependencies.clock.elapsed(), isHidden, here)
        : undefined;
    };
    const members = message.room === undefined ? this.#sessions.values() : room?.members ?? [];
    this.#replyPages(
      session,
      pagesOf(members, show, PAGE_BYTES),
      (page) => replies.users(page, message.ref),
    );
  }

  /** Announces a session, or that it no longer has the `old` name, if that is not announced yet. */
  #announce(session: Session, old: string = session.name): void {
    if (!session.announced) {
      session.announced = true;
      if (this.#stored?.paused) this.#notify(session, NOT_STORED);
      this.#dependencies.named?.(session);
      const joined: Joined = { code: Code.Joined, new: session.name };
      if (this.#names.othersOf(session).length === 0) {
        this.#publishPresence(session, this.#rooms.main.name, joined);
      } else if (!session.quiet) this.#reply(session, joined);
    } else if (old !== session.name) this.#announceRename(session, old);
  }

  /** Tells everyone that a session has another name; if other devices have the old or the new one, what that means. */
  #announceRename(session: Session, old: string): void {
    this.#dependencies.named?.(session, old);
    const { name } = session;
    const { main } = this.#rooms;
    const oldKey = nameKey(old);
    const leaves = oldKey === session.key || this.#names.othersOf(session, oldKey).length === 0;
    const joins = oldKey === session.key || this.#names.othersOf(session).length === 0;
    if (leaves && joins) {
      return this.#publishPresence(session, main.name, { code: Code.Renamed, old, new: name });
    }
    if (joins) this.#publishPresence(session, main.name, { code: Code.Joined, new: name });
    else if (leaves) this.#publishPresence(session, main.name, { code: Code.Left, username: old });
    else if (!session.quiet) this.#reply(session, { code: Code.Renamed, old, new: name });
    if (oldKey === session.key) return;
    const isWithout = (devices: readonly Session[], room: MemberRoom) =>
      !devices.some((device) => room.members.has(device));
    const [before, after] = [this.#names.othersOf(session, oldKey), this.#names.othersOf(session)];
    for (const { room } of session.memberships) {
      if (room === main) continue;
      // The 204 of a user says that it leaves all rooms.
      if (!leaves && isWithout(before, room)) this.#publishRoomLeft(session, room, old);
      if (isWithout(after, room)) {
        this.#publishPresence(session, room.name, { code: Code.RoomJoined, room: room.name, username: name });
      }
    }
  }

  /** Publishes that a session joins, leaves or changes its name, unless it is quiet. */
  #publishPresence(session: Session, room: string, message: RoomEvent["message"]): void {
    if (!session.quiet) this.#publish(session, room, message);
  }

  #publish(
    session: Session,
    room: string,
    message: RoomEvent["message"],
    more: Pick<RoomEvent, "to" | "ref" | "messageId"> = {},
  ): void {
    if (more.ref !== undefined) session.settlesAt = this.#backplane.settlesAt;
    this.#backplane.publish({ room, message, from: session.id, ...more });
  }

  /** Shows an event that the backplane returns. */
  #apply({ room, message, from, to }: RoomEvent, sequence: number): void {
    if (message.code === Code.SaidTo) {
      return this.#showTo(message, this.#sessions.get(from), this.#names.withKey(to!));
    }
    const shown = this.#rooms.find(room);
    // Its last member has left in the meantime.
    if (shown === undefined) return;
    if (message.code === Code.Said) message.message.sequence = shown.lastSequence = sequence;
    this.#show(shown, message);
  }

  #acknowledge({ from, ref }: RoomEvent, sequence: number, stored: boolean): void {
    const author = this.#sessions.get(from);
    if (author?.extended) this.#reply(author, replies.done(ref!, sequence, stored));
  }

  /** Acknowledges a request that has a `ref`. */
  #done(session: Session, ref: string | undefined): void {
    if (ref !== undefined) this.#reply(session, replies.done(ref));
  }

  #show(room: MemberRoom, message: ServerMessage | PlainSaid): void {
    this.counters.send(message.code, room.members.size);
    const bytes = isPlain(message)
      ? room.log.appendPlain(message.message)
      : room.log.append(serialize(message));
    if (this.#history !== undefined) this.#grown.add(room);
    this.#dependencies.roomGrew(room, bytes);
  }

  /**
   * Takes the frames that room members were shown since the last call, for the journal. They are valid until more is
   * appended.
   */
  #takeShown(): Uint8Array[] {
    // Encode first: it may reuse a segment that a journal cursor has just left.
    for (const { log } of this.#grown) log.encode();
    const frames: Uint8Array[] = [];
    for (const { journalCursor } of this.#grown) {
      if (journalCursor === undefined) continue;
      while (journalCursor.lagBytes > 0) frames.push(journalCursor.take());
    }
    this.#grown.clear();
    return frames;
  }

  /** Sends a reply, after the acknowledgements of the earlier requests of this client. */
  #reply(session: Session, message: ServerMessage): void {
    this.settleSession(session);
    this.#push(session, message);
  }

  #push(session: Session, message: ServerMessage): void {
    this.counters.send(message.code, 1);
    session.outbox.push(serialize(message));
  }

  /** Replies with a list, page by page as its client takes them. */
  #replyPages<T>(session: Session, next: () => Page<T>, toMessage: (page: Page<T>) => ServerMessage): void {
    session.outbox.pushPages(() => {
      const page = next();
      const message = toMessage(page);
      this.counters.send(message.code, 1);
      return { json: serialize(message), more: page.more.more === true };
    });
  }

  /** Shows a text from the hub to everyone in `main`; it is not stored. */
  #notifyEveryone(text: string): void {
    if (!this.#shuttingDown) {
      this.#show(this.#rooms.main, replies.serverLine(text, this.#dependencies.clock.wall()));
    }
  }

  /** Sends a text from the hub to one client, in a form that a base client understands. */
  #notify(session: Session, text: string): void {
    this.#reply(session, replies.serverLine(text, this.#dependencies.clock.wall()));
  }
}

/** Checks for a message whose text is still the bytes that it arrived in. */
function isPlain(message: ServerMessage | PlainSaid): message is PlainSaid {
  return message.code === Code.Said && message.message.message instanceof PlainText;
}

type MessageId = NonNullable<RoomEvent["messageId"]>;

/** Names a message for deduplication, if its client gave it an id. */
function messageIdOf(
  { author }: Session,
  id: string | undefined,
  digest: () => string,
): MessageId | undefined {
  return id === undefined ? undefined : { author, id, digest: digest() };
}
