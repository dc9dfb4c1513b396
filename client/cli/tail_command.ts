/**
 * The command line of `riftchat tail`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { addHubFlags, ADDRESS_HELP, type HubFlags } from "./flags.ts";

const EXPLANATION = `
It says nothing and reads nothing from stdin. Where the connection is lost it
connects again, for ever, and prints what it missed, if the hub keeps what is
said. A room is named with its # or without; a shell takes a # at the beginning
of a word for a comment, unless it is quoted ('#dev').

It asks nobody anything. A hub whose certificate is not known is refused, and
its fingerprint told, unless --fingerprint or --accept-new says otherwise, or
join was told that it is the one; the password comes from a file.

Examples:
  riftchat tail chat.example.org           print what is said there
  riftchat tail rifts://chat.example.org   the same with TLS, or not at all
  riftchat tail -r ops -l 100 | less       one room, its last 100 lines first
  riftchat tail -r dev -r ops --json       two rooms, for a program
  riftchat tail -l 0 | grep --line-buffered -i failed

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address
  NO_COLOR             with any value: no colours

Exit status:
  0              its reader has read enough, as head does
  1              a fault of the program or its machine
  2              a wrong command line
  3              no hub could be reached, at first
  4              the hub refused, as for want of the password
  5              the connection was lost before it was there
  6              the hub may be another one: its certificate is not known, or
                 has changed, or it does not speak TLS any more; or it wants a
                 password, and others could read that
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `tail`, with its one operand and its options.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type TailCommand = commander.Command<
  [string | undefined],
  HubFlags & { name?: string; room?: string[]; lines: string; json?: true }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns `tail`, to be added to the program
 */
export function tailCommand(finish: (status: number) => void): TailCommand {
  const command = new commander.Command("tail")
    .summary("print what is said, without a word of one's own")
    .description("Listen on a hub, and print what is said there until interrupted.")
    .argument("[address]", ADDRESS_HELP)
    .option(
      "-r, --room <room>",
      "a room to listen in, in the place of main (repeatable)",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("-l, --lines <count>", "how many lines to print of what was said before, at most 500", "10")
    .option("-n, --name <name>", "your name; without it the hub chooses one")
    .option("--json", "print each message of the hub as one line of JSON");
  return addHubFlags(command, {
    withoutPassword: "a hub that wants one refuses",
    kept: "which hubs are known",
  })
    .addHelpText("after", EXPLANATION)
    .action(async (address, options) => {
      const { tail } = await import("./tail.ts");
      const { room: rooms, json = false, ...others } = options;
      finish(await tail({ address, rooms, json, ...others }));
    });
}
