/**
 * Messages to styled lines, on a terminal and in a pipe.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `config`, `model`, `text`.
 *
 * - `chat_line`: what somebody says, as styled lines
 * - `prompt`: the prompt
 * - `room_list`: the rooms there are, as rows for people
 * - `scrollback`: what a hub says, as rows of a terminal
 * - `title`: the title of a terminal's window, and its bell
 * - `transcript`: what a hub says, as styled lines for people
 *
 * @module
 */
export { promptOf } from "./prompt.ts";
export { roomRows } from "./room_list.ts";
export { Scrollback } from "./scrollback.ts";
export { BELL, RESTORE_TITLE, SAVE_TITLE, setTitle, titleText } from "./title.ts";
export { listUsers, Transcript, userRows } from "./transcript.ts";
