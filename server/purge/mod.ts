/**
 * Removes the last traces of deleted texts from the files of a database: from its write-ahead log, and from the unused
 * space of its pages.
 *
 * May import: `sqlite`.
 *
 * - `purger`: reads the file of an open database, a few pages at a time, and empties its write-ahead log
 * - `unused_space`: finds texts in the unused space of pages
 *
 * @module
 */
export { Purger } from "./purger.ts";
export type { UncleanPage } from "./unused_space.ts";
