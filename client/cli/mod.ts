/**
 * cli
 *
 * @module
 */
export type { Route, RouteOptions } from "./find_route.ts";
export { type JoinCommand, joinCommand } from "./join_command.ts";
export { type PingCommand, pingCommand } from "./ping_command.ts";
export { type TailCommand, tailCommand } from "./tail_command.ts";

/** Loads what finds out how to reach a hub, with all that connects and verifies. */
export const loadFindRoute = (): Promise<typeof import("./find_route.ts")> => import("./find_route.ts");
