/**
 * server/hub
 *
 * @module
 */
export type { Counters } from "./counters.ts";
export { Flusher } from "./flusher.ts";
export { type HistoryPorts, Hub, serverLine } from "./hub.ts";
export { type Outlet, type Session } from "./session.ts";
