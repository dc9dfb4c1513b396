/**
 * Finds mentions of a name, and URLs, in a text. The client highlights mentions, and the hub finds them in the history,
 * by the same rule.
 *
 * PURE.
 *
 * May import: `protocol`.
 *
 * - `mention`: finds mentions of a name
 * - `url`: finds URLs in a text
 *
 * @module
 */
export { findMentions } from "./mention.ts";
export { findUrls, type Range } from "./url.ts";
