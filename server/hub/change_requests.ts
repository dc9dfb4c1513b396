/**
 * Requests to change messages: deleting, editing, reacting.
 *
 * A request reads its message first, in steps, so that a long journal delays nobody else. Whether the client may change
 * it is decided in the step that has read it, since that can have changed while it waited for its turn.
 *
 * PURE.
 *
 * @module
 */
import {
  checkText,
  Code,
  type DeleteLines,
  type EditLine,
  type LineChanged,
  MAX_NAME_CHARS,
  nameKey,
  ProtocolError,
  type React,
} from "../../protocol/mod.ts";
import { editedId, type History, type Receipt, type StoredChange, type StoredLine } from "../history/mod.ts";
import { CHANGE_MS, MAX_DELETED_AT_ONCE, MAX_MAILBOX_BYTES, MAX_STALL_MS } from "../limits.ts";
import { conversationOf, linesBy, reactionCounts } from "../reading/mod.ts";
import { noSuchRoom } from "../registry/mod.ts";
import type { Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { HistoryAnswers } from "./history_answers.ts";
import {
  type Changer,
  checkDeletion,
  checkEdit,
  checkReaction,
  digestOf,
  isAuthor,
  isProved,
  noSuchMessage,
  reactionsAfter,
} from "./message_changes.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

/** A request about one message. */
type OneLine = EditLine | React | (DeleteLines & { sequence: number });

/** A conversation with messages that a client wants to change. */
interface Target {
  /** Its name, as the client sees it. */
  name: string;
  /** Its key in the history. */
  place: string;
  /** The number of the last message that the client may not read. */
  above: number;
  /** Whether the client may delete the messages of others. */
  moderates: boolean;
}

/** What is published of a change, besides who has made it. */
type News = Pick<LineChanged, "deleted" | "message" | "edited" | "reactions" | "reaction" | "removed">;

/** A change that is to be published; `undefined` if the request changes nothing. */
type Decision = { change: Omit<StoredChange, "sequence" | "at">; news: News } | undefined;

/** What cannot be done, by the code of the request. */
const VERBS = { [Code.DeleteLines]: "delete", [Code.EditLine]: "edit", [Code.React]: "react to" } as const;

/** Changes messages. */
export class ChangeRequests {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #answers: HistoryAnswers;

  /**
   * Handles the requests to change messages.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   * @param answers reads the history
   */
  constructor(core: HubCore, presence: Presence, answers: HistoryAnswers) {
    this.#core = core;
    this.#presence = presence;
    this.#answers = answers;
  }

  /** Carries out a request to change messages. */
  carryOut(session: Session, message: DeleteLines | EditLine | React): void {
    const { history } = this.#core;
    if (history === undefined) {
      throw new ProtocolError("unavailable", `Cannot ${VERBS[message.code]} messages: this hub stores none`);
    }
    if (message.code === Code.EditLine) checkText(message.message);
    // First, so that whoever may not read the room learns nothing of its messages.
    const target = this.#target(session, message);
    if (message.code === Code.DeleteLines) {
      if (message.username !== undefined) return this.#deleteAll(session, message, history, target);
    } else this.#checkMaySpeak(session, target);
    const request = message as OneLine;
    const { ref, sequence } = request;
    this.#answers.readLine(session, { place: target.place, sequence, ref }, (line) => {
      const now = this.#target(session, request);
      if (line === undefined || sequence <= now.above || now.place !== target.place) {
        throw noSuchMessage(VERBS[request.code], sequence);
      }
      const decision = this.#decide(session, request, line, now);
      this.#presence.announce(session);
      if (decision !== undefined && !(request.code === Code.DeleteLines && request.preview)) {
        if (decision.change.kind === "delete" && nameKey(line.username) !== session.key) {
          this.#audit(session, now, line.username, `message ${sequence}`);
        }
        return this.#publish(session, line, decision, {
          target: now,
          ref,
          id: "id" in request ? request.id : undefined,
        });
      }
      if (ref === undefined) return;
      const count = request.code === Code.DeleteLines ? Number(decision !== undefined) : undefined;
      this.#core.reply(session, replies.done(ref, sequence, true, count));
    });
  }

  /** Finds the conversation that a request is about. */
  #target(session: Session, { code, room }: Pick<OneLine, "code" | "room">): Target {
    const { rooms } = this.#core;
    const visible = room.startsWith("@") ? undefined : rooms.visibleName(room, session);
    const moderates = visible !== undefined && this.#core.powers.moderates(session, visible);
    // Moderators need not be in the room.
    if (moderates && code === Code.DeleteLines) return { name: visible, place: visible, above: 0, moderates };
    return { ...conversationOf(session, room, rooms), moderates };
  }

  /** Checks that a client may make others read something. */
  #checkMaySpeak(session: Session, { name, place }: Target): void {
    this.#core.powers.checkMaySpeak(session, place === name ? name : undefined, { counts: false });
    if (place === name) return;
    const partners = this.#core.names.find(name.slice(1));
    const isFull = ({ mailbox }: Session) => (mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES;
    if (partners.length > 0 && partners.every(isFull)) {
      throw new ProtocolError(
        "unavailable",
        `Cannot change your messages to ${
          partners[0]!.name
        } now: too many messages wait there unread; try again later`,
        { retryAfterMs: MAX_STALL_MS },
      );
    }
  }

  /** Decides what a request changes, if the client may do it. */
  #decide(session: Session, request: OneLine, line: StoredLine, { moderates }: Target): Decision {
    const now = this.#core.dependencies.clock.wall();
    const by = session.key;
    if (request.code === Code.React) {
      const { reaction, remove = false } = request;
      if (!checkReaction(line, reaction, by, remove)) return undefined;
      const reactions = reactionsAfter(line, reaction, by, remove);
      return {
        change: { kind: remove ? "unreact" : "react", by, reaction },
        news: { reaction, ...remove ? { removed: true } : {}, reactions: reactionCounts(reactions) },
      };
    }
    const receipt = request.id === undefined ? undefined : this.#receiptOf(session, line, request.id);
    const changer = this.#changer(session, receipt, moderates);
    const context = { now, ownerOf: (name: string) => this.#core.dependencies.ownership?.ownerOf(name) };
    if (request.code === Code.DeleteLines) {
      return checkDeletion(line, changer, context) ? deletionBy(by) : undefined;
    }
    const { message } = request;
    if (!checkEdit(line, message, changer, context)) return undefined;
    return { change: { kind: "edit", by, message }, news: { message, edited: now } };
  }

  #changer({ key, identity }: Session, receipt: Receipt | undefined, moderates: boolean): Changer {
    return { key, identity, receipt, moderates };
  }

  /** Finds what the hub knows of a message id: of the message as it was sent, or as it was last edited. */
  #receiptOf({ author }: Session, { edited }: StoredLine, id: string): Receipt | undefined {
    return this.#core.backplane.receipt(author, edited === undefined ? id : editedId(id));
  }

  /** Passes a change to the backplane. */
  #publish(
    session: Session,
    line: StoredLine,
    { change, news }: NonNullable<Decision>,
    { target, ref, id }: { target: Target; ref?: string | undefined; id?: string | undefined },
  ): void {
    const { sequence, username, to } = line;
    const isOwn = nameKey(username) === session.key;
    const changed: LineChanged = {
      code: Code.LineChanged,
      room: target.name,
      change: 0,
      sequence,
      username,
      ...to === undefined ? {} : { to },
      by: session.name,
      ...news,
    };
    const at = news.edited ?? this.#core.dependencies.clock.wall();
    this.#core.publish(session, target.place, changed, {
      to: to === undefined ? undefined : nameKey(isOwn ? to : username),
      change: { ...change, sequence, at },
      ref,
      messageId: id === undefined ? undefined : this.#messageIdOf(session, line, change, id),
    });
  }

  /** Names an edited message by the id that it had, by which its author proves again that it is their own. */
  #messageIdOf(session: Session, line: StoredLine, { message }: Pick<StoredChange, "message">, id: string) {
    const { author, key } = session;
    if (message === undefined || !isProved(line, this.#receiptOf(session, line, id), key)) return undefined;
    return { author, id: editedId(id), digest: digestOf({ ...line, message }) };
  }

  /**
   * Records that somebody deletes messages of another, before anything is deleted.
   *
   * @throws {ProtocolError} `unavailable` if it cannot be stored
   */
  #audit(session: Session, { name: room }: Target, target: string, detail: string): void {
    const { clock, moderated, moderation, moderationFailed } = this.#core.dependencies;
    const by = this.#core.powers.actorOf(session);
    try {
      moderation?.audit({ by, at: clock.wall(), action: "delete", target, room, detail });
    } catch (error) {
      moderationFailed?.(error);
      throw new ProtocolError(
        "unavailable",
        "Cannot delete messages of others now: the hub cannot store who did it; its log says why",
        { cause: error },
      );
    }
    moderated?.({ by: session, action: "delete", room, target });
  }

  /** Deletes what somebody has said lately: for moderators, and what is one's own. */
  #deleteAll(session: Session, message: DeleteLines, history: History, target: Target): void {
    const { username = "", within_ms: withinMs = 0, preview = false, ref } = message;
    const { clock, ownership } = this.#core.dependencies;
    const key = nameKey(username);
    if (!target.moderates && key !== session.key) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot delete the messages of ${shown(username)}: you may delete your own ones only`,
      );
    }
    const since = clock.wall() - withinMs;
    const changesBefore = history.lastChange;
    const steps = linesBy(history, { place: target.place, key, since, limit: MAX_DELETED_AT_ONCE });
    this.#answers.read(session, steps, (found) => {
      const now = this.#target(session, message);
      if (now.place !== target.place) throw noSuchRoom("delete messages of");
      const context = { ownerOf: (name: string) => ownership?.ownerOf(name) };
      const changer = this.#changer(session, undefined, now.moderates);
      this.#core.settle();
      const lines = changesBefore === history.lastChange
        ? found
        : found.flatMap(({ sequence }) => history.line(now.place, sequence) ?? []);
      const deletable = lines.filter((line) => {
        if (line.deleted || line.sequence <= now.above) return false;
        if (now.moderates) return true;
        return isAuthor(line, changer, context) && Math.abs(clock.wall() - line.timestamp) <= CHANGE_MS;
      });
      this.#presence.announce(session);
      if (!preview && deletable.length > 0) {
        if (key !== session.key) this.#audit(session, now, username, `messages: ${deletable.length}`);
        for (const line of deletable) this.#publish(session, line, deletionBy(session.key), { target: now });
      }
      if (ref === undefined) return;
      this.#core.settle();
      const stored = !this.#core.stored!.paused;
      this.#core.reply(session, replies.done(ref, 0, stored, deletable.length));
    }, ref);
  }
}

/** The change that deletes a message. */
function deletionBy(by: string): NonNullable<Decision> {
  return { change: { kind: "delete", by }, news: { deleted: true } };
}

/** Shortens a name that a client has sent, which may be any text. */
function shown(name: string): string {
  return name.length <= MAX_NAME_CHARS && /^[\p{L}\p{N}\p{M}._-]+$/u.test(name) ? name : "that user";
}
