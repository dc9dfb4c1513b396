/**
 * The question before a long paste goes out: when it is asked and what it says.
 *
 * @module
 */

/** A paste of more lines than this asks. */
export const MAX_UNASKED_LINES = 3;

/** A paste of more than this asks, in bytes of UTF-8. */
export const MAX_UNASKED_BYTES = 1024;

/**
 * Says whether a paste is long enough to ask first.
 *
 * @param text the paste
 * @returns true for more than 3 lines or 1 KiB
 */
export function asksBeforeSending(text: string): boolean {
  return countLines(text) > MAX_UNASKED_LINES || countBytes(text) > MAX_UNASKED_BYTES;
}

/**
 * Writes the question.
 *
 * @param paste what was pasted
 * @param message what would be sent: the paste within what was typed before
 * @returns the question as a prompt, and how the paste begins as a hint below it
 */
export function pasteQuestion(paste: string, message: string): { prompt: string; hint: string } {
  const lines = countLines(message);
  const what = lines === 1 ? `${countBytes(message)} bytes` : `${lines} lines`;
  return { prompt: `send ${what} as one message? [y/N/e] `, hint: paste.slice(0, HINT_LENGTH).trim() };
}

/** How much of the paste the hint shows, in UTF-16 units; a row shows less. */
const HINT_LENGTH = 400;

/** A line end at the very end begins no other line. */
function countLines(text: string): number {
  let lines = text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
