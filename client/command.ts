/**
 * The command line of `riftchat join`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "./address.ts";
import { ExitStatus } from "./exit_status.ts";

const EXPLANATION = `
What you type is said line by line; a line that begins with a colon is a command, and :help lists them.
Where lines are piped in, all are acknowledged before the program ends.

Examples:
  riftchat join                                     join the hub on this machine
  riftchat join chat.example.org -n ana             join another one, as ana
  echo deployed | riftchat join chat.example.org    say one line and leave
  tail -f log | riftchat join --json > chat.jsonl   say what comes, keep what is said

Exit status:
  0  well: whatever was to be said was acknowledged
  1  a fault of the program or its machine
  2  a wrong command line
  3  no hub could be reached
  4  the hub refused, or a line could not be said
  5  the connection was lost, or the hub went down
  130, 143, 129  interrupted (SIGINT, SIGTERM, SIGHUP)`;

/**
 * The subcommand `join`, with its one operand and its options.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type JoinCommand = commander.Command<
  [string | undefined],
  { name?: string; json?: true; config: boolean }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns `join`, to be added to the program; a wrong command line is told on stderr and then thrown as a
 * `CommanderError` whose `exitCode` is 2, and help is shown and then thrown as one whose `exitCode` is 0
 */
export function joinCommand(finish: (status: number) => void): JoinCommand {
  return new commander.Command("join")
    .summary("join a hub")
    .description("Join a hub and talk.")
    .argument(
      "[address]",
      `HOST, HOST:PORT, [IPV6]:PORT or rift://HOST:PORT (default: HOST and PORT of the environment, else ${DEFAULT_HOST}:${DEFAULT_PORT})`,
    )
    .option("-n, --name <name>", "your name; without it the hub chooses one")
    .option("--json", "print each message of the hub as one line of JSON")
    .option("--no-config", "neither read nor keep preferences and the lines typed before")
    .addHelpText("after", EXPLANATION)
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      throw new commander.CommanderError(ExitStatus.Usage, error.code, error.message);
    })
    .action(async (address, options) => {
      const { join } = await import("./join.ts");
      const { name, json = false, config } = options;
      finish(await join({ address, name, json, config }));
    });
}

/** @param text what the package says of a wrong command line, with its guess of what was meant in a line of its own */
function oneLine(text: string): string {
  return text.replace(/^error: /, "riftchat: ").trimEnd().replaceAll("\n", " ") + "\n";
}
