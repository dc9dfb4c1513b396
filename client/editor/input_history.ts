/**
 * The input history: adding entries, searching them, and the format of the history file.
 *
 * The file has one line for each entry, oldest first. `\\` stands for a backslash and `\n` for a line end in an entry.
 * Any text can be read: a backslash that begins no such escape stands for itself, and an entry with U+FFFD, which the
 * caller reads for bytes that are not UTF-8, is left out. The caller reads and writes the file, and never adds a
 * password.
 *
 * @module
 */
import { withoutInvites } from "../../runtime/mod.ts";
import { boundaryAtOrAfter, boundaryAtOrBefore } from "../text/mod.ts";

/** The most entries to store: weeks of chat, and a file that is read in a few milliseconds. */
export const MAX_HISTORY_ENTRIES = 1000;

/** The most bytes of an entry, in UTF-8: more than a message. A longer text, such as a paste, is not stored. */
export const MAX_ENTRY_BYTES = 8192;

/**
 * Decides whether a text may be in the input history.
 *
 * @param text what the user has submitted
 * @returns false for more than 8 KiB, and for a text with the link of an invite, which is secret
 */
export function isStorable(text: string): boolean {
  return isShort(text) && withoutInvites(text) === text;
}

function isShort(text: string): boolean {
  return text.length * 3 <= MAX_ENTRY_BYTES ||
    (text.length <= MAX_ENTRY_BYTES && new TextEncoder().encode(text).length <= MAX_ENTRY_BYTES);
}

/**
 * Adds an entry.
 *
 * @param entries the entries so far, oldest first
 * @param text the new entry
 * @returns the entries with the new one, without the oldest ones over the limit; unchanged when the new entry is blank,
 * too long or repeats the last one
 */
export function withEntry(entries: readonly string[], text: string): readonly string[] {
  if (text.trim() === "" || text === entries.at(-1) || !isStorable(text)) return entries;
  return [...entries, text].slice(-MAX_HISTORY_ENTRIES);
}

/**
 * Formats an entry for the file.
 *
 * @param text the entry
 * @returns the entry as one line with its line end, to append to the file
 */
export function serializeEntry(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") + "\n";
}

/**
 * Formats all entries for the file.
 *
 * @param entries the entries, oldest first
 * @returns the file's text
 */
export function serializeHistory(entries: readonly string[]): string {
  return entries.map(serializeEntry).join("");
}

/**
 * Parses the file.
 *
 * @param file the text of the file; any text is valid
 * @returns its entries, oldest first, without blank, repeated and very long ones
 */
export function parseHistory(file: string): readonly string[] {
  const entries: string[] = [];
  for (const line of file.split(/\r?\n/)) {
    if (line.includes("\ufffd")) continue;
    const text = line.replace(/\\([\\n])/g, (_, escaped) => escaped === "n" ? "\n" : "\\");
    if (text.trim() !== "" && text !== entries.at(-1) && isStorable(text)) entries.push(text);
  }
  return entries.slice(-MAX_HISTORY_ENTRIES);
}

/**
 * Compacts the file. This is rarely necessary, because rewriting the file is slower than appending to it.
 *
 * @param file the text of the file; any text is valid
 * @returns the file without the entries over the limit; `undefined` when it has at most twice as many lines as the
 * limit
 */
export function compactHistory(file: string): string | undefined {
  const lines = file.split("\n").length - 1;
  return lines > 2 * MAX_HISTORY_ENTRIES ? serializeHistory(parseHistory(file)) : undefined;
}

/** A match of a search. */
export interface HistoryMatch {
  /** Index of the entry. */
  readonly index: number;
  /** Where the match begins in the entry, as a UTF-16 index; inside a grapheme, the start of the grapheme. */
  readonly start: number;
  /** Where the match ends in the entry; inside a grapheme, the end of the grapheme. */
  readonly end: number;
}

/**
 * Searches the entries for a text. A query without capital letters ignores case.
 *
 * @param entries the entries, oldest first
 * @param query the text to find; an empty query matches nothing
 * @param from index of the first entry to search
 * @param step -1 to search older entries next, 1 to search newer ones
 * @returns the first match, or `undefined`
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
