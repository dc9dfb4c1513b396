/**
 * Formats lines for a pipe or a plain terminal, and says once why letters are shown as escapes.
 *
 * PURE.
 *
 * @module
 */
import { asciiLine, escapesNote, isolate, needsEscapes, paint, type StyledLine } from "../text/mod.ts";

/** Options of {@linkcode PlainLines}. */
export interface PlainLinesOptions {
  /** The environment variable that limits the terminal to ASCII, such as `LANG=C`; `undefined` if it shows UTF-8. */
  locale: string | undefined;
  /** Whether colours are allowed. */
  colour: boolean;
  /** Whether a terminal shows the lines: only there right-to-left text is isolated. */
  isTerminal: boolean;
  /** Reports something to the user, in one line. */
  report: (message: string) => void;
}

/** Formats lines. */
export class PlainLines {
  readonly #options: PlainLinesOptions;
  #isExplained = false;

  /**
   * Starts with nothing explained.
   *
   * @param options see {@linkcode PlainLinesOptions}
   */
  constructor(options: PlainLinesOptions) {
    this.#options = options;
  }

  /**
   * Formats lines.
   *
   * @param lines the lines, whose texts are sanitized
   * @returns the text to write, with line ends
   */
  format(lines: readonly StyledLine[]): string {
    const { locale, colour, isTerminal, report } = this.#options;
    const colours = colour ? 256 : "none";
    if (locale === undefined) {
      return lines.map((line) => paint(isTerminal ? isolate(line) : line, colours) + "\n").join("");
    }
    if (!this.#isExplained && lines.flat().some(({ text }) => needsEscapes(text))) {
      this.#isExplained = true;
      report(escapesNote(locale));
    }
    return lines.map((line) => paint(asciiLine(line), colours) + "\n").join("");
  }
}
