/**
 * What is known of a hub in the background: what stands in its pidfile, and what it answers on its control socket.
 *
 * PURE.
 *
 * @module
 */
import * as v from "valibot";
import type { TlsListenAddress } from "../net/mod.ts";

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

/** How a hub was started. */
export interface StartArguments {
  /** Its settings as flags, with absolute paths. */
  flags: string[];
  /** Those variables of the environment that are settings, with absolute paths. */
  variables: { [name: string]: string };
}

/** Who a hub is. */
export interface HubRecord {
  /** The name of its instance. */
  instance: string;
  /** Its process. */
  pid: number;
  /** The address it listens on. */
  host: string;
  /** The port it listens on. */
  port: number;
  /** How it speaks TLS, if it does. */
  tls?: TlsListenAddress | undefined;
  /** Since when it listens, in milliseconds since 1970. */
  since: number;
  /** Its version. */
  version: string;
  /** The path of its log. */
  log: string;
  /** How it was started. */
  origin: StartArguments;
}

/** Who a hub is and how it does. */
export interface HubReport extends HubRecord {
  /** How many are connected. */
  connections: number;
}

/**
 * Writes what stands in a pidfile: the pid alone on the first line, where other programs look for it, and all of it as
 * JSON on the second one.
 *
 * @param record who it is
 * @returns the text
 */
export function serializePidFile(record: HubRecord): string {
  return `${record.pid}\n${JSON.stringify(record)}\n`;
}

/**
 * Reads what stands in a pidfile.
 *
 * @param text anything
 * @returns who it is about; nothing where it is no pidfile of ours
 */
export function parsePidFile(text: string): HubRecord | undefined {
  const [first, second = ""] = text.split("\n");
  const record = parse(Record, second);
  return record !== undefined && first === String(record.pid) ? record : undefined;
}

/**
 * Writes what a hub answers: one line of JSON.
 *
 * @param report who it is and how it does
 * @returns the line
 */
export function serializeReport(report: HubReport): string {
  return JSON.stringify(report) + "\n";
}

/**
 * Reads what a hub answered.
 *
 * @param text anything
 * @returns who it is and how it does; nothing where no hub of ours says so
 */
export function parseReport(text: string): HubReport | undefined {
  return parse(Report, text);
}

/**
 * Reads what a hub says on its stdout once it listens.
 *
 * @param text a line, or what else came
 * @returns who it is; nothing where that is not said
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
