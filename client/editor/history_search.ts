/**
 * The search in the input history (Ctrl-R and Ctrl-S): the query, the entry that matches, and how a key changes them.
 *
 * @module
 */
import { chordOf, type Key } from "../keyboard/mod.ts";
import { type HistoryMatch, searchHistory } from "./input_history.ts";
import { previousBoundary } from "../text/mod.ts";

/** A search in the input history. */
export interface HistorySearch {
  /** The text to find. */
  readonly query: string;
  /** The match that the editor shows; when it is missing, the editor shows the text from before the search. */
  readonly match?: HistoryMatch;
  /** Whether the last key found no further match. */
  readonly failed: boolean;
}

/**
 * What a key does in a search: it changes the search, cancels it, or accepts the match and then does its usual work.
 */
export type SearchStep = HistorySearch | "cancel" | "accept";

/** A search before its first key. */
export const NEW_SEARCH: HistorySearch = { query: "", failed: false };

/**
 * Applies a key to a search.
 *
 * @param search the search
 * @param key the key
 * @param history the entries, oldest first, and the last query, which Ctrl-R repeats in an empty search
 * @returns the changed search, or how the search ends
 */
export function searchStep(
  search: HistorySearch,
  key: Key,
  history: { readonly entries: readonly string[]; readonly lastQuery: string },
): SearchStep {
  const { entries, lastQuery } = history;
  if (key.kind === "text") return find(search, entries, search.query + key.text);
  switch (key.kind === "named" || key.kind === "character" ? chordOf(key) : "") {
    case "backspace":
    case "ctrl-h": {
      const { query } = search;
      return find(NEW_SEARCH, entries, query.slice(0, previousBoundary(query, query.length)));
    }
    case "ctrl-r":
      return search.query === "" ? find(search, entries, lastQuery) : findNext(search, entries, -1);
    case "ctrl-s":
      return findNext(search, entries, 1);
    case "escape":
    case "ctrl-[":
    case "ctrl-g":
    case "ctrl-c":
      return "cancel";
  }
  return "accept";
}

/** Searches for a new query, from the entry shown on to older ones. */
function find(search: HistorySearch, entries: readonly string[], query: string): HistorySearch {
  const from = search.match?.index ?? entries.length - 1;
  return withMatch(search, query, searchHistory(entries, query, from, -1));
}

/** Searches for the same query in further entries. Skips entries equal to the one shown. */
function findNext(search: HistorySearch, entries: readonly string[], step: 1 | -1): HistorySearch {
  const shown = search.match?.index ?? entries.length;
  let match = searchHistory(entries, search.query, shown + step, step);
  while (match !== undefined && entries[match.index] === entries[shown]) {
    match = searchHistory(entries, search.query, match.index + step, step);
  }
  return withMatch(search, search.query, match);
}

/** A search that fails keeps the match it had. */
function withMatch(search: HistorySearch, query: string, match: HistoryMatch | undefined): HistorySearch {
  const failed = match === undefined && query !== "";
  const shown = match ?? (query === "" ? undefined : search.match);
  return { query, failed, ...(shown === undefined ? {} : { match: shown }) };
}
