/**
 * Fan-out: how the frames of a room reach its readers, and replies one client, in as few writes as possible.
 *
 * PURE: no `Deno`, timer, clock or randomness except what is passed in.
 *
 * May import: nothing.
 *
 * - `broadcast_log`: the frames of a room, encoded once for all its members
 * - `flusher`: decides when waiting bytes are written
 * - `outbox`: the replies to one session that wait to be written
 * - `pages`: cuts a long list into messages of limited size
 *
 * @module
 */
export { BroadcastLog, type LogCursor, segmentReuses } from "./broadcast_log.ts";
export { Flusher, type FlusherDependencies, type GrowingRoom, type Writer } from "./flusher.ts";
export { Outbox, type PageSource, type ReplyQueue } from "./outbox.ts";
export { type Page, pagesOf } from "./pages.ts";
