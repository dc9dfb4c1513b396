/**
 * Requests for earlier messages, and the answers to them.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskHistory,
  checkText,
  Code,
  type Conversations,
  type History as HistoryMessage,
  MAX_HISTORY_LINES,
  MAX_NAME_CHARS,
  nameKey,
  ProtocolError,
} from "../../protocol/mod.ts";
import {
  type DirectConversation,
  type DirectConversations,
  directKey,
  type History,
  type Page,
  type PageQuery,
} from "../history/mod.ts";
import { readSearch } from "../words/mod.ts";
import { MAX_CATCH_UP_BYTES, MAX_NEWEST_BYTES, MAX_SEARCH_WORDS, PAGE_BYTES } from "../limits.ts";
import { pagesOf } from "../fanout/mod.ts";
import type { Rooms, Session } from "../sessions/mod.ts";
import { pastLine } from "./line_changes.ts";

/**
 * Finds the conversation whose messages a client asks for, and checks that the client may read them.
 *
 * @param session the session of the client
 * @param room a room, or `@` and the name of another user
 * @param rooms the rooms of the hub
 * @returns the name for the answer, the key of the conversation in the history, and the number of the last message that
 * the client may not read
 * @throws {ProtocolError} `no_such_room`, `not_in_room`; `no_such_user` if no user can have that name
 */
export function conversationOf(
  session: Session,
  room: string,
  rooms: Rooms,
): { name: string; place: string; above: number } {
  if (!room.startsWith("@")) {
    const { name } = rooms.joinedRoom(session, room);
    return { name, place: name, above: rooms.floorOf(name, session) };
  }
  const other = room.slice(1);
  if (other === "" || other.length > 2 * MAX_NAME_CHARS || other.includes("@")) {
    throw new ProtocolError(
      "no_such_user",
      "Cannot show your direct messages: no user can have that name",
    );
  }
  return { name: room, place: directKey(session.key, nameKey(other)), above: 0 };
}

/**
 * Checks the text that a client searches for.
 *
 * @param message the request
 * @returns the words; `undefined` if the request is no search
 * @throws {ProtocolError} `bad_text` and `too_long` as {@linkcode checkText} does, and if there are no words or too
 * many
 */
export function searchText({ match }: AskHistory): string | undefined {
  if (match === undefined) return undefined;
  checkText(match);
  const { words, parts } = readSearch(match);
  const count = words.length + parts.length;
  if (count === 0) {
    throw new ProtocolError("bad_text", "Cannot search for that: it must contain a letter or a digit");
  }
  if (count > MAX_SEARCH_WORDS) {
    throw new ProtocolError(
      "too_long",
      `Cannot search for that: it must be at most ${MAX_SEARCH_WORDS} words: it is ${count}`,
    );
  }
  return match;
}

/**
 * Reads a page of earlier messages.
 *
 * @param history the history
 * @param query which messages
 * @returns steps, and at their end the page
 */
export function* readPage(history: History, query: PageQuery): Generator<void, Page> {
  yield* history.catchUp();
  return history.page(query);
}

/**
 * Builds a 208.
 *
 * @param room the name of the conversation
 * @param page the messages
 * @param key the key of the name of the client that reads them
 * @param ref the `ref` of the request, if it has one
 * @returns the 208
 */
export function historyMessage(
  room: string,
  { lines, more, before }: Page,
  key: string,
  ref?: string,
): HistoryMessage {
  const messages = lines.map((line) => pastLine(line, key));
  const next = before === undefined ? {} : { before };
  return { code: Code.History, room, messages, more, ...next, ...(ref === undefined ? {} : { ref }) };
}

/**
 * Builds the 217s of a list of direct conversations.
 *
 * @param found the conversations
 * @param ref the `ref` of the request, if it has one
 * @returns at least one 217
 */
export function conversationMessages(
  { conversations, last }: DirectConversations,
  ref?: string,
): Conversations[] {
  const show = ({ partner, sequence, timestamp }: DirectConversation) => ({
    with: partner,
    last_sequence: sequence,
    timestamp,
  });
  const next = pagesOf(conversations, show, PAGE_BYTES);
  const messages: Conversations[] = [];
  do {
    const { items, more } = next();
    const tail = { ...more, ...(ref === undefined ? {} : { ref }) };
    messages.push({ code: Code.Conversations, conversations: items, last, ...tail });
  } while (messages.at(-1)!.more);
  return messages;
}

/**
 * Tells a client that the hub has other messages after some number than those that the client has.
 *
 * @param history the history
 * @param place the key of the conversation
 * @param seen the number of a message that the client has, if it has told
 * @param epoch the epoch under which it got that number, if it has told
 * @returns the field of a 208 that says so; empty if the messages are the same
 */
export function restored(
  history: History,
  place: string,
  seen: number | undefined,
  epoch: string | undefined,
): Pick<HistoryMessage, "restored_after"> {
  if (seen === undefined || epoch === undefined) return {};
  const same = history.sameUpTo(place, seen, epoch);
  return same < seen ? { restored_after: same } : {};
}

/**
 * Makes the answer to a request for a page in the last step of reading it, so that an error of the history is handled
 * as one error.
 *
 * @param steps the steps that read the page
 * @param toAnswer makes the answer
 * @returns the steps, and at their end the answer
 */
export function* answerWith<P, T, N>(
  steps: Generator<void, P, N>,
  toAnswer: (page: P) => T,
): Generator<void, T, N> {
  return toAnswer(yield* steps);
}

/** What a client knows of its rooms. */
export interface KnownNumbers {
  /** The sequence number of the last message that the client has, by room. */
  readonly after: Readonly<Record<string, number>>;
  /** The epoch under which it got these numbers, if it has told. */
  readonly epoch: string | undefined;
}

/**
 * Collects the messages that a client missed while it was disconnected: for each of its rooms for which it names its
 * last message, those after that and before it joined. Later ones it receives as they are sent.
 *
 * @param session the session of the client
 * @param known what the client has
 * @param history the history
 * @param rooms the rooms of the hub
 * @returns steps, and at their end 208s: at least one for each room; the last one of a room says whether there are
 * more messages than were collected
 */
export function* missedMessages(
  session: Session,
  { after, epoch }: KnownNumbers,
  history: History,
  rooms: Rooms,
): Generator<void, HistoryMessage[]> {
  yield* history.catchUp();
  const numbers = new Map<string, number>();
  for (const [name, number] of Object.entries(after)) {
    if (name.length <= 2 * MAX_NAME_CHARS) numbers.set(nameKey(name), number);
  }
  const messages: HistoryMessage[] = [];
  let [lines, bytes] = [MAX_HISTORY_LINES, MAX_CATCH_UP_BYTES];
  for (const { room: { name }, sinceSequence } of session.memberships) {
    const number = numbers.get(nameKey(name));
    if (number === undefined) continue;
    const other = restored(history, name, number, epoch);
    let from = Math.max(other.restored_after ?? number, rooms.floorOf(name, session));
    for (let more = true; more;) {
      const page = history.page({
        conversation: name,
        after: from,
        before: sinceSequence + 1,
        limit: lines,
        bytes: Math.min(PAGE_BYTES, bytes),
      });
      const message = { ...historyMessage(name, page, session.key), ...other };
      messages.push(message);
      lines -= page.lines.length;
      bytes -= JSON.stringify(message.messages).length;
      from = page.lines.at(-1)?.sequence ?? from;
      more = page.more && lines > 0 && bytes > 0;
      if (more) yield;
    }
  }
  return messages;
}

/**
 * Collects the newest messages that a client missed while it was disconnected, so that it can show something soon
 * over a slow link. Later ones it receives as they are sent.
 *
 * @param session the session of the client
 * @param known as in {@linkcode missedMessages}; rooms that come first have the first share of the limits
 * @param limit how many messages of each room
 * @param history the history
 * @param rooms the rooms of the hub
 * @returns steps, and at their end one 208 for each of these rooms that the client is in
 */
export function* newestMissed(
  session: Session,
  { after, epoch }: KnownNumbers,
  limit: number,
  history: History,
  rooms: Rooms,
): Generator<void, HistoryMessage[]> {
  yield* history.catchUp();
  const memberships = new Map([...session.memberships].map((one) => [nameKey(one.room.name), one]));
  const messages: HistoryMessage[] = [];
  let [lines, bytes] = [MAX_HISTORY_LINES, MAX_NEWEST_BYTES];
  for (const [spelling, seen] of Object.entries(after)) {
    const key = spelling.length <= 2 * MAX_NAME_CHARS ? nameKey(spelling) : "";
    const membership = memberships.get(key);
    if (membership === undefined) continue;
    memberships.delete(key);
    const { room: { name }, sinceSequence } = membership;
    const other = restored(history, name, seen, epoch);
    const number = Math.max(other.restored_after ?? seen, rooms.floorOf(name, session));
    const missed = Math.max(0, sinceSequence - number);
    const wanted = bytes > 0 ? Math.min(limit, lines, missed) : 0;
    const page = wanted === 0 ? { lines: [], more: missed > 0 } : history.page({
      conversation: name,
      before: sinceSequence + 1,
      limit: wanted,
      bytes: Math.min(PAGE_BYTES, bytes),
    });
    const newest = page.lines.filter(({ sequence }) => sequence > number);
    const first = newest[0]?.sequence ?? sinceSequence + 1;
    const message = historyMessage(
      name,
      { lines: newest, more: page.more && first > number + 1 },
      session.key,
    );
    messages.push({ ...message, last_sequence: sinceSequence, ...other });
    lines -= newest.length;
    bytes -= JSON.stringify(message.messages).length;
    if (wanted > 0) yield;
  }
  return messages;
}
