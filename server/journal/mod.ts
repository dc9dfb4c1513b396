/**
 * The journal: append-only files that hold messages before the history stores them in its database. What the frames in
 * it mean, only the history knows.
 *
 * May import: nothing.
 *
 * - `journal`: appends, reads and removes frames, across files
 * - `journal_files`: the files, in a folder or temporary
 *
 * @module
 */
export { Journal, type Position } from "./journal.ts";
export {
  FolderJournalFiles,
  type JournalFile,
  type JournalFiles,
  TemporaryJournalFiles,
} from "./journal_files.ts";
