/**
 * Answers to requests for earlier messages.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskHistory,
  DEFAULT_HISTORY_LINES,
  type ListConversations,
  ProtocolError,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { StorageError } from "../history/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import {
  answerWith,
  conversationMessages,
  conversationOf,
  historyMessage,
  type KnownNumbers,
  missedMessages,
  newestMissed,
  readPage,
  restored,
  Searches,
  searchText,
} from "../reading/mod.ts";
import { noSuchRoom } from "../registry/mod.ts";
import type { Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

/** Reads the history for clients, a few milliseconds at a time. */
export class HistoryAnswers {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #searches: Searches | undefined;

  /**
   * Answers requests for earlier messages, if the hub stores any.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   */
  constructor(core: HubCore, presence: Presence) {
    this.#core = core;
    this.#presence = presence;
    const { history: storage, clock } = core.dependencies;
    this.#searches = storage && new Searches({
      elapsed: () => clock.elapsed(),
      pause: (ms, run) => storage.pause(ms, run),
    });
  }

  /** Sends a page of earlier messages. */
  page(session: Session, message: AskHistory): void {
    const history = this.#core.history;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot show earlier messages: this hub stores no history");
    }
    const { name, place, above } = conversationOf(session, message.room, this.#core.rooms);
    const match = searchText(message);
    this.#core.settle();
    const query = {
      conversation: place,
      before: message.before,
      after: message.after,
      above,
      limit: message.limit ?? DEFAULT_HISTORY_LINES,
      bytes: PAGE_BYTES,
    };
    this.#presence.announce(session);
    const steps = match === undefined ? readPage(history, query) : history.search({ ...query, match });
    const { seen, epoch, ref } = message;
    const answer = answerWith(steps, (page) => ({
      ...historyMessage(name, page, ref),
      ...restored(history, place, seen, epoch),
    }));
    this.#search(session, answer, (found) => {
      if (!this.#core.rooms.isHidden(name, session)) return [found];
      // It was put out meanwhile.
      const { word, message: text } = noSuchRoom("show earlier messages of");
      return [replies.refused(new ProtocolError(word, text, { ref }))];
    }, ref);
  }

  /** Lists the direct conversations of a client. */
  conversations(session: Session, { after = 0, epoch, ref }: ListConversations): void {
    const history = this.#core.history;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot list your conversations: this hub stores no history");
    }
    this.#core.settle();
    this.#presence.announce(session);
    const from = epoch === undefined ? after : Math.min(after, history.sameIds(epoch));
    const steps = history.directConversations(session.key, from);
    this.#search(session, steps, (found) => conversationMessages(found, ref), ref);
  }

  /**
   * Sends a client the messages that it missed while it was disconnected, if the hub stores messages.
   *
   * @param session the session of the client
   * @param known what the client has
   * @param newest how many messages of each room it wants, the newest ones; by default all
   */
  missed(session: Session, known: KnownNumbers, newest?: number): void {
    const { history, rooms } = this.#core;
    if (history === undefined) return;
    this.#core.backplane.settle();
    const missed = newest === undefined
      ? missedMessages(session, known, history, rooms)
      : newestMissed(session, known, newest, history, rooms);
    this.#search(session, missed, (found) => found.filter(({ room }) => !rooms.isHidden(room, session)));
  }

  /** Reads the history, in several turns of the event loop if that takes long, and sends the client the result. */
  #search<T>(
    session: Session,
    steps: Generator<void, T>,
    toMessages: (found: T) => ServerMessage[],
    ref?: string,
  ) {
    this.#searches!.add(session, steps, (found) => {
      if (session.closed || this.#core.shuttingDown) return;
      if (found instanceof StorageError) {
        return this.#core.refuse(session, this.#core.historyUnreadable(found, ref));
      }
      this.#core.settleSession(session);
      const { outbox, transport } = session;
      const before = outbox.byteLength;
      for (const message of toMessages(found)) this.#core.push(session, message);
      transport.historySent(outbox.byteLength - before);
    });
  }
}
