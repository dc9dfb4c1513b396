/**
 * Answers to requests for earlier messages.
 *
 * PURE.
 *
 * @module
 */
import { findMentions } from "../../mentions/mod.ts";
import {
  type AskChanges,
  type AskHistory,
  type AskMentions,
  DEFAULT_HISTORY_LINES,
  type History as PastMessages,
  type ListConversations,
  MAX_HISTORY_LINES,
  nameKey,
  ProtocolError,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { type Enough, type History, isInDirect, StorageError, type StoredLine } from "../history/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import {
  answerWith,
  changesMessage,
  conversationMessages,
  conversationOf,
  historyMessage,
  type KnownNumbers,
  mentionsMessage,
  missedMessages,
  newestMissed,
  readPage,
  refreshed,
  restored,
  Searches,
  searchText,
} from "../reading/mod.ts";
import { noSuchRoom } from "../registry/mod.ts";
import type { Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { Presence } from "./presence.ts";

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
      ...historyMessage(name, page, session.key, ref),
      ...restored(history, place, seen, epoch),
    }));
    const refresh = this.#refresh(session, history, match !== undefined);
    this.#search(session, answer, (found) => {
      // It was put out meanwhile.
      if (this.#core.rooms.isHidden(name, session)) throw noSuchRoom("show earlier messages of");
      return refresh([found]);
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
    // Each hub of a cluster has ids of its own.
    const isShared = this.#core.clustered !== undefined;
    const from = isShared ? 0 : epoch === undefined ? after : Math.min(after, history.sameIds(epoch));
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
    const refresh = this.#refresh(session, history);
    this.#search(
      session,
      missed,
      (found) => refresh(found.filter(({ room }) => !rooms.isHidden(room, session))),
    );
  }

  /** Lists the changes of messages that a client has missed. */
  changes(session: Session, { after, epoch, ref }: AskChanges): void {
    const { history } = this.#core;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot list changes: this hub stores no history");
    }
    this.#core.settle();
    this.#presence.announce(session);
    const from = epoch === undefined ? after : Math.min(after, history.sameChanges(epoch));
    const wanted = this.#readable(session);
    const steps = history.changes({ after: from, wanted, limit: MAX_HISTORY_LINES, bytes: PAGE_BYTES });
    this.#search(session, steps, (page) => {
      const lines = page.lines.filter(this.#readable(session));
      return [changesMessage({ ...page, lines }, session.key, ref)];
    }, ref);
  }

  /** Lists the messages that name a client. */
  mentions(session: Session, { since, before, limit = DEFAULT_HISTORY_LINES, ref }: AskMentions): void {
    const { history } = this.#core;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot list mentions: this hub stores no history");
    }
    this.#core.settle();
    this.#presence.announce(session);
    const { name, key } = session;
    const mentioning = () => {
      const mayRead = this.#readable(session);
      return (line: StoredLine) =>
        line.to === undefined && mayRead(line) && nameKey(line.username) !== key &&
        findMentions(line.message, name).length > 0;
    };
    const query = { match: name, since, before, wanted: mentioning(), limit, bytes: PAGE_BYTES };
    const steps = history.mentions(query);
    const changesBefore = history.lastChange;
    this.#search(session, steps, (page) => {
      this.#core.settle();
      const lines = changesBefore === history.lastChange
        ? page.lines
        : page.lines.flatMap(({ conversation, sequence }) => history.line(conversation.key, sequence) ?? []);
      return [mentionsMessage({ ...page, lines: lines.filter(mentioning()) }, key, ref)];
    }, ref);
  }

  /** Makes a check whether a client may read a message now. */
  #readable(session: Session): (line: StoredLine) => boolean {
    const floors = new Map<string, number>();
    return ({ conversation: { key, name }, sequence }) => {
      const floor = floors.get(key) ?? this.#floorOf(session, key, name);
      floors.set(key, floor);
      return sequence > floor;
    };
  }

  /** Finds the number of the last message of a conversation that a client may not read. */
  #floorOf(session: Session, key: string, name: string): number {
    const { powers, rooms } = this.#core;
    if (key.startsWith("@")) return isInDirect(key, session.key) ? 0 : Infinity;
    const isKeptOut = rooms.isHidden(name, session) || powers.roomBanOf(session, name) !== undefined;
    return isKeptOut ? Infinity : rooms.floorOf(name, session);
  }

  /**
   * Prepares to bring messages up to date that are read from here on: others may change them before they are sent.
   *
   * @param isSearch whether deleted messages are left out
   */
  #refresh(
    session: Session,
    history: History,
    isSearch = false,
  ): (answers: PastMessages[]) => PastMessages[] {
    const after = history.lastChange;
    return (answers) => {
      if (history.lastChange === after) return answers;
      this.#core.settle();
      return refreshed(answers, { history, after, key: session.key, isSearch });
    };
  }

  /**
   * Reads a message for a request of a client.
   *
   * @param session the session of the client
   * @param request which message, and the `ref` of the request
   * @param finish carries the request out; what it throws is refused
   */
  readLine(
    session: Session,
    { place, sequence, ref }: { place: string; sequence: number; ref: string | undefined },
    finish: (line: StoredLine | undefined) => void,
  ): void {
    const history = this.#core.history!;
    const settle = () => this.#core.settle();
    const steps = function* () {
      settle();
      yield* history.catchUp();
      // What was said and changed meanwhile.
      settle();
      return history.line(place, sequence);
    };
    this.read(session, steps(), finish, ref);
  }

  /**
   * Reads the history for a request of a client, in several turns of the event loop if that takes long.
   *
   * @param session the session of the client
   * @param steps the steps that read it
   * @param finish carries the request out, in the turn in which the last step has run; what it throws is refused
   * @param ref the `ref` of the request, if it has one
   */
  read<T>(
    session: Session,
    steps: Generator<void, T, Enough>,
    finish: (found: T) => void,
    ref: string | undefined,
  ): void {
    this.#searches!.add(session, steps, (found) => {
      if (session.closed || this.#core.shuttingDown) return;
      try {
        if (found instanceof StorageError) throw found;
        finish(found);
      } catch (error) {
        this.#core.fail(session, error, ref);
      }
    });
  }

  /** Reads the history for a client, and sends it the result. */
  #search<T>(
    session: Session,
    steps: Generator<void, T, Enough>,
    toMessages: (found: T) => ServerMessage[],
    ref?: string,
  ) {
    this.read(session, steps, (found) => {
      const messages = toMessages(found);
      this.#core.settleSession(session);
      const { outbox, transport } = session;
      const before = outbox.byteLength;
      for (const message of messages) this.#core.push(session, message);
      transport.historySent(outbox.byteLength - before);
    }, ref);
  }
}
