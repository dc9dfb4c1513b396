/**
 * The link to the hub: handshake, requests and answers, heartbeat, reconnecting, and the name of the client.
 *
 * May import: `model`, `net`, `trust`.
 *
 * - `back_off`: the waits between attempts: exponential back-off with jitter
 * - `handshake`: the handshake of a connection
 * - `heartbeat`: pings, and detects a dead connection
 * - `hello_proof`: the signatures of the handshake
 * - `link`: one open connection, with requests and their answers
 * - `link_state`: the states of a reconnecting link
 * - `name_reclaim`: gets back a name that is taken
 * - `open_link`: sends messages, renames and the heartbeat over one open link
 * - `own_name`: which name each link asks for
 * - `pending`: the own messages that the hub has not acknowledged
 * - `postponement`: sends messages again that are refused for now
 * - `reconnecting_link`: a link that connects again when it is lost
 * - `requests`: matches answers to requests
 * - `retry_policy`: decides what follows after a link was lost
 * - `wake_watch`: detects that the machine slept
 *
 * @module
 */
export { Handshake, hasFeature, type KnownMessages, type Session } from "./handshake.ts";
export { HANDSHAKE_LIMIT_MS, Link } from "./link.ts";
export type { Ended, LinkState, Open, RefusedName, Waiting } from "./link_state.ts";
export type { NameReclaimProgress } from "./name_reclaim.ts";
export type { OwnLine } from "./pending.ts";
export { ReconnectingLink } from "./reconnecting_link.ts";
export { type Answer, type ControlRequest, throttledMs } from "./requests.ts";
