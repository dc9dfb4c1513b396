/**
 * Keys to a line: the line editor, its history and its completion.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `keyboard`, `text`.
 *
 * - `completion`: completion
 * - `edit_buffer`: a text being edited
 * - `input_history`: the lines that were typed before
 * - `input_view`: what is to be seen of the input, before it is laid out for a width
 * - `line_editor`: the line editor
 * - `paste_question`: the question before a long paste goes out
 * - `text_line`: the lines of a text, in which Home, End, Up and Down move
 * - `word`: where words begin and end, for moving and deleting by word
 *
 * @module
 */
export { compactHistory, parseHistory, serializeEntry } from "./input_history.ts";
export type { InputView } from "./input_view.ts";
export { type EditorState, newEditor, type Outcome, step, viewOf, withDraft } from "./line_editor.ts";
