/**
 * Formats lines for a pipe or a plain terminal, and says once why letters are shown as escapes.
 *
 * PURE. A terminal gets rows that fit into it, and every row except the first of a line begins with a gutter: a text
 * that is padded to the width of the terminal cannot put a row of its own below it. A pipe gets the lines as they are.
 *
 * @module
 */
import { escapesNote, loadWidths, needsEscapes, needsWidths, paint, type StyledLine } from "../text/mod.ts";
import { formatRows } from "../render/mod.ts";

/** The gutter of a terminal that is too narrow for another one. */
const NARROW_GUTTER = "│ ";

/** Options of {@linkcode PlainLines}. */
export interface PlainLinesOptions {
  /** The environment variable that limits the terminal to ASCII, such as `LANG=C`; `undefined` if it shows UTF-8. */
  locale: string | undefined;
  /** Whether colours are allowed. */
  colour: boolean;
  /** Whether a terminal shows the lines. */
  isTerminal: boolean;
  /** Returns the current width of that terminal, in columns. */
  columns: () => number;
  /** The start of every row of a line except the first. */
  gutter: string;
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
  async format(lines: readonly StyledLine[]): Promise<string> {
    const { locale, colour, isTerminal, report } = this.#options;
    const colours = colour ? 256 : "none";
    if (!isTerminal) return lines.map((line) => paint(line, colours) + "\n").join("");
    const has = (test: (text: string) => boolean) =>
      lines.some((line) => line.some(({ text }) => test(text)));
    if (locale !== undefined && !this.#isExplained && has(needsEscapes)) {
      this.#isExplained = true;
      report(escapesNote(locale));
    }
    if (has(needsWidths)) await loadWidths();
    const { columns, gutter } = this.#layout;
    const options = { columns, gutter, capabilities: { ascii: locale !== undefined, colours } } as const;
    return lines.flatMap((line) => formatRows(line, options)).map((row) => row + "\n").join("");
  }

  /** The width of the terminal, and a gutter that leaves room for the text. */
  get #layout(): { columns: number; gutter: StyledLine } {
    const columns = this.#options.columns();
    const { gutter } = this.#options;
    return {
      columns,
      gutter: [{ text: 2 * gutter.length <= columns ? gutter : NARROW_GUTTER, style: "faint" }],
    };
  }
}
