/**
 * Makes untrusted text safe to print: every character that would move the cursor, change the terminal, reorder the
 * text or be invisible becomes a visible symbol.
 *
 * PURE. A control character becomes its picture (`␛`). Any other character that must not be printed becomes its
 * number (`<U+202E>`). Characters that writing needs stay: joiners and variation selectors in emoji, and joiners
 * between letters of the scripts that need them. Nothing is removed without a visible sign.
 *
 * @module
 */

/**
 * How many combining marks one character may have. Biblical Hebrew uses 5 and Tibetan stacks 7. More marks would
 * cover the lines above and below.
 */
const MAX_MARKS = 8;

/**
 * Visible format characters, such as the Arabic year sign. Each is written before the characters that it belongs
 * to.
 */
const VISIBLE_FORMAT = String.raw`\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;

/**
 * Controls, format characters, surrogate halves, line and paragraph separators, noncharacters, and all invisible
 * characters.
 */
const HIDDEN = String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}` +
  String.raw`\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]--[${VISIBLE_FORMAT}]]`;

/** Characters that look like a space but are not: the blank pattern of Braille and the empty note head. */
const BLANK = String.raw`\u2800\u{1D159}`;

/** A pictograph with its presentation selector or skin tone, as a part of an emoji sequence. */
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

/** Sequences in which a hidden character is allowed (UTS #51 for emoji, UTS #37 for ideographs). */
const ALLOWED_SEQUENCES = [
  String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  String.raw`${PICTOGRAPH}(?:\u200D${PICTOGRAPH})*`,
  String.raw`\p{Script=Han}[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=[[\p{L}\p{M}]&&[${JOINER_SCRIPTS}]])[\u200C\u200D](?=[\p{L}&&[${JOINER_SCRIPTS}]])`,
].join("|");

/**
 * Runs of characters that join with the character before them in one cell: combining marks, and the vowels and
 * finals of Hangul syllables. Also runs of signs that join with the character after them.
 */
const JOINING_RUNS = String.raw`([\p{M}\u1160-\u11FF\uD7B0-\uD7FF]+)|[${VISIBLE_FORMAT}]{${MAX_MARKS + 1},}`;

let compiled: { allowedOrHidden: RegExp; joiningRuns: RegExp } | undefined;

/**
 * Compiles the patterns when the first text that is not plain ASCII arrives, because that takes some milliseconds.
 */
function patterns() {
  return compiled ??= {
    allowedOrHidden: new RegExp(`${ALLOWED_SEQUENCES}|(${HIDDEN})`, "gv"),
    joiningRuns: new RegExp(JOINING_RUNS, "gv"),
  };
}

/** Spaces of every kind. */
const SPACES = new RegExp(String.raw`[\p{Zs}${BLANK}]`, "gv");

/** Printable ASCII, the usual case, needs no change. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Sanitizes a text as one line.
 *
 * @param text any text from any source
 * @returns one line without control characters; newlines and tabs become symbols too
 */
export function sanitize(text: string): string {
  return PLAIN.test(text) ? text : limitMarks(replaceHidden(text, ""));
}

/**
 * Sanitizes a text that may have several lines.
 *
 * @param text any text from any source
 * @returns its lines, at least one, without control characters other than tabs
 */
export function sanitizeLines(text: string): string[] {
  return text.split("\n").map((line) => PLAIN.test(line) ? line : limitMarks(replaceHidden(line, "\t")));
}

/**
 * Sanitizes a name as one word. So the end of the name is clear from the text around it.
 *
 * @param name any text from any source
 * @returns one word, never empty
 */
export function sanitizeName(name: string): string {
  if (name === "") return "<no name>";
  return sanitize(name).replace(SPACES, (space) => space === " " ? "␠" : codePoint(space));
}

/** @param allowed the control characters that stay */
function replaceHidden(text: string, allowed: string): string {
  const { allowedOrHidden } = patterns();
  return text.replace(allowedOrHidden, (match: string, hidden: string | undefined) => {
    if (hidden === undefined || allowed.includes(hidden)) return match;
    const number = hidden.codePointAt(0) ?? 0;
    if (number < 0x20) return String.fromCodePoint(0x2400 + number);
    return number === 0x7f ? "␡" : codePoint(hidden);
  });
}

/** Gives marks a base character within the text, and limits how many marks one character has. */
function limitMarks(text: string): string {
  const { joiningRuns } = patterns();
  return text.replace(joiningRuns, (run: string, base: string | undefined, offset: number) => {
    const needsBase = base !== undefined && (offset === 0 || text[offset - 1] === "\t");
    const marks = [...run];
    const excess = marks.length - MAX_MARKS;
    return (needsBase ? "◌" : "") +
      (excess > 0 ? `${marks.slice(0, MAX_MARKS).join("")}<+${excess} marks>` : run);
  });
}

function codePoint(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
