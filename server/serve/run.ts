/**
 * Runs a hub until a signal stops it.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { DaemonProcess } from "../daemon/mod.ts";
import { type Log, openLog } from "../log/mod.ts";
import type { MetricsServer } from "../metrics/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { afterPrefix, errorText, type Logger, reasonOf, writeText } from "../../runtime/mod.ts";
import { loadParts } from "./hub_parts.ts";
import type { RunningHub } from "./serve.ts";
import { reloadOnHangup, stopSignal } from "./signals.ts";
import type { OperatorSocket } from "../control/mod.ts";
import {
  announce,
  connectionLimits,
  listen,
  openOperatorSocket,
  reloadsOf,
  shutDown,
  startMetrics,
} from "./start.ts";
import { StartError } from "./start_error.ts";
import { warmUp } from "./warm_up.ts";

/** The signals that stop a hub. */
const SIGNALS: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGBREAK"]);

/** How to run a hub. */
export interface RunOptions {
  /** The settings in force. */
  settings: Settings;
  /** Whether the first line on stdout is JSON. */
  json: boolean;
  /** The instance that this process runs, if the hub is in the background. */
  daemon?: DaemonProcess | undefined;
  /** What the user should know about the settings, as sentences for the log. */
  warnings?: readonly string[] | undefined;
}

/**
 * Runs a hub until SIGINT or SIGTERM. A second signal ends the process at once.
 *
 * @param options see {@linkcode RunOptions}
 * @returns the exit status: 0 after a signal, 1 if the hub cannot start or after an internal error
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
    const reason = error instanceof Deno.errors.NotFound ? "there is no such folder" : reasonOf(error);
    await writeText(Deno.stderr, errorText(`cannot open the log ${logFile}: ${reason}`));
    return 1;
  }
  for (const warning of options.warnings ?? []) log.logger.warn("{concern}", { concern: warning });
  const stopWatching = logUncaughtErrors(log);
  try {
    return await host(options, log);
  } catch (error) {
    log.logger.fatal("internal error: {error}", { error });
    return 1;
  } finally {
    stopWatching();
    log.close();
  }
}

async function host({ json, settings, daemon }: RunOptions, { logger: log, reopen }: Log): Promise<number> {
  const limits = connectionLimits(settings);
  let hub: RunningHub | undefined;
  let metrics: MetricsServer | undefined;
  let operators: OperatorSocket | undefined;
  try {
    const parts = await loadParts(settings, daemon, log);
    hub = listen(settings, limits, parts, log);
    // Before the address is announced: a program that reads it may send a signal at once.
    const stopping = stopSignal();
    reloadOnHangup(reloadsOf(settings, parts, hub, { log, reopen }), log);
    metrics = await startMetrics(settings, hub, log);
    operators = await openOperatorSocket(parts, hub, log);
    if (!await isReady(hub, stopping, log)) return 0;
    await announce(hub, { settings, json, daemon, log });
    const stored = parts.history !== undefined, rateLimited = limits.rate !== undefined;
    // Tests start hundreds of hubs, and the warm-up takes up to 0.4 s of a core each time.
    if (Deno.env.get("RIFTCHAT_WARM_UP") !== "off") {
      warmUp(getLogger("warm-up"), { stored, rateLimited, limits: limits.limits })
        .catch((error) => log.debug("no warm-up: {error}", { error }));
    }
    const end = await Promise.race([stopping, ...hub.ended === undefined ? [] : [hub.ended]]);
    operators?.close();
    const isFailure = !SIGNALS.has(end);
    if (isFailure) log.fatal("{reason}", { reason: end });
    await shutDown(isFailure ? "the hub cannot go on" : end, { hub, metrics, log });
    return isFailure ? 1 : 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    log.fatal(error.template, { reason: afterPrefix(error.reason) });
    if (error.stopHub) await hub?.stop();
    return 1;
  } finally {
    operators?.close();
  }
}

/** Waits until the hub serves clients; returns whether it does, as a signal may stop it before. */
async function isReady(hub: RunningHub, stopping: Promise<Deno.Signal>, log: Logger): Promise<boolean> {
  const signal = await Promise.race([hub.ready, stopping]);
  if (signal === undefined) return true;
  await shutDown(signal, { hub, metrics: undefined, log });
  return false;
}

/**
 * Logs an error that nothing catches, and then ends the process with status 1.
 *
 * @param log the log
 * @returns a function that stops watching for such errors
 */
function logUncaughtErrors(log: Log): () => void {
  const end = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    const error: unknown = event instanceof ErrorEvent ? event.error : event.reason;
    log.logger.fatal("uncaught internal error: {error}", { error });
    try {
      log.close();
    } finally {
      Deno.exit(1);
    }
  };
  globalThis.addEventListener("error", end);
  globalThis.addEventListener("unhandledrejection", end);
  return () => {
    globalThis.removeEventListener("error", end);
    globalThis.removeEventListener("unhandledrejection", end);
  };
}
