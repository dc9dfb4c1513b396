/**
 * The screen: the chat, and below it the input. It returns the bytes that update the terminal; the caller writes them.
 *
 * Rules:
 * - A chat line is written once, in the place of the input, and the input is written again below it. So the scrollback
 *   of the terminal holds only the chat, and the terminal itself wraps long lines, at every width.
 * - The screen does not know the position of the cursor in the window and never asks for it. All moves are relative to
 *   the first row of the input, or go to a column. It uses no alternate screen and no scroll region.
 * - Only the changed part of the input is written. Its rows end in a line end that the screen writes, never in an
 *   automatic wrap. So when a terminal has another width for an emoji, only that emoji is in the wrong place.
 * - The cursor never stays after the last column, where terminals disagree on the position of the next character.
 *
 * @module
 */
import {
  BEGIN_UPDATE,
  down,
  END_UPDATE,
  ERASE_FROM_ROW_START,
  ERASE_ROW_END,
  HOME,
  RESET_STYLE,
  up,
} from "./ansi.ts";
import { type InputLayout, InputLayouter } from "./input_layout.ts";
import type { InputView } from "../editor/mod.ts";
import { DEFAULT_STYLES, type InputStyles, Pen } from "./pen.ts";
import { type Reflow, rowsAboveCursor } from "./reflow.ts";

/** Options of the screen: size and abilities of its terminal. */
export interface ScreenOptions {
  /** Width of the terminal, in columns. */
  readonly columns: number;
  /** Height of the terminal, in rows. */
  readonly rows: number;
  /** How the terminal reflows when its width changes; `all` if not given. */
  readonly reflow?: Reflow;
  /** The styles of the input; {@linkcode DEFAULT_STYLES} if not given. */
  readonly styles?: InputStyles;
  /** Whether the terminal shows ASCII only; false if not given. */
  readonly ascii?: boolean;
}

/**
 * The chat and the input on one terminal. Before the first bytes are written, the cursor has to be in the first column
 * of an empty row. Nothing else may write to the terminal until {@linkcode Screen.hide}.
 *
 * @example
 * ```ts
 * const screen = new Screen({ columns: 80, rows: 24 });
 * write(screen.show({ prompt: "> ", text: "hel", cursor: 3 }));
 * write(screen.print(["14:03 ana  hi"])); // above the prompt
 * write(screen.show({ prompt: "> ", text: "hell", cursor: 4 })); // "l"
 * write(screen.hide());
 * ```
 */
export class Screen {
  #columns: number;
  #rows: number;
  #layouter: InputLayouter;
  /** The view of the input; `undefined` while it is hidden. */
  #view: InputView | undefined;
  /** The input that the terminal shows; `undefined` when it shows none. */
  #drawn: InputLayout | undefined;
  readonly #reflow: Reflow;
  readonly #styles: InputStyles;
  readonly #ascii: boolean;

  /**
   * Makes a screen that shows nothing yet.
   *
   * @param options size and abilities of the terminal
   */
  constructor(options: ScreenOptions) {
    const { columns, rows, reflow = "all", styles = DEFAULT_STYLES, ascii = false } = options;
    this.#reflow = reflow;
    this.#styles = styles;
    this.#ascii = ascii;
    this.#columns = atLeast(2, columns);
    this.#rows = atLeast(1, rows);
    this.#layouter = this.#newLayouter();
  }

  /** The largest number of rows of the input: half of the terminal, so that the chat stays visible. */
  get maxInputRows(): number {
    return Math.max(1, Math.floor(this.#rows / 2));
  }

  /**
   * Moves the cursor to the bottom of the window. Call it before anything else is written, or after
   * {@linkcode Screen.hide}. At the bottom the input does not move while the first lines arrive. It also stays in the
   * window when the window gets narrower: tmux, for example, then moves the top rows into the scrollback even if there
   * are empty rows below, and no cursor move reaches the scrollback.
   *
   * @returns the bytes to write, as text
   */
  toBottom(): string {
    return `\r${down(this.#rows)}`;
  }

  /**
   * Shows the input, or updates it.
   *
   * @param view the view of the input
   * @returns the bytes to write, as text; empty when nothing has changed
   */
  show(view: InputView): string {
    this.#view = view;
    const { written, rows } = this.#draw(view);
    return rows > 1 ? asOneUpdate(written) : written;
  }

  /**
   * Moves the cursor of an input to the row above or below, as the terminal would show it.
   *
   * @param view the view of the input
   * @param step -1 for the row above, 1 for the one below
   * @param column the column to move towards; that of the cursor if not given
   * @returns the position in the text, and the column to move towards next; `undefined` if there is no such row
   */
  moveByRow(view: InputView, step: 1 | -1, column?: number): { cursor: number; column: number } | undefined {
    return this.#layouter.moveByRow(view, step, column);
  }

  /**
   * Writes chat lines above the input.
   *
   * @param lines the lines; they may contain style sequences and line ends, but no other control characters
   * @returns the bytes to write, as text
   */
  print(lines: readonly string[]): string {
    if (lines.length === 0) return "";
    return asOneUpdate(this.#erase() + linesText(lines) + this.#redraw());
  }

  /**
   * Redraws the input after the terminal has changed its size and reflowed its rows.
   *
   * @param columns the new width, in columns
   * @param rows the new height, in rows
   * @returns the bytes to write, as text
   */
  resize(columns: number, rows: number): string {
    const drawn = this.#drawn;
    const narrower = columns < this.#columns;
    const change = { columns: atLeast(2, columns), rowsLost: Math.max(this.#rows - rows, 0) };
    this.#columns = change.columns;
    this.#rows = atLeast(1, rows);
    this.#layouter = this.#newLayouter();
    if (drawn === undefined) return "";
    this.#drawn = undefined;
    const above = narrower ? rowsAboveCursor(drawn, change, this.#reflow) : drawn.cursorRow;
    return asOneUpdate("\r" + up(above) + ERASE_FROM_ROW_START + this.#redraw());
  }

  /**
   * Removes the input and leaves the cursor in the first column of an empty row. Call it before the program suspends or
   * exits, or before another program writes. {@linkcode Screen.print} still works, {@linkcode Screen.show} shows the
   * input again.
   *
   * @returns the bytes to write, as text
   */
  hide(): string {
    this.#view = undefined;
    return this.#erase();
  }

  /**
   * Clears the window except for the input, which moves to the top. The chat stays in the scrollback.
   *
   * @returns the bytes to write, as text
   */
  clear(): string {
    // From the first row of the input, `rows - 1` line ends scroll exactly the rows above it out of the window.
    return asOneUpdate(this.#erase() + "\n".repeat(this.#rows - 1) + HOME + this.#redraw());
  }

  /** How many rows the input has on the screen; 1 if it is not shown. */
  get inputRows(): number {
    return Math.max(1, this.#drawn?.rows.length ?? 0);
  }

  /**
   * Replaces all rows of the window above the input. Unlike after {@linkcode Screen.clear}, they do not stay in the
   * scrollback: each row is erased where it is, as some terminals save a window that is cleared at once.
   *
   * @param lines the new rows, as in {@linkcode Screen.print}; those above the window are lost
   * @returns the bytes to write, as text
   */
  rebuild(lines: readonly string[]): string {
    const shown = lines.slice(Math.max(0, lines.length - (this.#rows - this.inputRows)));
    // The input stays at the bottom, where it is between two messages.
    const above = this.#rows - this.inputRows - shown.length;
    const erased = `${ERASE_ROW_END}\r\n`.repeat(this.#rows - 1) + ERASE_ROW_END;
    this.#drawn = undefined;
    return asOneUpdate(
      HOME + erased + HOME + (above > 0 ? down(above) : "") + linesText(shown) + this.#redraw(),
    );
  }

  #newLayouter(): InputLayouter {
    return new InputLayouter({ columns: this.#columns, maxRows: this.maxInputRows, ascii: this.#ascii });
  }

  /** Draws the view over what the terminal shows, and counts the changed rows. */
  #draw(view: InputView): { written: string; rows: number } {
    const next = this.#layouter.layOut(view);
    const { rows: old, cursorRow: row, cursorColumn: column } = this.#drawn ?? NOTHING_DRAWN;
    const pen = new Pen({ row, column, columns: this.#columns, styles: this.#styles });
    const rows = pen.replace(old, next.rows);
    pen.moveTo(next.cursorRow, next.cursorColumn);
    this.#drawn = next;
    return { written: pen.written, rows };
  }

  /** Erases the input and moves the cursor to where it began. */
  #erase(): string {
    if (this.#drawn === undefined) return "";
    const { cursorRow } = this.#drawn;
    this.#drawn = undefined;
    return "\r" + up(cursorRow) + ERASE_FROM_ROW_START;
  }

  /** Draws the input at the cursor, which is in the first column with nothing below it. */
  #redraw(): string {
    return this.#view === undefined ? "" : this.#draw(this.#view).written;
  }
}

/** Formats chat lines. A style that a line does not end must not affect the input. */
function linesText(lines: readonly string[]): string {
  const text = lines.map((line) => (line.includes("\x1b") ? line + RESET_STYLE : line) + "\r\n").join("");
  return text.replace(/\r?\n/g, "\r\n");
}

const NOTHING_DRAWN: InputLayout = { rows: [], cursorRow: 0, cursorColumn: 0 };

/** Wraps bytes in a synchronized update, so that the terminal never shows a part of it. */
function asOneUpdate(written: string): string {
  return written === "" ? "" : BEGIN_UPDATE + written + END_UPDATE;
}

function atLeast(least: number, size: number): number {
  return Number.isFinite(size) ? Math.max(least, Math.floor(size)) : least;
}
