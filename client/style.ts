/**
 * Styled text and how it becomes text for a terminal or a pipe.
 *
 * PURE. A span says what it is, not how it looks; looks are decided here alone. Where there are no colours nothing but
 * the text comes out. The texts of spans are harmless already: see `visible.ts`.
 *
 * @module
 */
import { nameKey } from "../protocol/mod.ts";

/** What a span is: chat as it is, a time of day, somebody's name, what is of little weight, a hub's word, an error. */
export type Style = "plain" | "time" | "name" | "faint" | "notice" | "error";

/** A piece of a line. */
export interface Span {
  /** What is shown; it holds no control character other than a tab. */
  text: string;
  /** What it is. */
  style: Style;
}

/** A line, without its end. */
export type StyledLine = readonly Span[];

/**
 * The colours of names, as numbers of the 256-colour palette of xterm. Each has a contrast of at least 3.6 to black and
 * to white (WCAG 2.1), so that it can be read on either.
 */
export const NAME_COLOURS: readonly number[] = [130, 166, 100, 64, 28, 30, 32, 63, 98, 133, 164, 162];

const RESET = "\x1b[0m";

/**
 * Makes text of a line.
 *
 * @param line the line
 * @param colour whether escape sequences for colours may be written
 * @returns the text, without an end of line
 */
export function paint(line: StyledLine, colour: boolean): string {
  let text = "";
  for (const span of line) {
    text += colour && span.style !== "plain" ? sgr(span) + span.text + RESET : span.text;
  }
  return text;
}

/**
 * Decides whether colours are wanted.
 *
 * @param isTerminal whether the text goes to a terminal
 * @param environment gives a variable of the environment, or `undefined`; `NO_COLOR` (see no-color.org) and `TERM` are
 * asked for
 * @returns `true` where colours may be written
 */
export function wantsColour(isTerminal: boolean, environment: (name: string) => string | undefined): boolean {
  return isTerminal && !environment("NO_COLOR") && environment("TERM") !== "dumb";
}

/**
 * Finds the colour of a name: always the same one, also where it is written in another case.
 *
 * @param name a name
 * @returns one of {@linkcode NAME_COLOURS}
 */
export function nameColour(name: string): number {
  // FNV-1a, which spreads short texts well.
  let hash = 0x811c9dc5;
  for (const character of nameKey(name)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return NAME_COLOURS[hash % NAME_COLOURS.length]!;
}

function sgr(span: Span): string {
  switch (span.style) {
    case "name":
      return `\x1b[1;38;5;${nameColour(span.text)}m`;
    case "time":
    case "faint":
      return "\x1b[2m";
    case "notice":
      return "\x1b[1m";
    case "error":
      return "\x1b[38;5;160m";
    case "plain":
      return "";
  }
}
