/**
 * The subcommands `join`, `tail`, `say`, `ping` and `identity`: options, help and exit status. They put the other rooms
 * together.
 *
 * May import: `commands`, `config`, `identity`, `link`, `machine`, `model`, `net`, `pipe`, `talk`, `text`, `trust`.
 *
 * - `find_route`: finds out how to connect to a hub, for programs with many connections
 * - `flags`: the options about a hub, for each command that joins one
 * - `hub_options`: reads the options about a hub
 * - `identity`: runs `riftchat identity`
 * - `identity_command`: the options and the help of `riftchat identity`
 * - `join`: runs `riftchat join`
 * - `join_command`: the options and the help of `riftchat join`
 * - `ping`: runs `riftchat ping`
 * - `ping_command`: the options and the help of `riftchat ping`
 * - `plain_output`: formats the output of other subcommands for a plain terminal
 * - `say`: runs `riftchat say`
 * - `say_command`: the options and the help of `riftchat say`
 * - `subcommand`: reports and signals, for all subcommands of the client
 * - `tail`: runs `riftchat tail`
 * - `tail_command`: the options and the help of `riftchat tail`
 *
 * @module
 */
export type { Route, RouteOptions } from "./find_route.ts";
export { type IdentityCommand, identityCommand } from "./identity_command.ts";
export { type JoinCommand, joinCommand } from "./join_command.ts";
export { type PingCommand, pingCommand } from "./ping_command.ts";
export { type SayCommand, sayCommand } from "./say_command.ts";
export { type TailCommand, tailCommand } from "./tail_command.ts";

/** Loads `find_route.ts`, with the code that connects and verifies. */
export const loadFindRoute = (): Promise<typeof import("./find_route.ts")> => import("./find_route.ts");

/** Loads the format of lines on a plain terminal, for other subcommands. */
export const loadPlainOutput = (): Promise<typeof import("./plain_output.ts")> => import("./plain_output.ts");
