/**
 * The hub's log: connects, refusals, stops and faults, with the id of the connection, on stderr. Never what people say.
 *
 * @module
 */
import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";
import type { LogOptions } from "./log_options.ts";

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
 * Opens the log on stderr.
 *
 * @param options what it holds and how it looks
 * @returns the hub's logger
 */
export async function openLog({ level, format }: LogOptions): Promise<Logger> {
  const formatter = format === "json" ? json : text;
  await configure({
    reset: true,
    sinks: { stderr: (record: LogRecord) => writeWhole(utf8.encode(formatter(record))) },
    loggers: [
      { category: ["riftchat"], lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger(["riftchat", "hub"]);
}

function writeWhole(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stderr.writeSync(rest));
}
