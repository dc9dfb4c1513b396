/**
 * The types of keys. `key_decoder.ts` produces them and `line_editor.ts` handles them. They do not depend on how a
 * terminal encodes a key.
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

/** The modifiers that were held. */
export interface Modifiers {
  /** Control. */
  readonly ctrl: boolean;
  /** Alt, Option or Meta. */
  readonly alt: boolean;
  /** Shift, when the terminal reports it; for a letter also when it arrived as a capital. */
  readonly shift: boolean;
}

/** One or more printable characters, typed in a row. */
export interface TextKey {
  /** Tells this from the other keys. */
  readonly kind: "text";
  /** The characters, without control characters; U+FFFD for each invalid part of UTF-8. */
  readonly text: string;
}

/** A key with a name. */
export interface NamedKey extends Modifiers {
  /** Tells this from the other keys. */
  readonly kind: "named";
  /** Which key. */
  readonly name: KeyName;
}

/** A character typed with Control or Alt, which is a command and not text. */
export interface CharacterKey extends Modifiers {
  /** Tells this from the other keys. */
  readonly kind: "character";
  /** One character; a letter is in lower case, and `shift` says whether it was a capital. */
  readonly character: string;
}

/** A pasted text. */
export interface PasteKey {
  /** Tells this from the other keys. */
  readonly kind: "paste";
  /** The text, with `\n` as its line ends; it may contain other control characters. */
  readonly text: string;
  /** Whether the paste continues in another key. */
  readonly partial?: true;
}

/** The Escape before was not pressed: its byte began the sequence of the next key, and the rest came late. */
export interface RetractKey {
  /** Tells this from the other keys. */
  readonly kind: "retract";
}

/** The window of the terminal gained or lost the focus. */
export interface FocusKey {
  /** Tells this from the other keys. */
  readonly kind: "focus";
  /** Whether the window has the focus. */
  readonly focused: boolean;
}

/** An unknown escape sequence. */
export interface UnknownKey {
  /** Tells this from the other keys. */
  readonly kind: "unknown";
  /** Its first bytes, one character (up to U+00FF) a byte; only for logs. */
  readonly sequence: string;
}

/** Any input from the keyboard. */
export type Key = TextKey | NamedKey | CharacterKey | PasteKey | RetractKey | FocusKey | UnknownKey;

/** No modifier held. */
export const NO_MODIFIERS: Modifiers = { ctrl: false, alt: false, shift: false };

/**
 * Makes a named key.
 *
 * @param name which key
 * @param modifiers the modifiers that were held; false if not given
 * @returns the key
 */
export function namedKey(name: KeyName, modifiers: Partial<Modifiers> = {}): NamedKey {
  return { kind: "named", name, ...NO_MODIFIERS, ...modifiers };
}

/**
 * Makes a character key. A capital becomes its small letter with Shift.
 *
 * @param character one character
 * @param modifiers the modifiers that were held; false if not given
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
 * Formats a key as its usual name, for tables of key bindings.
 *
 * @param key a key with a name, or a character with a modifier
 * @returns such as `ctrl-a`, `alt-enter`, `ctrl-alt-shift-left`, with the modifiers in this order
 */
export function chordOf(key: NamedKey | CharacterKey): string {
  const name = key.kind === "named" ? key.name : key.character === " " ? "space" : key.character;
  return `${key.ctrl ? "ctrl-" : ""}${key.alt ? "alt-" : ""}${key.shift ? "shift-" : ""}${name}`;
}
