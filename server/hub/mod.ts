/**
 * The hub: it carries out what clients ask for, and decides who receives which message; it never writes to a socket
 * itself.
 *
 * PURE: no `Deno`, timer, clock or randomness except what is passed in.
 *
 * May import: `admission`, `backplane`, `fanout`, `history`, `invites`, `moderation`, `powers`,
 * `reading`, `registry`, `sessions`.
 *
 * - `arrivals`: connecting, the password, invites, and hello
 * - `change_requests`: requests to change messages
 * - `core`: what all requests share: the state of the hub, and the ways to reach clients
 * - `counters`: event counters
 * - `dependencies`: the dependencies of the hub
 * - `history_answers`: answers to requests for earlier messages
 * - `hub`: carries out or refuses what clients ask for
 * - `message_changes`: who may change which message
 * - `messages`: chat messages
 * - `moderation_requests`: requests to moderate, and what they mean for those who are here
 * - `name_requests`: requests about names and their keys
 * - `name_taking`: taking names in a cluster
 * - `presence`: tells others who is here, and ends sessions
 * - `replies`: builds the messages to one client
 * - `room_requests`: requests about rooms
 *
 * @module
 */
export type { Counters } from "./counters.ts";
export type { HubCluster, HubHistory, ModerationNews } from "./dependencies.ts";
export { Hub } from "./hub.ts";
export { serverLine } from "./replies.ts";
