/**
 * Styled text and how it becomes text for a terminal or a pipe.
 *
 * PURE. A span says what it is, not how it looks; looks are decided here alone. Where no styles can be had nothing but
 * the text comes out. The texts of spans are harmless already: see `visible.ts`.
 *
 * @module
 */
import { basicNameColour, type Colours, nameColour } from "./colour.ts";

/**
 * What a span is: chat as it is, a time of day, somebody's name, one's own name before one's own words, one's name in
 * the words of others, what is of little weight, a line that separates, a heading, a hub's word, an error.
 */
export type Style =
  | "plain"
  | "time"
  | "name"
  | "self"
  | "mention"
  | "faint"
  | "mark"
  | "heading"
  | "notice"
  | "error";

/** A piece of a line. */
export interface Span {
  /** What is shown; it holds no control character other than a tab. */
  text: string;
  /** What it is. */
  style: Style;
  /** The name whose colour it has, where the text is a part of that name or shows it in another way. */
  name?: string;
}

/** A line, without its end. */
export type StyledLine = readonly Span[];

const RESET = "\x1b[0m";

/**
 * Makes text of a line.
 *
 * @param line the line
 * @param colours which escape sequences may be written
 * @returns the text, without an end of line
 */
export function paint(line: StyledLine, colours: Colours): string {
  let text = "";
  for (const span of line) {
    const parameters = colours === "none" || span.text === "" ? "" : sgr(span, colours);
    text += parameters === "" ? span.text : `\x1b[${parameters}m${span.text}${RESET}`;
  }
  return text;
}

/**
 * Tells the text of a line.
 *
 * @param line the line
 * @returns what it says, without styles
 */
export function textOf(line: StyledLine): string {
  return line.length === 1 ? line[0]!.text : line.map(({ text }) => text).join("");
}

/**
 * Decides whether colours are wanted where lines are written one after the other.
 *
 * @param isTerminal whether the text goes to a terminal
 * @param environment gives a variable of the environment, or `undefined`; `NO_COLOR` (see no-color.org) and `TERM` are
 * asked for
 * @returns `true` where colours may be written
 */
export function wantsColour(isTerminal: boolean, environment: (name: string) => string | undefined): boolean {
  return isTerminal && !environment("NO_COLOR") && environment("TERM") !== "dumb";
}

/** The parameters of SGR (ECMA-48, 8.3.117) for a span; none where it is plain. */
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
      return "";
  }
}
