/**
 * Splits texts into words, makes the terms of an index, and matches messages.
 *
 * Strategy: where a script has spaces, a word is a run of letters and digits with their marks, and is found as a whole.
 * Where words follow each other without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese), and in Korean, where
 * endings are attached to words, every part of a run is found. For that an index has each character of a run and
 * each pair of neighbours; a search of the index needs all pairs of what is searched for, and the messages that it
 * finds must then be checked by {@linkcode matches}. A dictionary (`Intl.Segmenter`) would be slower, would split a
 * part otherwise than the whole, and would find other words after an update of the engine.
 *
 * @module
 */
import { fold } from "./fold.ts";

/** The scripts whose runs are found by part. */
const SCRIPTS_BY_PART = "Han Hira Kana Bopo Hang Yiii Thai Laoo Khmr Mymr Lana Tale Talu Tavt".split(" ");

/** A letter, digit or mark of those, or a sign of kana that has no script. */
const BY_PART = "[[\\p{L}\\p{N}\\p{M}]&&[" + SCRIPTS_BY_PART.map((script) => `\\p{sc=${script}}`).join("") +
  "\u30fc\u3031-\u3035\u303c\u3099\u309a]]";

const WORDS = new RegExp(
  `${BY_PART}+|[[\\p{L}\\p{N}]--${BY_PART}][[\\p{L}\\p{N}\\p{M}]--${BY_PART}]*`,
  "gv",
);
const STARTS_BY_PART = new RegExp(`^${BY_PART}`, "v");

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** The most pairs of one part that a search of an index needs; {@linkcode matches} checks the rest. */
const MAX_PAIRS = 16;

/** What is searched for. */
export interface Search {
  /** Words that must be in a message as they are, folded. */
  readonly words: readonly string[];
  /** Texts that must be part of a run, folded. */
  readonly parts: readonly string[];
  /**
   * The terms that a message must have in an index. If there are `parts`, a message may have all terms and not
   * match.
   */
  readonly terms: readonly string[];
}

/** The first character of a script that is found by part: U+0E01, of Thai. */
const FIRST_BY_PART = 0x0e01;

/** Splits a folded text. */
function split(folded: string): { words: string[]; parts: string[] } {
  const words: string[] = [];
  const parts: string[] = [];
  for (const word of folded.match(WORDS) ?? []) {
    if (word.charCodeAt(0) >= FIRST_BY_PART && STARTS_BY_PART.test(word)) parts.push(word);
    else words.push(word);
  }
  return { words, parts };
}

/**
 * Makes the terms of a message for an index that splits at everything in ASCII that is neither letter nor digit,
 * and at nothing else, and ignores the case of ASCII (the tokenizer `ascii` of FTS5).
 *
 * @param text the message
 * @returns the terms with spaces between them
 */
export function indexTerms(text: string): string {
  if (ASCII.test(text)) return text;
  const { words, parts } = split(fold(text));
  const terms = new Set(words);
  for (const part of parts) {
    let last = "";
    for (const character of part) {
      terms.add(character);
      if (last !== "") terms.add(last + character);
      last = character;
    }
  }
  return [...terms].join(" ");
}

/**
 * Reads what somebody searches for.
 *
 * @param text any text; everything that is neither letter nor digit separates words
 * @returns the search; it has neither words nor parts if the text has none
 */
export function readSearch(text: string): Search {
  const { words, parts } = split(fold(text));
  const terms = new Set(words);
  for (const part of parts) {
    const characters = [...part];
    if (characters.length === 1) terms.add(part);
    for (let i = 0; i < Math.min(MAX_PAIRS, characters.length - 1); i++) {
      terms.add(characters[i]! + characters[i + 1]!);
    }
  }
  return { words, parts, terms: [...terms] };
}

/**
 * Checks whether a message has all that is searched for.
 *
 * @param search what is searched for
 * @param text the message
 * @returns whether it has; true if the search is empty
 */
export function matches({ words, parts }: Search, text: string): boolean {
  const folded = fold(text);
  if (!words.every((word) => folded.includes(word)) || !parts.every((part) => folded.includes(part))) {
    return false;
  }
  if (words.length === 0) return true;
  const there = new Set(split(folded).words);
  return words.every((word) => there.has(word));
}
