/**
 * What is on the terminal: the chat, which belongs to it once it is written, and below it the input, which belongs to
 * us. Makes the bytes that bring the one from what it shows to what it is to show; writing them is the owner's.
 *
 * Rules:
 * - Chat lines are written once, as they are, where the input stood; the input is written again below them. So the
 *   terminal's own scrollback holds the chat and nothing else, and it breaks long lines by itself, anew at each width.
 * - Where the cursor is in the window is never known and never asked for: all moves are relative to the input's first
 *   row, or to a column. No alternate screen, no scroll region.
 * - Of the input only what has changed is written. Its rows end in a line end of ours and never in a wrap of the
 *   terminal's, so that an opinion of its own on the width of an emoji cannot move anything but that emoji.
 * - The cursor is never left behind the last column, where terminals disagree on what comes next.
 *
 * @module
 */
import { BEGIN_UPDATE, down, END_UPDATE, ERASE_FROM_ROW_START, HOME, RESET_STYLE, up } from "./ansi.ts";
import { type InputLayout, InputLayouter } from "./input_layout.ts";
import type { InputView } from "../editor/mod.ts";
import { DEFAULT_STYLES, type InputStyles, Pen } from "./pen.ts";
import { type Reflow, rowsAboveCursor } from "./reflow.ts";

/** What a screen is told of its terminal. */
export interface ScreenOptions {
  /** Width of the terminal, in columns. */
  readonly columns: number;
  /** Height of the terminal, in rows. */
  readonly rows: number;
  /** What the terminal does when its width changes; `all` if not given. */
  readonly reflow?: Reflow;
  /** How the input looks; {@linkcode DEFAULT_STYLES} if not given. */
  readonly styles?: InputStyles;
  /** Whether the terminal can show ASCII alone; it can show all of Unicode if not given. */
  readonly ascii?: boolean;
}

/**
 * The chat and the input on one terminal. The terminal's cursor has to be in the first column of an empty row when the
 * first bytes are written, and nobody else may write there until {@linkcode Screen.hide}.
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
  /** What the input is to be; nothing while it is hidden. */
  #view: InputView | undefined;
  /** The input as the terminal shows it. */
  #drawn: InputLayout | undefined;
  readonly #reflow: Reflow;
  readonly #styles: InputStyles;
  readonly #ascii: boolean;

  /**
   * Begins with an empty terminal.
   *
   * @param options what the terminal is like
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

  /** The most rows that the input takes: half of the terminal, so that the chat stays in sight. */
  get maxInputRows(): number {
    return Math.max(1, Math.floor(this.#rows / 2));
  }

  /**
   * Goes to the bottom of the window, before anything else is written or after {@linkcode Screen.hide}. There the input
   * does not move while the first lines arrive, and when the window gets narrower no row of it leaves at the top, which
   * is out of reach: tmux for one moves rows out there even while there are empty ones below.
   *
   * @returns what to write
   */
  toBottom(): string {
    return `\r${down(this.#rows)}`;
  }

  /**
   * Shows the input, or what has changed of it.
   *
   * @param view what is to be seen
   * @returns what to write; nothing where it is there already
   */
  show(view: InputView): string {
    this.#view = view;
    const { written, rows } = this.#draw(view);
    return rows > 1 ? asOneUpdate(written) : written;
  }

  /**
   * Writes chat lines above the input.
   *
   * @param lines the lines, as they are to stand there: styles allowed, other control characters not
   * @returns what to write
   */
  print(lines: readonly string[]): string {
    if (lines.length === 0) return "";
    // A style that a line leaves on must not reach the input.
    const text = lines.map((line) => (line.includes("\x1b") ? line + RESET_STYLE : line) + "\r\n").join("");
    return asOneUpdate(this.#erase() + text.replace(/\r?\n/g, "\r\n") + this.#redraw());
  }

  /**
   * Follows the terminal to another size, after it has broken its rows anew by itself.
   *
   * @param columns the new width, in columns
   * @param rows the new height, in rows
   * @returns what to write
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
   * Takes the input away, leaving the cursor in the first column of an empty row: before the program stops or ends, or
   * lets others write. {@linkcode Screen.print} goes on working, {@linkcode Screen.show} brings the input back.
   *
   * @returns what to write
   */
  hide(): string {
    this.#view = undefined;
    return this.#erase();
  }

  /**
   * Leaves nothing in sight but the input, at the top of the screen. What was there is in the scrollback, not lost.
   *
   * @returns what to write
   */
  clear(): string {
    // From the row of the input, as many line ends as there are rows below the first scroll away exactly what is above.
    return asOneUpdate(this.#erase() + "\n".repeat(this.#rows - 1) + HOME + this.#redraw());
  }

  #newLayouter(): InputLayouter {
    return new InputLayouter({ columns: this.#columns, maxRows: this.maxInputRows, ascii: this.#ascii });
  }

  /** Makes what is drawn into what is to be seen, and counts the rows it wrote in. */
  #draw(view: InputView): { written: string; rows: number } {
    const next = this.#layouter.layOut(view);
    const { rows: old, cursorRow: row, cursorColumn: column } = this.#drawn ?? NOTHING_DRAWN;
    const pen = new Pen({ row, column, columns: this.#columns, styles: this.#styles });
    const rows = pen.replace(old, next.rows);
    pen.moveTo(next.cursorRow, next.cursorColumn);
    this.#drawn = next;
    return { written: pen.written, rows };
  }

  /** Erases the input and stands where it began. */
  #erase(): string {
    if (this.#drawn === undefined) return "";
    const { cursorRow } = this.#drawn;
    this.#drawn = undefined;
    return "\r" + up(cursorRow) + ERASE_FROM_ROW_START;
  }

  /** Draws the input where the cursor stands, in the first column with nothing below it. */
  #redraw(): string {
    return this.#view === undefined ? "" : this.#draw(this.#view).written;
  }
}

const NOTHING_DRAWN: InputLayout = { rows: [], cursorRow: 0, cursorColumn: 0 };

/** So that nobody sees it half done. */
function asOneUpdate(written: string): string {
  return written === "" ? "" : BEGIN_UPDATE + written + END_UPDATE;
}

function atLeast(least: number, size: number): number {
  return Number.isFinite(size) ? Math.max(least, Math.floor(size)) : least;
}
