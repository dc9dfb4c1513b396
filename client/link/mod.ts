/**
 * client/link
 *
 * @module
 */
export { Handshake, hasFeature, type Session } from "./handshake.ts";
export { HANDSHAKE_LIMIT_MS, Link } from "./link.ts";
export type { Ended, LinkState, Waiting } from "./link_state.ts";
export type { OwnLine } from "./pending.ts";
export { ReconnectingLink } from "./reconnecting_link.ts";
export type { Answer, Question } from "./requests.ts";
