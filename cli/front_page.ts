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

Options:
  -V, --version   print version, Deno and target
  -h, --help      explain this

Commands:
  serve           host a hub
  join            join a hub and talk
  tail            print what is said, without a word of one's own
  log             print what a hub keeps
  export          write what a hub keeps as lines of JSON
  import          read what export wrote into an empty folder
  ping            measure how long a hub takes to answer
  bench           measure a hub under load
  completions     print a script that teaches a shell to complete all this
  help [command]  explain a command

Examples:
  riftchat serve                           host a hub on port 8000
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another one, as ana
  riftchat help join                       explain one command

Exit status:
  0  well
  1  a fault of the program or its machine
  2  a wrong command line

The help of each command says what else its exit status may be.
`;
