/**
 * Somebody at the keyboard of a line editor, so that a test reads as a conversation:
 * `type("hello").key("ctrl-a").type("> ")` and then `shows` is `> |hello`.
 *
 * @module
 */
import { characterKey, KEY_NAMES, type KeyName, namedKey } from "../../../client/keyboard/key.ts";
import type { Key } from "../../../client/keyboard/mod.ts";
import type { EditorOptions } from "../../../client/editor/line_editor.ts";
import { type EditorState, newEditor, type Outcome, step, viewOf } from "../../../client/editor/mod.ts";

/**
 * Makes a key from its name.
 *
 * @param chord such as `ctrl-a`, `alt-enter`, `shift-tab`
 * @returns the key
 */
export function keyNamed(chord: string): Key {
  const [, modifiers, name] = /^((?:(?:ctrl|alt|shift)-)*)(.+)$/.exec(chord)!;
  const held = {
    ctrl: modifiers!.includes("ctrl-"),
    alt: modifiers!.includes("alt-"),
    shift: modifiers!.includes("shift-"),
  };
  const named = (KEY_NAMES as readonly string[]).includes(name!);
  return named ? namedKey(name as KeyName, held) : characterKey(name === "space" ? " " : name!, held);
}

/** Somebody who types into an editor. */
export class Typist {
  /** The editor. */
  state: EditorState;
  /** What the keys asked of the owner so far, and not yet taken. */
  outcomes: Outcome[] = [];
  readonly #options: EditorOptions;

  /**
   * Sits down at a new editor.
   *
   * @param options as for `newEditor` and `step`
   */
  constructor(options: EditorOptions & { history?: readonly string[]; secret?: boolean } = {}) {
    this.state = newEditor(options);
    this.#options = options;
  }

  /** What is on the screen before the cursor, `|`, and what is after it; the prompt is empty. */
  get shows(): string {
    const { prompt, text, cursor } = viewOf(this.state, "");
    return `${prompt}${text.slice(0, cursor)}|${text.slice(cursor)}`;
  }

  /** The line below the text. */
  get hint(): string | undefined {
    return viewOf(this.state, "").hint;
  }

  /**
   * Takes what the keys asked of the owner since this was last read.
   *
   * @returns a word for each: `submit "text"`, `interrupt` and so on
   */
  takeOutcomes(): string {
    const asked = this.outcomes.map((outcome) =>
      "text" in outcome ? `${outcome.kind} ${JSON.stringify(outcome.text)}` : outcome.kind
    );
    this.outcomes = [];
    return asked.join(", ");
  }

  /**
   * Presses one key.
   *
   * @param key which
   * @returns the typist
   */
  press(key: Key): this {
    const { state, outcome } = step(this.state, key, this.#options);
    this.state = state;
    if (outcome !== undefined) this.outcomes.push(outcome);
    return this;
  }

  /**
   * Types, a character a key.
   *
   * @param text printable characters
   * @returns the typist
   */
  type(text: string): this {
    for (const character of text) this.press({ kind: "text", text: character });
    return this;
  }

  /**
   * Presses keys by their names.
   *
   * @param chords one or more, with spaces between them
   * @returns the typist
   */
  key(chords: string): this {
    for (const chord of chords.split(" ")) this.press(keyNamed(chord));
    return this;
  }

  /**
   * Pastes.
   *
   * @param text the text
   * @returns the typist
   */
  paste(text: string): this {
    return this.press({ kind: "paste", text });
  }
}
