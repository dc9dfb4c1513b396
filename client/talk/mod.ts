/**
 * The conversation on a terminal: reads keys, draws the screen and runs commands.
 *
 * May import: `catch_up`, `changes`, `commands`, `config`, `editor`, `keyboard`, `link`, `machine`, `messages`,
 * `model`, `moderation`, `names`, `net`, `render`, `rooms`, `screen`, `text`, `trust`.
 *
 * - `command_context`: the hub and the output, as commands use them
 * - `copy_command`: the command `:copy`
 * - `history_commands`: the commands `:history`, `:search`, `:mentions` and `:more`
 * - `ignored_keys`: finds ignored users by their keys
 * - `own_lines`: reports what happens to the user's own messages
 * - `pager`: shows long listings page by page
 * - `painter`: draws messages, input and title on the terminal
 * - `room_commands`: the commands about rooms and open buffers
 * - `room_inputs`: the input of each open room: its draft, cursor and undo
 * - `saved_state`: the state that is stored between runs
 * - `submitted_inputs`: runs the submitted inputs one after the other, each for its room
 * - `talk`: the conversation, which connects all parts
 * - `user_commands`: the commands about users and direct messages
 *
 * @module
 */
export { Talk } from "./talk.ts";
