/**
 * The command line of `riftchat say`: flags and help. Its code is loaded only when it runs.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { addHubFlags, ADDRESS_HELP, type HubFlags } from "./flags.ts";

const EXAMPLES = `

Examples:
  riftchat say -n ci "build 412 passed"       a message to everyone
  riftchat say -n ci -r ops disk full         a message to the room #ops
  riftchat say -n ci --to ana "please look"   a direct message
  date | riftchat say --hub chat.example.org  the text from stdin`;

const EXPLANATION = `
The command prints nothing. Nobody is told that it joins and leaves. Without
TEXT it sends what it reads from stdin, as one message; use riftchat join to
send a message for each line. If the name is taken, it gets a suffix, such as
ci-2.

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no --hub
  RIFTCHAT_PORT, PORT  the port, if you give no --hub
  SSH_AUTH_SOCK        the socket of ssh-agent, for --identity

Exit status:
  0              the hub has the message
  1              an internal or system error, or the key cannot be used
  2              an invalid command line, or the text is no valid message
  3              no hub could be reached
  4              the hub refused the client or the message: it is banned, muted
                 or too fast for slow mode, for example
  5              the connection was lost before the hub acknowledged the message
  6              the hub may be another one: its certificate is unknown or has
                 changed, or it no longer speaks TLS; or it wants a password,
                 which others could read
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `say`, with its arguments and options.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type SayCommand = commander.Command<
  [string[]],
  HubFlags & {
    hub?: string;
    name?: string;
    exactName?: true;
    room?: string;
    to?: string;
    retry?: string;
  }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before
 * @returns `say`, to be added to the program
 */
export function sayCommand(finish: (status: number) => void): SayCommand {
  const command = new commander.Command("say")
    .summary("send one message")
    .description("Send one message, and print nothing." + EXAMPLES)
    .argument("[text...]", "the message; several arguments are joined by spaces")
    .option("-r, --room <room>", "the room to send it to; the default is main")
    .option("--to <name>", "the user to send it to, as a direct message")
    .option("-n, --name <name>", "your name; by default the name of your account")
    .option("--exact-name", "fail if the name is taken, instead of adding a suffix")
    .option("--hub <address>", ADDRESS_HELP)
    .option(
      "--retry <time>",
      "how long to try until the hub has it: such as 30s, 5m or forever (default: 0)",
    );
  return addHubFlags(command, {
    withoutPassword: "a hub that wants one refuses",
    ownKey: "the one of riftchat identity, if you have one",
    kept: "your key and which hubs are known",
  })
    .addHelpText("after", EXPLANATION)
    .action(async (words, options) => {
      const { say } = await import("./say.ts");
      const { hub: address, ...others } = options;
      finish(await say({ address, words, ...others }));
    });
}
