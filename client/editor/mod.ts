/**
 * client/editor
 *
 * @module
 */
export { compactHistory, parseHistory, serializeEntry } from "./input_history.ts";
export type { InputView } from "./input_view.ts";
export { type EditorState, newEditor, type Outcome, step, viewOf, withDraft } from "./line_editor.ts";
