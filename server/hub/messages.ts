/**
 * Chat messages: to `main`, to other rooms, to one user.
 *
 * PURE.
 *
 * @module
 */
import {
  checkText,
  Code,
  MAX_NAME_CHARS,
  nameKey,
  type PlainSaid,
  type PlainSay,
  type PlainText,
  ProtocolError,
  type Said,
  type SaidTo,
  type Say,
  type SayIn,
  type SayTo,
} from "../../protocol/mod.ts";
import type { RoomEvent } from "../backplane/mod.ts";
import { contentDigest, directKey } from "../history/mod.ts";
import { MAX_MAILBOX_BYTES, MAX_STALL_MS } from "../limits.ts";
import type { Room, Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { NameRequests } from "./name_requests.ts";
import type { HistoryAnswers } from "./history_answers.ts";
import { checkReply } from "./message_changes.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

type MessageId = NonNullable<RoomEvent["messageId"]>;

/** What {@linkcode Messages} use besides the state of the hub. */
interface MessagesDependencies {
  /** Tells others who is here. */
  presence: Presence;
  /** Gives and frees names. */
  nameRequests: NameRequests;
  /** Reads the history. */
  answers: HistoryAnswers;
}

/** Publishes what clients say. */
export class Messages {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;
  readonly #answers: HistoryAnswers;

  /**
   * Handles the messages of clients.
   *
   * @param core the state of the hub
   * @param requests what handles other requests
   */
  constructor(core: HubCore, { presence, nameRequests, answers }: MessagesDependencies) {
    this.#core = core;
    this.#presence = presence;
    this.#nameRequests = nameRequests;
    this.#answers = answers;
  }

  /** Publishes a message in `main`. */
  say(session: Session, { message, ref }: Say | PlainSay): void {
    // A plain text was checked when it was parsed.
    if (typeof message === "string") checkText(message);
    if (!session.inMain) this.#core.rooms.joinedRoom(session, this.#core.rooms.main.name);
    this.#checkMaySpeak(session, this.#core.rooms.main.name);
    this.#presence.announce(session);
    this.#sayInRoom(session, this.#core.rooms.main, message, ref);
  }

  /** Publishes a message in a room, once for each id of a client. */
  sayIn(session: Session, request: SayIn, replyIsChecked = false): void {
    const { room: name, message, id, ref, reply_to: replyTo } = request;
    const messageId = messageIdOf(session, id, () => contentDigest(nameKey(name), message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const room = this.#core.rooms.joinedRoom(session, name);
    if (this.#needsCheck(replyTo, replyIsChecked)) {
      return this.#checkReply(session, { place: room.name, sequence: replyTo, ref }, () => {
        this.sayIn(session, request, true);
      });
    }
    this.#checkMaySpeak(session, room.name);
    this.#presence.announce(session);
    this.#sayInRoom(session, room, message, ref, messageId, replyIsChecked ? replyTo : undefined);
  }

  /** Whether a message is a reply whose other message must be looked up first; a hub without a history ignores that. */
  #needsCheck(replyTo: number | undefined, isChecked: boolean): replyTo is number {
    return replyTo !== undefined && !isChecked && this.#core.history !== undefined;
  }

  /** Checks that a client may reply to a message, and says it when that is known. */
  #checkReply(
    session: Session,
    request: { place: string; sequence: number; ref: string | undefined },
    say: () => void,
  ): void {
    this.#answers.readLine(session, request, (line) => {
      checkReply(line, request.sequence, this.#core.rooms.floorOf(request.place, session));
      say();
    });
  }

  /** Checks that somebody may say something in a room, or to another user. */
  #checkMaySpeak(session: Session, room: string | undefined): void {
    const { powers } = this.#core;
    if (session.freeToSpeak !== powers.version) powers.checkMaySpeak(session, room);
  }

  #sayInRoom(
    session: Session,
    room: Room,
    message: string | PlainText,
    ref?: string,
    messageId?: MessageId,
    replyTo?: number,
  ): void {
    if (session.identity !== undefined) this.#nameRequests.claimName(session);
    const line = {
      timestamp: this.#core.dependencies.clock.wall(),
      username: session.name,
      message,
      sequence: 0,
      room: room.name,
      verified: session.verified,
    };
    const said = { code: Code.Said, message: line } as Said | PlainSaid;
    if (replyTo !== undefined) (said as Said).message.reply_to = replyTo;
    session.known = true;
    this.#core.publish(session, room.name, said, { ref, messageId });
    // Many clients send their next message only when they have received this one.
    session.transport.authorSpoke();
  }

  /**
   * Answers a message that was sent before as it was answered then; returns whether it was sent before. Another message
   * with the same id is new: somebody else may have had the name, and may have used the id.
   */
  #answerDuplicate(session: Session, { author, id, digest }: MessageId, ref: string | undefined): boolean {
    const receipt = this.#core.backplane.receipt(author, id);
    if (receipt === undefined || (receipt.digest ?? digest) !== digest) return false;
    // The first one may still wait: only settling shows whether it is stored.
    this.#core.backplane.settle();
    this.#presence.announce(session);
    if (ref !== undefined) this.#core.reply(session, replies.done(ref, receipt.sequence, receipt.stored));
    return true;
  }

  /** Sends a direct message: the author and the reader receive it, and nobody else. */
  sayTo(session: Session, request: SayTo, replyIsChecked = false): void {
    const { to, message, id, ref, reply_to: replyTo } = request;
    const messageId = messageIdOf(session, id, () => contentDigest(`@${nameKey(to)}`, message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const readers = this.#core.names.find(to);
    const reader = readers[0] ?? this.#remoteReader(to);
    if (reader === undefined) {
      throw new ProtocolError("no_such_user", "Cannot send your message: no user of that name is online");
    }
    if (
      readers.length > 0 &&
      readers.every(({ mailbox }) => (mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES)
    ) {
      throw new ProtocolError(
        "unavailable",
        `Cannot send your message to ${reader.name} now: too many messages wait there unread; try again later`,
        { retryAfterMs: MAX_STALL_MS },
      );
    }
    if (this.#needsCheck(replyTo, replyIsChecked)) {
      const place = directKey(session.key, reader.key);
      return this.#checkReply(session, { place, sequence: replyTo, ref }, () => {
        this.sayTo(session, request, true);
      });
    }
    this.#checkMaySpeak(session, undefined);
    this.#presence.announce(session);
    // Another device may lose the name by the next line.
    const { name: addressee, key } = reader;
    if (session.identity !== undefined) this.#nameRequests.claimName(session);
    const timestamp = this.#core.dependencies.clock.wall();
    const { name: username, verified } = session;
    const reply = replyIsChecked && replyTo !== undefined ? { reply_to: replyTo } : {};
    const line = { timestamp, username, message, to: addressee, verified, ...reply };
    const said: SaidTo = { code: Code.SaidTo, message: line };
    const more = { to: key, ref, messageId };
    session.known = true;
    this.#core.publish(session, directKey(session.key, key), said, more);
  }

  /** Finds somebody at another hub to whom a direct message is sent. */
  #remoteReader(to: string): { name: string; key: string } | undefined {
    if (this.#core.people === undefined || to.length > 2 * MAX_NAME_CHARS) return undefined;
    const key = nameKey(to);
    for (const { name } of this.#core.people.withKey(key)) return { name, key };
    return undefined;
  }
}

/** Names a message for deduplication, if its client gave it an id. */
function messageIdOf(
  { author }: Session,
  id: string | undefined,
  digest: () => string,
): MessageId | undefined {
  return id === undefined ? undefined : { author, id, digest: digest() };
}
