/**
 * Runs a hub in the foreground until a signal stops it. SIGHUP has it read its files anew, and never ends it: whoever
 * closes the terminal that a hub was started in closes no hub.
 *
 * @module
 */
import {
  loadPasswordFile,
  loadPasswordGate,
  MotdError,
  type PasswordGate,
  readMotd,
  readNetwork,
} from "../admission/mod.ts";
import { loadMetricsServer, type MetricsServer } from "../metrics/mod.ts";
import { hostPort, isLoopback, reasonOf, systemClock } from "../../runtime/mod.ts";
import { getLogger, type Logger } from "@logtape/logtape";
import { VERSION } from "../../protocol/mod.ts";
import {
  CertificateError,
  givenCertificate,
  tellOfCertificate,
  tlsFrom,
  type TlsOptions,
} from "../tls/mod.ts";
import type { DaemonProcess } from "../daemon/mod.ts";
import { loadDataFolder, parseKeep, readRate, type Settings } from "../settings/mod.ts";
import { type History, HistoryError, openHistory } from "../history/mod.ts";
import { type Log, openLog } from "../log/mod.ts";
import { warmUp } from "./warm_up.ts";
import { Reloads } from "./reloads.ts";
import { addressesJson, describeAddresses } from "../net/mod.ts";
import { type RunningHub, startHub, TlsPortError } from "./serve.ts";

/** What `riftchat serve` was told. */
export interface RunOptions {
  /** The settings in force. */
  settings: Settings;
  /** Whether the first line on stdout is JSON. */
  json: boolean;
  /** What it is besides a hub, where it is one in the background. */
  daemon?: DaemonProcess | undefined;
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

async function host({ json, settings, daemon }: RunOptions, { logger: log, reopen }: Log): Promise<number> {
  let hub: RunningHub;
  let motd: string | undefined;
  let tls: TlsOptions | undefined;
  try {
    motd = await readMotd(settings.motdFile);
    tls = await tlsFrom(settings, {
      folder: await folderOf(settings, daemon),
      now: systemClock.wall(),
      log,
    });
  } catch (error) {
    if (!(error instanceof MotdError || error instanceof CertificateError)) throw error;
    log.fatal("{reason}", { reason: error.message });
    return 1;
  }
  let passwordGate: PasswordGate | undefined;
  if (settings.passwordFile !== "") {
    // What compares passwords is loaded where there is one.
    const [{ loadPassword, PasswordError }, { PasswordGate }] = await Promise.all([
      loadPasswordFile(),
      loadPasswordGate(),
    ]);
    try {
      passwordGate = new PasswordGate(await loadPassword(settings.passwordFile));
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      log.fatal("{reason}", { reason: error.message });
      return 1;
    }
  }
  let history: History | undefined;
  try {
    history = settings.history === "on" ? await findHistory(settings, daemon, log) : undefined;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    log.fatal("{reason}; name another folder with --data, or keep nothing with --no-history", {
      reason: error.message,
    });
    return 1;
  }
  const limits = limitsOf(settings);
  try {
    const { host, port, maxConnections } = settings;
    hub = startHub(
      { host, port, maxConnections, ...limits, motd, passwordGate, history, tls, reserves: true },
      log,
    );
  } catch (error) {
    history?.close();
    const second = error instanceof TlsPortError;
    const where = hostPort(settings.host, second ? Number(settings.tlsPort) : settings.port);
    log.fatal(`cannot listen on ${where}: {reason}`, {
      reason: second ? whyNot(error.cause, "--tls-port") : whyNot(error, "--port"),
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
  if (passwordGate !== undefined) {
    const opened = passwordGate;
    reloads.add("password", async () => {
      const { loadPassword } = await loadPasswordFile();
      opened.matches = await loadPassword(settings.passwordFile);
    });
  }
  if (tls !== undefined && settings.tlsCert !== "") {
    reloads.add("certificate", async () => {
      const certificate = await givenCertificate(settings, systemClock.wall());
      await hub.renew(certificate);
      tellOfCertificate(certificate, log);
    });
  }
  reloadAtSignal(reloads, log);
  let metrics: MetricsServer | undefined;
  if (settings.metrics !== "") {
    // Prometheus's package is loaded where it is asked for: it costs a tenth of the start.
    const { serveMetrics } = await loadMetricsServer();
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
  const { tlsAddress, certificate } = hub;
  const address = hostPort(hostname, port);
  log.info("riftchat {version} listens on {address}", { version: VERSION, address });
  if (tlsAddress !== undefined) {
    log.info("TLS on {address}", { address: hostPort(tlsAddress.hostname, tlsAddress.port) });
  }
  if (settings.tls === "off" && !isLoopback(hostname)) {
    const way = tlsAddress === undefined ? "--tls encrypts it" : "the port for TLS encrypts it";
    log.warn("what is said on {address} can be read on the way there: {way}", { address, way });
  }
  const places = {
    host: hostname,
    port,
    tls: tlsAddress && certificate && { port: tlsAddress.port, fingerprint: certificate.fingerprint },
  };
  let line = json ? JSON.stringify(addressesJson(places)) : describeAddresses(places);
  try {
    if (daemon !== undefined) {
      line = JSON.stringify(await daemon.settle(hub, settings.logFile, systemClock.wall()));
    }
    await say(Deno.stdout, line + "\n");
  } catch (error) {
    const how = daemon === undefined ? "say on stdout" : "make known";
    log.fatal(`cannot ${how} where it listens: {reason}`, { reason: reasonOf(error) });
    return 1;
  }
  const like = { kept: history !== undefined, rated: limits.rate !== undefined, limits: limits.limits };
  warmUp(getLogger("rehearsal"), like)
    .catch((error) => log.debug("no rehearsal: {error}", { error }));
  const signal = await stopping;
  log.info("{signal}: going down", { signal });
  await hub.stop();
  await metrics?.close();
  log.info("everyone has been told; stopped");
  return 0;
}

/** Opens the history in the data folder, which is made where it is not there. */
async function findHistory(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<History> {
  const { keep } = settings;
  const folder = await folderOf(settings, daemon);
  const history = openHistory({
    folder,
    // A setting is of its kind.
    keep: parseKeep(keep)!,
    now: systemClock.wall(),
    host: Deno.hostname(),
    // The very function that the rehearsal hands in: another one would undo what the engine has compiled.
    elapsed: systemClock.elapsed,
    report: (text) => log.error("{text}", { text }),
  });
  log.info("what is said is kept in {folder}: {keep}", { folder, keep });
  return history;
}

/** The data folder. */
async function folderOf({ data }: Settings, daemon: DaemonProcess | undefined): Promise<string> {
  return data || (daemon?.dataFolder ?? (await loadDataFolder()).usualDataFolder());
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
