/**
 * Sessions, names, rooms and fan-out: decides who is told what, and never sends.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `admission`, `backplane`, `history`.
 *
 * - `broadcast_log`: what is said in a room, as bytes, once for all its readers
 * - `counters`: how often what has happened on a hub
 * - `flusher`: decides when waiting bytes are written
 * - `history_requests`: what was said before, as clients ask for it and are told it
 * - `hub`: the hub
 * - `outbox`: what one session alone is told, as bytes that wait to be written
 * - `pages`: lists that may be too long for one message
 * - `room`: a room
 * - `rooms`: the rooms of a hub
 * - `searches`: searches under way
 * - `session`: one client of the hub
 * - `writer`: what a round of writing writes to
 *
 * @module
 */
export type { Counters } from "./counters.ts";
export { Flusher } from "./flusher.ts";
export { Hub, type HubHistory, serverLine } from "./hub.ts";
export { type Session, type Transport } from "./session.ts";
