/**
 * Rows of a terminal: a styled line, broken at the width of the terminal and written with its escape sequences.
 *
 * PURE.
 *
 * @module
 */
import {
  ASCII_RULER,
  asciiLine,
  type Capabilities,
  expandTabs,
  isolate,
  paint,
  type StyledLine,
  UNICODE_RULER,
  wrap,
} from "../text/mod.ts";

/** The gutter of all lines that are not messages or separators. */
export const EVENT_GUTTER: StyledLine = [{ text: "  │ ", style: "faint" }];

/** How rows are formatted. */
export interface RowOptions {
  /** The start of every row except the first. */
  readonly gutter: StyledLine;
  /** The width of the terminal in columns; infinite if lines are not broken. */
  readonly columns: number;
  /** The capabilities of the terminal. */
  readonly capabilities: Pick<Capabilities, "ascii" | "colours">;
}

/**
 * Formats a line as rows.
 *
 * @param line a line whose texts are sanitized; tabs are expanded
 * @param options see {@linkcode RowOptions}
 * @returns the rows, without line ends; the only control characters are those of styles and
 * the marks of {@linkcode isolate}
 */
export function formatRows(line: StyledLine, { gutter, columns, capabilities }: RowOptions): string[] {
  const { ascii, colours } = capabilities;
  const expanded = line.map((span) =>
    span.text.includes("\t") ? { ...span, text: expandTabs(span.text) } : span
  );
  const ruler = ascii ? ASCII_RULER : UNICODE_RULER;
  return wrap(expanded, { columns, gutter, ruler })
    .map((row) => paint(ascii ? asciiLine(row) : isolate(row), colours));
}
