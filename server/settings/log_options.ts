/**
 * What the log may hold and how it may look; apart from the log itself, so that `--help` need not load it.
 *
 * @module
 */

/** How much is logged, from most to least; `fatal` is what ends the hub. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** How the log looks: lines for people, or one JSON object a line. */
export const LOG_FORMATS = ["text", "json"] as const;

/** What the log holds, how it looks and where it goes. */
export interface LogOptions {
  /** The least grave that is logged. */
  level: typeof LOG_LEVELS[number];
  /** How it looks. */
  format: typeof LOG_FORMATS[number];
  /** The path of the file it goes to; empty for stderr. */
  file: string;
  /** How large the file may grow before it is put aside, in bytes. */
  maxBytes: number;
  /** How many files that were put aside are kept. */
  keep: number;
}
