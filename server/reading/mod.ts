/**
 * Reading the history for clients: which messages a request asks for, in which steps they are read, and the answers.
 *
 * PURE: no `Deno`, timer, clock or randomness except what is passed in.
 *
 * May import: `admission`, `fanout`, `history`, `sessions`, `words`.
 *
 * - `history_requests`: requests for earlier messages, and their answers
 * - `line_changes`: how clients see messages that can change
 * - `searches`: runs history searches in small steps
 *
 * @module
 */
export {
  answerWith,
  conversationMessages,
  conversationOf,
  historyMessage,
  type KnownNumbers,
  missedMessages,
  newestMissed,
  readPage,
  restored,
  searchText,
} from "./history_requests.ts";
export {
  changesMessage,
  linesBy,
  mentionsMessage,
  pastLine,
  reactionCounts,
  refreshed,
} from "./line_changes.ts";
export { Searches, type SearchesDependencies } from "./searches.ts";
