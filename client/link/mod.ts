/**
 * A connection to the hub that comes back: requests and answers, reconnecting, heartbeats, the own name.
 *
 * May import: `model`, `net`, `trust`.
 *
 * - `back_off`: how long to wait before something that failed is tried again
 * - `handshake`: how a connection begins
 * - `heartbeat`: finds out that the other end of a link has gone without a word
 * - `link`: a place in a conversation
 * - `link_state`: what becomes of a tether, as values
 * - `name_reclaim`: takes back a name that somebody else has for now
 * - `open_link`: one open link of a tether
 * - `own_name`: under which name a client is known from link to link
 * - `pending`: lines that were said and are not yet acknowledged, in the order in which they were said
 * - `reconnecting_link`: holds a client to its hub
 * - `requests`: which answer belongs to which request
 * - `wake_watch`: notices that this machine slept, or that this program was stopped
 *
 * @module
 */
export { Handshake, hasFeature, type Session } from "./handshake.ts";
export { HANDSHAKE_LIMIT_MS, Link } from "./link.ts";
export type { Ended, LinkState, Waiting } from "./link_state.ts";
export type { OwnLine } from "./pending.ts";
export { ReconnectingLink } from "./reconnecting_link.ts";
export type { Answer, ControlRequest } from "./requests.ts";
