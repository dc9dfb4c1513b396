/**
 * Text from a server, made harmless: whatever would move the cursor, change the terminal, reorder what is read or hide
 * becomes a symbol that one can see.
 *
 * PURE. A control character becomes its picture (`␛`), any other character that is not to be seen its number
 * (`<U+202E>`). What belongs to writing stays: joiners and variation selectors in emoji, and joiners between letters of
 * the scripts that need them. Nothing is dropped without a sign of it.
 *
 * @module
 */

/**
 * How many marks may stand on one character. Biblical Hebrew takes 5 and Tibetan stacks 7; more is there to spill over
 * the lines above and below.
 */
const MAX_MARKS = 8;

/**
 * Format characters that are signs to be seen, such as that of an Arabic year; each stands before what it belongs to.
 */
const VISIBLE_FORMAT = String.raw`\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;

/**
 * Controls, format characters, halves of surrogate pairs, line and paragraph separators, what is no character, and all
 * that has no look of its own.
 */
const HIDDEN = String
  .raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]--[${VISIBLE_FORMAT}]]`;

/** What looks like a space without being one: the blank pattern of Braille and the empty head of a musical note. */
const BLANK = String.raw`\u2800\u{1D159}`;

/** An emoji as it can be part of a sequence: a pictograph with its presentation or skin tone. */
const PICTOGRAPH = String.raw`\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]?`;

/** The scripts in which a joiner between two letters changes their form (RFC 5892, appendix A.1 and A.2). */
const JOINER_SCRIPTS = [
  "Arabic",
  "Syriac",
  "Mongolian",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Oriya",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Khmer",
  "Myanmar",
].map((script) => String.raw`\p{scx=${script}}`).join("");

/** Where a hidden character belongs to what is written (UTS #51 for emoji, UTS #37 for ideographs). */
const ALLOWED_SEQUENCES = [
  String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  String.raw`${PICTOGRAPH}(?:\u200D${PICTOGRAPH})*`,
  String.raw`\p{Script=Han}[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=[[\p{L}\p{M}]&&[${JOINER_SCRIPTS}]])[\u200C\u200D](?=[\p{L}&&[${JOINER_SCRIPTS}]])`,
].join("|");

/**
 * Runs of what stands on the character before it or joins with it in its cell: marks, and the vowels and finals of
 * Hangul syllables; and runs of signs that join with what follows.
 */
const JOINING_RUNS = String.raw`([\p{M}\u1160-\u11FF\uD7B0-\uD7FF]+)|[${VISIBLE_FORMAT}]{${MAX_MARKS + 1},}`;

let compiled: { writingOrHidden: RegExp; piles: RegExp } | undefined;

/** The patterns are made when the first text comes that is not plain, as that takes some milliseconds. */
function patterns() {
  return compiled ??= {
    writingOrHidden: new RegExp(`${ALLOWED_SEQUENCES}|(${HIDDEN})`, "gv"),
    piles: new RegExp(JOINING_RUNS, "gv"),
  };
}

/** Spaces of every kind. */
const SPACES = new RegExp(String.raw`[\p{Zs}${BLANK}]`, "gv");

/** The usual case, in which there is nothing to do. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Makes a text of one line harmless.
 *
 * @param text anything, of any origin
 * @returns one line without control characters; newlines and tabs are shown as symbols too
 */
export function sanitize(text: string): string {
  return PLAIN.test(text) ? text : limitMarks(replaceHidden(text, ""));
}

/**
 * Makes a text harmless that may have several lines.
 *
 * @param text anything, of any origin
 * @returns its lines, at least one, without control characters other than tabs
 */
export function sanitizeLines(text: string): string[] {
  return text.split("\n").map((line) => PLAIN.test(line) ? line : limitMarks(replaceHidden(line, "\t")));
}

/**
 * Makes a name harmless, so that what follows it cannot be taken for a part of it, nor a part of it for what follows.
 *
 * @param name anything, of any origin
 * @returns one word, never empty
 */
export function sanitizeName(name: string): string {
  if (name === "") return "<no name>";
  return sanitize(name).replace(SPACES, (space) => space === " " ? "␠" : codePoint(space));
}

/** @param kept the control characters that stay */
function replaceHidden(text: string, kept: string): string {
  const { writingOrHidden } = patterns();
  return text.replace(writingOrHidden, (match: string, hidden: string | undefined) => {
    if (hidden === undefined || kept.includes(hidden)) return match;
    const number = hidden.codePointAt(0) ?? 0;
    if (number < 0x20) return String.fromCodePoint(0x2400 + number);
    return number === 0x7f ? "␡" : codePoint(hidden);
  });
}

/** Marks need something of the text itself to stand on, and there may be only so many of them. */
function limitMarks(text: string): string {
  const { piles } = patterns();
  return text.replace(piles, (run: string, onto: string | undefined, offset: number) => {
    const edge = onto !== undefined && (offset === 0 || text[offset - 1] === "\t");
    const marks = [...run];
    const excess = marks.length - MAX_MARKS;
    return (edge ? "◌" : "") + (excess > 0 ? `${marks.slice(0, MAX_MARKS).join("")}<+${excess} marks>` : run);
  });
}

function codePoint(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
