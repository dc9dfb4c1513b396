/**
 * The lines that were typed before: keeping, searching, and how they stand in a file.
 *
 * In the file an entry is one line, oldest first; a backslash stands before a backslash, and `\n` for a line end in an
 * entry. Any text can be read: what is no such escape counts as it stands. Reading and writing the file are the
 * owner's, as is never to keep a password.
 *
 * @module
 */
import { boundaryAtOrAfter, boundaryAtOrBefore } from "../text/mod.ts";

/** How many lines are kept: weeks of talk, and a file that is read in a few milliseconds. */
export const MAX_HISTORY_ENTRIES = 1000;

/**
 * Adds a line.
 *
 * @param entries the lines so far, oldest first
 * @param text the line
 * @returns the lines with it, the oldest dropped where there are too many; the same where it is blank or repeats the
 * last one
 */
export function withEntry(entries: readonly string[], text: string): readonly string[] {
  if (text.trim() === "" || text === entries.at(-1)) return entries;
  return [...entries, text].slice(-MAX_HISTORY_ENTRIES);
}

/**
 * Writes a line as it stands in the file.
 *
 * @param text the line
 * @returns the same on one line, with a line end, to be added to the file
 */
export function serializeEntry(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") + "\n";
}

/**
 * Writes all lines as they stand in the file.
 *
 * @param entries the lines, oldest first
 * @returns the file's text
 */
export function serializeHistory(entries: readonly string[]): string {
  return entries.map(serializeEntry).join("");
}

/**
 * Reads a file.
 *
 * @param file the file's text, whoever wrote it
 * @returns its lines, oldest first, as if they had been added one after the other
 */
export function parseHistory(file: string): readonly string[] {
  const entries: string[] = [];
  for (const line of file.split(/\r?\n/)) {
    const text = line.replace(/\\([\\n])/g, (_, escaped) => escaped === "n" ? "\n" : "\\");
    if (text.trim() !== "" && text !== entries.at(-1)) entries.push(text);
  }
  return entries.slice(-MAX_HISTORY_ENTRIES);
}

/**
 * Tells what a file is to be written anew as, which is seldom, as that is slower than adding to it.
 *
 * @param file the file's text, whoever wrote it
 * @returns the same without what is not read any more; nothing where the file has at most twice as many lines as are kept
 */
export function compactHistory(file: string): string | undefined {
  const lines = file.split("\n").length - 1;
  return lines > 2 * MAX_HISTORY_ENTRIES ? serializeHistory(parseHistory(file)) : undefined;
}

/** Where a search found something. */
export interface HistoryMatch {
  /** Which line, as an index. */
  readonly index: number;
  /** Where in the line it begins, as a UTF-16 index; before the grapheme, where it begins in one. */
  readonly start: number;
  /** Where in the line it ends; behind the grapheme, where it ends in one. */
  readonly end: number;
}

/**
 * Searches the lines for a text. Without capitals in it, capitals do not count.
 *
 * @param entries the lines, oldest first
 * @param query the text; nothing is found for an empty one
 * @param from the index of the first line to look at
 * @param step -1 to go on to older lines, 1 to newer
 * @returns the first line that has it, or `undefined`
 */
export function searchHistory(
  entries: readonly string[],
  query: string,
  from: number,
  step: 1 | -1,
): HistoryMatch | undefined {
  if (query === "") return undefined;
  const literal = query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const pattern = new RegExp(literal, query === query.toLowerCase() ? "iu" : "u");
  for (let index = from; index >= 0 && index < entries.length; index += step) {
    const text = entries[index]!;
    const found = pattern.exec(text);
    if (found === null) continue;
    const end = boundaryAtOrAfter(text, found.index + found[0].length);
    return { index, start: boundaryAtOrBefore(text, found.index), end };
  }
  return undefined;
}
