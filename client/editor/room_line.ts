/**
 * The line of one room: what the editor holds of a room while another one is current. So each room has its own draft,
 * cursor, undo and place in the input history. The input history and the cut texts are shared by all rooms.
 *
 * @module
 */
import { EMPTY_BUFFER, replace, withKill } from "./edit_buffer.ts";
import type { EditorState } from "./line_editor.ts";

/** The parts of an editor that belong to one room: all but those that the rooms share. */
export interface RoomLine {
  /** These parts. */
  readonly line: Omit<EditorState, "history" | "lastQuery" | "secret">;
  /** The length of the input history, which `historyIndex` and `drafts` count from. */
  readonly historyLength: number;
}

/**
 * Takes the line out of an editor.
 *
 * @param state the editor
 * @returns the line, to be put back with {@linkcode withLine}
 */
export function takeLine(state: EditorState): RoomLine {
  const { history, lastQuery: _, secret: __, ...line } = state;
  return { line, historyLength: history.length };
}

/**
 * Puts a line into an editor, in place of the one there.
 *
 * @param state the editor
 * @param room the line; an empty one if not given
 * @param added how many entries the input history has got since the line was taken
 * @returns the editor with this line, and the present input history and cut texts
 */
export function withLine(state: EditorState, room?: RoomLine, added = 0): EditorState {
  const { history, lastQuery, secret, buffer: { kills } } = state;
  const shared = { history, lastQuery, secret };
  if (room === undefined) {
    const fresh = { historyIndex: history.length, drafts: new Map(), mode: { kind: "edit" } } as const;
    return { ...shared, ...fresh, buffer: { ...EMPTY_BUFFER, kills } };
  }
  const { line, historyLength } = room;
  // A full history drops its oldest entries. The index after the last entry is the new line and stays there.
  const dropped = historyLength + added - history.length;
  const moved = (index: number) => index === historyLength ? history.length : index - dropped;
  const index = moved(line.historyIndex);
  return {
    ...line,
    ...shared,
    buffer: { ...line.buffer, kills },
    historyIndex: index < 0 ? history.length : index,
    drafts: new Map(
      [...line.drafts].map(([at, text]) => [moved(at), text] as const).filter(([at]) => at >= 0),
    ),
  };
}

/**
 * Replaces the text of a line by one that the user has typed elsewhere.
 *
 * @param state the editor
 * @param typed the line with that text
 * @returns the editor; undo brings the replaced text back
 */
export function withTyped(state: EditorState, { line: { buffer: typed } }: RoomLine): EditorState {
  const { buffer } = state;
  if (buffer.text === "") return { ...state, buffer: { ...typed, kills: buffer.kills } };
  return {
    ...state,
    buffer: { ...replace(buffer, 0, buffer.text.length, typed.text), cursor: typed.cursor },
  };
}

/**
 * Adds a text to the cut texts, so that Ctrl-Y pastes it.
 *
 * @param state the editor
 * @param text the text
 * @returns the editor
 */
export function withCutText(state: EditorState, text: string): EditorState {
  return { ...state, buffer: withKill(state.buffer, text) };
}
