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
  return `riftchat: ${sanitize(withoutInvites(message))}\n`;
}

/**
 * Leaves out the secret parts of the links of invites in a text.
 *
 * @param text any text, such as an error that quotes an argument
 * @returns the text with `…` in their place
 */
export function withoutInvites(text: string): string {
  return text.replace(/(\brifts?:\/\/[^\s#]*#)[\w-]+/gi, "$1…").replace(/#[\w-]{40,}/g, "#…");
}
