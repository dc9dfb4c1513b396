/**
 * Makes texts comparable, so that a word is found however it was typed: in any case and width, with or without
 * accents, in any Unicode form.
 *
 * A mark is left out where a reader of the script takes the letter without it for the same letter: accents of
 * Latin, Greek and Cyrillic (`Việt`, `Ελληνικά`, `Ёлка`), vowel points of Hebrew and Arabic, the nukta of
 * Devanagari. It stays where it makes another letter: й, ї and ў, が and ぱ, the vowel signs of the scripts of India
 * and South-East Asia.
 *
 * @module
 */

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/**
 * More marks in a row than any language uses. They are cut, because sorting thousands of marks (NFKD) takes
 * milliseconds.
 */
const PILE = /(\p{M}{8})\p{M}+/gu;

/** The scripts whose marks are accents or optional vowel signs; `Inherited` has those of several scripts. */
const ACCENTED = "Inherited Latin Greek Cyrillic Hebrew Arabic Syriac".split(" ");

/**
 * What is left out of a text in NFKD: accents and optional vowel signs; the nukta of Devanagari; the Arabic stroke that
 * lengthens a word; hyphens and joiners that nobody sees. The marks of kana are `Inherited`, too, and stay.
 */
const LEFT_OUT = new RegExp(
  "(?<![ИиУу])\u0306|(?<![Іі])\u0308|" +
    `[[\\p{M}&&[${ACCENTED.map((script) => `\\p{sc=${script}}`).join("")}]]--[\u0306\u0308\u3099\u309a]]|` +
    "[\u093c\u0640\u00ad\u200c\u200d\u2060]",
  "gv",
);

/** Letters that have a stroke or join two, and so do not decompose, and other forms of one letter. */
const LETTERS: Readonly<Record<string, string>> = {
  "ø": "o",
  "ł": "l",
  "đ": "d",
  "ð": "d",
  "ħ": "h",
  "ŧ": "t",
  "æ": "ae",
  "œ": "oe",
  "þ": "th",
  "ς": "σ",
  "\u0649": "\u064a", // Arabic yeh without dots, as in Egypt
  "\u06cc": "\u064a", // Persian yeh
  "\u06a9": "\u0643", // Persian kaf
};

/** The zeros of other decimal digits, as code points; the digits follow in order. */
const ZEROS = [
  0x0660,
  0x06f0,
  0x0966,
  0x09e6,
  0x0a66,
  0x0ae6,
  0x0b66,
  0x0be6,
  0x0c66,
  0x0ce6,
  0x0d66,
  0x0e50,
  0x0ed0,
  0x0f20,
  0x1040,
  0x17e0,
];

const REPLACEMENTS = new Map([
  ...Object.entries(LETTERS),
  ...ZEROS.flatMap((zero) =>
    Array.from(
      { length: 10 },
      (_, digit): [string, string] => [String.fromCodePoint(zero + digit), String(digit)],
    )
  ),
]);

const REPLACED = new RegExp(`[${[...REPLACEMENTS.keys()].join("")}]`, "gu");

/**
 * Folds a text.
 *
 * @param text any text
 * @returns the text for comparing, in NFC; two texts that a search takes for the same are equal
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .replace(PILE, "$1")
    .normalize("NFKD")
    .replace(LEFT_OUT, "")
    // JavaScript has no case folding; see `nameKey` in `protocol/name.ts`.
    .toLowerCase().toUpperCase().toLowerCase()
    .replace(REPLACED, (letter) => REPLACEMENTS.get(letter)!)
    .normalize("NFC");
}
