/**
 * The client: how a person, or a program through a pipe, takes part in a conversation. The only door into this folder.
 *
 * Layers, each of which knows only those below it:
 *
 * - `command` knows flags and help; `join` puts the parts together and decides on the exit status.
 * - `pipe` is the conversation line by line, `talk` the one on a terminal. They know messages, nothing of sockets.
 * - `input` (a typed line → its meaning) and `transcript` (a message → styled lines) are PURE and know nothing of each
 *   other, of links or of terminals; `lines`, `style` and `visible` are PURE too and serve them.
 * - `scrollback` (a message → rows of a terminal) is PURE and the reading side of a terminal: `chat_line`
 *   shows what is said, `presence` gathers who comes and goes, `self` knows who one is, `unread` counts, `ignored` hides,
 *   `mention` and `url` find, `wrap` breaks lines, `style` and `colour` paint them as far as `look` says that the terminal
 *   can, `ascii` writes them for one that knows no other letters.
 * - `input` has the table of commands, from which `help` and `candidates` (what Tab offers) are made; `setting` does what
 *   those commands say that change the `preferences`. All of it is PURE.
 * - `preferences_file` keeps the preferences, as `preferences_text` writes them; `config_folder` alone touches files.
 * - `link` knows requests and answers. How a connection begins (`opening`) and which answer belongs to which request
 *   (`exchange`) are PURE; `wire` makes messages of bytes, and `tcp` alone opens connections.
 * - `ports` alone touches the machine: stdin, stdout, environment, signals, time zone.
 *
 * Nothing in here imports the hub, nor the hub anything in here; what both agree on is in `protocol/`.
 *
 * @module
 */
export { type Address, AddressError, isLoopback, parseAddress } from "./address.ts";
export { type JoinCommand, joinCommand } from "./command.ts";
