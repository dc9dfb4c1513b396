/**
 * The command line of `riftchat join`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { addHubFlags, ADDRESS_HELP, type HubFlags } from "./flags.ts";

const EXPLANATION = `
What you type is sent line by line; a line that begins with a colon is a
command, and :help lists them. In a pipe every line is text, unless --commands
is given: then :quit, :username, :who and :help work, and ::TEXT sends :TEXT.
A room is named with its # or without; a shell
takes a # at the beginning of a word for a comment, unless it is quoted ('#dev').

What a program writes into a pipe is said as one would see it on a terminal:
escape sequences and other control characters are left out, as is what a bar of
progress has written over. Lines that come together are one message, one that is
too long becomes several. Where the connection is lost it is tried again for a
while, and what was not acknowledged is said again. The program ends when all is
acknowledged; the exit status says whether it was.

Where a hub speaks TLS, so does this program, and finds that out by itself. A
certificate that no authority vouches for is shown once, and kept in known_hubs
in the config folder; from then on the hub is known by it, and never talked to
without. Compare the fingerprint with what the hub said at its start.

Examples:
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another one, as ana
  riftchat join rifts://chat.example.org   join one that speaks TLS, or none
  riftchat join -r dev -r ops              be in two more rooms, and talk in dev
  echo deployed | riftchat join            say one line and leave
  make 2>&1 | riftchat join -n ci          say what a build writes
  tail -f log | riftchat join --json       say what comes; the chat as JSON
  bot | riftchat join --commands           obey :who, :username and :quit too

Environment:
  HOST      the host where no address is given
  PORT      the port where no address is given
  NO_COLOR  with any value: no colours

Exit status:
  0              well: whatever was to be said was acknowledged
  1              a fault of the program or its machine
  2              a wrong command line
  3              no hub could be reached
  4              the hub refused this client, or a line of it
  5              the connection was lost for good, or a line not acknowledged
  6              the hub may be another one: its certificate is not known, or
                 has changed, or it does not speak TLS any more; or it wants a
                 password, and others could read that
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `join`, with its one operand and its options.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type JoinCommand = commander.Command<
  [string | undefined],
  HubFlags & { name?: string; room?: string[]; json?: true; commands?: true; retry?: string }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns `join`, to be added to the program
 */
export function joinCommand(finish: (status: number) => void): JoinCommand {
  const command = new commander.Command("join")
    .summary("join a hub")
    .description("Join a hub and talk.")
    .argument("[address]", ADDRESS_HELP)
    .option(
      "-n, --name <name>",
      "your name; without it the one you had on this hub, on a terminal, else the hub chooses one",
    )
    .option(
      "-r, --room <room>",
      "a room to be in beside main; you talk in the first (repeatable; on a terminal the default is where you were)",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("--json", "print each message of the hub as one line of JSON");
  return addHubFlags(command, {
    withoutPassword: "you are asked",
    kept: "preferences, known hubs, your name and rooms on each, the lines typed before, and what was read",
  })
    .option(
      "--commands",
      "in a pipe: a line that begins with a colon is a command; without it every line is text",
    )
    .option(
      "--retry <time>",
      "where lines are piped in, how long a lost connection is tried again: such as 5m, 0 or forever (default: 60s)",
    )
    .addHelpText("after", EXPLANATION)
    .action(async (address, options) => {
      const { join } = await import("./join.ts");
      const { room: rooms, json = false, ...others } = options;
      finish(await join({ address, rooms, json, ...others }));
    });
}
