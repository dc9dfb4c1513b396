/**
 * The size of the terminal of this process.
 *
 * @module
 */

/** The size of the terminal, in cells. */
export interface Size {
  /** Its width. */
  columns: number;
  /** Its height. */
  rows: number;
}

/**
 * Reads the size of the terminal.
 *
 * @returns the current size; 80 by 24 if it is not known
 */
export function terminalSize(): Size {
  try {
    const { columns, rows } = Deno.consoleSize();
    // Some terminals report 0 at first.
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}
