/**
 * The line editor: turns keys into a line of input. It has an input history, completion and undo.
 * It knows nothing of the terminal; `screen` draws its view.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `keyboard`, `text`.
 *
 * - `completion`: completion candidates, and cycling through them with Tab
 * - `edit_buffer`: a text with its cursor, its changes for undo, and the cut texts
 * - `history_search`: the search in the input history with Ctrl-R
 * - `input_history`: adding and searching entries, and the format of the history file
 * - `input_view`: what the screen shows of the input
 * - `key_bindings`: which key runs which action
 * - `key_help`: describes every key, for the user
 * - `line_editor`: the entry, `step(state, key)`, which returns the new state
 * - `pasted_text`: what a pasted text becomes, and the messages that a long one makes
 * - `paste_question`: the question before a long paste is inserted
 * - `room_line`: the line of one room, while another room is current
 * - `text_line`: the lines of a text, for Home, End, Up and Down
 * - `word`: word boundaries, for moving and deleting by word
 *
 * @module
 */
export { compactHistory, isStorable, parseHistory, serializeEntry } from "./input_history.ts";
export type { InputView } from "./input_view.ts";
export { KEY_HELP } from "./key_help.ts";
export { type RoomLine, takeLine, withCutText, withLine, withTyped } from "./room_line.ts";
export {
  type EditorState,
  isRecalled,
  newEditor,
  type Outcome,
  type RowMove,
  step,
  viewOf,
  withLineText,
  withReturnedText,
} from "./line_editor.ts";
