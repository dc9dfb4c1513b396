/**
 * The command line of `riftchat tail`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "./address.ts";

const EXPLANATION = `
It says nothing and reads nothing from stdin. Where the connection is lost it
connects again, for ever, and prints what it missed, if the hub keeps what is
said. A room is named with its # or without; a shell takes a # at the beginning
of a word for a comment, unless it is quoted ('#dev'). Of hubs that speak TLS it
knows those that join knows; it asks nobody about others.

Examples:
  riftchat tail chat.example.org           print what is said there
  riftchat tail -r ops -l 100 | less       one room, its last 100 lines first
  riftchat tail -r dev -r ops --json       two rooms, for a program
  riftchat tail -l 0 | grep --line-buffered -i failed

Environment:
  HOST      the host where no address is given
  PORT      the port where no address is given
  NO_COLOR  with any value: no colours

Exit status:
  0              its reader has read enough, as head does
  1              a fault of the program or its machine
  2              a wrong command line
  3              no hub could be reached, at first
  4              the hub refused
  5              the connection was lost before it was there
  6              the hub may be another one, or wants a password that others
                 could read: as with join
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `tail`, with its one operand and its options.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type TailCommand = commander.Command<
  [string | undefined],
  {
    name?: string;
    room?: string[];
    lines?: string;
    json?: true;
    config: boolean;
    tls?: true;
    fingerprint?: string;
    acceptNew?: true;
    insecure?: true;
    passwordFile?: string;
  }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns `tail`, to be added to the program
 */
export function tailCommand(finish: (status: number) => void): TailCommand {
  return new commander.Command("tail")
    .summary("print what is said, without a word of one's own")
    .description("Listen on a hub, and print what is said there until interrupted.")
    .argument(
      "[address]",
      `HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS (default: HOST and PORT of the environment, else ${DEFAULT_HOST}:${DEFAULT_PORT})`,
    )
    .option(
      "-r, --room <room>",
      "a room to listen in, in the place of main (repeatable)",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option(
      "-l, --lines <count>",
      "how many lines to print of what was said before, at most 500 (default: 10)",
    )
    .option("-n, --name <name>", "your name; without it the hub chooses one")
    .option("--json", "print each message of the hub as one line of JSON")
    .option("--tls", "speak TLS, or not at all, as with rifts://")
    .option("--fingerprint <fingerprint>", "speak TLS with the hub whose certificate has this SHA-256")
    .option(
      "--accept-new",
      "believe a hub whose certificate is not known, and keep it; never one that has changed",
    )
    .option("--password-file <file>", "a file whose first line is the hub's password")
    .option("--insecure", "go without encryption where the hub is known to have it, and with a password")
    .option("--no-config", "neither read nor keep which hubs are known")
    .addHelpText("after", EXPLANATION)
    .action(async (address, options) => {
      const { tail } = await import("./tail.ts");
      const { room: rooms, lines = "10", json = false, ...others } = options;
      finish(await tail({ address, rooms, lines, json, ...others }));
    });
}
