/**
 * Levels, formats and options of the log. A file of its own, so that `--help` does not load the log itself.
 *
 * @module
 */

/** The log levels, from the lowest; `fatal` is for errors that end the hub. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** The log formats: lines of text, or one JSON object a line. */
export const LOG_FORMATS = ["text", "json"] as const;

/** The options of the log. */
export interface LogOptions {
  /** The minimum level to log. */
  level: typeof LOG_LEVELS[number];
  /** The format of the log. */
  format: typeof LOG_FORMATS[number];
  /** The path of the log file; empty for stderr. */
  file: string;
  /** The size at which the file is rotated, in bytes. */
  maxBytes: number;
  /** The number of rotated files to keep. */
  keep: number;
}
