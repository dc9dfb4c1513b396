/**
 * Lines of the client itself: what it does, and what went wrong.
 *
 * PURE. They begin with `--` and `!`, as nothing does that somebody says.
 *
 * @module
 */
import type { StyledLine } from "./style.ts";
import { sanitize } from "./sanitize.ts";

/**
 * Says what the client does or has done.
 *
 * @param text any text
 * @returns a line of little weight
 */
export function info(text: string): StyledLine {
  return [{ text: `-- ${sanitize(text)}`, style: "faint" }];
}

/**
 * Says what went wrong.
 *
 * @param text any text
 * @returns a line that is seen
 */
export function failure(text: string): StyledLine {
  return [{ text: `! ${sanitize(text)}`, style: "error" }];
}
