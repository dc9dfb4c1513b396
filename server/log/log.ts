/**
 * The hub's log: start, connects, refusals, ends, stops and faults, with the id of the connection, on stderr or in a
 * file. Never what people say, never a password.
 *
 * What ends the hub goes to stderr in any case: whoever has just typed `riftchat serve` looks there.
 *
 * @module
 */
import { type Logger, systemClock } from "../../runtime/mod.ts";
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

/** A log that is open. */
export interface Log {
  /** What the hub logs with. */
  readonly logger: Logger;
  /**
   * Opens the file anew, where the log goes to one.
   *
   * @throws {Error} where it cannot be opened; then what was open stays
   */
  reopen(): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

const text = getTextFormatter({
  timestamp: "rfc3339",
  level: "full",
  // Text as it is, the rest as Deno shows it.
  value: (value, inspect) => typeof value === "string" ? value : inspect(value),
  format: ({ timestamp, level, message }) => `${timestamp} ${level.toLowerCase()} ${message}`,
});
const json = getJsonLinesFormatter({ categorySeparator: ".", message: "template", properties: "flatten" });
const utf8 = new TextEncoder();

/**
 * Opens the log.
 *
 * @param options what it holds, how it looks and where it goes
 * @returns the log
 * @throws {Error} where its file cannot be opened
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { level, format } = options;
  const formatter = format === "json" ? json : text;
  const stderr: Sink = (record: LogRecord) => writeWhole(formatter(record));
  const file = options.file === "" ? undefined : await openFile(options, formatter);
  const sinks: Record<string, Sink> = file === undefined ? { stderr } : {
    file: (record) => file.write(record),
    fatal: withFilter(stderr, "fatal"),
    trouble: ({ properties }) => file.failed(properties["error"]),
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
      // Here the package says what it could not write.
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks: file === undefined ? ["stderr"] : ["trouble"],
      },
    ],
  });
  return {
    logger: getLogger(["riftchat", "hub"]),
    reopen: async () => await file?.reopen(),
    close: async () => await file?.close(),
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
    complain: (reason) => tell(`riftchat: cannot write the log ${path}: ${reason}; going on without it\n`),
  });
}

/** Says something on stderr, if anybody is there. */
function tell(line: string): void {
  try {
    writeWhole(line);
  } catch {
    // A daemon has no stderr, and a terminal may be gone.
  }
}

function writeWhole(text: string): void {
  for (let rest = utf8.encode(text); rest.length > 0;) rest = rest.subarray(Deno.stderr.writeSync(rest));
}
