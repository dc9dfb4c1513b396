/**
 * One client of the hub: its name, its rooms, and the bytes that wait to be written to it.
 *
 * @module
 */
import { nameKey, type ServerMessage } from "../../protocol/mod.ts";
import type { Invite } from "../invites/mod.ts";
import type { NameUser, Owner } from "../registry/mod.ts";
import type { RemoteSession, TakenName } from "./remote_people.ts";
import { type BroadcastLog, type LogCursor, Outbox, type ReplyQueue, type Writer } from "../fanout/mod.ts";

/** The connection of a session, as the hub uses it. */
export interface Transport extends Writer, ReplyQueue {
  /** The address of the client as the operating system reports it, if it is known. */
  readonly address?: string | undefined;
  /** The SHA-256 fingerprint of the certificate that the client was shown, if the hub speaks TLS with it. */
  readonly certificate?: string | undefined;
  /** The origin of the page, if one has opened the connection: one of this hub, or of another one of the chat. */
  readonly page?: string | undefined;
  /** Called when the client has sent a chat message, and probably waits to receive it. */
  authorSpoke(): void;
  /**
   * Called when a request of the client that reads the history is finished.
   *
   * @param ms how long the hub has worked on it, without pauses, in milliseconds
   */
  searched(ms: number): void;
  /**
   * Called when messages of the history are in the outbox for the client.
   *
   * @param bytes how many bytes they take
   */
  historySent(bytes: number): void;
  /**
   * Called when the hub has ended the session: the bytes in the outbox are the last ones for the client.
   *
   * @param reason why, as a text for the user
   */
  sessionEnded(reason: string): void;
}

/** A room as its members know it. A separate type, so that the files of sessions and rooms do not import each other. */
export interface MemberRoom {
  /** Its name, without `#`; empty for a mailbox. */
  readonly name: string;
  /** The sequence number of its last message; 0 for none. */
  readonly lastSequence: number;
  /** The sessions that are members. */
  readonly members: ReadonlySet<Session>;
  /** The frames that its members receive. */
  readonly log: BroadcastLog;
  /** The cursor of the journal, if messages are stored. */
  readonly journalCursor: LogCursor | undefined;
  /** Removes a session. */
  remove(session: Session): void;
}

/** The membership of a session in a room, and its read position there. */
export interface Membership {
  /** The room. */
  readonly room: MemberRoom;
  /** The read position of the session in the log of the room. */
  readonly cursor: LogCursor;
  /** The number of the last message shown before the session joined; it receives those above it as they are sent. */
  readonly sinceSequence: number;
}

/** An invite that a client has used. */
export interface UsedInvite {
  /** The invite. */
  readonly invite: Invite;
  /** Whether the client is still to get what it is for: a name, a room. */
  readonly isNew: boolean;
}

/** One client of the hub, from connecting to disconnecting. */
export class Session implements NameUser {
  /** Its id on this hub, such as `c17`; the log names its connection by it, too. */
  readonly id: string;
  /** Its connection. */
  readonly transport: Transport;
  /** The value of `Backplane.settleCount` from which on all its messages are acknowledged. */
  settlesAt = 0;
  /** How many of its messages do not count yet, in a cluster. */
  unanswered = 0;
  /** The outcome of taking a name last in a cluster, and the key of that name. */
  taken: TakenName & { key: string } | undefined;
  /** The session at another hub whose client goes on in this one, until the rooms of this one are known. */
  continues: RemoteSession | undefined;
  /** Whether the other hubs know of it. */
  told = false;
  /** Pending until none is left, if somebody waits for that. */
  answered: PromiseWithResolvers<void> | undefined;
  /** The replies to later requests, which wait for the answers to those messages. */
  deferred: ServerMessage[] | undefined;
  /** Pending while a request of it takes several turns: nothing more is read from its client until then. */
  busy: Promise<void> | undefined;
  /** The key of its name, the same for all spellings. */
  key: string;
  #name: string;
  /** The result of `sessionAuthor`, if its client gave the secret of its session. */
  person: string | undefined;
  /** The nonce of its 202, if the hub knows owned names. */
  nonce = "";
  /** The key that its client has proved to have, as the base64 of an OpenSSH blob. */
  identity: string | undefined;
  /** The owner of its name, if the name belongs to its key. */
  owner: Owner | undefined;
  /** As {@linkcode NameUser.choseName}. */
  choseName = false;
  /** As {@linkcode NameUser.toldNotOwned}. */
  toldNotOwned: string | undefined;
  /** Whether its client has sent hello, and so speaks the extension. */
  extended = false;
  /** Whether its hello was answered with a welcome. */
  welcomed = false;
  /** Whether its client has given the password of the hub. */
  gavePassword = false;
  /** Whether it may send and receive messages: its client has given the password, and nothing keeps it out. */
  admitted = true;
  /**
   * The value of `Powers.version` at which nothing kept it from saying anything in its rooms; -1 if that is not known.
   */
  freeToSpeak: number = -1;
  /** When it has said something last in rooms with slow mode, by the keys of their names and `Clock.elapsed`. */
  spokeAt: Map<string, number> | undefined;
  /** The last 230 that it was sent, as JSON. */
  toldPowers = "";
  /** The invite that its client has used on this connection. */
  invite: UsedInvite | undefined;
  /** Whether everyone was told that it joined. */
  announced = false;
  /** Whether others may know its name by a message, and follow it: one that its client sent, or a direct one to it. */
  known = false;
  /** Whether its joins, leaves and renames are hidden from others. */
  quiet = false;
  /** Whether it is in `main`. Every session is, except a quiet one that is in other rooms only. */
  inMain = true;
  /** The longest time between two messages of its client, in milliseconds, if the client has promised one. */
  heartbeatMs: number | undefined;
  /** Whether its client has disconnected or the hub has ended it. */
  closed = false;
  /** When it connected, by `Clock.elapsed`, in milliseconds. */
  readonly connectedAt: number;
  /** When its client last sent anything, by `Clock.elapsed`, in milliseconds. */
  activeAt: number;
  /** The replies to it that wait to be written. */
  readonly outbox: Outbox;
  /** Its rooms. */
  memberships: Membership[] = [];
  /** The direct messages from others; created with the first one. */
  mailbox: Membership | undefined;
  /** The room whose log is taken last once the hub shuts down, since that log ends with the 205. */
  lastRoom: MemberRoom | undefined;
  /** The index of the room whose log was taken last. */
  #turn = 0;

  /**
   * Creates a session that is in no room.
   *
   * @param id its id on this hub
   * @param name its first name
   * @param transport its connection
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  constructor(id: string, name: string, transport: Transport, now: number) {
    this.id = id;
    this.#name = name;
    this.key = nameKey(name);
    this.transport = transport;
    this.outbox = new Outbox(transport);
    this.connectedAt = this.activeAt = now;
  }

  /** Its current name. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.key = nameKey(name);
    // A mute may hold for the name.
    this.freeToSpeak = -1;
  }

  /** Whether the hub knows that its name belongs to it. */
  get verified(): boolean {
    return this.owner !== undefined;
  }

  /** Under which author the ids of its messages are remembered: its person, or else the key of its name. */
  get author(): string {
    return this.person ?? this.key;
  }

  /** The number of bytes that wait to be written to it. */
  get waitingBytes(): number {
    let bytes = this.outbox.byteLength;
    for (const { cursor } of this.memberships) bytes += cursor.lagBytes;
    return bytes + (this.mailbox?.cursor.lagBytes ?? 0);
  }

  /**
   * Moves the unread frames of a room into the outbox, ahead of all later replies: the session is about to leave the
   * room.
   *
   * @param room one of its rooms
   */
  queueUnread(room: MemberRoom): void {
    const cursor = this.memberships.find((membership) => membership.room === room)?.cursor;
    for (const frames of cursor?.takeRemaining() ?? []) this.outbox.pushFrames(frames);
  }

  /**
   * Drops the unread frames of a room, which the session is not to receive.
   *
   * @param room one of its rooms
   */
  skipUnread(room: MemberRoom): void {
    this.memberships.find((membership) => membership.room === room)?.cursor.takeRemaining();
  }

  /**
   * Takes the next bytes to write: replies first, then the logs of its rooms and its mailbox in turn, so that a flood
   * in one of them does not delay the others.
   *
   * @returns whole frames in one piece; empty when nothing waits
   */
  take(): Uint8Array {
    if (this.outbox.byteLength > 0) return this.outbox.take();
    const { memberships, mailbox } = this;
    const count = memberships.length + (mailbox === undefined ? 0 : 1);
    let last: LogCursor | undefined;
    for (let tried = 0; tried < count; tried++) {
      this.#turn = this.#turn + 1 < count ? this.#turn + 1 : 0;
      const { room, cursor } = memberships[this.#turn] ?? mailbox!;
      if (cursor.lagBytes === 0) continue;
      if (room !== this.lastRoom) return cursor.take();
      last = cursor;
    }
    return last?.take() ?? EMPTY;
  }
}

const EMPTY = new Uint8Array(0);
