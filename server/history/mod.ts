/**
 * What was said, kept over restarts. The only door into this folder.
 *
 * A hub hands in what it wants kept, a round at a time ({@linkcode History.append}), and asks for pages of it; what is
 * kept
 * where and how is known here alone. Today that is a journal and an SQLite database in the data folder of the hub
 * ({@linkcode openHistory}); a hub without a history has none of this.
 *
 * Rules: what `append` returned from is there after a `kill -9`; a number is never given twice in a place, whatever was
 * thrown away since; no call takes longer than a few milliseconds, except for what it is given.
 *
 * May import: `settings`.
 *
 * - `errors`: what can go wrong with a history
 * - `filing`: files lines
 * - `folder_lock`: that one hub alone uses a data folder, and what it leaves behind for the next one
 * - `history`: what a history is to the hub, however it is kept
 * - `indexing`: makes lines to be found by their words
 * - `journal`: the journal
 * - `journaled`: a history
 * - `open`: opens a history
 * - `page`: a page of history
 * - `pruning`: throws away what is kept for too long or takes too much space
 * - `reader`: reads a history beside the hub that writes it, or while none does
 * - `record`: what the journal is made of
 * - `schema`: how lines lie in the database, and how a database of an older version becomes one of this version
 * - `store`: a history in an SQLite database
 * - `upkeep`: when what a history does besides is done
 *
 * @module
 */
export { openHistory, openInMemory, type OpenOptions } from "./open.ts";
export { HistoryReader, type KeptPlace, type ReaderQuery } from "./reader.ts";
export { HistoryError, StorageError } from "./errors.ts";
export { conversationKey } from "./history.ts";
export { directFrame, markFrame, type RecordedLine } from "./record.ts";
export { RECEIPT_MS } from "./pruning.ts";
export type { JournalFile, JournalFiles } from "./journal.ts";
export type { History, KeepMore, KeptLine, Page, PageQuery, Place, Receipt, SearchQuery } from "./history.ts";
export { Upkeep, type UpkeepDependencies } from "./upkeep.ts";
