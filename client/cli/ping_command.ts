/**
 * The command line of `riftchat ping`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "../net/mod.ts";

const EXPLANATION = `
It connects, waits for the hub's first words and hangs up, so that nobody in
the chat notices. The time is that from the first packet to those words. As it
says nothing, it refuses no certificate but one that has changed.

Examples:
  riftchat ping                       is there a hub on this machine?
  riftchat ping chat.example.org      is there one, and how far away is it?
  riftchat ping && riftchat join      join if there is one

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address
  RIFTCHAT_CONFIG      the config file of the hub, for what they do not set

Exit status:
  0  the hub answered
  1  a fault of the program or its machine
  2  a wrong command line
  3  no hub answered
  4  the hub answered, but it would not have this connection (not with --alive)
  6  its certificate has changed, or it does not speak TLS any more`;

/**
 * The subcommand `ping`, with its one operand.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type PingCommand = commander.Command<[string | undefined], { alive?: true; tls?: true }>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns `ping`, to be added to the program
 */
export function pingCommand(finish: (status: number) => void): PingCommand {
  return new commander.Command("ping")
    .summary("measure how long a hub takes to answer")
    .description("Say how long a hub takes to answer.")
    .argument(
      "[address]",
      "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS " +
        `(default: as the variables below say, else ${DEFAULT_HOST}:${DEFAULT_PORT})`,
    )
    .option("--alive", "status 0 also where the hub would not have this connection, as when it is full")
    .option("--tls", "speak TLS, or not at all, as with rifts://")
    .addHelpText("after", EXPLANATION)
    .action(async (address, { alive = false, tls = false }) => {
      const { ping } = await import("./ping.ts");
      finish(await ping(address, { alive, tls }));
    });
}
