/**
 * Control sequences for the title of the terminal window and for the bell.
 *
 * PURE. The title is saved at the start and restored at the end (XTWINOPS 22 and 23, xterm's "Control Sequences").
 * A terminal that cannot save its title has an empty one at the end, which the terminal or the shell then replaces.
 *
 * @module
 */
import { asciiText, isolateWords, sanitize } from "../text/mod.ts";

/** Rings the bell. */
export const BELL = "\x07";

/** Saves the title. */
export const SAVE_TITLE = "\x1b[22;2t";

/** Restores the saved title. */
export const RESTORE_TITLE = "\x1b]2;\x07\x1b[23;2t";

/**
 * Formats the title.
 *
 * @param where the hub as the user named it
 * @param unread the number of unread messages, and how many of them mention the user
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
 * Makes the control sequence that sets the title.
 *
 * @param title any text; it is sanitized
 * @param ascii whether the terminal shows ASCII only
 * @returns the sequence
 */
export function setTitle(title: string, ascii = false): string {
  const shown = sanitize(title);
  return `\x1b]2;${ascii ? asciiText(shown) : isolateWords(shown)}\x07`;
}
