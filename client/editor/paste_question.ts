/**
 * The question before a long paste is inserted: when the editor asks it, and its text.
 *
 * @module
 */

import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";

/** The editor asks before it inserts more lines than this. */
export const MAX_UNCONFIRMED_LINES = 3;

/** The editor asks before it inserts more bytes of UTF-8 than this. */
export const MAX_UNCONFIRMED_BYTES = 1024;

/**
 * Decides whether a paste needs a confirmation.
 *
 * @param text the paste
 * @returns true for more than 3 lines or 1 KiB
 */
export function needsConfirmation(text: string): boolean {
  return countLines(text) > MAX_UNCONFIRMED_LINES || countBytes(text) > MAX_UNCONFIRMED_BYTES;
}

/**
 * Builds the question.
 *
 * @param paste the pasted text
 * @param message the text that would be sent: the typed text with the paste at the cursor
 * @param count as how many messages it would be sent; `undefined` if it is too long to be sent
 * @returns the question as a prompt, and the beginning of the paste as a hint below it
 */
export function pasteQuestion(
  paste: string,
  message: string,
  count: number | undefined,
): { prompt: string; hint: string } {
  const lines = countLines(message);
  const bytes = `${countBytes(message)} bytes`;
  const what = count === 1
    ? lines === 1 ? bytes : `${lines} lines`
    : lines === 1
    ? bytes
    : `${lines} lines (${bytes})`;
  const most = `a message has at most ${MAX_TEXT_BYTES} bytes`;
  const prompt = count === undefined
    ? `${bytes} are too long, ${most}; edit them? [N/e] `
    : count === 1
    ? `send ${what} as one message? [y/N/e] `
    : `send ${what} as ${count} messages? ${most} [y/N/e] `;
  return { prompt, hint: paste.slice(0, HINT_LENGTH).trim() };
}

/** Length of the paste in the hint, in UTF-16 units; a row shows less. */
const HINT_LENGTH = 400;

/** A line end at the end of the text does not begin another line. */
function countLines(text: string): number {
  let lines = text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
