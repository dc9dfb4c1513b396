/**
 * What was said, kept over restarts. The only door into this folder.
 *
 * A hub hands in what it wants kept, a round at a time ({@linkcode History.append}), and asks for pages of it; what is kept
 * where and how is known here alone. Today that is a journal and an SQLite database in the data folder of the hub
 * ({@linkcode openHistory}); a hub without a history has none of this.
 *
 * Rules: what `append` returned from is there after a `kill -9`; a number is never given twice in a place, whatever was
 * thrown away since; no call takes longer than a few milliseconds, except for what it is given.
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
