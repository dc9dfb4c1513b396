/**
 * The history: messages that are stored across restarts.
 *
 * A hub appends messages one write round at a time ({@linkcode History.append}) and reads pages of them. Only
 * this room knows how and where they are stored: in a journal (append-only files) and an SQLite database in the
 * hub's data folder ({@linkcode openHistory}). Messages that are in the journal and not yet in the database are
 * called pending; moving them to the database is called draining. A hub without a history uses none of this.
 *
 * Rules: messages survive a `kill -9` once `append` has returned; a sequence number is never given twice in a
 * conversation, even after its messages were pruned; no call takes longer than a few milliseconds, beyond what
 * its input needs.
 *
 * May import: `journal`, `purge`, `settings`, `sqlite`, `words`.
 *
 * - `changes`: deletions, new texts of messages, and reactions
 * - `epochs`: by which clients notice another history, such as one restored from a backup
 * - `folder_lock`: ensures that only one hub uses a data folder, and records its state for the next one
 * - `history`: the interface of a history, as the hub uses it, and its errors
 * - `journal_drain`: moves messages from the journal to the database
 * - `journal_record`: the frames in the journal
 * - `journaled_history`: a history made of a journal and a database
 * - `maintenance`: schedules draining, indexing, checkpoints and pruning
 * - `open`: opens a history
 * - `page`: builds a page of messages from rows
 * - `pruner`: deletes messages beyond the retention time or size
 * - `reader`: reads a history without writing, while a hub runs or not
 * - `schema`: the tables of the database, and migrations
 * - `store`: the SQLite database
 * - `word_index`: the full-text index
 *
 * @module
 */
export { openHistory, openInMemory, type OpenOptions } from "./open.ts";
export { HistoryReader, type PendingView, type ReaderQuery, type StoredConversation } from "./reader.ts";
export {
  contentDigest,
  DIGEST_CHARS,
  directKey,
  editedId,
  HistoryError,
  isDigest,
  isInDirect,
  lookupKey,
  MAX_REACTIONS,
  MAX_REACTORS,
  sessionAuthor,
  StorageError,
  unreadableReason,
} from "./history.ts";
export { applyChange } from "./changes.ts";
export {
  changeFrame,
  copyFrame,
  directFrame,
  type JournalLine,
  messageIdFrame,
  progressFrame,
} from "./journal_record.ts";
export type {
  ChangeRecord,
  ChangesPage,
  ChangesQuery,
  Conversation,
  DirectConversation,
  DirectConversations,
  Enough,
  History,
  HistorySizes,
  InsertExtras,
  MentionsQuery,
  Page,
  PageQuery,
  Progress,
  Receipt,
  SearchQuery,
  StoredChange,
  StoredLine,
  StoredReaction,
} from "./history.ts";
export { Maintenance, type MaintenanceDependencies } from "./maintenance.ts";
