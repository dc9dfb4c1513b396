/**
 * The control sequences that draw the input, as text.
 *
 * The package `ansi-escapes` is no option: it reads the environment when it is imported, and throws without the
 * permission, which pure code does not have. All sequences but the last two are in ECMA-48 and work in every terminal
 * since the VT100. Terminals that do not know the last two ignore them.
 *
 * @module
 */

/**
 * Erases from the cursor to the end of its row. Do not use it after a character in the last column: the cursor is still
 * on that character.
 */
export const ERASE_ROW_END = "\x1b[K";

/**
 * Erases from the cursor to the end of the screen. If the cursor may be at the top left of the screen, use
 * {@linkcode ERASE_FROM_ROW_START} instead.
 */
export const ERASE_BELOW = "\x1b[J";

/**
 * Erases from the first column of a row to the end of the screen, in two steps. One step that begins at the top left of
 * the screen would make tmux copy the whole screen into its scrollback first.
 */
export const ERASE_FROM_ROW_START = `${ERASE_ROW_END}\x1b[C${ERASE_BELOW}\r`;

/** Moves the cursor to the top left of the screen. */
export const HOME = "\x1b[H";

/** Ends all styles. */
export const RESET_STYLE = "\x1b[m";

/** Turns automatic wrapping off: text beyond the last column overwrites the last column. */
export const NO_WRAP = "\x1b[?7l";

/** Turns automatic wrapping on, the default: text beyond the last column continues in the next row. */
export const WRAP = "\x1b[?7h";

/** Begins a synchronized update (DEC private mode 2026): the terminal shows what follows at its end, all at once. */
export const BEGIN_UPDATE = "\x1b[?2026h";

/** Ends a synchronized update. */
export const END_UPDATE = "\x1b[?2026l";

/**
 * Moves the cursor up, in the same column.
 *
 * @param rows number of rows, 0 or more; the cursor stops at the top of the screen
 * @returns the sequence
 */
export function up(rows: number): string {
  return rows === 0 ? "" : rows === 1 ? "\x1b[A" : `\x1b[${rows}A`;
}

/**
 * Moves the cursor down, in the same column.
 *
 * @param rows number of rows, 1 or more; the cursor stops at the bottom of the screen, without scrolling
 * @returns the sequence
 */
export function down(rows: number): string {
  return `\x1b[${rows}B`;
}

/**
 * Moves the cursor to a column of the same row.
 *
 * @param column the column, from 0
 * @returns the sequence
 */
export function toColumn(column: number): string {
  return column === 0 ? "\r" : `\x1b[${column + 1}G`;
}

/**
 * Sets a style.
 *
 * @param parameters the style as parameters of SGR, such as `1;36`; empty for no style
 * @returns the sequence, which ends all other styles
 */
export function style(parameters: string): string {
  return parameters === "" ? RESET_STYLE : `\x1b[0;${parameters}m`;
}
