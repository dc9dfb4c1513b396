/**
 * Sessions, names, rooms and fan-out. The hub decides who receives which message; it never writes to a socket itself.
 *
 * PURE: no `Deno`, timer, clock or randomness except what is passed in.
 *
 * May import: `admission`, `backplane`, `history`, `registry`, `words`.
 *
 * - `broadcast_log`: the frames of a room, encoded once for all its members
 * - `counters`: event counters
 * - `dependencies`: the dependencies of the hub
 * - `flusher`: decides when waiting bytes are written
 * - `history_requests`: requests for earlier messages, and their answers
 * - `hub`: carries out or refuses what clients ask for
 * - `names`: the names in use
 * - `newcomers`: sessions that are not announced yet
 * - `outbox`: the replies to one session that wait to be written
 * - `pages`: cuts a long list into messages of limited size
 * - `replies`: builds the messages to one client
 * - `room`: one room and its log
 * - `rooms`: all rooms of a hub
 * - `searches`: runs history searches in small steps
 * - `session`: one client of the hub
 *
 * @module
 */
export type { Counters } from "./counters.ts";
export { Flusher } from "./flusher.ts";
export type { HubHistory } from "./dependencies.ts";
export { Hub } from "./hub.ts";
export { serverLine } from "./replies.ts";
export { type Session, type Transport } from "./session.ts";
