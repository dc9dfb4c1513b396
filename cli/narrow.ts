/**
 * Help on a terminal that is narrower than its lines: they are broken between words. Pure.
 *
 * @module
 */

/** The fewest columns that are worth a column of their own for what something means. */
const LEAST = 16;

/**
 * Breaks lines between words. What follows goes under the line's last column, where that leaves room, else two further in
 * than the line begins. A word that is wider than the terminal stays whole.
 *
 * @param text lines of plain text, as help has them
 * @param columns how wide a line may be, in columns
 * @returns the same text in lines that are no wider
 */
export function narrow(text: string, columns: number): string {
  return text.split("\n").map((line) => broken(line, columns)).join("\n");
}

function broken(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const begins = /^ */.exec(line)![0].length;
  const column = /^ *\S+(?: \S+)* {2,}/.exec(line)?.[0].length ?? 0;
  const inset = column === 0 ? begins : columns - column >= LEAST ? column : begins + 2;
  const pieces: string[] = [];
  for (let rest = line, from = begins;; from = inset) {
    const at = rest.length <= columns ? -1 : breakIn(rest, from, columns);
    if (at < 0) return [...pieces, rest].join("\n");
    pieces.push(rest.slice(0, at).trimEnd());
    rest = " ".repeat(inset) + rest.slice(at).trimStart();
  }
}

/** Where the last space is that leaves no more than so many columns before it; else the first after them; else -1. */
function breakIn(line: string, from: number, columns: number): number {
  const before = line.lastIndexOf(" ", columns);
  return before > from ? before : line.indexOf(" ", Math.max(from, columns));
}
