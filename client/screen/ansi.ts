/**
 * The few control sequences with which the input is drawn, as text.
 *
 * Our own, as `ansi-escapes` reads the environment when it is imported and throws where it may not, which pure code may
 * not. All of them are in ECMA-48 and work in every terminal since the VT100, but for the last two, which are passed
 * over where they are not known.
 *
 * @module
 */

/** Erases from the cursor to the end of its row. Not after the last column was written: there the cursor is still on it. */
export const ERASE_ROW_END = "\x1b[K";

/** Erases from the cursor to the end of the screen. In the first row and column {@linkcode ERASE_FROM_ROW_START} is better. */
export const ERASE_BELOW = "\x1b[J";

/**
 * Erases from the first column of a row to the end of the screen. In two steps: tmux keeps the whole screen in its
 * scrollback before it erases it from the very first place on.
 */
export const ERASE_FROM_ROW_START = `${ERASE_ROW_END}\x1b[C${ERASE_BELOW}\r`;

/** Goes to the top left of the screen. */
export const HOME = "\x1b[H";

/** Ends all styles. */
export const RESET_STYLE = "\x1b[m";

/** What is written beyond the last column overwrites it instead of going on in the next row. */
export const NO_WRAP = "\x1b[?7l";

/** What is written beyond the last column goes on in the next row, as is usual. */
export const WRAP = "\x1b[?7h";

/** What follows shows all at once (DEC private mode 2026), */
export const BEGIN_UPDATE = "\x1b[?2026h";

/** as soon as this comes. */
export const END_UPDATE = "\x1b[?2026l";

/**
 * Goes up, in the same column.
 *
 * @param rows how many rows, 0 or more; the top of the screen stops it
 * @returns the sequence
 */
export function up(rows: number): string {
  return rows === 0 ? "" : rows === 1 ? "\x1b[A" : `\x1b[${rows}A`;
}

/**
 * Goes down, in the same column.
 *
 * @param rows how many rows, 1 or more; the bottom of the screen stops it, nothing scrolls
 * @returns the sequence
 */
export function down(rows: number): string {
  return `\x1b[${rows}B`;
}

/**
 * Goes to a column of the same row.
 *
 * @param column which, from 0
 * @returns the sequence
 */
export function toColumn(column: number): string {
  return column === 0 ? "\r" : `\x1b[${column + 1}G`;
}

/**
 * Begins a style.
 *
 * @param parameters what to turn on, as parameters of SGR such as `1;36`; nothing for plain
 * @returns the sequence, which ends every other style
 */
export function style(parameters: string): string {
  return parameters === "" ? RESET_STYLE : `\x1b[0;${parameters}m`;
}
