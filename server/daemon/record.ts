/**
 * The data about a hub in the background: in its pidfile, and on its control socket.
 *
 * PURE.
 *
 * @module
 */
import * as v from "valibot";
import type { TlsListenAddress } from "../ports/mod.ts";

const WholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Origin = v.object({
  flags: v.array(v.string()),
  variables: v.record(v.string(), v.string()),
});

const Record = v.object({
  instance: v.string(),
  pid: v.pipe(WholeNumber, v.minValue(2)),
  host: v.string(),
  port: WholeNumber,
  tls: v.optional(v.object({ port: WholeNumber, fingerprint: v.string() })),
  since: WholeNumber,
  version: v.string(),
  log: v.string(),
  origin: Origin,
});

const Report = v.object({ ...Record.entries, connections: WholeNumber });

/** How a hub was started, so that it can be started again. */
export interface StartArguments {
  /** Settings as flags, with absolute paths. */
  flags: string[];
  /** Settings as environment variables, with absolute paths. */
  variables: { [name: string]: string };
}

/** The record of a hub. */
export interface HubRecord {
  /** The name of the instance. */
  instance: string;
  /** The pid. */
  pid: number;
  /** The address it listens on. */
  host: string;
  /** The port it listens on. */
  port: number;
  /** The TLS port and certificate, if it uses TLS. */
  tls?: TlsListenAddress | undefined;
  /** When it started to listen, in milliseconds since 1970. */
  since: number;
  /** The version of the program. */
  version: string;
  /** The path of the log. */
  log: string;
  /** How it was started. */
  origin: StartArguments;
}

/** The record and the current status of a hub. */
export interface HubReport extends HubRecord {
  /** The number of connections. */
  connections: number;
}

/**
 * Formats a pidfile: the pid on the first line, where other programs expect it, and the record as JSON on the second.
 *
 * @param record the record
 * @returns the content of the file
 */
export function serializePidFile(record: HubRecord): string {
  return `${record.pid}\n${JSON.stringify(record)}\n`;
}

/**
 * Parses a pidfile.
 *
 * @param text any text
 * @returns the record; `undefined` if the text is not a pidfile of RiftChat
 */
export function parsePidFile(text: string): HubRecord | undefined {
  const [first, second = ""] = text.split("\n");
  const record = parse(Record, second);
  return record !== undefined && first === String(record.pid) ? record : undefined;
}

/**
 * Formats a report: one line of JSON.
 *
 * @param report the report
 * @returns the line
 */
export function serializeReport(report: HubReport): string {
  return JSON.stringify(report) + "\n";
}

/**
 * Parses a report.
 *
 * @param text any text
 * @returns the report; `undefined` if the text is invalid
 */
export function parseReport(text: string): HubReport | undefined {
  return parse(Report, text);
}

/**
 * Parses the line that a hub prints on stdout when it listens.
 *
 * @param text any text
 * @returns the record; `undefined` if the text is invalid
 */
export function parseRecord(text: string): HubRecord | undefined {
  return parse(Record, text);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
