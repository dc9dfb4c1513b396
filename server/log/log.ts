/**
 * The hub's log: start, connections, refusals, disconnects, stop and internal errors, with the id of the
 * connection, on stderr or in a file. It never contains chat messages or passwords.
 *
 * Errors that end the hub always go to stderr, too: a user who has just typed `riftchat serve` looks there.
 *
 * @module
 */
import { errorText, type Logger, sanitize, sanitizeLines, systemClock } from "../../runtime/mod.ts";
import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type LogRecord,
  type Sink,
  withFilter,
} from "@logtape/logtape";
import type { LogFile } from "./log_file.ts";
import type { LogOptions } from "../settings/mod.ts";

/** An open log. */
export interface Log {
  /** The logger of the hub. */
  readonly logger: Logger;
  /**
   * Reopens the log file, if there is one.
   *
   * @throws {Error} when it cannot be opened; the previous file stays open then
   */
  reopen(): void;
  /** Writes pending records and closes the log. */
  close(): void;
}

const text = getTextFormatter({
  timestamp: "rfc3339",
  level: "full",
  // Strings are printed in one line, other values as Deno prints them.
  value: (value, inspect) => typeof value === "string" ? sanitize(value) : inspect(value),
  format: ({ timestamp, level, message }) =>
    `${timestamp} ${level.toLowerCase()} ${sanitizeLines(message).join("\n")}`,
});
const json = getJsonLinesFormatter({ categorySeparator: ".", message: "template", properties: "flatten" });
const utf8 = new TextEncoder();

/**
 * Opens the log.
 *
 * @param options the level, format and destination
 * @returns the log
 * @throws {Error} when the log file cannot be opened
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { level, format } = options;
  const formatter = format === "json" ? json : text;
  const stderr: Sink = (record: LogRecord) => writeWhole(formatter(record));
  const file = options.file === "" ? undefined : await openFile(options, formatter);
  const sinks: Record<string, Sink> = file === undefined ? { stderr } : {
    file: (record) => file.write(record),
    fatal: withFilter(stderr, "fatal"),
    stderr: (record) => printError(formatter(record)),
  };
  await configure({
    reset: true,
    sinks,
    loggers: [
      {
        category: ["riftchat"],
        lowestLevel: level,
        sinks: file === undefined ? ["stderr"] : ["file", "fatal"],
      },
      // Here the package reports what it could not log.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  return {
    logger: getLogger(["riftchat", "hub"]),
    reopen: () => file?.reopen(),
    close: () => file?.close(),
  };
}

async function openFile(
  { file: path, maxBytes, keep }: LogOptions,
  formatter: typeof text,
): Promise<LogFile> {
  const { LogFile } = await import("./log_file.ts");
  return new LogFile(path, {
    maxBytes,
    keep,
    formatter,
    clock: systemClock,
    onFailure: (reason) =>
      printError(errorText(`cannot write the log ${path}: ${reason}; the hub runs on without it`)),
  });
}

/** Prints a line to stderr, if it is open. */
function printError(line: string): void {
  try {
    writeWhole(line);
  } catch {
    // A daemon has no stderr, and a terminal may be closed.
  }
}

function writeWhole(text: string): void {
  for (let rest = utf8.encode(text); rest.length > 0;) rest = rest.subarray(Deno.stderr.writeSync(rest));
}
