/**
 * The signals of a hub: SIGINT and SIGTERM stop it, SIGHUP makes it reload its files. SIGHUP never stops a hub, so it
 * keeps running when the terminal that started it is closed.
 *
 * @module
 */
import { type Logger, systemClock } from "../../runtime/mod.ts";
import type { Reloads } from "./reloads.ts";

/** On Windows a program cannot listen for SIGTERM. */
const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * How long after the first SIGINT another one counts as the same, in milliseconds. A terminal sends SIGINT to all
 * programs in the foreground, and the ones that started this program (npx, deno task) forward it as well.
 */
const REPEAT_MS = 500;

/**
 * Waits for a signal to stop. The next one after it ends the process with the status that a shell would give it.
 *
 * @returns the first signal
 */
export function stopSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of STOP_SIGNALS) {
      Deno.addSignalListener(signal, () => {
        const now = systemClock.elapsed();
        if (firstAt === undefined) {
          firstAt = now;
          resolve(signal);
        } else if (signal === "SIGTERM" || now - firstAt > REPEAT_MS) {
          Deno.exit(signal === "SIGTERM" ? 143 : 130);
        }
      });
    }
  });
}

/**
 * Reloads files at each SIGHUP. On Windows it does nothing: there SIGHUP means that the console is closed.
 *
 * @param reloads the parts to reload
 * @param log where the result is logged
 */
export function reloadOnHangup(reloads: Reloads, log: Logger): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", () => {
    log.info("SIGHUP: reloading files");
    reloads.run(log);
  });
}
