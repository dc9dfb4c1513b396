/**
 * Text for terminals that can show ASCII alone.
 *
 * PURE. A character that ASCII lacks becomes its number as programmers write it (`\u00e9`, `\u{1f44b}`); typographic
 * signs that have a plain form become that. In a name there are no plain forms, so that two names stay two.
 *
 * @module
 */
import type { MeasuredGrapheme, Ruler } from "./columns.ts";
import type { Span, StyledLine } from "./style.ts";

const PLAIN_FORMS: Readonly<Record<string, string>> = {
  "│": "|",
  "─": "-",
  "→": "->",
  "…": "...",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "–": "-",
  "—": "-",
  "\u00a0": " ",
};

/**
 * Writes a text in ASCII.
 *
 * @param text a harmless text
 * @returns the same in ASCII; tabs stay
 */
export function asciiText(text: string): string {
  return replaceNonAscii(text, (character) => PLAIN_FORMS[character] ?? escapeCharacter(character));
}

/**
 * Writes a name in ASCII.
 *
 * @param name a harmless name
 * @returns the same in ASCII, unlike that of any other name
 */
export function asciiName(name: string): string {
  return replaceNonAscii(name, escapeCharacter);
}

/**
 * Writes a line in ASCII.
 *
 * @param line a line whose texts are harmless
 * @returns the same in ASCII; names keep their colours
 */
export function asciiLine(line: StyledLine): StyledLine {
  return line.map((span): Span => {
    if (span.style !== "name") return { ...span, text: asciiText(span.text) };
    return { ...span, text: asciiName(span.text), name: span.name ?? span.text };
  });
}

/** For terminals that show ASCII alone: how wide a text will be when it is written so. */
export const ASCII_RULER: Ruler = {
  columnsOf: (text) => asciiText(text).length,
  *measure(text): Generator<MeasuredGrapheme> {
    let start = 0;
    for (const character of text) {
      yield { start, text: character, columns: asciiText(character).length };
      start += character.length;
    }
  },
};

function replaceNonAscii(text: string, replacement: (character: string) => string): string {
  return text.replace(/[^\t\x20-\x7e]/gu, replacement);
}

function escapeCharacter(character: string): string {
  let number = character.codePointAt(0)!;
  // What stands for a control character says which one it is.
  if (number >= 0x2400 && number <= 0x2420) number -= 0x2400;
  if (number === 0x2421) number = 0x7f;
  const digits = number.toString(16);
  return number > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
}
