/**
 * The conversation on a terminal: reads keys, draws the screen, carries out commands.
 *
 * May import: `commands`, `config`, `editor`, `keyboard`, `link`, `machine`, `model`, `net`, `render`, `screen`,
 * `text`, `trust`.
 *
 * - `catch_up`: what was said before one came to a place, or while the link was lost
 * - `history_commands`: what `:history`, `:search` and `:more` do
 * - `room_commands`: from room to room
 * - `talk`: the conversation of a person on a terminal
 *
 * @module
 */
export { Talk } from "./talk.ts";
