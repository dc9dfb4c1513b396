/**
 * What is told of hubs in the background, to people and to programs.
 *
 * @module
 */
import { fingerprintWords } from "../../protocol/mod.ts";
import { hostPort } from "../../runtime/mod.ts";
import { addressesJson, describeAddresses } from "../net/mod.ts";
import type { Holder } from "./claim.ts";
import { wasStartedAs } from "./command_line.ts";
import type { Instance } from "./instance.ts";
import { readPidFile } from "./pid_file.ts";
import type { HubRecord, HubReport } from "./record.ts";

/**
 * Says who runs an instance, for one who wanted to.
 *
 * @param instance which one
 * @param holder who has it
 * @returns such as "it runs already: pid 17, listening on 0.0.0.0:8000"
 */
export async function describeHolder(instance: Instance, holder: Holder): Promise<string> {
  if (holder.kind === "hub") {
    const { pid, host, port } = holder.report;
    return `it runs already: pid ${pid}, ${describeAddresses({ host, port })}`;
  }
  const held = `a process holds ${instance.lockFile} and does not answer`;
  // One that can be connected to wrote the pidfile that stands beside its socket.
  const pid = holder.kind === "unknown" ? await lockPid(instance) : undefined;
  if (pid !== undefined) {
    // Its folder went at a logout, or is another one: it was started where XDG_RUNTIME_DIR was something else.
    return `${held} on ${instance.socket}: it is its hub, pid ${pid}, with the socket elsewhere or removed; ` +
      `kill ${pid} stops it`;
  }
  const hint = await readPidFile(instance.pidFile);
  return `${held}; ${
    hint === undefined ? "no pidfile says which" : `${instance.pidFile} says pid ${hint.pid}`
  }`;
}

/** The pid that the lock says, where `ps` knows it as the hub. */
async function lockPid(instance: Instance): Promise<number | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(instance.lockFile);
  } catch {
    // A hint that cannot be read is none.
    return undefined;
  }
  const pid = /^[1-9]\d{0,9}\n$/.test(text) ? Number(text) : undefined;
  return pid !== undefined && await wasStartedAs(pid, instance) ? pid : undefined;
}

/**
 * Says that a hub listens.
 *
 * @param record who it is
 * @param json whether for programs
 * @returns one line
 */
export function started(record: HubRecord, json: boolean): string {
  const { instance, pid, log } = record;
  if (json) return JSON.stringify({ instance, pid, ...addressesJson(record), log });
  return `${describeAddresses(record)}, pid ${pid}, log ${log}`;
}

/**
 * Says how a hub does.
 *
 * @param report what it said itself
 * @param now the time of day, in milliseconds since 1970
 * @param json whether for programs
 * @returns one line for programs, several for people
 */
export function running(report: HubReport, now: number, json: boolean): string {
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
    `  since        ${since} (${duration(now - report.since)})`,
    `  connections  ${connections}`,
    `  log          ${log}`,
    `  version      ${version}`,
  ].join("\n");
}

/**
 * Writes how long something took, as people do.
 *
 * @param ms in milliseconds; less than nothing, as when somebody set the clock back, is nothing
 * @returns such as `5 s`, `3 min`, `2 h 5 min` or `4 d 2 h`
 */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
