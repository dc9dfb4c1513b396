/**
 * What was said before, as clients ask for it and are told it.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskHistory,
  checkText,
  Code,
  type History as HistoryMessage,
  MAX_HISTORY_LINES,
  MAX_NAME_CHARS,
  nameKey,
  ProtocolError,
} from "../../protocol/mod.ts";
import { conversationKey, type History, type Page, type PageQuery } from "../history/mod.ts";
import { MAX_CATCH_UP_BYTES, MAX_SEARCH_WORDS, PAGE_BYTES } from "../limits.ts";
import type { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";

/**
 * Finds where somebody wants to know what was said, and whether that is somewhere it may know of.
 *
 * @param session who asks
 * @param room a room, or `@` and the name of somebody else
 * @param rooms the rooms there are
 * @returns what it is called in the answer, and where it is in the history
 * @throws {ProtocolError} `no_such_room`, `not_in_room`; `no_such_user` where no name is that long
 */
export function conversationOf(
  session: Session,
  room: string,
  rooms: Rooms,
): { name: string; place: string } {
  if (!room.startsWith("@")) {
    const { name } = rooms.joinedRoom(session, room);
    return { name, place: name };
  }
  const other = room.slice(1);
  if (other === "" || other.length > 2 * MAX_NAME_CHARS || other.includes("@")) {
    throw new ProtocolError(
      "no_such_user",
      "Cannot tell what you said to each other: nobody has such a name",
    );
  }
  return { name: room, place: conversationKey(session.key, nameKey(other)) };
}

/**
 * Checks what somebody searches for.
 *
 * @param message what it asks for
 * @returns the words; `undefined` where nothing is searched for
 * @throws {ProtocolError} `bad_text` and `too_long` as {@linkcode checkText} does, and where there are no words or too many
 */
export function searchText({ match }: AskHistory): string | undefined {
  if (match === undefined) return undefined;
  checkText(match);
  const count = match.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  if (count === 0) {
    throw new ProtocolError("bad_text", "Cannot search for that: it must have a letter or a digit in it");
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
 * Reads a page of all that was said before.
 *
 * @param history what was said
 * @param query which lines
 * @returns steps, and at their end the page
 */
export function* readPage(history: History, query: PageQuery): Generator<void, Page> {
  yield* history.caughtUp();
  return history.page(query);
}

/**
 * Makes a 208.
 *
 * @param room what the place is called
 * @param page the lines
 * @param ref the mark of the request that it answers, if any
 * @returns the message
 */
export function historyMessage(room: string, { lines, more }: Page, ref?: string): HistoryMessage {
  const messages = lines.map(({ place, sequence, timestamp, username, to, message, verified }) =>
    to === undefined
      ? { timestamp, username, message, sequence, room: place.name, verified }
      : { timestamp, username, message, to, sequence, verified }
  );
  return { code: Code.History, room, messages, more, ...(ref === undefined ? {} : { ref }) };
}

/**
 * Gathers what somebody missed who comes back: for each room that it is in and knows a number of, what was said after
 * that and before it came; what is said later it is told anyway.
 *
 * @param session who comes back
 * @param after the number of the last line that it has, for each room
 * @param history what was said
 * @returns steps, and at their end 208s: at least one a room, the last of which says whether there are more than were gathered
 */
export function* missedMessages(
  session: Session,
  after: Readonly<Record<string, number>>,
  history: History,
): Generator<void, HistoryMessage[]> {
  yield* history.caughtUp();
  const numbers = new Map<string, number>();
  for (const [name, number] of Object.entries(after)) {
    if (name.length <= 2 * MAX_NAME_CHARS) numbers.set(nameKey(name), number);
  }
  const messages: HistoryMessage[] = [];
  let [lines, bytes] = [MAX_HISTORY_LINES, MAX_CATCH_UP_BYTES];
  for (const { room: { name }, sinceSequence } of session.memberships) {
    let from = numbers.get(nameKey(name));
    if (from === undefined) continue;
    for (let more = true; more;) {
      const page = history.page({
        place: name,
        after: from,
        before: sinceSequence + 1,
        limit: lines,
        bytes: Math.min(PAGE_BYTES, bytes),
      });
      const message = historyMessage(name, page);
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
