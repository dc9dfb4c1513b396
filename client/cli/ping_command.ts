/**
 * The command line of `riftchat ping`: flags and help. Its code is loaded only when it runs.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "../net/mod.ts";

const EXAMPLES = `

Examples:
  riftchat ping                       is there a hub on this machine?
  riftchat ping chat.example.org      is there one, and how fast does it answer?
  riftchat ping a.example.org,b.example.org    the same for two hubs
  riftchat ping && riftchat join      join if there is one`;

const EXPLANATION = `
The command connects, waits for the first message of the hub and disconnects.
Nobody in the chat notices. The time is from the start of the connection to that
message. Of several hubs each is measured; one that answers is enough for
status 0. An unknown certificate is accepted, as nothing is sent; one that has
changed is refused.

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address
  RIFTCHAT_CONFIG      the config file of the hub, for what they do not set

Exit status:
  0  the hub answered
  1  an internal or system error
  2  an invalid command line
  3  no hub answered
  4  the hub answered, but refused the connection (with --alive: 0)
  6  its certificate has changed, or it no longer speaks TLS`;

/**
 * The subcommand `ping`, with its argument and options.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type PingCommand = commander.Command<[string | undefined], { alive?: true; tls?: true }>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before
 * @returns `ping`, to be added to the program
 */
export function pingCommand(finish: (status: number) => void): PingCommand {
  return new commander.Command("ping")
    .summary("measure how long a hub takes to answer")
    .description("Measure how long a hub takes to answer." + EXAMPLES)
    .argument(
      "[address]",
      "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS; several separated by commas " +
        `(default: as the variables below say, else ${DEFAULT_HOST}:${DEFAULT_PORT})`,
    )
    .option(
      "--alive",
      "end with status 0 also if the hub refuses the connection, for example because it is full",
    )
    .option("--tls", "require TLS, as rifts:// does")
    .addHelpText("after", EXPLANATION)
    .action(async (address, { alive = false, tls = false }) => {
      const { ping } = await import("./ping.ts");
      finish(await ping(address, { alive, tls }));
    });
}
