/**
 * Orders and numbers what happens in the rooms, in memory or with a history.
 *
 * May import: `history`.
 *
 * - `backplane`: who orders, numbers and keeps what happens in the rooms
 * - `embedded`: the backplane of a hub on one machine that keeps nothing
 * - `receipts`: what lines that may be sent again were answered, in memory
 * - `stored`: the backplane of a hub on one machine that keeps what is said
 *
 * @module
 */
export type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
export { EmbeddedBackplane } from "./embedded.ts";
export { StoredBackplane, type StoredBackplaneDependencies } from "./stored.ts";
