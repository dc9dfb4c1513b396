/**
 * A real terminal emulator without a window, so that a test says what a person sees.
 *
 * @module
 */
import * as headless from "@xterm/headless";

/** The package is CommonJS, so at run time its only export is `default`; its types say otherwise. */
const { Terminal } = (headless as unknown as { default: typeof headless }).default;

/** Options beyond the size; see the package. */
export type EmulatorOptions = Omit<headless.ITerminalOptions, "cols" | "rows">;

/** A cell of the window, or two where what stands in it is that wide. */
export interface Cell {
  /** What stands there: a character with its marks, or a blank. */
  text: string;
  /** How many columns it takes: 1 or 2. */
  width: number;
  /** Its styles, as {@linkcode Emulator.styleAt} says them. */
  style: string;
  /** Its colour, as a number of the 256-colour palette of xterm or as `#rrggbb`; `undefined` for the usual one. */
  colour: number | string | undefined;
}

/** All of a terminal that a program may change and is to leave as it was. */
export type TerminalState = headless.IModes & {
  /** The title of its window; empty where no program gave it one. */
  title: string;
  /** Whether its cursor is to be seen. */
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
   * @param options as for xterm.js
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
   * Shows what a program writes.
   *
   * @param written bytes as text
   * @returns when it is shown
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

  /** Every row from the beginning of the scrollback on, without blanks at its end and without empty rows at the bottom. */
  get allRows(): string[] {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: active.length }, (_, y) => this.#row(y));
    while (rows.length > 0 && rows.at(-1) === "") rows.pop();
    return rows;
  }

  /** How many rows there are, from the beginning of the scrollback on, that the terminal has begun by itself. */
  get wrappedRows(): number {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, y) => active.getLine(y)!.isWrapped).filter(Boolean)
      .length;
  }

  /** The rows in the window, without blanks at their ends. */
  get window(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.height }, (_, y) => this.#row(active.baseY + y));
  }

  /** Only what is in sight of a row: where rows are cut off, the emulator keeps the rest. */
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
        // The second column of a wide character is no cell of its own.
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

  /** All that a program may have changed, as it is now. */
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

  /** Closes it. */
  close(): void {
    this.#terminal.dispose();
  }
}

function colourOf(cell: headless.IBufferCell | undefined): Cell["colour"] {
  if (cell === undefined || cell.isFgDefault()) return undefined;
  const colour = cell.getFgColor();
  return cell.isFgPalette() ? colour : `#${colour.toString(16).padStart(6, "0")}`;
}
