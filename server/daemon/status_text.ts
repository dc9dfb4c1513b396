/**
 * The texts that `serve --daemon` prints, for users and as JSON.
 *
 * @module
 */
import { fingerprintWords } from "../../identity/mod.ts";
import { hostPort } from "../../runtime/mod.ts";
import { addressesJson, describeAddresses } from "../ports/mod.ts";
import type { LockHolder } from "./instance_lock.ts";
import { wasStartedAs } from "./command_line.ts";
import type { Instance } from "./instance.ts";
import { readPidFile } from "./pid_file.ts";
import type { HubRecord, HubReport } from "./record.ts";

/**
 * Describes the process that holds the lock of an instance.
 *
 * @param instance the instance
 * @param holder the process
 * @returns such as "it is already running: pid 17, listening on 0.0.0.0:8000"
 */
export async function describeHolder(instance: Instance, holder: LockHolder): Promise<string> {
  if (holder.kind === "hub") {
    const { pid, host, port } = holder.report;
    return `it is already running: pid ${pid}, ${describeAddresses({ host, port })}`;
  }
  const prefix = `a process has locked ${instance.lockFile} and does not answer`;
  // A process that accepts connections wrote the pidfile beside its socket, so the pid is there.
  const pid = holder.kind === "unknown" ? await lockPid(instance) : undefined;
  if (pid !== undefined) {
    // Its runtime folder was removed at a logout, or XDG_RUNTIME_DIR had another value when it was started.
    return `${prefix} on ${instance.socket}: it is the hub, pid ${pid}, but its socket is elsewhere or removed; ` +
      `kill ${pid} stops it`;
  }
  const record = await readPidFile(instance.pidFile);
  return `${prefix}; ${
    record === undefined ? "there is no pidfile" : `${instance.pidFile} says pid ${record.pid}`
  }`;
}

/** The pid in the lock file, if `ps` shows that it is the hub. */
async function lockPid(instance: Instance): Promise<number | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(instance.lockFile);
  } catch {
    // An unreadable file counts as none.
    return undefined;
  }
  const pid = /^[1-9]\d{0,9}\n$/.test(text) ? Number(text) : undefined;
  return pid !== undefined && await wasStartedAs(pid, instance) ? pid : undefined;
}

/**
 * Formats the message that a hub has started.
 *
 * @param record the record of the hub
 * @param json whether to format it as JSON
 * @returns one line
 */
export function startedText(record: HubRecord, json: boolean): string {
  const { instance, pid, log } = record;
  if (json) return JSON.stringify({ instance, pid, ...addressesJson(record), log });
  return `${describeAddresses(record)}, pid ${pid}, log ${log}`;
}

/**
 * Formats the status of a hub.
 *
 * @param report the report of the hub
 * @param now the time of day, in milliseconds since 1970
 * @param json whether to format it as JSON
 * @returns one line of JSON, or several lines of text
 */
export function statusText(report: HubReport, now: number, json: boolean): string {
  const { instance, pid, host, port, tls, connections, log, version } = report;
  const since = new Date(report.since).toISOString();
  if (json) {
    return JSON.stringify({
      instance,
      running: true,
      pid,
      ...addressesJson(report),
      since,
      connections,
      log,
      version,
    });
  }
  return [
    `instance ${instance} is running`,
    `  pid          ${pid}`,
    `  address      ${hostPort(host, port)}${tls?.port === port ? " with TLS" : ""}`,
    ...tls === undefined ? [] : [
      ...tls.port === port ? [] : [`  TLS          ${hostPort(host, tls.port)}`],
      `  certificate  ${tls.fingerprint}`,
      `               ${fingerprintWords(tls.fingerprint)}`,
    ],
    `  since        ${since} (${formatDuration(now - report.since)})`,
    `  connections  ${connections}`,
    `  log          ${log}`,
    `  version      ${version}`,
  ].join("\n");
}

/**
 * Formats a duration.
 *
 * @param ms the duration in milliseconds; a negative one, after the clock was set back, counts as 0
 * @returns such as `5 s`, `3 min`, `2 h 5 min` or `4 d 2 h`
 */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
