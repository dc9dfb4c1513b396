/**
 * Text for terminals that show ASCII only.
 *
 * PURE. A character outside ASCII becomes its code point in the notation of programming languages (`\u00e9`,
 * `\u{1f44b}`). Some typographic characters have a plain form instead. Names never use plain forms, so two
 * different names stay different.
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
 * @param text a sanitized text
 * @returns the same text in ASCII; tabs stay
 */
export function asciiText(text: string): string {
  return replaceNonAscii(text, (character) => PLAIN_FORMS[character] ?? escapeCharacter(character));
}

/**
 * Writes a name in ASCII.
 *
 * @param name a sanitized name
 * @returns the same name in ASCII; different names give different results
 */
export function asciiName(name: string): string {
  return replaceNonAscii(name, escapeCharacter);
}

/**
 * Writes a line in ASCII.
 *
 * @param line a line whose texts are sanitized
 * @returns the same line in ASCII; names keep their colours
 */
export function asciiLine(line: StyledLine): StyledLine {
  return line.map((span): Span => {
    if (span.style !== "name") return { ...span, text: asciiText(span.text) };
    return { ...span, text: asciiName(span.text), name: span.name ?? span.text };
  });
}

/**
 * Whether a text is written with escapes in ASCII. Plain forms are no escapes.
 *
 * @param text any text
 * @returns whether a character becomes its code point
 */
export function needsEscapes(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x7f]+/g, "").split("").some((character) => !(character in PLAIN_FORMS));
}

/**
 * Explains to the user why letters are shown as escapes.
 *
 * @param locale the environment variable that limits the terminal to ASCII, such as `LANG=C`
 * @returns one sentence
 */
export function escapesNote(locale: string): string {
  return `letters that are not ASCII are shown as escapes such as \\u00e9, because ${locale} is not UTF-8; ` +
    "if your terminal shows UTF-8, start with LC_ALL=C.UTF-8";
}

/** Measures a text as it is written in ASCII. For terminals that show ASCII only. */
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
  // A symbol for a control character gives the number of that control character.
  if (number >= 0x2400 && number <= 0x2420) number -= 0x2400;
  if (number === 0x2421) number = 0x7f;
  const digits = number.toString(16);
  return number > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
}
