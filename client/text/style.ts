/**
 * Styled text, and how it becomes text for a terminal or a pipe.
 *
 * PURE. A span has a meaning, not a look. Only this file decides on the looks. Without styles only the text is
 * written. The texts of spans are already sanitized: see `sanitize.ts`.
 *
 * @module
 */
import { basicNameColour, type Colours, nameColour } from "./colour.ts";

/**
 * The meaning of a span: a plain message (`plain`), a time of day (`time`), a name (`name`), the user's own name
 * before their own message (`self`), the user's name in a message of another user (`mention`), names and figures in a
 * list (`cell`), less important text (`faint`), the mark of a direct message (`direct`), a separator line (`mark`), a
 * heading (`heading`), a notice of the hub (`notice`), an error (`error`).
 */
export type Style =
  | "plain"
  | "time"
  | "name"
  | "self"
  | "mention"
  | "cell"
  | "faint"
  | "direct"
  | "mark"
  | "heading"
  | "notice"
  | "error";

/** A part of a line. */
export interface Span {
  /** The text to show, without control characters other than tabs. */
  text: string;
  /** Its meaning. */
  style: Style;
  /** The name that gives the colour, if the text is only a part of that name or shows it in another form. */
  name?: string;
}

/** A line without its line end. */
export type StyledLine = readonly Span[];

/** The meaning of a part of the prompt: unread messages in other buffers, or mentions among them. */
export type PromptRole = "unread" | "mention";

/** A part of the prompt, by UTF-16 indices. */
export interface PromptPart {
  /** Where it begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /** What it means. */
  readonly role: PromptRole;
}

const RESET = "\x1b[0m";

/**
 * Formats a line with escape sequences.
 *
 * @param line the line
 * @param colours which escape sequences may be written
 * @returns the text, without a line end
 */
export function paint(line: StyledLine, colours: Colours): string {
  let text = "";
  for (const span of line) {
    const parameters = colours === "none" || span.text === "" ? "" : sgr(span, colours);
    text += parameters === "" ? span.text : `\x1b[${parameters}m${span.text}${RESET}`;
  }
  return text;
}

/** The left-to-right mark. */
export const LEFT_TO_RIGHT_MARK = "\u200e";

/** The blocks of scripts that are written from right to left, with their digits. */
const RIGHT_TO_LEFT = String
  .raw`\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}`;

const HAS_RIGHT_TO_LEFT = new RegExp(`[${RIGHT_TO_LEFT}]`, "u");
const RIGHT_TO_LEFT_WORD = new RegExp(`[^ ]*[${RIGHT_TO_LEFT}][^ ]*`, "gu");

/** The styles of texts in sentences. They are marked as a whole, so that their words stay in order. */
const SENTENCES: ReadonlySet<Span["style"]> = new Set(["plain", "mention", "notice"]);

/** A part of a text, by UTF-16 indices. */
export interface TextRange {
  /** Where it begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/**
 * Finds the words that are written from right to left, such as a name in Hebrew, with the signs before and after it.
 *
 * @param text one line
 * @returns the words in order
 */
export function rightToLeftWords(text: string): TextRange[] {
  if (!HAS_RIGHT_TO_LEFT.test(text)) return [];
  return [...text.matchAll(RIGHT_TO_LEFT_WORD)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
  }));
}

/**
 * Puts left-to-right marks around each right-to-left word, as {@linkcode isolate} does with names.
 *
 * @param text one sanitized line in which names and figures stand beside each other
 * @returns the line with the marks
 */
export function isolateWords(text: string): string {
  return HAS_RIGHT_TO_LEFT.test(text)
    ? text.replace(RIGHT_TO_LEFT_WORD, `${LEFT_TO_RIGHT_MARK}$&${LEFT_TO_RIGHT_MARK}`)
    : text;
}

/**
 * Puts left-to-right marks around right-to-left text, so that it does not reorder what stands beside it on a terminal.
 *
 * A terminal that orders text by direction (UAX #9) shows digits and punctuation between two right-to-left words as a
 * part of them: a name and the number after it change places. A mark on both sides prevents that. It has no width, is
 * as old as Unicode 1.1, and terminals that do not order text ignore it; isolates (FSI and PDI) are newer, and some
 * terminals show them. Sanitized text has no such mark of its own.
 *
 * @param line a line whose texts are sanitized, as wide as it will be shown
 * @returns the same line with marks around each name and each text, where it has right-to-left characters
 */
export function isolate(line: StyledLine): StyledLine {
  if (!line.some(({ text }) => HAS_RIGHT_TO_LEFT.test(text))) return line;
  const isolated = line.map((span): Span => {
    if (SENTENCES.has(span.style) || !HAS_RIGHT_TO_LEFT.test(span.text)) return span;
    const text = isolateWords(span.text);
    return span.style === "name" ? { ...span, text, name: span.name ?? span.text } : { ...span, text };
  });
  for (let first = 0; first < isolated.length; first++) {
    if (!SENTENCES.has(isolated[first]!.style)) continue;
    let last = first;
    while (last + 1 < isolated.length && SENTENCES.has(isolated[last + 1]!.style)) last++;
    if (isolated.slice(first, last + 1).some(({ text }) => HAS_RIGHT_TO_LEFT.test(text))) {
      isolated[first] = { ...isolated[first]!, text: LEFT_TO_RIGHT_MARK + isolated[first]!.text };
      isolated[last] = { ...isolated[last]!, text: isolated[last]!.text + LEFT_TO_RIGHT_MARK };
    }
    first = last;
  }
  return isolated;
}

/**
 * Returns the text of a line.
 *
 * @param line the line
 * @returns its text, without styles
 */
export function textOf(line: StyledLine): string {
  return line.length === 1 ? line[0]!.text : line.map(({ text }) => text).join("");
}

/**
 * Decides whether plain output, line by line, gets colours.
 *
 * @param isTerminal whether the output is a terminal
 * @param environment returns an environment variable, or `undefined`; it is called for `NO_COLOR` (see
 * no-color.org) and `TERM`
 * @returns `true` if colours may be written
 */
export function wantsColour(isTerminal: boolean, environment: (name: string) => string | undefined): boolean {
  return isTerminal && !environment("NO_COLOR") && environment("TERM") !== "dumb";
}

/** Returns the parameters of SGR (ECMA-48, 8.3.117) for a span; an empty text for a plain one. */
function sgr(span: Span, colours: "mono" | 16 | 256): string {
  switch (span.style) {
    case "name": {
      if (colours === "mono") return "1";
      const name = span.name ?? span.text;
      return colours === 16 ? `${basicNameColour(name)}` : `1;38;5;${nameColour(name)}`;
    }
    case "self":
      return colours === "mono" ? "1;4" : "1";
    case "mention":
      return "1;7";
    case "direct":
      return colours === "mono" ? "1" : colours === 16 ? "1;35" : "1;38;5;170";
    case "time":
    case "faint":
      return "2";
    case "mark":
    case "heading":
    case "notice":
      return "1";
    case "error":
      return colours === "mono" ? "1" : colours === 16 ? "31" : "38;5;160";
    case "plain":
    case "cell":
      return "";
  }
}
