/**
 * The command line of `riftchat tail`: flags and help. Its code is loaded only when it runs.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { addHubFlags, ADDRESS_HELP, type HubFlags } from "./flags.ts";

const EXAMPLES = `

Examples:
  riftchat tail chat.example.org           the messages in main
  riftchat tail rifts://chat.example.org   the same, only over TLS
  riftchat tail -r ops -l 100 | less       one room, from its last 100 messages
  riftchat tail -r dev -r ops --json       two rooms, for another program
  riftchat tail -l 0 --until "build passed"       wait for a message
  riftchat tail -r ops --after 412 --no-presence  what came after number 412
  riftchat tail -l 0 | grep --line-buffered -i failed`;

const EXPLANATION = `
The command sends nothing and does not read stdin. Nobody is told that it joins
and leaves. If the connection is lost, it connects again, forever, and prints
the missed messages, if the hub stores them. A room is named with or without its
#; a shell needs quotes around the # ('#dev').

A message of the history counts for --count and --until, too; -l 0 leaves the
history out. The command ends when the reader of its output has gone: on Linux
at once, elsewhere when it prints the next line.

The command never asks. It refuses a hub with an unknown certificate and prints
the fingerprint, unless --fingerprint or --accept-new allow it, or the hub was
accepted with join. The password comes from a file.

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address
  SSH_AUTH_SOCK        the socket of ssh-agent, for --identity
  NO_COLOR             with any value: no colours

Exit status:
  0              its reader has closed the pipe, or --count or --until is met
  1              an internal or system error, or the key cannot be used
  2              an invalid command line
  3              no hub could be reached
  4              the hub refused the client, for example without the password,
                 or has put it out: it is banned or was kicked
  5              the first connection was lost before the hub's welcome
  6              the hub may be another one: its certificate is unknown or has
                 changed, or it no longer speaks TLS; or it wants a password,
                 which others could read
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `tail`, with its argument and options.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type TailCommand = commander.Command<
  [string | undefined],
  HubFlags & {
    name?: string;
    room?: string[];
    lines: string;
    after?: string;
    count?: string;
    until?: string;
    presence: boolean;
    time: "local" | "iso";
    json?: true;
  }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before
 * @returns `tail`, to be added to the program
 */
export function tailCommand(finish: (status: number) => void): TailCommand {
  const command = new commander.Command("tail")
    .summary("print messages, without sending any")
    .description("Print the messages of a hub, and wait for new ones." + EXAMPLES)
    .argument("[address]", ADDRESS_HELP)
    .option(
      "-r, --room <room>",
      "a room to print, instead of main; can be repeated",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("-l, --lines <count>", "how many earlier messages of each room to print, at most 500", "10")
    .option("--after <sequence>", "print the messages after this number, instead of --lines; for one room")
    .option("--count <count>", "end after so many messages")
    .option("--until <words>", "end after a message that contains all of these words")
    .option("--no-presence", "do not print who joins, leaves and changes the name")
    .addOption(
      new commander.Option("--time <form>", "the form of times: 14:03, or as in the log of the hub (UTC)")
        .choices(["local", "iso"] as const).default("local" as const),
    )
    .option("-n, --name <name>", "your name; without it the hub chooses one")
    .option("--json", "print each message as one line of JSON");
  return addHubFlags(command, {
    withoutPassword: "a hub that wants one refuses",
    ownKey: "the one of riftchat identity, if you have one",
    kept: "your key and which hubs are known",
  })
    .addHelpText("after", EXPLANATION)
    .action(async (address, options) => {
      const { tail } = await import("./tail.ts");
      const { room: rooms, json = false, ...others } = options;
      finish(await tail({ address, rooms, json, ...others }));
    });
}
