/**
 * The escape sequences of keys, and the key that each means. It covers xterm, rxvt, the Linux console, tmux and screen,
 * the application cursor mode, and the two encodings of any key with any modifier (kitty's `CSI u`, xterm's
 * modifyOtherKeys).
 *
 * The functions here take whole sequences; `key_decoder.ts` finds them in the bytes. Sources: XTerm Control Sequences
 * (ctlseqs), kitty's "Comprehensive keyboard handling in terminals", the terminfo entries of rxvt and Linux.
 *
 * @module
 */
import { characterKey, type Key, type KeyName, type Modifiers, namedKey } from "./key.ts";

/** The sequence reports that a key was released; it produces no key. */
export const RELEASE = "release";

/** The meaning of a sequence: a key, {@linkcode RELEASE}, or `undefined` for an unknown sequence. */
export type Meaning = Key | typeof RELEASE | undefined;

/** `CSI X`, `CSI 1 ; MODIFIERS X` and `SS3 X`. */
const LETTERS: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
};

/** rxvt: `CSI a` is Shift, `SS3 a` is Control. */
const RXVT_ARROWS: Readonly<Record<string, KeyName>> = { a: "up", b: "down", c: "right", d: "left" };

/** `CSI N ~`: N as on a VT220, and 1, 4, 7, 8 as on Linux and rxvt. */
const NUMBERS: Readonly<Record<number, KeyName>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
  25: "f13",
  26: "f14",
  28: "f15",
  29: "f16",
  31: "f17",
  32: "f18",
  33: "f19",
  34: "f20",
};

/** The last characters of `CSI N` that rxvt sends instead of `~` when modifiers are held. */
const RXVT_ENDS: Readonly<Record<string, Partial<Modifiers>>> = {
  "^": { ctrl: true },
  "$": { shift: true },
  "@": { ctrl: true, shift: true },
};

/** `CSI CODE u` and modifyOtherKeys: the codes that are not characters. Codes from 57344 on are kitty's own. */
const CODES: Readonly<Record<number, KeyName>> = {
  8: "backspace",
  9: "tab",
  13: "enter",
  27: "escape",
  127: "backspace",
  57414: "enter",
  57417: "left",
  57418: "right",
  57419: "up",
  57420: "down",
  57421: "page-up",
  57422: "page-down",
  57423: "home",
  57424: "end",
  57425: "insert",
  57426: "delete",
  57376: "f13",
  57377: "f14",
  57378: "f15",
  57379: "f16",
  57380: "f17",
  57381: "f18",
  57382: "f19",
  57383: "f20",
};

/** The characters of kitty's keypad codes, in order; the first, 57399, is the 0 of the keypad. */
const KEYPAD_CODES = "0123456789./*-+";
const FIRST_KEYPAD_CODE = 57399;
const KEYPAD_EQUALS = 57415;
const KEYPAD_COMMA = 57416;

/** The range of kitty's own codes, in the private use area. */
const KITTY_CODES = { first: 57344, last: 63743 };

/** `SS3 X` of the keypad in application mode: the characters of X from `j` (0x6A) on. */
const KEYPAD_LETTERS = "*+,-./0123456789";

/**
 * Finds the meaning of a control sequence.
 *
 * @param parameters the text between `ESC [` and the last byte
 * @param final the last byte, as a character
 * @returns the meaning
 */
export function csiMeaning(parameters: string, final: string): Meaning {
  if (!/^[0-9:;]*$/.test(parameters)) return undefined;
  const parts = parameters.split(";");
  const number = Number(parts[0]!.split(":")[0]);
  if (final === "u") return codeMeaning(parts);
  if (final === "~" && number === 27 && parts.length === 3) {
    return codeMeaning([parts[2]!, parts[1]!]);
  }
  if (parts.length > 2) return undefined;
  if (parameters === "") {
    if (final === "I" || final === "O") return { kind: "focus", focused: final === "I" };
    const arrow = RXVT_ARROWS[final];
    if (arrow !== undefined) return namedKey(arrow, { shift: true });
  }
  const rxvt = RXVT_ENDS[final];
  if (rxvt !== undefined) {
    const name = NUMBERS[number];
    return name !== undefined && parts.length === 1 ? namedKey(name, rxvt) : undefined;
  }
  const event = readModifiers(parts[1] ?? "");
  if (event === undefined || event === RELEASE) return event;
  const { modifiers } = event;
  if (final === "~") {
    const name = NUMBERS[number];
    return name === undefined ? undefined : namedKey(name, modifiers);
  }
  // A first parameter other than 1 means no key: `CSI 24 ; 80 R` reports the position of the cursor.
  if (parts[0] !== "" && parts[0] !== "1") return undefined;
  if (final === "Z") return namedKey("tab", { ...modifiers, shift: true });
  const name = LETTERS[final];
  return name === undefined ? undefined : namedKey(name, modifiers);
}

/**
 * Finds the meaning of a sequence that begins with `ESC O`.
 *
 * @param parameters the modifiers that some terminals send before the last byte; mostly empty
 * @param final the last byte, as a character
 * @returns the meaning
 */
export function ss3Meaning(parameters: string, final: string): Meaning {
  const event = readModifiers(parameters.split(";").at(-1)!);
  if (event === undefined || event === RELEASE) return event;
  const { modifiers } = event;
  const name = LETTERS[final];
  if (name !== undefined) return namedKey(name, modifiers);
  const arrow = RXVT_ARROWS[final];
  if (arrow !== undefined) return namedKey(arrow, { ...modifiers, ctrl: true });
  switch (final) {
    case "M":
      return namedKey("enter", modifiers);
    case "I":
      return namedKey("tab", modifiers);
    case " ":
    case "X":
      return characterMeaning(final === "X" ? "=" : " ", modifiers);
  }
  const character = KEYPAD_LETTERS[final.charCodeAt(0) - 0x6a];
  return character === undefined ? undefined : characterMeaning(character, modifiers);
}

/**
 * Finds the meaning of `ESC [ [ X`, which the Linux console sends for its first function keys.
 *
 * @param final the last byte, as a character
 * @returns the meaning
 */
export function linuxMeaning(final: string): Meaning {
  const index = "ABCDE".indexOf(final);
  return index < 0 ? undefined : namedKey((["f1", "f2", "f3", "f4", "f5"] as const)[index]!);
}

/** Reads `code:shifted:base ; modifiers:event ; text`; each part may be missing. */
function codeMeaning(parts: readonly string[]): Meaning {
  const event = readModifiers(parts[1] ?? "");
  if (event === undefined || event === RELEASE) return event;
  const { modifiers, capsLock } = event;
  const [code = "", shifted = ""] = parts[0]!.split(":");
  const name = CODES[Number(code)];
  if (name !== undefined) return namedKey(name, modifiers);
  let character = readCharacter(code);
  if (character === undefined) return undefined;
  if (modifiers.shift && shifted !== "") character = readCharacter(shifted);
  else if (modifiers.shift !== capsLock) character = singleCapital(character);
  if (character === undefined) return undefined;
  const typed = parts[2] ?? "";
  if (typed === "" || modifiers.ctrl || modifiers.alt) return characterMeaning(character, modifiers);
  const text = typed.split(":").map(readCharacter);
  return text.includes(undefined) ? undefined : { kind: "text", text: text.join("") };
}

function characterMeaning(character: string, modifiers: Modifiers): Key {
  if (modifiers.ctrl || modifiers.alt) return characterKey(character, modifiers);
  return { kind: "text", text: character };
}

function singleCapital(character: string): string {
  const capital = character.toUpperCase();
  return [...capital].length === 1 ? capital : character;
}

/** Reads a printable character, or a character of the keypad, from its code point in decimal. */
function readCharacter(digits: string): string | undefined {
  const code = Number(digits);
  if (digits === "" || !(code <= 0x10ffff)) return undefined;
  if (code >= KITTY_CODES.first && code <= KITTY_CODES.last) {
    if (code === KEYPAD_EQUALS) return "=";
    if (code === KEYPAD_COMMA) return ",";
    return KEYPAD_CODES[code - FIRST_KEYPAD_CODE];
  }
  const character = String.fromCodePoint(code);
  return /[\p{Cc}\p{Cs}]/u.test(character) ? undefined : character;
}

/** The bits of `modifiers - 1`. Super and Hyper belong to the desktop, so a key with one of them is unknown. */
const Bit = { shift: 1, alt: 2, ctrl: 4, super: 8, hyper: 16, meta: 32, capsLock: 64 };

/** Reads `modifiers:event`. 1 means no modifiers, event 3 means that the key was released. */
function readModifiers(
  part: string,
): { modifiers: Modifiers; capsLock: boolean } | typeof RELEASE | undefined {
  const [value = "", event = "1"] = part.split(":");
  if (event === "3") return RELEASE;
  const bits = Number(value === "" ? 1 : value) - 1;
  if (!(bits >= 0 && bits <= 255) || (bits & (Bit.super | Bit.hyper)) !== 0) return undefined;
  return {
    modifiers: {
      ctrl: (bits & Bit.ctrl) !== 0,
      alt: (bits & (Bit.alt | Bit.meta)) !== 0,
      shift: (bits & Bit.shift) !== 0,
    },
    capsLock: (bits & Bit.capsLock) !== 0,
  };
}
