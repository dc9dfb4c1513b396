/**
 * A typist: presses keys in a line editor and reads what it shows. After `type("hello").key("ctrl-a").type("> ")`,
 * `shows` is `> |hello`.
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

/** Types into an editor. */
export class Typist {
  /** The state of the editor. */
  state: EditorState;
  /** The outcomes of the keys since the last {@linkcode Typist.takeOutcomes}. */
  outcomes: Outcome[] = [];
  readonly #options: EditorOptions;

  /**
   * Makes a new editor.
   *
   * @param options options of `newEditor` and `step`
   */
  constructor(options: EditorOptions & { history?: readonly string[]; secret?: boolean } = {}) {
    this.state = newEditor(options);
    this.#options = options;
  }

  /** The shown text with `|` at the cursor; the prompt of a plain line is empty. */
  get shows(): string {
    const { prompt, text, cursor } = viewOf(this.state, "");
    return `${prompt}${text.slice(0, cursor)}|${text.slice(cursor)}`;
  }

  /** The hint below the text. */
  get hint(): string | undefined {
    return viewOf(this.state, "").hint;
  }

  /**
   * Returns the outcomes since the last call, and removes them.
   *
   * @returns the outcomes joined by commas: `submit "text"`, `interrupt` and so on
   */
  takeOutcomes(): string {
    const outcomes = this.outcomes.map((outcome) =>
      "text" in outcome ? `${outcome.kind} ${JSON.stringify(outcome.text)}` : outcome.kind
    );
    this.outcomes = [];
    return outcomes.join(", ");
  }

  /**
   * Presses one key.
   *
   * @param key the key
   * @returns the typist
   */
  press(key: Key): this {
    const { state, outcome } = step(this.state, key, this.#options);
    this.state = state;
    if (outcome !== undefined) this.outcomes.push(outcome);
    return this;
  }

  /**
   * Types, with one key for each character.
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
