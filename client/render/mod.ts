/**
 * client/render
 *
 * @module
 */
export { promptOf } from "./prompt.ts";
export { roomRows } from "./room_list.ts";
export { Scrollback } from "./scrollback.ts";
export { BELL, RESTORE_TITLE, SAVE_TITLE, setTitle, titleText } from "./title.ts";
export { listUsers, Transcript, userRows } from "./transcript.ts";
