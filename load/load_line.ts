/**
 * The lines that a load consists of: they say that they are of this load, who said them, and when.
 *
 * PURE.
 *
 * @module
 */

/** What stands in one line. */
export interface LoadLine {
  /** The number of the client that said it. */
  author: number;
  /** When it was said, in milliseconds of a clock that all workers share. */
  sentAt: number;
}

/**
 * Makes a line.
 *
 * @param mark the mark of this load, without spaces
 * @param line what is to stand in it
 * @param size how long it is to be, in bytes; no shorter than what has to stand in it
 * @returns its text
 */
export function writeLine(mark: string, { author, sentAt }: LoadLine, size: number): string {
  return `${mark} ${author} ${sentAt.toFixed(3)} `.padEnd(size, ".");
}

/** A 200, compact or as Python writes it. */
const SAID = /^\s*\{\s*"code"\s*:\s*200\b/;

/**
 * Reads a line of this load.
 *
 * @param mark the mark of this load
 * @param body a message of the hub, as JSON
 * @returns what stands in it; `undefined` where it is something else
 */
export function readLine(mark: string, body: string): LoadLine | undefined {
  const at = SAID.test(body) ? body.indexOf(mark) : -1;
  if (at < 0) return undefined;
  const [, author = "", sentAt = ""] = body.slice(at, at + 80).split(" ");
  return { author: Number(author), sentAt: Number(sentAt) };
}
