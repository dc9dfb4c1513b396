/**
 * The input of each open room and conversation: each has its own draft, cursor, undo and place in the input history.
 *
 * Rules:
 * - A draft stays in its room, whatever room is current.
 * - What the user types after a command such as `:join #dev`, until that has switched, is typed for the new room and
 *   goes along. A draft never does: not one that was there before the command, not one that came back, and nothing
 *   after the user has changed the room by a key.
 * - A text that comes back, such as a refused message, never joins what is being typed: it waits until the line of its
 *   room is empty. What is typed next replaces it, and undo brings it back.
 *
 * PURE.
 *
 * @module
 */
import {
  type EditorState,
  type RoomLine,
  takeLine,
  withCutText,
  withLine,
  withLineText,
  withReturnedText,
  withTyped,
} from "../editor/mod.ts";
import type { ChatBuffer } from "../model/mod.ts";

/** How many texts wait in a room to come back. Each is in the input history, too. */
const MAX_RETURNED = 20;

/** The stored input of a room. */
interface KeptLine {
  /** The line; absent while the room is current, or if it was never typed in. */
  line?: RoomLine | undefined;
  /** How many entries had been added to the input history when the line was taken. */
  added: number;
  /** The texts that wait to come back, the oldest first. */
  returned: string[];
}

/** The inputs of all open rooms. */
export class RoomInputs {
  #editor: EditorState;
  #room: ChatBuffer;
  readonly #kept = new WeakMap<ChatBuffer, KeptLine>();
  /** How many entries the input history has got in this run. */
  #added = 0;
  /** Whether the whole text was typed since a command was submitted. */
  #mayGoAlong = false;

  /**
   * Starts with one input.
   *
   * @param editor the editor
   * @param room the current room
   */
  constructor(editor: EditorState, room: ChatBuffer) {
    this.#editor = editor;
    this.#room = room;
  }

  /** The editor, with the line of the current room. */
  get editor(): EditorState {
    return this.#editor;
  }

  /**
   * Takes the new state of the editor after a key.
   *
   * @param editor the state
   * @param isSubmitted whether the key has submitted a text
   */
  update(editor: EditorState, isSubmitted: boolean): void {
    if (editor.history !== this.#editor.history) this.#added++;
    this.#editor = editor;
    if (isSubmitted) this.#mayGoAlong = editor.buffer.text === "";
  }

  /** Brings a waiting text back, if the line is empty. Called when all keys that have arrived are handled. */
  settle(): void {
    const kept = this.#kept.get(this.#room);
    const { buffer, mode } = this.#editor;
    if (kept === undefined || buffer.text !== "" || mode.kind !== "edit") return;
    const text = kept.returned.shift();
    if (text === undefined) return;
    this.#editor = withReturnedText(this.#editor, text);
    this.#mayGoAlong = false;
  }

  /** Notes that the user changes the room by a key: nothing that is typed goes along. */
  stay(): void {
    this.#mayGoAlong = false;
  }

  /**
   * Gives a text back that was submitted in a room: a refused message or a mistyped command.
   *
   * @param room an open room
   * @param text the text
   */
  giveBack(room: ChatBuffer, text: string): void {
    const { returned } = this.#keptOf(room);
    returned.push(text);
    if (returned.length > MAX_RETURNED) returned.shift();
    if (room === this.#room) this.settle();
  }

  /**
   * Puts a text into the line of a room, for the user to edit. If that is not empty or not on the screen, the text
   * waits like one that comes back.
   *
   * @param room an open room
   * @param text the text
   */
  put(room: ChatBuffer, text: string): void {
    const { buffer, mode } = this.#editor;
    const isFree = room === this.#room && buffer.text === "" && mode.kind === "edit";
    if (isFree) this.replace(text);
    else this.giveBack(room, text);
  }

  /**
   * Replaces the line of the current room by a text, for the user to edit. Undo brings the line back.
   *
   * @param text the text
   */
  replace(text: string): void {
    this.#editor = withLineText(this.#editor, text);
    this.#mayGoAlong = false;
  }

  /**
   * Shows the input of another room.
   *
   * @param room an open room, which is current now
   */
  switchTo(room: ChatBuffer): void {
    if (room === this.#room) return;
    const typed = takeLine(this.#editor);
    const goesAlong = this.#mayGoAlong && typed.line.buffer.text !== "" && typed.line.mode.kind === "edit";
    if (!goesAlong) {
      const kept = this.#keptOf(this.#room);
      kept.line = typed;
      kept.added = this.#added;
    }
    this.#room = room;
    const kept = this.#kept.get(room);
    this.#editor = withLine(this.#editor, kept?.line, this.#added - (kept?.added ?? 0));
    if (kept !== undefined) kept.line = undefined;
    if (goesAlong) this.#editor = withTyped(this.#editor, typed);
    this.settle();
  }

  /**
   * Forgets a room that is about to be closed. Its draft becomes a cut text, unless it goes along to the next room.
   *
   * @param room the room
   * @returns whether there is a draft that Ctrl-Y pastes now
   */
  close(room: ChatBuffer): boolean {
    const kept = this.#kept.get(room);
    this.#kept.delete(room);
    const isCurrent = room === this.#room;
    if (isCurrent && this.#mayGoAlong) return false;
    const text = isCurrent ? this.#editor.buffer.text : kept?.line?.line.buffer.text ?? "";
    if (isCurrent) this.#editor = withLine(this.#editor);
    if (text === "") return false;
    this.#editor = withCutText(this.#editor, text);
    return true;
  }

  #keptOf(room: ChatBuffer): KeptLine {
    let kept = this.#kept.get(room);
    if (kept === undefined) this.#kept.set(room, kept = { added: this.#added, returned: [] });
    return kept;
  }
}
