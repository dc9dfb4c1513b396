/**
 * client/link
 *
 * @module
 */
export { hasFeature, Opening, type Session } from "./handshake.ts";
export { Link, OPENING_LIMIT_MS } from "./link.ts";
export type { Ended, TetherState, Waiting } from "./link_state.ts";
export type { OwnLine } from "./pending.ts";
export { Tether } from "./reconnecting_link.ts";
export type { Answer, Question } from "./requests.ts";
