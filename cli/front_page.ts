/**
 * The front page of help. Made by `deno task man` from the definitions of the commands.
 *
 * @module
 */

/** The columns that the front page needs. */
export const FRONT_PAGE_COLUMNS = 80;

/** What `riftchat --help` shows. */
export const FRONT_PAGE = `Usage: riftchat COMMAND [options]

A chat for terminals: one file to download, one command to host, one to join.

Examples:
  riftchat serve                           host a hub on port 8000
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another hub, as ana
  riftchat help join                       print the help of a command

Options:
  -V, --version   print the versions of RiftChat and Deno, and the target
  -h, --help      print this help

Commands:
  serve           host a hub
  join            join a hub and talk
  say             send one message
  tail            print messages, without sending any
  identity        show, export or import your key
  log             print the stored messages of a hub
  export          write the stored messages of a hub as JSON
  import          import the output of export into an empty folder
  name            list and change who owns which name
  invite          make a link with which somebody gets into your hub
  invites         list the invites of your hub
  revoke          end an invite
  token           list and change the tokens of scripts
  cluster         show a cluster, and bring a hub into it
  op              list and change the operators of a hub
  audit           print what operators and moderators have done
  ping            measure how long a hub takes to answer
  bench           measure a hub under load
  completions     print a script for command completion in your shell
  help [command]  print the help of a command

Exit status:
  0  success
  1  an internal or system error
  2  an invalid command line

The help of a command lists its other exit statuses.
`;
