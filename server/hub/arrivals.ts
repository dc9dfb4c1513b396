/**
 * Arriving at the hub: connecting, the password, invites, and hello.
 *
 * The file is long because who is let in, and what a hello then does, is one decision after the other.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskInvites,
  Code,
  type Hello,
  type InviteInfo,
  type MakeInvite,
  MAX_NAME_CHARS,
  nameKey,
  NONCE_BYTES,
  ProtocolError,
  type RevokeInvite,
} from "../../protocol/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { sessionAuthor } from "../history/mod.ts";
import type { Invite, Invitee } from "../invites/mod.ts";
import { ANNOUNCE_SILENT_MS, PAGE_BYTES } from "../limits.ts";
import type { Newcomer } from "../powers/mod.ts";
import { noSuchRoom } from "../registry/mod.ts";
import { Newcomers, Session, type Transport } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { HistoryAnswers } from "./history_answers.ts";
import type { NameRequests, WantedName } from "./name_requests.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";
import type { RoomRequests } from "./room_requests.ts";

/** Why the hub ends a session that gives no password. A client of the base protocol cannot send one. */
const NEEDS_PASSWORD =
  "this hub needs a password, which your client did not send: connect with riftchat join and give the password";

/** Why the hub lets somebody in only with an invite. */
const NEEDS_INVITE =
  "this hub lets in only those who own a name here or have an invite: ask its operator for one, which is a link, and " +
  "join with it: riftchat join LINK";

/** Why the hub ends a session that was kept out, may come in, and says nothing. */
const NO_HELLO = "your client did not send anything in time";

/** The requests that a hello can hold. */
export interface ArrivalsGroups {
  /** Tells others who is here. */
  presence: Presence;
  /** Gives names. */
  nameRequests: NameRequests;
  /** Lets sessions into rooms. */
  roomRequests: RoomRequests;
  /** Reads the messages that a client missed. */
  answers: HistoryAnswers;
}

/** What is known of whoever may come in with a hello. */
export interface CheckedHello {
  /** The invite that it shows. */
  readonly shown: Invite | undefined;
  /** The key that it has proved to have, and the author of its session. */
  readonly invitee: Invitee;
  /** Whether it has come in by an invite, this one or another. */
  readonly isInvited: boolean | undefined;
  /** What the other hubs of a cluster are asked for. */
  readonly wanted: WantedName | undefined;
}

/** Opens sessions, and lets their clients in. */
export class Arrivals {
  /** The message of the day, which each welcome carries; `undefined` for none. */
  motd: string | undefined;
  /** The addresses of other hubs of the same chat, which each welcome carries. */
  hubs: readonly string[] = [];
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;
  readonly #roomRequests: RoomRequests;
  readonly #answers: HistoryAnswers;
  readonly #newcomers: Newcomers;
  #connections = 0;

  /**
   * Waits for clients.
   *
   * @param core the state of the hub
   * @param groups the requests that a hello can hold
   */
  constructor(core: HubCore, { presence, nameRequests, roomRequests, answers }: ArrivalsGroups) {
    this.#core = core;
    this.#presence = presence;
    this.#nameRequests = nameRequests;
    this.#roomRequests = roomRequests;
    this.#answers = answers;
    const { announceMs = ANNOUNCE_SILENT_MS } = core.dependencies;
    this.#newcomers = new Newcomers(announceMs, (ms) => core.wakeAfter(ms));
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
    const { clock, invites, ownership, passwordGate, randomBytes } = this.#core.dependencies;
    const name = this.#core.names.random(randomBytes);
    const session = new Session(`c${++this.#connections}`, name, transport, clock.elapsed());
    this.#core.sessions.set(session.id, session);
    const nonce = btoa(String.fromCharCode(...randomBytes(NONCE_BYTES)));
    if (ownership !== undefined) session.nonce = nonce;
    const { address, certificate } = transport;
    const offer = replies.offer(name, nonce, {
      password: passwordGate !== undefined,
      identity: ownership?.hubKey,
      certificateSignature: certificate === undefined ? undefined : ownership?.proveCertificate(certificate),
    });
    session.admitted = passwordGate === undefined && !invites?.only &&
      this.#core.powers.refusalOf({ address }) === undefined;
    if (session.admitted) this.#enterMain(session);
    this.#core.reply(session, offer);
    return session;
  }

  #enterMain(session: Session): void {
    this.#core.names.add(session);
    this.#core.rooms.main.add(session);
    this.#newcomers.add(session);
  }

  /**
   * Checks that a client may come in without an invite.
   *
   * @throws {ProtocolError} `not_allowed` if it needs an invite; as for the password
   */
  #checkUninvited(session: Session, { password }: Hello, { identity }: Invitee): void {
    const { invites, ownership } = this.#core.dependencies;
    if (invites?.only && !(identity !== undefined && ownership?.ownsName(identity))) {
      throw new ProtocolError("not_allowed", `Cannot let you in: ${NEEDS_INVITE}`);
    }
    this.#checkPassword(session, password);
  }

  /**
   * Finds the invite in a hello.
   *
   * @returns the invite; `undefined` if the client shows none
   * @throws {ProtocolError} `bad_invite` if this hub does not know it, `too_fast` if it is not checked now
   */
  #shownInvite(session: Session, hello: Hello): Invite | undefined {
    if (hello.invite === undefined) return undefined;
    const { invites } = this.#core.dependencies;
    if (invites === undefined) {
      throw new ProtocolError("bad_invite", "Cannot use your invite: this hub has no invites");
    }
    const { nonce, transport: { address = "" } } = session;
    return invites.shownIn(hello, { nonce, address });
  }

  /**
   * Uses the invite that a client shows.
   *
   * @returns the invite, if the client is still to get what it is for
   * @throws {ProtocolError} `bad_invite` if it cannot be used
   */
  #useInvite(session: Session, invite: Invite, user: Invitee & { name: string }): Invite | undefined {
    // Otherwise its hello was refused for another reason after it had used the invite.
    if (invite.id !== session.invite?.invite.id) {
      const isNew = this.#core.dependencies.invites!.use(invite, user);
      session.invite = { invite, isNew };
    }
    return session.invite!.isNew ? invite : undefined;
  }

  /**
   * Uses, in a cluster, the invite that a client shows: that counts once no other hub can have used it up.
   *
   * @param session the session of the client
   * @param message its hello
   * @param checked what `check` has returned
   * @returns resolves when it counts, rejects with why it cannot be used; `undefined` if there is nothing to wait for
   */
  claimInvite(
    session: Session,
    { username }: Hello,
    { shown, invitee }: CheckedHello,
  ): Promise<void> | undefined {
    const { invites } = this.#core.dependencies;
    if (shown === undefined || !invites!.isShared || shown.id === session.invite?.invite.id) return undefined;
    return invites!.claim(shown, { ...invitee, name: username ?? session.name }).then((isNew) => {
      session.invite = { invite: shown, isNew };
    });
  }

  /** Gives a session the name for which it was invited. */
  #claimInvited(session: Session, name: string, invitee: Invitee): Session | undefined {
    return forInvite(() => this.#nameRequests.claim(session, name, invitee));
  }

  /** Makes a session a member of the room into which its invite leads, if that is private. */
  #enterPrivate(session: Session, { room: name }: Invite): void {
    const { ownership } = this.#core.dependencies;
    if (name === undefined || !ownership?.rooms.find(name)?.isPrivate) return;
    this.#nameRequests.claimName(session);
    const admitted = ownership.rooms.admit(name, session, this.#core.rooms.lastSequenceOf(name));
    if (admitted === undefined) return;
    const { room, member } = admitted;
    this.#roomRequests.tell(room, { by: room.owner.name, invited: member.name });
  }

  /**
   * Makes an invite: operators for the hub and for open rooms, owners for their rooms.
   *
   * @param session the session of the client
   * @param message the request
   */
  makeInvite(session: Session, message: MakeInvite): void {
    const { invites, moderation, ownership } = this.#core.dependencies;
    if (invites === undefined) {
      throw new ProtocolError("unavailable", "Cannot make an invite: this hub has no invites");
    }
    const { room, uses, expires_ms: expiresMs, username: name, ref } = message;
    const { identity, name: by, owner } = session;
    const isOperator = identity !== undefined && moderation?.isOperator(identity) === true;
    const visible = room === undefined ? undefined : this.#core.rooms.visibleName(room, session);
    if (room !== undefined && visible === undefined) throw noSuchRoom("make an invite for");
    const owned = visible === undefined ? undefined : ownership?.rooms.find(visible);
    const roomOwner = owned !== undefined && owned.owner === owner ? owned.owner.id : undefined;
    if (!isOperator && roomOwner === undefined) {
      throw new ProtocolError(
        "not_allowed",
        visible === undefined
          ? "Cannot make an invite: operators make those for the hub; you can make one for a room that you own"
          : `Cannot make an invite for #${visible}: it is not yours, and you are no operator of this hub`,
      );
    }
    const { page } = session.transport;
    const request = { by: { name: by, identity }, room: visible, roomOwner, uses, expiresMs, name, page };
    const made = invites.make(request);
    this.#presence.announce(session);
    this.#core.reply(session, replies.inviteLink(made, ref));
  }

  /**
   * Ends an invite: operators any, owners of rooms those that they have made.
   *
   * @param session the session of the client
   * @param message the request
   */
  revokeInvite(session: Session, { id, ref }: RevokeInvite): void {
    const { invites, limits } = this.#invitesOf(session, "revoke an invite");
    const { identity, name } = session;
    invites.revoke(id, { name, identity }, limits);
    this.#presence.announce(session);
    this.#core.done(session, ref);
  }

  /**
   * Lists invites that can be used: for operators all, for owners of rooms those that they have made.
   *
   * @param session the session of the client
   * @param message the request
   */
  listInvites(session: Session, { ref }: AskInvites): void {
    const { invites, limits } = this.#invitesOf(session, "list invites");
    this.#presence.announce(session);
    const pages = pagesOf(invites.list(limits), inviteInfo, PAGE_BYTES);
    this.#core.replyPages(session, pages, (page) => replies.invites(page, ref));
  }

  /** Finds which invites a client may see and end: operators all, owners of rooms those that they have made. */
  #invitesOf({ identity, owner }: Session, what: string) {
    const { invites, moderation } = this.#core.dependencies;
    if (invites === undefined) {
      throw new ProtocolError("unavailable", `Cannot ${what}: this hub has no invites`);
    }
    const isOperator = identity !== undefined && moderation?.isOperator(identity) === true;
    if (!isOperator && owner === undefined) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot ${what}: operators of this hub do, and owners of rooms those that they have made`,
      );
    }
    return { invites, limits: isOperator ? {} : { roomOwner: owner!.id } };
  }

  /**
   * Checks the password that a client gives, unless it has given the right one before.
   *
   * @throws {ProtocolError} `bad_password` if the password is missing or wrong, `too_fast` if it is not compared now
   */
  #checkPassword(session: Session, password: string | undefined): void {
    const { clock, passwordGate } = this.#core.dependencies;
    if (passwordGate === undefined || session.gavePassword) return;
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
    session.gavePassword = true;
  }

  /** Lets a client in that has the password or an invite, and that nothing keeps out. */
  #admit(session: Session): void {
    if (session.admitted) return;
    const { randomBytes } = this.#core.dependencies;
    session.admitted = true;
    // Another client may have taken the name in the meantime.
    if (this.#core.names.has(session.name)) session.name = this.#core.names.random(randomBytes);
    this.#enterMain(session);
  }

  /**
   * Ends a session whose client has not shown in time that it may come in. Does nothing if it has.
   *
   * @param session the session
   */
  endUnadmitted(session: Session): void {
    if (!session.admitted && !this.#endKeptOut(session)) this.#endWithoutHello(session);
  }

  /**
   * Lets a client of the base in, if it may come in now; otherwise ends its session.
   *
   * @param session the session, which sends something before its hello
   * @returns whether it is in
   */
  admitBase(session: Session): boolean {
    if (this.#endKeptOut(session)) return false;
    const { invites, passwordGate } = this.#core.dependencies;
    if (passwordGate === undefined && !invites?.only) this.#admit(session);
    else this.#endWithoutHello(session);
    return session.admitted;
  }

  /** Ends a session that may not come in, and tells why; returns whether it has. */
  #endKeptOut(session: Session, { identity, name, isInvited }: Newcomer = {}, ref?: string): boolean {
    const newcomer = { name, identity, isInvited, address: session.transport.address };
    const refusal = this.#core.powers.refusalOf(newcomer, !session.admitted);
    if (refusal === undefined) return false;
    const { word, message, retryAfterMs } = refusal;
    const dropReason = word === "banned" ? "banned" : "locked_out";
    this.#presence.end(session, new ProtocolError(word, message, { ref, retryAfterMs }), dropReason);
    return true;
  }

  #endWithoutHello(session: Session): void {
    const { invites, passwordGate } = this.#core.dependencies;
    if (invites?.only) this.#presence.end(session, NEEDS_INVITE, "no_password");
    else if (passwordGate === undefined) this.#presence.end(session, NO_HELLO, "dead");
    else this.#presence.end(session, NEEDS_PASSWORD, "no_password");
  }

  /** Announces the new sessions that have been silent for `ANNOUNCE_SILENT_MS`. `wakeAfter` asks for this call. */
  tick(): void {
    if (this.#core.shuttingDown) return;
    for (const session of this.#newcomers.takeDue(this.#core.dependencies.clock.elapsed())) {
      this.#presence.announce(session);
    }
  }

  /**
   * Checks that a client may come in with its hello; ends its session if it is kept out.
   *
   * @param session the session of the client
   * @param message the hello
   * @returns what is known of the client; `undefined` if its session has ended
   * @throws {ProtocolError} why it may not
   */
  check(session: Session, message: Hello): CheckedHello | undefined {
    if (session.extended && session.welcomed) {
      throw new ProtocolError("bad_message", "Cannot send hello twice: use code 101 to change your name");
    }
    // Also if the name is refused: a client that sends hello understands a 206.
    session.extended = true;
    const { session: secret } = message;
    const { invites, ownership } = this.#core.dependencies;
    const shown = this.#shownInvite(session, message);
    const identity = ownership?.prove(message, session.nonce);
    const invitee = { identity, person: secret === undefined ? undefined : sessionAuthor(secret) };
    const isInvited = shown !== undefined || session.invite !== undefined || invites?.isInvited(invitee);
    if (!isInvited) this.#checkUninvited(session, message, invitee);
    const checked = { shown, invitee, isInvited };
    if (this.#endKeptOut(session, newcomerOf(checked, message), message.ref)) return undefined;
    return { ...checked, wanted: this.#wantedName(session, message, checked) };
  }

  /** Finds what the other hubs of a cluster are asked for, so that a client gets the name in its hello or invite. */
  #wantedName(
    session: Session,
    message: Hello,
    { shown, invitee }: Omit<CheckedHello, "wanted">,
  ): WantedName | undefined {
    const { people, dependencies: { invites } } = this.#core;
    const { username } = message;
    if (people === undefined) return undefined;
    const isNew = shown !== undefined &&
      (shown.id === session.invite?.invite.id ? session.invite.isNew : invites!.check(shown, invitee));
    if (isNew && shown.name !== undefined) {
      const { name } = shown;
      return forInvite(() => this.#nameRequests.wanted(session, name, invitee));
    }
    if (username !== undefined) return this.#nameRequests.wanted(session, username, invitee);
    // It takes its own name, as it is to wait like the others.
    return this.isAhead(message) ? { name: session.name } : undefined;
  }

  /**
   * Checks whether a client has messages, from another hub of a cluster, that this hub has not read yet. A hub that has
   * read what it tells itself in the log has read all that a client got before that.
   *
   * @param message its hello
   * @returns whether it has; `false` if the other hubs are not reached
   */
  isAhead({ after = {} }: Hello): boolean {
    const { history, people, rooms, dependencies: { cluster } } = this.#core;
    if (people === undefined || history === undefined || cluster?.log.refusal !== undefined) return false;
    return Object.entries(after).some(([name, number]) =>
      name.length <= 2 * MAX_NAME_CHARS && number > rooms.lastSequenceOf(name)
    );
  }

  /**
   * Handles the first request of a client that speaks the extension.
   *
   * @param session the session of the client
   * @param message its hello
   * @param checked what `check` has returned
   */
  hello(session: Session, message: Hello, checked: CheckedHello): void {
    // It may have been banned while the other hubs were asked.
    const hasWaited = checked.wanted !== undefined || checked.shown !== undefined;
    if (hasWaited && this.#endKeptOut(session, newcomerOf(checked, message), message.ref)) return;
    const { rooms: wanted = [], username, after, newest, epoch, quiet } = message;
    const { invites, ownership } = this.#core.dependencies;
    const { shown, invitee } = checked;
    const user = { ...invitee, name: username ?? session.name };
    const invite = shown === undefined ? undefined : this.#useInvite(session, shown, user);
    this.#admit(session);
    this.#presence.resumeMain(session);
    const room = session.invite?.invite.room;
    const asked = room === undefined ? wanted : withRoom(wanted, room);
    this.#core.rooms.checkJoins(session, asked);
    const old = session.name;
    const replaced = invite?.name !== undefined
      ? this.#claimInvited(session, invite.name, invitee)
      : username !== undefined
      ? this.#nameRequests.claim(session, username, invitee)
      : undefined;
    Object.assign(session, { ...invitee, freeToSpeak: -1 });
    // It may have been announced before it had a key.
    this.#presence.changed(session);
    if (invite !== undefined) {
      this.#enterPrivate(session, invite);
      invites!.arrived(invite, invitee);
    }
    // Not all or nothing: a client that was removed from a room must still get in.
    const rooms = asked.filter((name) => this.#roomRequests.refusalOf(session, name) === undefined);
    const continued = replaced?.announced && !replaced.quiet && !session.announced && !quiet
      ? replaced
      : undefined;
    const isKnown = (replaced ?? session.continues)?.known === true;
    // Others may follow the name. Not yet if they were told of another one: many who come back late at once would be
    // announced to everyone again.
    if (isKnown && !session.announced) session.known = true;
    if (replaced !== undefined && replaced !== continued) this.#presence.replace(replaced, session);
    if (session.announced || quiet) this.#presence.endReplaced(session);
    if (quiet) this.#silence(session, old, asked);
    session.welcomed = true;
    session.heartbeatMs = message.ping_ms;
    const allRooms = this.#core.rooms.namesWith(session, rooms);
    const content = {
      username: session.name,
      rooms: allRooms,
      retentionMs: this.#core.history?.retentionMs,
      epoch: this.#core.history?.epoch,
      changes: this.#core.history?.lastChange,
      motd: this.motd,
      hubs: this.hubs,
      hasKeys: ownership !== undefined,
      hasInvites: invites !== undefined,
      isModerated: this.#core.dependencies.moderation !== undefined,
      identitySignature: message.nonce === undefined
        ? undefined
        : ownership?.proveHub(message.nonce, session.nonce),
    };
    // Before the welcome, so that the client knows which lists not to ask for.
    for (const notice of this.#core.bigRooms.noticesOf(allRooms)) this.#core.reply(session, notice);
    this.#core.reply(session, replies.welcome(content, message.ref));
    this.#core.tellPowers(session);
    if (continued === undefined) {
      this.#presence.announce(session, old);
      this.#roomRequests.enter(session, rooms);
    } else this.#continue(session, continued, rooms);
    if (isKnown) session.known = true;
    if (session.continues !== undefined) this.#presence.endContinued(session);
    for (const name of asked) {
      const refusal = this.#roomRequests.refusalOf(session, name);
      if (refusal !== undefined) this.#core.refuse(session, refusal);
    }
    if (after !== undefined) this.#answers.missed(session, { after, epoch }, newest);
  }

  /**
   * Makes a session go on where an older one of the same person stops, and ends that. Only the client itself is told
   * that it joins; others are told what differs: the spelling of the name, and the rooms.
   */
  #continue(session: Session, older: Session, rooms: readonly string[]): void {
    const joinedRooms = new Set(older.memberships.map(({ room }) => room.name));
    session.queueUnread(this.#core.rooms.main);
    this.#core.reply(session, { code: Code.Joined, new: older.name });
    session.announced = true;
    // Before the older one ends, so that other hubs always know one of them.
    this.#presence.changed(session);
    if (older.name === session.name) this.#core.dependencies.named?.(session);
    else this.#presence.announce(session, older.name);
    const { name: username } = session;
    for (const room of rooms.filter((name) => joinedRooms.has(this.#core.rooms.nameOf(name) ?? ""))) {
      if (!this.#core.rooms.join(session, room).joined) continue;
      this.#core.reply(session, { code: Code.RoomJoined, room: this.#core.rooms.nameOf(room)!, username });
    }
    this.#roomRequests.enter(session, rooms);
    for (const { room } of [...older.memberships]) {
      if (room.members.has(session)) continue;
      this.#presence.leave(older, room);
      if (!this.#presence.hasDeviceIn(older, room)) this.#presence.publishRoomLeft(older, room, username);
    }
    // Others are not told that it leaves.
    older.announced = false;
    this.#presence.replace(older, session);
  }

  /** Makes a session quiet. It leaves `main` if it wants other rooms only. */
  #silence(session: Session, old: string, rooms: readonly string[]): void {
    const { main } = this.#core.rooms;
    // It was too slow, and everyone saw it join.
    if (session.announced) this.#core.publish(session, main.name, { code: Code.Left, username: old });
    session.announced = false;
    session.quiet = true;
    if (rooms.length === 0 || rooms.some((name) => this.#core.rooms.find(name) === main)) return;
    this.#presence.leave(session, main);
    session.inMain = false;
  }
}

/** Does something with the name of an invite; if that is refused, the invite cannot be used. */
function forInvite<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const why = error.message.replace(/^Cannot use the name /, "");
    throw new ProtocolError("bad_invite", `Cannot use your invite now: it is for ${why}`, { cause: error });
  }
}

/** Describes whoever sends a hello for the bans. */
function newcomerOf(
  { shown, invitee, isInvited }: Omit<CheckedHello, "wanted">,
  { username }: Hello,
): Newcomer {
  return { identity: invitee.identity, name: shown?.name ?? username, isInvited };
}

/** Adds a room to those that a client wants to join. */
function withRoom(rooms: readonly string[], room: string): string[] {
  const key = nameKey(room);
  return rooms.some((other) => nameKey(other) === key) ? [...rooms] : [...rooms, room];
}

function inviteInfo({ id, by, room, name, expires, uses, usesLeft }: Invite): InviteInfo {
  return {
    id,
    ...by === "" ? {} : { by },
    ...room === undefined ? {} : { room },
    ...name === undefined ? {} : { username: name },
    expires,
    uses,
    uses_left: usesLeft,
  };
}
