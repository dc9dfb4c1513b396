/**
 * Draws a text as a QR code for a terminal.
 *
 * Rules: dark on light in any terminal, since not every camera reads the opposite; so colours are set unless the output
 * is no terminal. A character shows two squares, one above the other.
 *
 * @module
 */
import { encode } from "uqr";

/** The width of the empty border, in squares, as the standard wants it. */
const BORDER = 4;

/** The characters for two squares, by whether the upper and the lower one are dark. */
const SQUARES = [[" ", "▄"], ["▀", "█"]] as const;

const BLACK_ON_WHITE = "\x1b[30;107m";
const RESET = "\x1b[0m";

/**
 * Draws a QR code.
 *
 * @param text the text
 * @param colours whether to set colours: on a terminal
 * @returns lines, each with its line end
 */
export function qrCode(text: string, colours: boolean): string {
  const { data } = encode(text, { ecc: "M", border: BORDER });
  const isDark = (row: number, column: number) => data[row]?.[column] === true ? 1 : 0;
  let drawn = "";
  for (let row = 0; row < data.length; row += 2) {
    const line = data[row]!.map((_, column) => SQUARES[isDark(row, column)]![isDark(row + 1, column)]!).join(
      "",
    );
    drawn += colours ? `${BLACK_ON_WHITE}${line}${RESET}\n` : `${line.trimEnd()}\n`;
  }
  return drawn;
}
