/**
 * Runs a hub in the foreground until a signal stops it. SIGHUP has it read its files anew, and never ends it: whoever
 * closes the terminal that a hub was started in closes no hub.
 *
 * @module
 */
import { getLogger, type Logger } from "@logtape/logtape";
import { VERSION } from "../protocol/mod.ts";
import { readNetwork } from "./addresses.ts";
import { systemClock } from "./clock.ts";
import type { Resident } from "./daemon/mod.ts";
import { usualDataFolder } from "./data_folder.ts";
import { type History, HistoryError, openHistory } from "./history/mod.ts";
import type { Gate } from "./gate.ts";
import { hostPort } from "./host_port.ts";
import { parseKeep } from "./keep.ts";
import { type Log, openLog } from "./log.ts";
import type { MetricsServer } from "./metrics_server.ts";
import { MotdError, readMotd } from "./motd.ts";
import { reasonOf } from "./reason.ts";
import { rehearse } from "./rehearsal.ts";
import { Reloads } from "./reloads.ts";
import { readRate } from "./setting_kind.ts";
import { type RunningHub, startHub } from "./serve.ts";
import type { Settings } from "./settings.ts";

/** What `riftchat serve` was told. */
export interface RunOptions {
  /** The settings in force. */
  settings: Settings;
  /** Whether the first line on stdout is JSON. */
  json: boolean;
  /** What it is besides a hub, where it is one in the background. */
  resident?: Resident | undefined;
}

/** Windows knows no SIGTERM that could be listened to. */
const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * Hosts a hub until SIGINT or SIGTERM. A second signal ends the process at once, with the status a shell would give.
 *
 * @param options what `riftchat serve` was told
 * @returns the exit status: 0 when stopped by a signal, 1 when it could not start or met a fault of ours
 */
export async function runHub(options: RunOptions): Promise<number> {
  const { logLevel, logFormat, logFile, logMaxBytes, logKeep } = options.settings;
  let log: Log;
  try {
    log = await openLog({
      level: logLevel,
      format: logFormat,
      file: logFile,
      maxBytes: logMaxBytes,
      keep: logKeep,
    });
  } catch (error) {
    await say(Deno.stderr, `riftchat: cannot open the log ${logFile}: ${whyNoLog(error)}\n`);
    return 1;
  }
  const stopWatching = watchFaults(log);
  try {
    return await host(options, log);
  } catch (error) {
    log.logger.fatal("a fault of ours: {error}", { error });
    return 1;
  } finally {
    stopWatching();
    await log.close();
  }
}

async function host({ json, settings, resident }: RunOptions, { logger: log, reopen }: Log): Promise<number> {
  let hub: RunningHub;
  let motd: string | undefined;
  try {
    motd = await readMotd(settings.motdFile);
  } catch (error) {
    if (!(error instanceof MotdError)) throw error;
    log.fatal("{reason}", { reason: error.message });
    return 1;
  }
  let gate: Gate | undefined;
  if (settings.passwordFile !== "") {
    // What compares passwords is loaded where there is one.
    const [{ loadPassword, PasswordError }, { Gate }] = await Promise.all([
      import("./password.ts"),
      import("./gate.ts"),
    ]);
    try {
      gate = new Gate(await loadPassword(settings.passwordFile));
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      log.fatal("{reason}", { reason: error.message });
      return 1;
    }
  }
  let history: History | undefined;
  try {
    history = settings.history === "on" ? findHistory(settings, resident, log) : undefined;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    log.fatal("{reason}; name another folder with --data, or keep nothing with --no-history", {
      reason: error.message,
    });
    return 1;
  }
  try {
    const { host, port, maxConnections } = settings;
    hub = startHub(
      { host, port, maxConnections, ...limitsOf(settings), motd, gate, history, reserves: true },
      log,
    );
  } catch (error) {
    history?.close();
    log.fatal(`cannot listen on ${hostPort(settings.host, settings.port)}: {reason}`, {
      reason: whyNot(error, "--port"),
    });
    return 1;
  }
  // Before anyone is told that it listens: whoever reads that may send a signal at once.
  const stopping = stopSignal();
  const reloads = new Reloads();
  // First, so that what follows is told in the new one.
  if (settings.logFile !== "") reloads.add("log file", reopen);
  if (settings.motdFile !== "") {
    reloads.add("message of the day", async () => {
      hub.motd = await readMotd(settings.motdFile);
    });
  }
  if (gate !== undefined) {
    const opened = gate;
    reloads.add("password", async () => {
      const { loadPassword } = await import("./password.ts");
      opened.matches = await loadPassword(settings.passwordFile);
    });
  }
  reloadAtSignal(reloads, log);
  let metrics: MetricsServer | undefined;
  if (settings.metrics !== "") {
    // Prometheus's package is loaded where it is asked for: it costs a tenth of the start.
    const { serveMetrics } = await import("./metrics_server.ts");
    try {
      metrics = serveMetrics(settings.metrics, hub.measures);
    } catch (error) {
      log.fatal(`cannot serve metrics on ${settings.metrics}: {reason}`, {
        reason: whyNot(error, "--metrics"),
      });
      await hub.stop();
      return 1;
    }
    log.info("metrics on {url}", { url: metrics.url });
  }
  const { hostname, port } = hub.address;
  const address = hostPort(hostname, port);
  log.info("riftchat {version} listens on {address}", { version: VERSION, address });
  let line = json ? JSON.stringify({ listening: { host: hostname, port } }) : `listening on ${address}`;
  try {
    if (resident !== undefined) {
      line = JSON.stringify(await resident.settle(hub, settings.logFile, systemClock.wall()));
    }
    await say(Deno.stdout, line + "\n");
  } catch (error) {
    const how = resident === undefined ? "say on stdout" : "make known";
    log.fatal(`cannot ${how} where it listens: {reason}`, { reason: reasonOf(error) });
    return 1;
  }
  rehearse(getLogger("rehearsal"), {
    kept: history !== undefined,
    rated: readRate(settings.rateLimit) !== undefined,
  }).catch((error) => log.debug("no rehearsal: {error}", { error }));
  const signal = await stopping;
  log.info("{signal}: going down", { signal });
  await hub.stop();
  await metrics?.close();
  log.info("everyone has been told; stopped");
  return 0;
}

/** Opens the history in the data folder, which is made where it is not there. */
function findHistory({ data, keep }: Settings, resident: Resident | undefined, log: Logger): History {
  const folder = data === "" ? resident?.dataFolder ?? usualDataFolder() : data;
  const history = openHistory({
    folder,
    // A setting is of its kind.
    keep: parseKeep(keep)!,
    now: systemClock.wall(),
    host: Deno.hostname(),
    elapsed: () => systemClock.elapsed(),
    report: (text) => log.error("{text}", { text }),
  });
  log.info("what is said is kept in {folder}: {keep}", { folder, keep });
  return history;
}

/** What one client and one address may do. */
function limitsOf(settings: Settings) {
  const { rateLimit, maxPerAddress, maxNewPerAddress, trust, maxLag } = settings;
  const trusted = trust.split(",").map((network) => network.trim()).filter((network) => network !== "");
  return {
    rate: readRate(rateLimit),
    limits: { lagBytes: maxLag, frameMs: settings.frameTimeout * 1000, deadMs: settings.deadTimeout * 1000 },
    rooms: { rooms: settings.maxRooms, perSession: settings.maxRoomsEach },
    addresses: { atOnce: maxPerAddress, perMinute: maxNewPerAddress, trusted: trusted.map(readNetwork) },
  };
}

/**
 * Has what nobody caught put into the log before it ends the process, with status 1.
 *
 * @param log the log
 * @returns calls it off
 */
function watchFaults(log: Log): () => void {
  const end = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    const error: unknown = event instanceof ErrorEvent ? event.error : event.reason;
    log.logger.fatal("a fault of ours that nobody caught: {error}", { error });
    log.close().finally(() => Deno.exit(1));
  };
  globalThis.addEventListener("error", end);
  globalThis.addEventListener("unhandledrejection", end);
  return () => {
    globalThis.removeEventListener("error", end);
    globalThis.removeEventListener("unhandledrejection", end);
  };
}

/**
 * How long after the first SIGINT another is taken for the same one, in milliseconds: a terminal sends it to all programs
 * in the foreground, and those that started this one (npx, deno task) pass it on as well.
 */
const ECHO_MS = 500;

/** Waits for a signal to stop; the next one after it ends the process. */
function stopSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    let since: number | undefined;
    for (const signal of STOP_SIGNALS) {
      Deno.addSignalListener(signal, () => {
        const now = systemClock.elapsed();
        if (since === undefined) {
          since = now;
          resolve(signal);
        } else if (signal === "SIGTERM" || now - since > ECHO_MS) {
          Deno.exit(signal === "SIGTERM" ? 143 : 130);
        }
      });
    }
  });
}

/** Windows knows no SIGHUP that would mean this. */
function reloadAtSignal(reloads: Reloads, log: Logger): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", () => {
    log.info("SIGHUP: reading files anew");
    reloads.run(log);
  });
}

async function say(stream: typeof Deno.stdout, text: string): Promise<void> {
  await stream.write(new TextEncoder().encode(text));
}

function whyNoLog(error: unknown): string {
  return error instanceof Deno.errors.NotFound ? "there is no such folder" : reasonOf(error);
}

/** Says why listening failed, as one would to a person. */
function whyNot(error: unknown, flag: string): string {
  if (error instanceof Deno.errors.AddrInUse) return `the port is in use; name another with ${flag}`;
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "not permitted; ports below 1024 need more rights";
  }
  return reasonOf(error);
}
