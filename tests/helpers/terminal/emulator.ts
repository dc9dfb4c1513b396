/**
 * A real terminal emulator (xterm.js) without a window, so that a test checks what a user sees.
 *
 * @module
 */
import * as headless from "@xterm/headless";

/** The package is CommonJS, so at run time its only export is `default`; its types say otherwise. */
const { Terminal } = (headless as unknown as { default: typeof headless }).default;

/** Options other than the size; see the package. */
export type EmulatorOptions = Omit<headless.ITerminalOptions, "cols" | "rows">;

/** A cell of the window, or the two cells of a wide character. */
export interface Cell {
  /** The character with its combining marks, or a blank. */
  text: string;
  /** Its width in columns: 1 or 2. */
  width: number;
  /** Its styles, in the form of {@linkcode Emulator.styleAt}. */
  style: string;
  /** Its colour: a number of the 256-colour palette of xterm, `#rrggbb`, or `undefined` for the default colour. */
  colour: number | string | undefined;
}

/** The state of a terminal that a program may change and has to restore. */
export type TerminalState = headless.IModes & {
  /** The title of its window; empty if no program has set one. */
  title: string;
  /** Whether its cursor is visible. */
  cursorVisible: boolean;
  /** Whether it shows the alternate screen. */
  alternateScreen: boolean;
};

/** A terminal with its scrollback. */
export class Emulator {
  readonly #terminal: headless.Terminal;
  #title = "";
  #cursorVisible = true;

  /**
   * Opens a terminal.
   *
   * @param columns its width
   * @param rows its height
   * @param options options of xterm.js
   */
  constructor(columns: number, rows: number, options: EmulatorOptions = {}) {
    this.#terminal = new Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      allowProposedApi: true,
      ...options,
    });
    this.#terminal.onTitleChange((title) => this.#title = title);
    for (const [final, visible] of [["h", true], ["l", false]] as const) {
      this.#terminal.parser.registerCsiHandler({ prefix: "?", final }, (modes) => {
        if (modes.includes(25)) this.#cursorVisible = visible;
        return false;
      });
    }
  }

  /** Its width, in columns. */
  get columns(): number {
    return this.#terminal.cols;
  }

  /** Its height, in rows. */
  get height(): number {
    return this.#terminal.rows;
  }

  /**
   * Writes output of a program to the terminal.
   *
   * @param written the output
   * @returns resolves when the terminal shows it
   */
  write(written: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(written, resolve));
  }

  /**
   * Changes the size of the window.
   *
   * @param columns its width
   * @param rows its height
   */
  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** Every row, the scrollback first, without blanks at the ends of rows and without empty rows at the bottom. */
  get allRows(): string[] {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: active.length }, (_, y) => this.#row(y));
    while (rows.length > 0 && rows.at(-1) === "") rows.pop();
    return rows;
  }

  /** The number of rows, scrollback included, that the terminal began by wrapping. */
  get wrappedRows(): number {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, y) => active.getLine(y)!.isWrapped).filter(Boolean)
      .length;
  }

  /** The rows of the window, without blanks at their ends. */
  get window(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.height }, (_, y) => this.#row(active.baseY + y));
  }

  /** The visible part of a row. When the terminal cuts rows off, the emulator still stores the rest of them. */
  #row(y: number): string {
    return this.#terminal.buffer.active.getLine(y)!.translateToString(true, 0, this.columns).replace(
      / +$/,
      "",
    );
  }

  /** The cursor: its row from the beginning of the scrollback, and its column, both from 0. */
  get cursor(): { row: number; column: number } {
    const { active } = this.#terminal.buffer;
    return { row: active.baseY + active.cursorY, column: active.cursorX };
  }

  /** The cursor within the window: its row from the top, and its column, both from 0. */
  get windowCursor(): { row: number; column: number } {
    const { active } = this.#terminal.buffer;
    return { row: active.cursorY, column: active.cursorX };
  }

  /** The cells of the window, row by row. */
  get cells(): Cell[][] {
    return Array.from({ length: this.height }, (_, row) => {
      const cells: Cell[] = [];
      for (let column = 0; column < this.columns; column++) {
        const cell = this.#cell(row, column);
        const width = cell?.getWidth() ?? 1;
        // The second column of a wide character has no cell.
        if (width === 0) continue;
        const text = cell?.getChars() || " ";
        cells.push({ text, width, style: this.styleAt(row, column), colour: colourOf(cell) });
      }
      return cells;
    });
  }

  /** The styles of a cell of the window: the letters b(old), d(im), i(talic), u(nderlined), r(everse). */
  styleAt(row: number, column: number): string {
    const cell = this.#cell(row, column);
    if (cell === undefined) return "";
    const letters = [
      [cell.isBold(), "b"],
      [cell.isDim(), "d"],
      [cell.isItalic(), "i"],
      [cell.isUnderline(), "u"],
      [cell.isInverse(), "r"],
    ] as const;
    return letters.map(([on, letter]) => on ? letter : "").join("");
  }

  #cell(row: number, column: number): headless.IBufferCell | undefined {
    const { active } = this.#terminal.buffer;
    return active.getLine(active.baseY + row)?.getCell(column);
  }

  /** The modes that a program may have left on, as xterm.js names them. */
  get modes(): headless.IModes {
    return this.#terminal.modes;
  }

  /** The present state that a program may have changed. */
  get state(): TerminalState {
    const { modes, buffer } = this.#terminal;
    return {
      applicationCursorKeysMode: modes.applicationCursorKeysMode,
      applicationKeypadMode: modes.applicationKeypadMode,
      bracketedPasteMode: modes.bracketedPasteMode,
      insertMode: modes.insertMode,
      mouseTrackingMode: modes.mouseTrackingMode,
      originMode: modes.originMode,
      reverseWraparoundMode: modes.reverseWraparoundMode,
      sendFocusMode: modes.sendFocusMode,
      synchronizedOutputMode: modes.synchronizedOutputMode,
      wraparoundMode: modes.wraparoundMode,
      title: this.#title,
      cursorVisible: this.#cursorVisible,
      alternateScreen: buffer.active.type === "alternate",
    };
  }

  /** Closes the terminal. */
  close(): void {
    this.#terminal.dispose();
  }
}

function colourOf(cell: headless.IBufferCell | undefined): Cell["colour"] {
  if (cell === undefined || cell.isFgDefault()) return undefined;
  const colour = cell.getFgColor();
  return cell.isFgPalette() ? colour : `#${colour.toString(16).padStart(6, "0")}`;
}
