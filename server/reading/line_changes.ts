/**
 * How clients see messages that can change: the state of a message as one client reads it.
 *
 * PURE.
 *
 * @module
 */
import {
  type Changes,
  Code,
  type History as PastMessages,
  type LineChange,
  MAX_HISTORY_LINES,
  type Mentions,
  nameKey,
  type PastLine,
  type ReactionCount,
} from "../../protocol/mod.ts";
import {
  type ChangesPage,
  directKey,
  type Enough,
  type History,
  type Page,
  type StoredLine,
} from "../history/mod.ts";
import { PAGE_BYTES } from "../limits.ts";

/**
 * Shows a message of the history to a client.
 *
 * @param line the message
 * @param key the key of the client's name
 * @returns the message, as in a 208
 */
export function pastLine(line: StoredLine, key: string): PastLine {
  const { conversation, sequence, timestamp, username, to, message, verified } = line;
  const shown = to === undefined
    ? { timestamp, username, message, sequence, room: conversation.name, verified }
    : { timestamp, username, message, to, sequence, verified };
  const { replyTo, edited, deleted, reactions } = line;
  // Most messages have none of these, and a page has hundreds of messages.
  if (replyTo === undefined && edited === undefined && deleted === undefined && reactions === undefined) {
    return shown;
  }
  return {
    ...shown,
    ...replyTo === undefined ? {} : { reply_to: replyTo },
    ...edited === undefined ? {} : { edited },
    ...deleted === undefined ? {} : { deleted },
    ...reactions === undefined ? {} : { reactions: reactionCounts(reactions, key) },
  };
}

/**
 * Counts the reactions to a message. Their order follows from the counts alone, so that it is the same for everyone.
 *
 * @param reactions the reactions
 * @param key the key of the name of the client that reads them; absent if several do
 * @returns how many users gave each, the most frequent one first
 */
export function reactionCounts(
  reactions: NonNullable<StoredLine["reactions"]>,
  key?: string,
): ReactionCount[] {
  return reactions.map(({ reaction, by }) => ({
    reaction,
    count: by.length,
    ...key !== undefined && by.includes(key) ? { mine: true } : {},
  })).sort((a, b) => b.count - a.count || (a.reaction < b.reaction ? -1 : 1));
}

/**
 * Builds a 227.
 *
 * @param page the changed messages
 * @param key the key of the client's name
 * @param ref the `ref` of the request, if it has one
 * @returns the 227
 */
export function changesMessage({ lines, last, more }: ChangesPage, key: string, ref?: string): Changes {
  return {
    code: Code.Changes,
    changes: lines.map((line) => lineChange(line, key)),
    last,
    ...more ? { more } : {},
    ...ref === undefined ? {} : { ref },
  };
}

/** Describes a changed message as it is now. */
function lineChange(line: StoredLine, key: string): LineChange {
  const { conversation, change = 0, sequence, username, to, message, edited, deleted, reactions } = line;
  return {
    room: to === undefined ? conversation.name : `@${nameKey(username) === key ? to : username}`,
    change,
    sequence,
    username,
    ...to === undefined ? {} : { to },
    ...deleted ? { deleted } : edited === undefined ? {} : { message, edited },
    ...deleted ? {} : { reactions: reactionCounts(reactions ?? [], key) },
  };
}

/**
 * Builds a 228.
 *
 * @param page the messages that name the client, oldest first
 * @param key the key of the client's name
 * @param ref the `ref` of the request, if it has one
 * @returns the 228
 */
export function mentionsMessage({ lines, more, before }: Page, key: string, ref?: string): Mentions {
  return {
    code: Code.Mentions,
    messages: lines.map((line) => pastLine(line, key)).reverse(),
    ...more ? { more, ...before === undefined ? {} : { before } } : {},
    ...ref === undefined ? {} : { ref },
  };
}

/** How to bring messages up to date. */
export interface Refresh {
  /** The history, in which everything is stored that was applied. */
  history: History;
  /** The number of the last change when reading the messages began. */
  after: number;
  /** The key of the client's name. */
  key: string;
  /** Whether the messages are matches of a search: then deleted ones are left out. */
  isSearch: boolean;
}

/**
 * Brings messages up to date that were read some time ago. A client applies changes in the order in which it receives
 * them, so a page must not be older than a change that was sent before it.
 *
 * @param answers the 208s with the messages
 * @param refresh see {@linkcode Refresh}
 * @returns the 208s with the messages as they are now
 */
export function refreshed(
  answers: readonly PastMessages[],
  { history, after, key, isSearch }: Refresh,
): PastMessages[] {
  const places = answers.map(({ room }) =>
    room.startsWith("@") ? directKey(key, nameKey(room.slice(1))) : nameKey(room)
  );
  const sent = new Set(
    answers.flatMap(({ messages }, i) => messages.map(({ sequence }) => `${places[i]}\n${sequence}`)),
  );
  const wanted = ({ conversation, sequence }: StoredLine) => sent.has(`${conversation.key}\n${sequence}`);
  const all = { limit: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };
  const steps = history.changes({ after, wanted, ...all });
  let step = steps.next();
  while (!step.done) step = steps.next();
  const changed = new Map(
    step.value.lines.map((line) => [`${line.conversation.key}\n${line.sequence}`, pastLine(line, key)]),
  );
  if (changed.size === 0) return [...answers];
  return answers.map((answer, i) => {
    const messages = answer.messages.map((line) => changed.get(`${places[i]}\n${line.sequence}`) ?? line);
    return { ...answer, messages: isSearch ? messages.filter(({ deleted }) => !deleted) : messages };
  });
}

/**
 * Finds what an author has said in a conversation lately and was not deleted.
 *
 * @param history the history
 * @param query the key of the conversation, that of the author's name, since when in milliseconds since 1970, and how
 * many messages at most
 * @returns steps, and at their end the messages, the newest first
 */
export function* linesBy(
  history: History,
  { place, key, since, limit }: { place: string; key: string; since: number; limit: number },
): Generator<void, StoredLine[], Enough> {
  yield* history.catchUp();
  const found: StoredLine[] = [];
  let before: number | undefined;
  for (;;) {
    const page = history.page({ conversation: place, before, limit: MAX_HISTORY_LINES, bytes: PAGE_BYTES });
    for (const line of page.lines.reverse()) {
      if (line.timestamp < since || found.length === limit) return found;
      if (!line.deleted && nameKey(line.username) === key) found.push(line);
    }
    before = page.lines.at(-1)?.sequence;
    if (!page.more || (yield) === true) return found;
  }
}
