/**
 * Lines of the client itself: what it does, and errors.
 *
 * PURE. They start with `--` and `!`. No message of a user starts like this.
 *
 * @module
 */
import type { StyledLine } from "./style.ts";
import { sanitize } from "../../runtime/mod.ts";

/**
 * Makes a line that says what the client does or has done.
 *
 * @param text any text
 * @returns a line in a faint style
 */
export function info(text: string): StyledLine {
  return [{ text: `-- ${sanitize(text)}`, style: "faint" }];
}

/**
 * Makes a line for an error.
 *
 * @param text any text
 * @returns a line in the error style
 */
export function failure(text: string): StyledLine {
  return [{ text: `! ${sanitize(text)}`, style: "error" }];
}
