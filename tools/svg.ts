/**
 * Draws a terminal's screen as an SVG: a window with coloured text.
 *
 * PURE. The SVG uses no external fonts, scripts or images. The viewer may have any monospace font, so each run of text
 * has an explicit position and width, and each wide character an explicit position. The window has its own background,
 * so that it is readable on light and dark pages.
 *
 * @module
 */
import type { Cell } from "../tests/helpers/terminal/emulator.ts";

export type { Cell };

/** The input of the drawing. */
export interface Scene {
  /** The rows of the screen, from the top. */
  rows: readonly (readonly Cell[])[];
  /** The position of the cursor: row and column, both from 0. */
  cursor: { row: number; column: number };
  /** Width of the screen, in columns. */
  columns: number;
  /** The text in the title bar. */
  title: string;
  /** A description of the picture for screen readers. */
  description: string;
}

/** Size of the font, width of a column and height of a row, in pixels; most monospace fonts are 0.6 as wide as high. */
const FONT_SIZE = 14;
const CELL_WIDTH = 8.4;
const ROW_HEIGHT = 20;

/** The distance from the top of a row to its baseline, in pixels. */
const BASELINE = 14.5;

const PADDING = 14;
const BAR_HEIGHT = 34;

const FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

const [BACKGROUND, BAR, BORDER, TEXT, FAINT] = ["#16191d", "#23272d", "#6b7380", "#e6e8eb", "#9aa2ad"];

/** The first 16 colours of xterm's palette. */
const BASIC =
  "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    .split(" ");

/** The levels of red, green and blue in the next 216 colours. */
const STEPS = [0, 95, 135, 175, 215, 255];

/**
 * Draws a screen.
 *
 * @param scene see {@linkcode Scene}
 * @returns the SVG, with a line feed at the end
 */
export function svgOf({ rows, cursor, columns, title, description }: Scene): string {
  const width = round(columns * CELL_WIDTH + 2 * PADDING);
  const height = BAR_HEIGHT + rows.length * ROW_HEIGHT + 2 * PADDING;
  const top = (row: number) => BAR_HEIGHT + PADDING + row * ROW_HEIGHT;
  const dots = [20, 38, 56].map((x) => `<circle cx="${x}" cy="17" r="5.5" fill="${BORDER}"/>`).join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"` +
    ` role="img" xml:space="preserve" font-family="${FONTS}" font-size="${FONT_SIZE}" fill="${TEXT}">`,
    `<title>${escaped(description)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${BACKGROUND}"/>`,
    `<path d="M0.5 ${BAR_HEIGHT}V9.5a9 9 0 0 1 9-9H${
      width - 9.5
    }a9 9 0 0 1 9 9V${BAR_HEIGHT}z" fill="${BAR}"/>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${
      height - 1
    }" rx="9" fill="none" stroke="${BORDER}"/>`,
    dots,
    `<text x="${width / 2}" y="22" text-anchor="middle" font-size="13" fill="${FAINT}">${
      escaped(title)
    }</text>`,
    `<rect x="${at(cursor.column)}" y="${
      top(cursor.row) + 1
    }" width="${CELL_WIDTH}" height="18" fill="${FAINT}"/>`,
    ...rows.flatMap((row, index) => textOf(row, top(index) + BASELINE)),
    "</svg>\n",
  ].join("\n");
}

/** The left edge of a column, in pixels. */
function at(column: number): number {
  return round(PADDING + column * CELL_WIDTH);
}

/** Draws a row: one element for each run of cells with the same style, without the blanks at its ends. */
function textOf(row: readonly Cell[], baseline: number): string[] {
  const elements: string[] = [];
  let column = 0;
  for (let first = 0; first < row.length;) {
    let last = first + 1;
    while (last < row.length && continuesRun(row[first]!, row[last]!)) last++;
    const run = row.slice(first, last);
    const from = run.findIndex((cell) => cell.text !== " ");
    if (from >= 0) {
      const visible = run.slice(from, run.findLastIndex((cell) => cell.text !== " ") + 1);
      const text = escaped(visible.map((cell) => cell.text).join(""));
      elements.push(
        `<text ${position(visible, column + from)} y="${baseline}"${styleOf(visible[0]!)}>${text}</text>`,
      );
    }
    column += run.reduce((width, cell) => width + cell.width, 0);
    first = last;
  }
  return elements;
}

/** Whether a cell continues a run. Characters that a font may draw wider than a column are elements of their own. */
function continuesRun(first: Cell, next: Cell): boolean {
  return first.style === next.style && first.colour === next.colour && isNarrow(first) && isNarrow(next);
}

/** Whether every monospace font draws the character one column wide. */
function isNarrow(cell: Cell): boolean {
  return cell.width === 1 && /^[\u0020-\u04ff\u2500-\u257f\u2026]$/u.test(cell.text);
}

function position(run: readonly Cell[], column: number): string {
  const x = `x="${at(column)}"`;
  return isNarrow(run[0]!) ? `${x} textLength="${round(run.length * CELL_WIDTH)}"` : x;
}

function styleOf({ style, colour }: Cell): string {
  const fill = typeof colour === "number"
    ? rgbOf(colour)
    : colour ?? (style.includes("d") ? FAINT : undefined);
  return [
    fill === undefined ? "" : ` fill="${fill}"`,
    style.includes("b") ? ' font-weight="bold"' : "",
    style.includes("i") ? ' font-style="italic"' : "",
    style.includes("u") ? ' text-decoration="underline"' : "",
  ].join("");
}

/** Returns a colour of xterm's palette of 256 colours. */
function rgbOf(colour: number): string {
  const basic = BASIC[colour];
  if (basic !== undefined) return `#${basic}`;
  const parts = colour >= 232
    ? Array<number>(3).fill(8 + (colour - 232) * 10)
    : [36, 6, 1].map((unit) => STEPS[Math.floor((colour - 16) / unit) % 6]!);
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(pixels: number): number {
  return Math.round(pixels * 100) / 100;
}
