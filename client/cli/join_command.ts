/**
 * The options and the help of `riftchat join`. Its code is loaded only when it is needed.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { addHubFlags, ADDRESS_HELP, type HubFlags } from "./flags.ts";

const EXAMPLES = `

Examples:
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another one, as ana
  riftchat join rifts://chat.example.org   join with TLS, or not at all
  riftchat join a.example.org,b.example.org   two hubs of one chat
  riftchat join 'rifts://host:8000/#…'     use the link of an invite
  riftchat join -                          the same: you are asked for the link
  riftchat join -r dev -r ops              join two more rooms, and talk in dev
  echo deployed | riftchat join            send one line and leave
  make 2>&1 | riftchat join -n ci          send the output of a build
  tail -f log | riftchat join --json       send lines, print the chat as JSON
  bot | riftchat join --commands           obey :who, :username and :quit too
  make | riftchat join -q -r ci            send to #ci, without any output
  coproc riftchat join --json --json-input a bot that answers where it is asked`;

const EXPLANATION = `
What you type is sent line by line; a line that begins with a colon is a
command, and :help lists them. A room is named with its # or without; quote the
# in a shell ('#dev').

In a pipe every line is text, whatever it begins with; with --commands a line
that begins with a colon is a command (:quit, :username, :who, :help), and
::TEXT sends :TEXT. Escape sequences, other control characters and what a
progress bar has overwritten are left out. Lines that arrive together become one
message, a long line becomes several.

A pipe fails no program that writes to it. If no hub is there, the hub is full
or does not reach the others of its chat, or the connection is lost, it is
retried for a while (--retry), and what was not acknowledged is sent again. If
that fails, the rest of the input is read and not sent. If stdout is closed, the
input is still sent. The program ends when everything is acknowledged or the
input ends; stderr says what was not sent, and so does the exit status. If the
name is taken, a pipe is called NAME-2, NAME-3 and so on.

The client finds out whether a hub speaks TLS. A certificate that no authority
signed is shown once and stored in known_hubs in the config folder; from then on
the hub is known by it, and never joined without TLS. Compare the fingerprint
with the one that the hub printed at its start.

Several addresses, separated by commas, are those of hubs that form one chat,
and so are several IP addresses of one name. The client begins with any of them
and goes to the next one when its hub goes, refuses or does not answer; then the
messages that it missed are fetched. A scheme counts for the addresses after it,
too: rifts://a,b joins both with TLS. Hubs of one chat have the same identity,
so that the certificate of only one of them has to be accepted.

The link of an invite lets you in without a password, and without a question
about the certificate: the hub proves that it is the right one. Programs on your
machine may see a link among the arguments; with - you are asked for it, and in
a pipe it is the first line of stdin.

A name under which you talk belongs to your key from then on, on a hub that
stores names. If it belongs to somebody else, you are asked for another one; a
pipe takes NAME-2 and so on. riftchat identity shows your key.

Environment:
  RIFTCHAT_HOST, HOST  the host, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address
  SSH_AUTH_SOCK        the socket of ssh-agent, for --identity
  NO_COLOR             with any value: no colours

Exit status:
  0              success: every message was acknowledged
  1              an internal error, stdin or stdout failed, or the key cannot be
                 used
  2              an invalid command line
  3              no hub could be reached
  4              the hub refused this client or one of its lines, or has put it
                 out: it is banned or was kicked
  5              the connection was lost, or a line was not sent or acknowledged
  6              the hub may be the wrong one: its certificate is unknown or has
                 changed, or it no longer speaks TLS; or it wants a password,
                 which others could read
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

/**
 * The subcommand `join`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type JoinCommand = commander.Command<
  [string | undefined],
  HubFlags & {
    name?: string;
    room?: string[];
    json?: true;
    commands?: true;
    jsonInput?: true;
    quiet?: true;
    exactName?: true;
    retry?: string;
  }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status
 * @returns `join`, to be added to the program
 */
export function joinCommand(finish: (status: number) => void): JoinCommand {
  const command = new commander.Command("join")
    .summary("join a hub")
    .description("Join a hub and talk." + EXAMPLES)
    .argument("[address]", ADDRESS_HELP)
    .option(
      "-n, --name <name>",
      "your name; by default the one you had on this hub (on a terminal), else the name of your account",
    )
    .option(
      "-r, --room <room>",
      "a room to join beside main; messages go to the first (repeatable; on a terminal the default is where you were)",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("--json", "print each message of the hub as one line of JSON");
  return addHubFlags(command, {
    withoutPassword: "you are asked",
    ownKey: "the one of riftchat identity, which is made when you join on a terminal",
    kept:
      "preferences, known hubs, your key, your name and rooms on each, the lines typed before, and what was read",
  })
    .option(
      "--exact-name",
      "in a pipe: fail if the name is taken, instead of taking NAME-2, NAME-3 and so on",
    )
    .option(
      "--commands",
      "in a pipe: a line that begins with a colon is a command; without it every line is text",
    )
    .option(
      "--json-input",
      "in a pipe: each line is a JSON object with message; room or to names another target, reply_to a message",
    )
    .option("-q, --quiet", "only send: print nothing of the chat, and announce nobody (:who still shows you)")
    .option(
      "--retry <time>",
      "in a pipe: how long a connection is retried, at the start and later: 5m, 0 or forever (default: 60s)",
    )
    .addHelpText("after", EXPLANATION)
    .action(async (address, options) => {
      const { join } = await import("./join.ts");
      const { room: rooms, json = false, ...others } = options;
      finish(await join({ address, rooms, json, ...others }));
    });
}
