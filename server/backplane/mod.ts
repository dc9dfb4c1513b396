/**
 * Orders and numbers the events in the rooms, in memory or with a history.
 *
 * May import: `history`.
 *
 * - `backplane`: the interface of a backplane
 * - `embedded`: the backplane of a hub that stores nothing
 * - `receipts`: the acknowledgements of recent messages, in memory, for deduplication
 * - `stored`: the backplane of a hub that stores messages
 *
 * @module
 */
export type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
export { EmbeddedBackplane } from "./embedded.ts";
export { StoredBackplane, type StoredBackplaneDependencies } from "./stored.ts";
