/**
 * A terminal's screen as an SVG: a window with the text in its colours.
 *
 * PURE. The file stands for itself: no font, script or image from elsewhere. Whoever looks at it may have any monospace
 * font, so every run of text is told where it begins and how wide it is, and every wide character where it stands.
 * The window has a background of its own, so that it can be read on light and dark pages.
 *
 * @module
 */
import type { Cell } from "../tests/helpers/terminal/emulator.ts";

export type { Cell };

/** What is drawn. */
export interface Scene {
  /** The rows of the screen, from the top. */
  rows: readonly (readonly Cell[])[];
  /** Where the cursor stands: its row and its column, both from 0. */
  cursor: { row: number; column: number };
  /** Width of the screen, in columns. */
  columns: number;
  /** What stands in the bar of the window. */
  title: string;
  /** What the picture shows, for who cannot see it. */
  description: string;
}

/** Size of the font, width of a column and height of a row, in pixels; most monospace fonts are 0.6 as wide as high. */
const FONT_SIZE = 14;
const CELL_WIDTH = 8.4;
const ROW_HEIGHT = 20;

/** From the top of a row to the line on which the letters stand. */
const BASELINE = 14.5;

const PADDING = 14;
const BAR_HEIGHT = 34;

const FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

const [BACKGROUND, BAR, BORDER, TEXT, FAINT] = ["#16191d", "#23272d", "#6b7380", "#e6e8eb", "#9aa2ad"];

/** The first 16 colours of the palette, as xterm has them. */
const BASIC =
  "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    .split(" ");

/** The steps of red, green and blue in the 216 colours after those. */
const STEPS = [0, 95, 135, 175, 215, 255];

/**
 * Draws a screen.
 *
 * @param scene what is on it
 * @returns the SVG, as a file that ends in a line end
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

/** A row, one element for each run of cells that look alike; blanks at the ends of a run draw nothing. */
function textOf(row: readonly Cell[], baseline: number): string[] {
  const elements: string[] = [];
  let column = 0;
  for (let first = 0; first < row.length;) {
    let last = first + 1;
    while (last < row.length && goOn(row[first]!, row[last]!)) last++;
    const run = row.slice(first, last);
    const from = run.findIndex((cell) => cell.text !== " ");
    if (from >= 0) {
      const seen = run.slice(from, run.findLastIndex((cell) => cell.text !== " ") + 1);
      const text = escaped(seen.map((cell) => cell.text).join(""));
      elements.push(`<text ${place(seen, column + from)} y="${baseline}"${look(seen[0]!)}>${text}</text>`);
    }
    column += run.reduce((width, cell) => width + cell.width, 0);
    first = last;
  }
  return elements;
}

/** Whether a cell belongs to the run that another began. Every cell beyond the ASCII of a font may have its own width. */
function goOn(first: Cell, next: Cell): boolean {
  return first.style === next.style && first.colour === next.colour && isNarrow(first) && isNarrow(next);
}

/** Letters that every monospace font has, as wide as all others. */
function isNarrow(cell: Cell): boolean {
  return cell.width === 1 && /^[\u0020-\u04ff\u2500-\u257f\u2026]$/u.test(cell.text);
}

function place(run: readonly Cell[], column: number): string {
  const x = `x="${at(column)}"`;
  return isNarrow(run[0]!) ? `${x} textLength="${round(run.length * CELL_WIDTH)}"` : x;
}

function look({ style, colour }: Cell): string {
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

/** A colour of xterm's palette of 256. */
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
