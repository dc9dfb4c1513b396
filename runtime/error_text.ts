/**
 * Error messages for people: one line that begins with the name of the program.
 *
 * PURE.
 *
 * @module
 */
import { sanitize } from "./sanitize.ts";

/**
 * Formats an error message. It may contain arguments, names of files and texts of a hub: nothing in it can control a
 * terminal or look like another line.
 *
 * @param message the message, without the name of the program
 * @returns the line, with its line end
 */
export function errorText(message: string): string {
  return `riftchat: ${sanitize(message)}\n`;
}
