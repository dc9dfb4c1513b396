/**
 * What the escape sequences of keyboards mean: those of xterm, rxvt, the Linux console, tmux and screen, application
 * cursor mode, and the two ways of sending any key with any modifier (kitty's `CSI u`, xterm's modifyOtherKeys).
 *
 * Knows whole sequences only; where one begins and ends in the bytes is for `keys.ts`. Sources: XTerm Control Sequences
 * (ctlseqs), kitty's "Comprehensive keyboard handling in terminals", rxvt's and Linux's terminfo entries.
 *
 * @module
 */
import { characterKey, type Key, type KeyName, type Modifiers, namedKey } from "./key.ts";

/** The sequence says that a key was let go: no key at all. */
export const RELEASE = "release";

/** What a sequence means: a key, {@linkcode RELEASE}, or nothing known to us. */
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

/** `CSI N ~`, with N as it is on a VT220, and 1, 4, 7, 8 as Linux and rxvt use them. */
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

/** How rxvt ends `CSI N` instead of `~` when modifiers are held. */
const RXVT_ENDS: Readonly<Record<string, Partial<Modifiers>>> = {
  "^": { ctrl: true },
  "$": { shift: true },
  "@": { ctrl: true, shift: true },
};

/** `CSI CODE u`, and modifyOtherKeys: the codes that are not characters. From 57344 on they are kitty's own. */
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

/** kitty's codes of the keypad's characters: 57399 is its 0. */
const KEYPAD_CODES = "0123456789./*-+";
const FIRST_KEYPAD_CODE = 57399;
const KEYPAD_EQUALS = 57415;
const KEYPAD_COMMA = 57416;

/** kitty keeps its own codes in this part of the private use area. */
const KITTY_CODES = { first: 57344, last: 63743 };

/** `SS3 X` of the keypad in application mode, from `j` (0x6A) on. */
const KEYPAD_LETTERS = "*+,-./0123456789";

/**
 * Says what a control sequence means.
 *
 * @param parameters what stands between `ESC [` and the last byte
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
  // With anything but 1 it is no key: `CSI 24 ; 80 R` reports where the cursor is.
  if (parts[0] !== "" && parts[0] !== "1") return undefined;
  if (final === "Z") return namedKey("tab", { ...modifiers, shift: true });
  const name = LETTERS[final];
  return name === undefined ? undefined : namedKey(name, modifiers);
}

/**
 * Says what a sequence that began with `ESC O` means.
 *
 * @param parameters the modifiers that some terminals put in between; mostly empty
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
 * Says what `ESC [ [ X` means, with which the Linux console sends its first function keys.
 *
 * @param final the last byte, as a character
 * @returns the meaning
 */
export function linuxMeaning(final: string): Meaning {
  const index = "ABCDE".indexOf(final);
  return index < 0 ? undefined : namedKey((["f1", "f2", "f3", "f4", "f5"] as const)[index]!);
}

/** `code:shifted:base ; modifiers:event ; text`, each part of which may be missing. */
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
  else if (modifiers.shift !== capsLock) character = oneCapital(character);
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

function oneCapital(character: string): string {
  const capital = character.toUpperCase();
  return [...capital].length === 1 ? capital : character;
}

/** The printable character that a code point in decimal stands for, the keypad's included. */
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

/** Bits of `modifiers - 1`. Super and Hyper belong to the desktop, so with them a key is none of ours. */
const Bit = { shift: 1, alt: 2, ctrl: 4, super: 8, hyper: 16, meta: 32, capsLock: 64 };

/** `modifiers:event`, where no modifiers are 1 and event 3 is a key let go. */
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
