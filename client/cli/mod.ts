/**
 * The subcommands `join`, `tail`, `say` and `ping`: flags, help and exit status. It puts the other rooms together.
 *
 * May import: `commands`, `config`, `link`, `machine`, `model`, `net`, `pipe`, `talk`, `text`, `trust`.
 *
 * - `default_name`: the name of a user who gives none
 * - `duration`: a length of time as people type it, such as `90s`, `5m` or `2h`
 * - `find_route`: how a hub is to be reached, for those who have many connections to make and say nothing that is
 *   anybody's secret but the hub's password
 * - `flags`: the flags that say how a hub is to be approached, for each command that joins one
 * - `hub_options`: reads the options about a hub
 * - `join`: `riftchat join`, put together
 * - `join_command`: the command line of `riftchat join`
 * - `ping`: `riftchat ping`
 * - `ping_command`: the command line of `riftchat ping`
 * - `say`: `riftchat say`
 * - `say_command`: the command line of `riftchat say`
 * - `subcommand`: what the subcommands of the client have in common
 * - `tail`: `riftchat tail`
 * - `tail_command`: the command line of `riftchat tail`
 *
 * @module
 */
export type { Route, RouteOptions } from "./find_route.ts";
export { type JoinCommand, joinCommand } from "./join_command.ts";
export { type PingCommand, pingCommand } from "./ping_command.ts";
export { type SayCommand, sayCommand } from "./say_command.ts";
export { type TailCommand, tailCommand } from "./tail_command.ts";

/** Loads what finds out how to reach a hub, with all that connects and verifies. */
export const loadFindRoute = (): Promise<typeof import("./find_route.ts")> => import("./find_route.ts");
