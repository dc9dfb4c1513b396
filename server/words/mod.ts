/**
 * What a search finds: how a text is split into words, and when a message has those of a search. The hub's index,
 * `riftchat log --match` and the limits of a search all use this, so that they find the same messages.
 *
 * PURE.
 *
 * May import: nothing.
 *
 * - `fold`: makes texts comparable: one case, no accents, one form of each letter
 * - `words`: splits texts into words, makes the terms of an index, and matches messages
 *
 * @module
 */
export { indexTerms, matches, readSearch, type Search } from "./words.ts";
