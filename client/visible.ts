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

/** Controls, halves of surrogate pairs, line and paragraph separators, and all that has no look of its own. */
const HIDDEN = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]`;

/** An emoji as it can be part of a sequence: a pictograph with its presentation or skin tone. */
const PICTOGRAPH = String.raw`\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]?`;

/** The scripts in which a joiner between two letters changes their form (RFC 5892, appendix A.1 and A.2). */
const JOINING = [
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
const WRITING = [
  String.raw`\u{1F3F4}[\u{E0020}-\u{E007E}]{1,16}\u{E007F}`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  String.raw`${PICTOGRAPH}(?:\u200D${PICTOGRAPH})*`,
  String.raw`\p{Script=Han}[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=[[\p{L}\p{M}]&&[${JOINING}]])[\u200C\u200D](?=[\p{L}&&[${JOINING}]])`,
].join("|");

const WRITING_OR_HIDDEN = new RegExp(`${WRITING}|(${HIDDEN})`, "gv");

/** The usual case, in which there is nothing to do. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Makes a text of one line harmless.
 *
 * @param text anything, of any origin
 * @returns one line without control characters; newlines and tabs are shown as symbols too
 */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : showMarks(showHidden(text, ""));
}

/**
 * Makes a text harmless that may have several lines.
 *
 * @param text anything, of any origin
 * @returns its lines, at least one, without control characters other than tabs
 */
export function visibleLines(text: string): string[] {
  return text.split("\n").map((line) => PLAIN.test(line) ? line : showMarks(showHidden(line, "\t")));
}

/**
 * Makes a name harmless, so that what follows it cannot be taken for a part of it, nor a part of it for what follows.
 *
 * @param name anything, of any origin
 * @returns one word, never empty
 */
export function visibleName(name: string): string {
  if (name === "") return "<no name>";
  return visible(name).replace(/\p{Zs}/gu, (space) => space === " " ? "␠" : codePoint(space));
}

/** @param kept the control characters that stay */
function showHidden(text: string, kept: string): string {
  return text.replace(WRITING_OR_HIDDEN, (match: string, hidden: string | undefined) => {
    if (hidden === undefined || kept.includes(hidden)) return match;
    const number = hidden.codePointAt(0) ?? 0;
    if (number < 0x20) return String.fromCodePoint(0x2400 + number);
    return number === 0x7f ? "␡" : codePoint(hidden);
  });
}

/** Marks need something of the text itself to stand on, and there may be only so many of them. */
function showMarks(text: string): string {
  return text.replace(/\p{M}+/gu, (run, offset: number) => {
    const edge = offset === 0 || text[offset - 1] === "\t";
    const marks = [...run];
    const excess = marks.length - MAX_MARKS;
    return (edge ? "◌" : "") + (excess > 0 ? `${marks.slice(0, MAX_MARKS).join("")}<+${excess} marks>` : run);
  });
}

function codePoint(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
