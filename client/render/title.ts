/**
 * The title of a terminal's window, and its bell: the few control sequences that have to do with attention, as text.
 *
 * PURE. The title is put aside at the beginning and restored at the end (XTWINOPS 22 and 23, xterm's "Control
 * Sequences"); a terminal that cannot put it aside has none at the end, which it or the shell then sees to.
 *
 * @module
 */
import { asciiText, sanitize } from "../text/mod.ts";

/** Rings. */
export const BELL = "\x07";

/** Puts the title aside. */
export const SAVE_TITLE = "\x1b[22;2t";

/** Brings back the title that was put aside. */
export const RESTORE_TITLE = "\x1b]2;\x07\x1b[23;2t";

/**
 * Words a title.
 *
 * @param where the hub, as one calls it
 * @param unread how many lines are unread, and in how many of them one is mentioned
 * @returns such as `riftchat: localhost`, `(3) riftchat: localhost` or `(3, @1) riftchat: localhost`
 */
export function titleText(
  where: string,
  unread: { readonly lines: number; readonly mentions: number },
): string {
  const { lines, mentions } = unread;
  const count = lines === 0 ? "" : mentions === 0 ? `(${lines}) ` : `(${lines}, @${mentions}) `;
  return `${count}riftchat: ${where}`;
}

/**
 * Sets the title.
 *
 * @param title any text; what is dangerous in it becomes visible
 * @param ascii whether the terminal takes ASCII alone
 * @returns the sequence
 */
export function setTitle(title: string, ascii = false): string {
  return `\x1b]2;${ascii ? asciiText(sanitize(title)) : sanitize(title)}\x07`;
}
