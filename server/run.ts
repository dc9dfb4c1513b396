/**
 * Runs a hub in the foreground until a signal stops it.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { systemClock } from "./clock.ts";
import { hostPort } from "./listener.ts";
import { openLog } from "./log.ts";
import { rehearse } from "./rehearsal.ts";
import { type RunningHub, startHub } from "./serve.ts";
import type { Settings } from "./settings.ts";

/** What `riftchat serve` was told. */
export interface RunOptions {
  /** The settings in force. */
  settings: Settings;
  /** Whether the first line on stdout is JSON. */
  json: boolean;
}

/** Windows knows no SIGTERM that could be listened to. */
const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * Hosts a hub until SIGINT or SIGTERM. A second signal ends the process at once, with the status a shell would give.
 *
 * @param options what `riftchat serve` was told
 * @returns the exit status: 0 when stopped by a signal, 1 when it could not listen or not say where
 */
export async function runHub({ json, settings }: RunOptions): Promise<number> {
  const log = await openLog({ level: settings.logLevel, format: settings.logFormat });
  let hub: RunningHub;
  try {
    hub = startHub(settings, log);
  } catch (error) {
    log.fatal(`cannot listen on ${hostPort(settings.host, settings.port)}: {reason}`, {
      reason: whyNot(error),
    });
    return 1;
  }
  // Before anyone is told that it listens: whoever reads that may send a signal at once.
  const stopping = stopSignal();
  const { hostname: host, port } = hub.address;
  const line = json ? JSON.stringify({ listening: { host, port } }) : `listening on ${hostPort(host, port)}`;
  try {
    await Deno.stdout.write(new TextEncoder().encode(line + "\n"));
  } catch (error) {
    log.fatal("cannot say on stdout where it listens: {reason}", { reason: whyNot(error) });
    return 1;
  }
  rehearse(getLogger("rehearsal")).catch((error) => log.debug("no rehearsal: {error}", { error }));
  const signal = await stopping;
  log.info("{signal}: going down", { signal });
  await hub.stop();
  log.info("everyone has been told; stopped");
  return 0;
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

/** Says why starting failed, as one would to a person. */
function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "the port is in use; name another with --port";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "not permitted; ports below 1024 need more rights";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  return error instanceof Error ? error.message : String(error);
}
