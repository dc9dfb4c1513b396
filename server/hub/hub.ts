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
 * This file decides which request a message is; the requests themselves stand in files of their own. It is long because
 * it has one documented method for each thing that the host of the hub asks for.
 *
 * @module
 */
import {
  type ClientMessage,
  Code,
  type Hello,
  nameKey,
  type PlainSay,
  ProtocolError,
  type Rename,
} from "../../protocol/mod.ts";
import type { ClusteredBackplane } from "../backplane/mod.ts";
import type { Freeing, Owner, RegistryChange } from "../registry/mod.ts";
import { type HubStart, mailboxOf, type PeopleEvent, type Session, type Transport } from "../sessions/mod.ts";
import { Arrivals } from "./arrivals.ts";
import { ChangeRequests } from "./change_requests.ts";
import { HubCore } from "./core.ts";
import type { Counters, DropReason } from "./counters.ts";
import type { HubDependencies } from "./dependencies.ts";
import { HistoryAnswers } from "./history_answers.ts";
import { Messages } from "./messages.ts";
import { ModerationRequests } from "./moderation_requests.ts";
import { NameTaking } from "./name_taking.ts";
import { NameRequests } from "./name_requests.ts";
import { Presence } from "./presence.ts";
import * as replies from "./replies.ts";
import { RoomRequests } from "./room_requests.ts";

/** The sessions, names and rooms of one hub. */
export class Hub {
  /** Event counters of the hub and of the connections to it. */
  readonly counters: Counters;
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;
  readonly #roomRequests: RoomRequests;
  readonly #moderationRequests: ModerationRequests;
  readonly #messages: Messages;
  readonly #answers: HistoryAnswers;
  readonly #changeRequests: ChangeRequests;
  readonly #arrivals: Arrivals;
  readonly #taking: NameTaking;
  /** Those whose requests waited when keep-alives were sent last. */
  #waiting = new Set<Session>();
  /** What happens when a name is freed. */
  readonly #freeing: Freeing = {
    detach: ({ name }) => this.#core.backplane.detach(nameKey(name)),
    erase: ({ name }) => this.#core.backplane.erase(name),
    passedOn: ({ passed, orphaned }) => {
      for (const room of passed) {
        this.#roomRequests.tell(room, { owner: room.owner.name });
        this.#core.tellPowersOf(room.owner);
      }
      for (const room of orphaned) {
        if (room.isPrivate) this.#roomRequests.close(room, {});
        else this.#presence.forgetModeration(room);
      }
    },
  };

  /**
   * Creates a hub without sessions.
   *
   * @param dependencies see {@linkcode HubDependencies}
   */
  constructor(dependencies: HubDependencies) {
    const core = this.#core = new HubCore(dependencies);
    this.counters = core.counters;
    const presence = this.#presence = new Presence(core);
    const nameRequests = this.#nameRequests = new NameRequests(core, presence, this.#freeing);
    this.#taking = new NameTaking(core, presence, nameRequests);
    const roomRequests = this.#roomRequests = new RoomRequests(core, presence, nameRequests);
    this.#moderationRequests = new ModerationRequests(core, presence);
    const answers = this.#answers = new HistoryAnswers(core, presence);
    this.#messages = new Messages(core, { presence, nameRequests, answers });
    this.#changeRequests = new ChangeRequests(core, presence, answers);
    this.#arrivals = new Arrivals(core, { presence, nameRequests, roomRequests, answers });
  }

  /** The message of the day, which each welcome carries; `undefined` for none. */
  get motd(): string | undefined {
    return this.#arrivals.motd;
  }

  set motd(text: string | undefined) {
    this.#arrivals.motd = text;
  }

  /** The addresses of other hubs of the same chat, to which clients may move, as in `Welcome`; none at first. */
  get hubs(): readonly string[] {
    return this.#arrivals.hubs;
  }

  set hubs(addresses: readonly string[]) {
    this.#arrivals.hubs = addresses;
  }

  /** The number of sessions. */
  get sessionCount(): number {
    return this.#core.sessions.size;
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
    return this.#arrivals.connect(transport);
  }

  /**
   * Ends a session whose client has not given the password in time. Does nothing if it has.
   *
   * @param session the session
   */
  endUnadmitted(session: Session): void {
    this.#arrivals.endUnadmitted(session);
  }

  /**
   * Records that a client has sent something.
   *
   * @param session the session of the client
   */
  markActive(session: Session): void {
    session.activeAt = this.#core.dependencies.clock.elapsed();
  }

  /**
   * Carries out a request of a client, or refuses it. Never throws for anything that a client can send.
   *
   * @param session the session of the client
   * @param message the request; a plain text need be valid only until this returns
   */
  receive(session: Session, message: ClientMessage | PlainSay): void {
    if (session.closed || this.#core.shuttingDown) return;
    if (session.unanswered > 0 && !isSaying(message)) {
      return this.#core.hold(session, this.#core.answered(session)!, () => this.receive(session, message));
    }
    this.#core.counters.receive(message.code);
    try {
      this.#dispatch(session, message);
    } catch (error) {
      this.#core.fail(session, error, message.ref);
    }
  }

  /**
   * Takes what a hub of the cluster tells of its people, this one included. To be called in the order of the log.
   *
   * @param event what it tells
   * @param from the hub
   */
  tellPeople(event: PeopleEvent, from: HubStart): void {
    this.#taking.take(event, from);
  }

  /** Tells the other hubs of a cluster of all sessions, and of names that are being taken, once more. */
  tellAll(): void {
    if (this.#core.shuttingDown) return;
    this.#presence.tellAll();
    this.#taking.tellAgain();
  }

  /**
   * Sends a keep-alive, a pong that answers no ping, to the clients of a hub in a cluster whose requests have waited
   * since the last call: their pings wait as well. To be called from time to time.
   */
  sendKeepAlives(): void {
    const waiting = [...this.#core.sessions.values()].filter(({ extended, unanswered, busy }) =>
      extended && (unanswered > 0 || busy !== undefined)
    );
    for (const session of waiting) {
      if (this.#waiting.has(session)) this.#core.push(session, replies.pong(undefined));
    }
    this.#waiting = new Set(waiting);
  }

  /** Refuses what waits for other hubs of a cluster, as they are not reached. */
  refuseTakings(): void {
    this.#taking.refuseAll();
  }

  /**
   * Shows a text of another hub to everyone here.
   *
   * @param text the text
   * @param room only in this room, if it is given
   */
  announce(text: string, room: string | undefined): void {
    if (!this.#core.shuttingDown) this.#moderationRequests.announce(text, room);
  }

  /** How many sessions are announced at other hubs of a cluster. */
  get remoteSessionCount(): number {
    return this.#core.people?.size ?? 0;
  }

  /** Stores all messages that wait, and acknowledges them. To be called before anything is written to any client. */
  settle(): void {
    this.#core.settle();
  }

  /**
   * Stores and acknowledges the messages of a client that still wait.
   *
   * @param session the session of the client
   */
  settleSession(session: Session): void {
    this.#core.settleSession(session);
  }

  /**
   * Waits until the messages count that a client has sent, which takes some time in a cluster.
   *
   * @param session the session of the client
   * @returns resolves then; `undefined` if none waits
   */
  answered(session: Session): Promise<void> | undefined {
    return this.#core.answered(session);
  }

  /** The part of the hub that takes what comes from other hubs; `undefined` if the hub is in no cluster. */
  get clustered(): ClusteredBackplane | undefined {
    return this.#core.clustered;
  }

  /**
   * Tries to store messages again if storing has stopped. Call it from time to time after `paused`.
   *
   * @returns whether messages are stored
   */
  retryStorage(): boolean {
    return this.#core.stored?.retryStorage() ?? true;
  }

  /**
   * Removes empty rooms from the list whose history is gone.
   *
   * @param keys the keys of their names; keys of other conversations are ignored
   */
  forgetRooms(keys: Iterable<string>): void {
    for (const key of keys) if (this.#core.rooms.unseal(key)) this.#core.history?.seal(key, false);
    this.#core.rooms.forget(keys);
  }

  /**
   * Tells whether there is a room, also an empty one, and one that nobody but its members may know of.
   *
   * @param name any text
   * @returns whether joining it would not create it
   */
  hasRoom(name: string): boolean {
    return this.#core.rooms.nameOf(name) !== undefined;
  }

  /**
   * Tells a client that the hub refuses something that it sent: by a 206, or by a 200 from `server` if the client
   * speaks only the base protocol.
   *
   * @param session the session of the client
   * @param error why the hub refuses it
   */
  refuse(session: Session, error: ProtocolError): void {
    this.#core.refuse(session, error);
  }

  /**
   * Tells a client that it sends faster than its rate limit, and that its requests wait. A base client is not told,
   * since nothing is refused.
   *
   * @param session the session of the client
   * @param waitMs how long its next request waits, in milliseconds
   */
  notifyThrottled(session: Session, waitMs: number): void {
    if (session.closed || this.#core.shuttingDown) return;
    this.#core.counters.refuse("too_fast");
    this.#core.dependencies.refused?.(session, "too_fast");
    if (!session.extended) return;
    this.#core.reply(session, replies.throttled(waitMs));
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
    this.#presence.end(session, reason, dropReason, retryAfterMs);
  }

  /**
   * Closes a session whose client has disconnected; everyone else receives a 204. Calling it again does nothing.
   *
   * @param session the session of the client
   */
  disconnect(session: Session): void {
    this.#presence.disconnect(session);
  }

  /**
   * Announces the new sessions that have been silent for `ANNOUNCE_SILENT_MS`, and tells how many people are in big
   * rooms. `wakeAfter` asks for this call.
   */
  tick(): void {
    this.#core.ticked();
    this.#arrivals.tick();
    if (!this.#core.shuttingDown) this.#core.bigRooms.tick();
  }

  /**
   * Frees the names that their owners have not used for too long. To be called about once a minute.
   */
  expireNames(): void {
    this.#nameRequests.expireNames();
  }

  /**
   * Frees a name, as an operator wants it.
   *
   * @param owner the owner of the name
   */
  freeName(owner: Owner): void {
    this.#nameRequests.freeName(owner);
  }

  /**
   * Gives the sessions with a name to its keys, after the keys have changed: those with a new key own the name, those
   * with a former one get another name.
   *
   * @param owner the owner of the name
   */
  keysChanged(owner: Owner): void {
    this.#nameRequests.keysChanged(owner);
    this.#presence.enforceBansOf(owner);
  }

  /**
   * Acts on what other hubs of a cluster have changed about names and rooms.
   *
   * @param changes the changes, which are stored, in their order
   */
  registryChanged(changes: readonly RegistryChange[]): void {
    if (this.#core.shuttingDown) return;
    for (const change of changes) {
      switch (change.what) {
        case "owner":
          this.#nameRequests.ownedElsewhere(change.owner, change.added.length > 0);
          break;
        case "freed":
          this.#nameRequests.unown(change.owner);
          break;
        case "room":
          this.#roomRequests.changedElsewhere(change);
          break;
        case "member":
          this.#roomRequests.membershipElsewhere(change);
      }
    }
  }

  /** Tells everyone that the hub shuts down (205). From then on it carries out, refuses and announces nothing. */
  shutDown(): void {
    this.#core.backplane.settle();
    this.#core.shuttingDown = true;
    // What is not back from the log of a cluster may never be: nobody waits for it any more.
    this.#taking.refuseAll();
    this.#core.clustered?.stopHolding();
    for (const session of this.#core.sessions.values()) this.#core.abandonUnanswered(session);
    for (const session of this.#core.sessions.values()) {
      if (session.inMain) session.lastRoom = this.#core.rooms.main;
      else this.#core.show(session.lastRoom = mailboxOf(session).room, { code: Code.HubDown });
    }
    this.#core.show(this.#core.rooms.main, { code: Code.HubDown });
  }

  #rename(session: Session, message: Rename): void {
    const wanted = this.#nameRequests.checkRename(session, message);
    this.#taking.withName(session, wanted, message.ref, () => this.#nameRequests.rename(session, message));
  }

  #hello(session: Session, message: Hello): void {
    const newcomer = this.#arrivals.check(session, message);
    if (newcomer === undefined) return;
    const { wanted } = newcomer;
    const takeName = () => {
      this.#taking.withName(
        session,
        wanted,
        message.ref,
        () => this.#arrivals.hello(session, message, newcomer),
      );
      if (wanted !== undefined && this.#arrivals.isAhead(message)) this.#presence.pauseMain(session);
    };
    const used = this.#arrivals.claimInvite(session, message, newcomer);
    if (used === undefined) takeName();
    else this.#core.continueAfter(session, used, message.ref, takeName);
  }

  #dispatch(session: Session, message: ClientMessage | PlainSay): void {
    if (!session.admitted && message.code !== Code.Hello) {
      if (session.extended) {
        throw this.#core.dependencies.passwordGate === undefined
          ? new ProtocolError("not_allowed", "Cannot do that yet: your client must show an invite first")
          : new ProtocolError(
            "bad_password",
            "Cannot do that yet: your client must give the password of this hub first",
          );
      }
      if (!this.#arrivals.admitBase(session)) return;
    }
    switch (message.code) {
      case Code.Say:
        return this.#messages.say(session, message);
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
        return this.#messages.sayIn(session, message);
      case Code.SayTo:
        return this.#messages.sayTo(session, message);
      case Code.AskHistory:
        return this.#answers.page(session, message);
      case Code.Who:
        return this.#presence.who(session, message);
      case Code.Join:
        return this.#roomRequests.join(session, message);
      case Code.Leave:
        return this.#roomRequests.leave(session, message);
      case Code.ListRooms:
        return this.#roomRequests.list(session, message);
      case Code.ListConversations:
        return this.#answers.conversations(session, message);
      case Code.DeleteLines:
      case Code.EditLine:
      case Code.React:
        return this.#changeRequests.carryOut(session, message);
      case Code.AskChanges:
        return this.#answers.changes(session, message);
      case Code.AskMentions:
        return this.#answers.mentions(session, message);
      case Code.Ping:
        return this.#core.reply(session, replies.pong(message.ref));
      case Code.AskRoom:
      case Code.SetRoom:
      case Code.Invite:
      case Code.RemoveMember:
      case Code.DeleteRoom:
        return this.#roomRequests.carryOut(session, message);
      case Code.MakeInvite:
        return this.#arrivals.makeInvite(session, message);
      case Code.RevokeInvite:
        return this.#arrivals.revokeInvite(session, message);
      case Code.AskInvites:
        return this.#arrivals.listInvites(session, message);
      case Code.Moderate:
        return this.#moderationRequests.moderate(session, message);
      case Code.AskBans:
        return this.#moderationRequests.list(session, message);
      default:
        return this.#nameRequests.carryOut(session, message);
    }
  }
}

/** Checks for a chat message, which need not wait for the answers to earlier ones. */
function isSaying({ code }: ClientMessage | PlainSay): boolean {
  return code === Code.Say || code === Code.SayIn || code === Code.SayTo;
}
