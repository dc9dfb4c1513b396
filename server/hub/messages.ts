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
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

type MessageId = NonNullable<RoomEvent["messageId"]>;

/** Publishes what clients say. */
export class Messages {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;

  /**
   * Handles the messages of clients.
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

  /** Publishes a message in `main`. */
  say(session: Session, { message, ref }: Say | PlainSay): void {
    // A plain text was checked when it was parsed.
    if (typeof message === "string") checkText(message);
    if (!session.inMain) this.#core.rooms.joinedRoom(session, this.#core.rooms.main.name);
    this.#presence.announce(session);
    this.#sayInRoom(session, this.#core.rooms.main, message, ref);
  }

  /** Publishes a message in a room, once for each id of a client. */
  sayIn(session: Session, { room: name, message, id, ref }: SayIn): void {
    const messageId = messageIdOf(session, id, () => contentDigest(nameKey(name), message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const room = this.#core.rooms.joinedRoom(session, name);
    this.#presence.announce(session);
    this.#sayInRoom(session, room, message, ref, messageId);
  }

  #sayInRoom(
    session: Session,
    room: Room,
    message: string | PlainText,
    ref?: string,
    messageId?: MessageId,
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
  sayTo(session: Session, { to, message, id, ref }: SayTo): void {
    const messageId = messageIdOf(session, id, () => contentDigest(`@${nameKey(to)}`, message));
    if (messageId !== undefined && this.#answerDuplicate(session, messageId, ref)) return;
    checkText(message);
    const readers = this.#core.names.find(to);
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
    this.#presence.announce(session);
    // Another device may lose the name by the next line.
    const { name: addressee, key } = reader;
    if (session.identity !== undefined) this.#nameRequests.claimName(session);
    const timestamp = this.#core.dependencies.clock.wall();
    const { name: username, verified } = session;
    const line = { timestamp, username, message, to: addressee, verified };
    const said: SaidTo = { code: Code.SaidTo, message: line };
    const more = { to: key, ref, messageId };
    this.#core.publish(session, directKey(session.key, key), said, more);
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
