/**
 * cli
 *
 * @module
 */
export { findRoute, type Route, type RouteOptions } from "./find_route.ts";
export { type JoinCommand, joinCommand } from "./join_command.ts";
export { type PingCommand, pingCommand } from "./ping_command.ts";
export { type TailCommand, tailCommand } from "./tail_command.ts";
