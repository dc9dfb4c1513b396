/**
 * Turns messages into styled lines, for a terminal and for a pipe.
 *
 * PURE: no `Deno`, timer, clock or randomness except as arguments.
 *
 * May import: `changes`, `config`, `model`, `text`.
 *
 * - `chat_line`: formats a message for a terminal
 * - `clipboard`: the control sequence that puts a text on the clipboard
 * - `hub_event`: display events: what a message of the hub means for the user
 * - `notification`: desktop notifications
 * - `presence_router`: decides where a join, leave or rename is shown
 * - `prompt`: the prompt, with the current target and unread messages elsewhere
 * - `room_info`: changes of rooms that belong to somebody, and invitations
 * - `room_list`: the list of rooms, in columns
 * - `rows`: formats a styled line as rows of a terminal
 * - `scrollback`: turns the messages of the hub into rows of a terminal
 * - `separator`: separators between messages: day, target, new messages
 * - `title`: the title of the terminal window, and the bell
 * - `transcript`: turns the messages of the hub into lines for a pipe
 * - `user_list`: the list of users, in columns
 *
 * @module
 */
export { type Clipboard, clipboardSequence, MAX_CLIPBOARD_BYTES } from "./clipboard.ts";
export { type Prompt, promptOf } from "./prompt.ts";
export { type Notification, notificationSequence } from "./notification.ts";
export { formatRows } from "./rows.ts";
export { roomModeText } from "./room_info.ts";
export { roomRows } from "./room_list.ts";
export { Scrollback } from "./scrollback.ts";
export { BELL, RESTORE_TITLE, SAVE_TITLE, setTitle, titleText } from "./title.ts";
export { Transcript, transcriptGutter } from "./transcript.ts";
export { userColumns, userList, userRows } from "./user_list.ts";
