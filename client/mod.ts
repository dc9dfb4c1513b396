/**
 * The client: how a person, or a program through a pipe, takes part in a conversation. The only door into this folder.
 *
 * Layers, each of which knows only those below it:
 *
 * - `command` knows flags and help; `join` puts the parts together and decides on the exit status (`exit_status`);
 *   `address` says where the hub is.
 * - `tail_command`, `tail` and `listening` print what is said and fill gaps; `surroundings` is what `join` and `tail` share,
 *   as are `flags`, which say how a hub is approached, and `approach`, what they come to.
 * - `ping_command` and `ping` say how long a hub takes to answer.
 * - `pipe` is the conversation line by line, `talk` the one on a terminal. They know messages, nothing of sockets.
 * - `input` (a typed line → its meaning) and `transcript` (a message → styled lines) are PURE and know nothing of each
 *   other, of links or of terminals; `lines`, `style` and `visible` are PURE too and serve them. `piped_text` and
 *   `cut_text` (PURE) and `gathering` make messages of what a program writes; `duration` reads times that are typed.
 * - `line_editor` (keys → a line) is PURE and the writing side of a terminal: `keys`, with `key` and `key_sequences`, makes
 *   keys of bytes; `edit_buffer`, `text_line`, `word`, `grapheme`, `input_history`, `completion` and `paste_question` hold
 *   its parts; `input_view` is what it has to show.
 * - `screen` (what is to be seen → what to write) is PURE: `input_layout` and `line_layout` break the input into rows,
 *   `pen` and `ansi` write them, `reflow` follows the terminal to another width.
 * - `scrollback` (a message → rows of a terminal) is PURE and the reading side of a terminal: `chat_line`
 *   shows what is said, `presence` gathers who comes and goes, `self` knows who one is, `unread` counts, `ignored` hides,
 *   `mention` and `url` find, `calendar` tells days, `wrap` breaks lines, `style` and `colour` paint them as far as `look`
 *   says that the terminal can, `ascii` writes them for one that knows no other letters; `note` is the client's own word,
 *   `title` that of the window. `columns`, `width` and `segmenter` measure text, for both sides.
 * - `places` knows the rooms and conversations one is in (`place`), and keeps what is said there meanwhile (`backlog`);
 *   `prompt`, `room_list` and `refusal` put that into words. All of it is PURE. `lobby` does what the commands about them
 *   say, and asks the hub.
 * - `catch_up` asks a hub what was missed and puts it before what follows; `seen` (PURE) is what of it was seen before.
 *   `archive` shows what is asked for.
 * - `input` has the table of commands, from which `help` and `candidates` (what Tab offers) are made; `people` knows whom
 *   one may name; `setting` does what those commands say that change the `preferences`. All of it is PURE.
 * - `preferences_file` keeps the preferences, as `preferences_text` writes them; `config_folder` alone touches files.
 * - `tether` is a link that comes back, and tells so as `tether_state`: `hold` is one link of it, `back_off` the wait for
 *   the next, `pending` the lines not yet acknowledged, `names` and `claim` the name to come back under; `pulse` and
 *   `sleep` find out what has died.
 * - `link` knows requests and answers, `link_error` why there are none. How a connection begins (`opening`) and which
 *   answer belongs to which request (`exchange`) are PURE; `wire` makes messages of bytes, and `tcp` alone opens connections.
 * - `guard` opens connections for whoever asks, with TLS where the hub speaks it, and decides whether it is the hub that was
 *   meant: by `known_hubs`, by an authority, or by a person (`ask_trust`). `tls` is the runtime's TLS, `client_hello` and
 *   `certificate`, both PURE, show what a hub shows before it is believed; `peeked` waits for a hub's first words.
 * - `terminal` alone touches the terminal; `ports` alone the rest of the machine: stdin, stdout (written by `output`),
 *   environment, signals, time zone; `clock` has its timers.
 *
 * Nothing in here imports the hub, nor the hub anything in here; what both agree on is in `protocol/`.
 *
 * @module
 */
export {
  type Address,
  AddressError,
  LinkError,
  type LinkErrorKind,
  type LinkErrorOptions,
  parseAddress,
  type TlsRoute,
} from "./net/mod.ts";
export {
  type JoinCommand,
  joinCommand,
  loadFindRoute,
  type PingCommand,
  pingCommand,
  type Route,
  type RouteOptions,
  type TailCommand,
  tailCommand,
} from "./cli/mod.ts";
