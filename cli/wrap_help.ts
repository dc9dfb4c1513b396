/**
 * Wraps help for a terminal that is narrower than its lines. PURE.
 *
 * @module
 */

/** The minimum width for descriptions in a column of their own. */
const MIN_TEXT_COLUMNS = 16;

/**
 * Wraps lines between words. The rest of a line goes under its last column, if there is enough room, else two columns
 * further in than the line. A word that is wider than the terminal is not broken.
 *
 * @param text lines of plain text
 * @param columns the maximum width of a line, in columns
 * @returns the wrapped text
 */
export function wrapHelp(text: string, columns: number): string {
  return text.split("\n").map((line) => wrapLine(line, columns)).join("\n");
}

function wrapLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const indent = /^ */.exec(line)![0].length;
  const column = /^ *\S+(?: \S+)* {2,}/.exec(line)?.[0].length ?? 0;
  const inset = column === 0 ? indent : columns - column >= MIN_TEXT_COLUMNS ? column : indent + 2;
  const pieces: string[] = [];
  for (let rest = line, from = indent;; from = inset) {
    const at = rest.length <= columns ? -1 : breakPosition(rest, from, columns);
    if (at < 0) return [...pieces, rest].join("\n");
    pieces.push(rest.slice(0, at).trimEnd());
    rest = " ".repeat(inset) + rest.slice(at).trimStart();
  }
}

/** The last space within the width, else the first one after it, else -1. */
function breakPosition(line: string, from: number, columns: number): number {
  const before = line.lastIndexOf(" ", columns);
  return before > from ? before : line.indexOf(" ", Math.max(from, columns));
}
