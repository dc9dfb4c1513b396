/**
 * What all requests share: the sessions, names, rooms and the backplane of a hub, and the ways to reach clients.
 *
 * A reply goes into the outbox of one session. A message for everyone in a room goes to the backplane (`publish`);
 * when the backplane returns it in order, it goes into the log of the room (`show`).
 *
 * PURE. The file is long because half of it is documentation.
 *
 * @module
 */
import {
  Code,
  encodeFrame,
  type LineChanged,
  nameKey,
  type PlainSaid,
  PlainText,
  ProtocolError,
  type SaidTo,
  serialize,
  type ServerMessage,
} from "../../protocol/mod.ts";
import {
  type Backplane,
  ClusteredBackplane,
  EmbeddedBackplane,
  isLine,
  type RoomEvent,
  StoredBackplane,
} from "../backplane/mod.ts";
import type { Page } from "../fanout/mod.ts";
import { type History, StorageError } from "../history/mod.ts";
import { MAX_DEFERRED_REFUSALS, MAX_MAILBOX_BYTES } from "../limits.ts";
import { Powers } from "../powers/mod.ts";
import { isGuarded, type OwnedRoom, type Owner } from "../registry/mod.ts";
import {
  BigRooms,
  mailboxOf,
  type MemberRoom,
  Names,
  RemotePeople,
  Rooms,
  type Session,
} from "../sessions/mod.ts";
import { Counters } from "./counters.ts";
import type { HubDependencies } from "./dependencies.ts";
import * as replies from "./replies.ts";

/** What users read when storing stops. */
export const NOT_STORED = "Messages are not stored right now: the hub cannot write to its disk";

/** What users read when storing works again. */
const STORED_AGAIN = "Messages are stored again";

/** The state of a hub, and the ways to reach its clients. */
export class HubCore {
  /** Event counters of the hub and of the connections to it. */
  readonly counters: Counters = new Counters();
  /** What the hub calls, and what it reports to its host. */
  readonly dependencies: HubDependencies;
  /** Orders and numbers the messages of rooms. */
  readonly backplane: Backplane;
  /** All rooms. */
  readonly rooms: Rooms;
  /** The stored messages, if there are any. */
  readonly history: History | undefined;
  /** The backplane, if it stores messages. */
  readonly stored: StoredBackplane | undefined;
  /** The backplane, if the hub is in a cluster. */
  readonly clustered: ClusteredBackplane | undefined;
  /** The sessions by their ids. */
  readonly sessions: Map<string, Session> = new Map();
  /** The names in use. */
  readonly names: Names = new Names();
  /** Who is at other hubs, if the hub is in a cluster. */
  readonly people: RemotePeople | undefined;
  /** Who may moderate what, who is kept out, and who may not speak. */
  readonly powers: Powers;
  /** The rooms whose joins and leaves are not announced. */
  readonly bigRooms: BigRooms;
  /** Whether everyone was told that the hub shuts down. */
  shuttingDown = false;
  /** When the next call of `Hub.tick` is asked for, by `Clock.elapsed`; infinite for none. */
  #tickAt = Infinity;
  /** The rooms whose log grew since `#takeShown` was called last. */
  readonly #grown = new Set<MemberRoom>();

  /**
   * Creates a hub without sessions.
   *
   * @param dependencies see {@linkcode HubDependencies}
   */
  constructor(dependencies: HubDependencies) {
    this.dependencies = dependencies;
    this.powers = new Powers(dependencies);
    const { history: storage, clock, cluster } = dependencies;
    const apply = (event: RoomEvent, sequence: number) => this.#apply(event, sequence);
    const acknowledge = (event: RoomEvent, sequence: number, stored: boolean) =>
      this.#acknowledge(event, sequence, stored);
    const now = () => clock.wall();
    const owned = dependencies.ownership?.rooms;
    if (storage === undefined) {
      this.backplane = new EmbeddedBackplane(apply, acknowledge, now);
      this.rooms = new Rooms({ limits: dependencies.rooms, owned });
      this.bigRooms = this.#makeBigRooms();
      return;
    }
    const { history } = storage;
    this.history = history;
    const inner = this.backplane = this.stored = new StoredBackplane(history, {
      apply,
      // What is in the log of a cluster is stored, whatever becomes of its copy here.
      acknowledge: cluster === undefined
        ? acknowledge
        : (event, sequence) => acknowledge(event, sequence, true),
      takeProgress: cluster && (() => this.clustered!.takeProgress()),
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
    if (cluster !== undefined) {
      this.people = new RemotePeople(cluster.log);
      this.backplane = this.clustered = new ClusteredBackplane({
        history,
        inner,
        log: cluster.log,
        answered: (line, error) => this.#answered(line, error),
      });
    }
    this.rooms = new Rooms({
      limits: dependencies.rooms,
      lastSequence: (name) => this.backplane.lastSequence(name),
      empty: history.rooms(),
      journaled: true,
      owned,
      remote: this.people,
      sealed: this.#sealedWithoutOwner(history),
    });
    this.bigRooms = this.#makeBigRooms();
  }

  #makeBigRooms(): BigRooms {
    const { clock, rooms: limits } = this.dependencies;
    return new BigRooms({
      upTo: limits?.announceUpTo ?? 0,
      rooms: this.rooms,
      people: this.people,
      count: ({ members, name }) => this.countPeople(members, name),
      show: (room, message) => this.show(room, message),
      showExtended: (room, message) => this.#showExtended(room, message),
      push: (session, message) => this.push(session, message),
      now: () => clock.elapsed(),
      wakeAfter: (ms) => this.wakeAfter(ms),
    });
  }

  /**
   * Asks for a call of `Hub.tick`, beside those that others have asked for.
   *
   * @param ms after how many milliseconds
   */
  wakeAfter(ms: number): void {
    const at = this.dependencies.clock.elapsed() + ms;
    if (at >= this.#tickAt) return;
    this.#tickAt = at;
    this.dependencies.wakeAfter(ms);
  }

  /** Records that `Hub.tick` was called: whoever waits for more asks for the next call. */
  ticked(): void {
    this.#tickAt = Infinity;
  }

  /**
   * Counts the people in a room, those at other hubs included.
   *
   * @param members the members at this hub
   * @param room the name of the room
   * @returns how many names they have
   */
  countPeople(members: ReadonlySet<Session>, room: string): number {
    const remote = new Set<string>();
    for (const { name } of this.people?.inRoom(room) ?? []) {
      const key = nameKey(name);
      if (!this.names.withKey(key).some((session) => members.has(session))) remote.add(key);
    }
    return this.names.countPeople(members) + remote.size;
  }

  /** Finds the rooms with messages for members of whom nothing is known: who owns what was lost, or is not in use. */
  #sealedWithoutOwner(history: History): string[] {
    const owned = this.dependencies.ownership?.rooms;
    return history.sealed().filter((key) => {
      const room = owned?.find(key);
      // The hub was killed before it has recorded that the room was opened.
      if (room !== undefined && !isGuarded(room)) history.seal(key, false);
      return room === undefined;
    });
  }

  /** Stores all messages that wait, and acknowledges them. To be called before anything is written to any client. */
  settle(): void {
    this.backplane.settle();
  }

  /**
   * Stores and acknowledges the messages of a client that still wait.
   *
   * @param session the session of the client
   */
  settleSession(session: Session): void {
    if (session.settlesAt > this.backplane.settleCount) this.backplane.settle();
  }

  /**
   * Tells a client that the hub refuses something that it sent: by a 206, or by a 200 from `server` if the client
   * speaks only the base protocol.
   *
   * @param session the session of the client
   * @param error why the hub refuses it
   */
  refuse(session: Session, error: ProtocolError): void {
    if (session.closed || this.shuttingDown) return;
    this.counters.refuse(error.word);
    this.dependencies.refused?.(session, error.word);
    if (!session.extended) return this.notify(session, error.message);
    this.reply(session, replies.refused(error));
  }

  /**
   * Refuses a request that has failed.
   *
   * @param session the session of the client
   * @param error the error; an internal one is thrown again
   * @param ref the `ref` of the request, if it has one
   */
  fail(session: Session, error: unknown, ref: string | undefined): void {
    const refusal = error instanceof StorageError ? this.historyUnreadable(error) : error;
    if (!(refusal instanceof ProtocolError)) throw error;
    const { word, message, retryAfterMs, free } = refusal;
    this.refuse(session, new ProtocolError(word, message, { ref, retryAfterMs, free, cause: error }));
  }

  /** Reports that stored messages cannot be read; returns the refusal for the client. */
  historyUnreadable(error: StorageError, ref?: string): ProtocolError {
    this.dependencies.history?.readFailed(error);
    const text = "Cannot do that: the hub cannot read its history; its log says why";
    return new ProtocolError("unavailable", text, { ref, cause: error });
  }

  /** Finds the sessions that have the name of an owner and own it. */
  devicesOf(owner: Owner): Session[] {
    return this.names.find(owner.name).filter((session) => session.owner === owner);
  }

  /** Passes something for everyone in a room, or a direct message, to the backplane. */
  publish(
    session: Session,
    room: string,
    message: RoomEvent["message"],
    more: Pick<RoomEvent, "to" | "ref" | "messageId" | "change"> = {},
  ): void {
    const event: RoomEvent = { room, message, from: session.id, ...more };
    if (this.clustered === undefined) {
      if (more.ref !== undefined) session.settlesAt = this.backplane.settlesAt;
      return this.backplane.publish(event);
    }
    this.clustered.publish(event);
    if (!isLine(event)) return;
    session.unanswered++;
    const { flowing } = this.clustered;
    if (flowing !== undefined) this.hold(session, flowing);
  }

  /**
   * Reads nothing more from a client until something has happened.
   *
   * @param session the session of the client
   * @param until resolves when it has
   * @param then what to do then
   */
  hold(session: Session, until: Promise<void>, then?: () => void): void {
    const busy = Promise.all([until, session.busy]).then(() => {
      if (session.busy === busy) session.busy = undefined;
      then?.();
    });
    session.busy = busy;
  }

  /**
   * Carries a request on when something is known. The client is not read from until then.
   *
   * @param session the session of the client
   * @param until resolves then; what it rejects with refuses the request
   * @param ref the `ref` of the request
   * @param then carries the request on; what it throws refuses the request
   */
  continueAfter(session: Session, until: Promise<void>, ref: string | undefined, then: () => void): void {
    let carryOn = then;
    const known = until.catch((error) => {
      carryOn = () => {
        throw error;
      };
    });
    this.hold(session, known, () => {
      if (session.closed || this.shuttingDown) return;
      try {
        carryOn();
      } catch (error) {
        this.fail(session, error, ref);
      }
    });
  }

  /**
   * Waits until the messages of a client count that it has sent before, as a message takes some time in a cluster.
   *
   * @param session the session of the client
   * @returns resolves then; `undefined` if none waits
   */
  answered(session: Session): Promise<void> | undefined {
    if (session.unanswered === 0) return undefined;
    return (session.answered ??= Promise.withResolvers()).promise;
  }

  /** Records that a message of a client counts, or is refused. */
  #answered({ from, ref }: RoomEvent, error?: ProtocolError): void {
    const session = from === undefined ? undefined : this.sessions.get(from);
    if (session === undefined) return;
    if (error !== undefined) {
      const { word, message, retryAfterMs } = error;
      this.refuse(session, new ProtocolError(word, message, { ref, retryAfterMs }));
    } else {
      if (ref !== undefined) session.settlesAt = this.backplane.settlesAt;
      // As when it was said: only now it can be written.
      session.transport.authorSpoke();
    }
    if (--session.unanswered === 0) this.#endUnanswered(session);
  }

  /** Sends the replies that wait for the answers to earlier messages. */
  #endUnanswered(session: Session): void {
    session.unanswered = 0;
    const { deferred } = session;
    session.deferred = undefined;
    if (deferred !== undefined) this.settleSession(session);
    for (const message of deferred ?? []) this.push(session, message);
    session.answered?.resolve();
    session.answered = undefined;
  }

  /**
   * Waits no longer for the answers to the messages of a client, whose session ends.
   *
   * @param session the session
   */
  abandonUnanswered(session: Session): void {
    if (session.unanswered > 0) this.#endUnanswered(session);
  }

  /** Shows an event that the backplane returns; returns whether it is in the log of its room. */
  #apply({ room, message, from, to }: RoomEvent, sequence: number): boolean {
    if (message.code === Code.SaidTo || message.code === Code.LineChanged && to !== undefined) {
      const author = from === undefined ? undefined : this.sessions.get(from);
      const key = author?.key ?? (from === undefined ? authorKeyOf(message) : undefined);
      if (from === undefined && message.code === Code.SaidTo) {
        this.people?.spoke(message.message.username, this.dependencies.clock.wall());
      }
      if (message.code === Code.SaidTo) this.#showTo(message, { author, key, to: to! });
      else this.#showDirectChange(message, { key, to: to! });
      return false;
    }
    const shown = this.rooms.find(room);
    if (from === undefined && message.code === Code.Said) {
      this.people?.spoke(message.message.username, this.dependencies.clock.wall());
      this.powers.spokeElsewhere(message.message, room, this.clustered?.isCaughtUp === true);
    }
    // Its last member has left in the meantime, or all are at other hubs.
    if (shown === undefined) {
      if (message.code === Code.Said) this.rooms.keepEmpty({ name: room, lastSequence: sequence });
      return false;
    }
    if (message.code === Code.Said) message.message.sequence = shown.lastSequence = sequence;
    else if (message.code === Code.LineChanged) {
      this.#showChange(shown, message);
      return false;
    } else if (
      this.bigRooms.hides(shown, message, from === undefined ? undefined : this.sessions.get(from))
    ) {
      return false;
    }
    this.show(shown, message);
    return true;
  }

  #acknowledge(
    { from, ref, change, isSuperseded = false }: RoomEvent,
    sequence: number,
    stored: boolean,
  ): void {
    const author = from === undefined ? undefined : this.sessions.get(from);
    if (!author?.extended) return;
    const count = change?.kind === "delete" ? Number(!isSuperseded) : undefined;
    this.push(author, replies.done(ref!, change?.sequence ?? sequence, stored, count));
  }

  /** Shows a direct message to all devices of its author and of its reader. */
  #showTo(said: SaidTo, { author, key, to }: DirectApplied & { author: Session | undefined }): void {
    // Its author may follow the name of the reader.
    for (const session of this.names.withKey(to)) session.known = true;
    this.people?.writtenTo(to);
    // Not a reply: it need not wait until earlier messages are acknowledged.
    if (author !== undefined) this.push(author, said);
    for (const session of this.#devicesWith(to, key)) {
      if (session === author) continue;
      const { room } = mailboxOf(session);
      this.show(room, session.extended ? said : replies.directForBase(said));
    }
  }

  /** Finds the devices of both users of a direct conversation. */
  #devicesWith(to: string, from: string | undefined): Set<Session> {
    return new Set([...this.names.withKey(to), ...from === undefined ? [] : this.names.withKey(from)]);
  }

  /** Shows a change of a message to everyone in its room; clients of the base get an edit as a new message. */
  #showChange(room: MemberRoom, change: LineChanged): void {
    const base = this.#showExtended(room, change);
    const edit = replies.editForBase(change);
    if (edit === undefined || base.length === 0) return;
    this.counters.send(edit.code, base.length);
    // Encoded once: there may be thousands of them.
    const frame = encodeFrame(serialize(edit)).slice();
    for (const session of base) session.outbox.pushFrames(frame);
  }

  /** Shows a message to the members of a room that speak the extension; returns the others. */
  #showExtended(room: MemberRoom, message: ServerMessage): Session[] {
    const base = [...room.members].filter(({ extended }) => !extended);
    for (const session of base) session.queueUnread(room);
    this.show(room, message);
    for (const session of base) session.skipUnread(room);
    return base;
  }

  /** Shows a change of a direct message to all devices of both users. */
  #showDirectChange(change: LineChanged, { key, to: partner }: DirectApplied): void {
    const { username = "", to = "" } = change;
    for (const session of this.#devicesWith(partner, key)) {
      const other = session.key === nameKey(username) ? to : username;
      const shown = session.extended ? { ...change, room: `@${other}` } : replies.editForBase(change);
      if (shown !== undefined) this.show(mailboxOf(session).room, shown);
    }
  }

  /** Appends a message to the log of a room, so that its members receive it. */
  show(room: MemberRoom, message: ServerMessage | PlainSaid): void {
    this.counters.send(message.code, room.members.size);
    const bytes = isPlain(message)
      ? room.log.appendPlain(message.message)
      : room.log.append(serialize(message));
    if (this.history !== undefined) this.#grown.add(room);
    this.dependencies.roomGrew(room, bytes);
  }

  /** Shows a notice to a session beside its rooms, unless too many messages wait there unread. */
  showInMailbox(session: Session, message: ServerMessage): void {
    if (!session.extended || (session.mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES) return;
    this.show(mailboxOf(session).room, message);
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
  reply(session: Session, message: ServerMessage): void {
    if (session.unanswered > 0) {
      const deferred = session.deferred ??= [];
      deferred.push(message);
      // A client that leaves meanwhile sends again, at another hub, what it has no answer to. So messages that follow a
      // refused one are read and refused as well: later they would be taken, before that one is there.
      if (message.code === Code.Refused && deferred.length < MAX_DEFERRED_REFUSALS) return;
      // Otherwise it could wait for ever, while its client sends more and more.
      if (session.busy === undefined) this.hold(session, this.answered(session)!);
      return;
    }
    this.settleSession(session);
    this.push(session, message);
  }

  /** Sends a message to one client, also before its earlier requests are acknowledged. */
  push(session: Session, message: ServerMessage): void {
    this.counters.send(message.code, 1);
    session.outbox.push(serialize(message));
  }

  /** Tells a client what it may moderate, if that differs from what it was told last. */
  tellPowers(session: Session): void {
    if (this.dependencies.moderation === undefined || !session.welcomed || session.closed) return;
    const content = this.powers.of(session);
    const isNothing = !content.operator && content.rooms.length === 0 && content.contact === undefined;
    if (isNothing && session.toldPowers === "") return;
    const told = JSON.stringify(content);
    if (told === session.toldPowers) return;
    session.toldPowers = told;
    this.reply(session, { code: Code.Powers, ...content });
  }

  /** Tells the devices of the owner of a name what they may moderate, if that has changed. */
  tellPowersOf(owner: Owner): void {
    for (const session of this.devicesOf(owner)) this.tellPowers(session);
  }

  /** Tells the owner and the moderators of a room what they may moderate, if that has changed. */
  tellPowersIn({ name, owner }: OwnedRoom): void {
    this.tellPowersOf(owner);
    for (const one of this.dependencies.moderation?.moderatorsOf(name) ?? []) this.tellPowersOf(one);
  }

  /** Acknowledges a request that has a `ref`. */
  done(session: Session, ref: string | undefined): void {
    if (ref !== undefined) this.reply(session, replies.done(ref));
  }

  /** Replies with a list, page by page as its client takes them. */
  replyPages<T>(session: Session, next: () => Page<T>, toMessage: (page: Page<T>) => ServerMessage): void {
    session.outbox.pushPages(() => {
      const page = next();
      const message = toMessage(page);
      this.counters.send(message.code, 1);
      return { json: serialize(message), more: page.more.more === true };
    });
  }

  /** Sends a text from the hub to one client, in a form that a base client understands. */
  notify(session: Session, text: string): void {
    this.reply(session, replies.serverLine(text, this.dependencies.clock.wall()));
  }

  /** Shows a text from the hub to everyone in `main`; it is not stored. */
  #notifyEveryone(text: string): void {
    if (!this.shuttingDown) {
      this.show(this.rooms.main, replies.serverLine(text, this.dependencies.clock.wall()));
    }
  }
}

/** Whom a direct message, or a change of one, is shown to: the keys of the names of both users. */
interface DirectApplied {
  key: string | undefined;
  to: string;
}

/** Finds the key of the name of whoever says or changes something at another hub. */
function authorKeyOf(message: SaidTo | LineChanged): string {
  return nameKey(message.code === Code.SaidTo ? message.message.username : message.by ?? "");
}

/** Checks for a message whose text is still the bytes that it arrived in. */
function isPlain(message: ServerMessage | PlainSaid): message is PlainSaid {
  return message.code === Code.Said && message.message.message instanceof PlainText;
}
