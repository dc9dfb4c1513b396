/**
 * server/hub
 *
 * @module
 */
export type { Counters } from "./counters.ts";
export { Flusher } from "./flusher.ts";
export { Hub, type HubHistory, serverLine } from "./hub.ts";
export { type Outlet, type Session } from "./session.ts";
