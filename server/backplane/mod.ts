/**
 * Who orders, numbers and keeps what happens in the rooms.
 *
 * @module
 */
export type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
export { EmbeddedBackplane } from "./embedded.ts";
export { StoredBackplane, type StoredBackplaneDependencies } from "./stored.ts";
