/**
 * What a person did at the keyboard, as a value: the vocabulary between `keys.ts`, which reads bytes, and
 * `line_editor.ts`, which edits. No terminal's way of sending a key is known here.
 *
 * @module
 */

/** The keys that have a name instead of a character. */
export const KEY_NAMES = [
  "up",
  "down",
  "left",
  "right",
  "home",
  "end",
  "insert",
  "delete",
  "page-up",
  "page-down",
  "enter",
  "tab",
  "backspace",
  "escape",
  "f1",
  "f2",
  "f3",
  "f4",
  "f5",
  "f6",
  "f7",
  "f8",
  "f9",
  "f10",
  "f11",
  "f12",
  "f13",
  "f14",
  "f15",
  "f16",
  "f17",
  "f18",
  "f19",
  "f20",
] as const;

/** One of {@linkcode KEY_NAMES}. */
export type KeyName = typeof KEY_NAMES[number];

/** Which modifiers were held. */
export interface Modifiers {
  /** Control. */
  readonly ctrl: boolean;
  /** Alt, Option or Meta. */
  readonly alt: boolean;
  /** Shift, where the terminal tells; for a letter also where it came as a capital. */
  readonly shift: boolean;
}

/** One or more printable characters, typed one after the other. */
export interface TextKey {
  /** Tells this from the other keys. */
  readonly kind: "text";
  /** The characters; what was not UTF-8 stands as U+FFFD. No control character is among them. */
  readonly text: string;
}

/** A key with a name. */
export interface NamedKey extends Modifiers {
  /** Tells this from the other keys. */
  readonly kind: "named";
  /** Which key. */
  readonly name: KeyName;
}

/** A character with Control or Alt held, so that it is a command rather than text. */
export interface CharacterKey extends Modifiers {
  /** Tells this from the other keys. */
  readonly kind: "character";
  /** The one character; a letter is in lower case, and `shift` says whether it was a capital. */
  readonly character: string;
}

/** A whole pasted text. */
export interface PasteKey {
  /** Tells this from the other keys. */
  readonly kind: "paste";
  /** The text, its line ends all `\n`. Other control characters stand in it as they came. */
  readonly text: string;
}

/** The terminal's window gained or lost the focus. */
export interface FocusKey {
  /** Tells this from the other keys. */
  readonly kind: "focus";
  /** Whether the window has the focus now. */
  readonly focused: boolean;
}

/** An escape sequence that means nothing to us. */
export interface UnknownKey {
  /** Tells this from the other keys. */
  readonly kind: "unknown";
  /** Its first bytes, one as one character up to U+00FF; for a log only. */
  readonly sequence: string;
}

/** Anything that can come from the keyboard. */
export type Key = TextKey | NamedKey | CharacterKey | PasteKey | FocusKey | UnknownKey;

/** No modifier held. */
export const NO_MODIFIERS: Modifiers = { ctrl: false, alt: false, shift: false };

/**
 * Makes a named key.
 *
 * @param name which key
 * @param modifiers those that were held; the others were not
 * @returns the key
 */
export function namedKey(name: KeyName, modifiers: Partial<Modifiers> = {}): NamedKey {
  return { kind: "named", name, ...NO_MODIFIERS, ...modifiers };
}

/**
 * Makes a character key; a capital becomes its small letter with Shift.
 *
 * @param character one character
 * @param modifiers those that were held; the others were not
 * @returns the key
 */
export function characterKey(character: string, modifiers: Partial<Modifiers> = {}): CharacterKey {
  const lower = character.toLowerCase();
  const capital = lower !== character && [...lower].length === 1;
  const held = { ...NO_MODIFIERS, ...modifiers };
  return {
    kind: "character",
    character: capital ? lower : character,
    ...held,
    shift: held.shift || capital,
  };
}

/**
 * Writes a key as people name it, for tables of commands.
 *
 * @param key a key with a name, or a character with a modifier
 * @returns such as `ctrl-a`, `alt-enter`, `ctrl-alt-shift-left`; the modifiers stand in this order
 */
export function chordOf(key: NamedKey | CharacterKey): string {
  const name = key.kind === "named" ? key.name : key.character === " " ? "space" : key.character;
  return `${key.ctrl ? "ctrl-" : ""}${key.alt ? "alt-" : ""}${key.shift ? "shift-" : ""}${name}`;
}
