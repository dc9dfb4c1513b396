/**
 * `riftchat serve --daemon`, and the process that it starts: from the options to the exit status.
 *
 * @module
 */
import {
  DaemonError,
  DaemonProcess,
  manageDaemon,
  type ManagerOptions,
  startArguments,
  type StartArgumentSources,
} from "../daemon/mod.ts";
import type { DaemonAction, Settings } from "../settings/mod.ts";
import type { RunOptions } from "./run.ts";
import { afterPrefix, sanitizeLines, writeText } from "../../runtime/mod.ts";

/** The options of `riftchat serve --daemon`. */
export interface BackgroundOptions
  extends Pick<StartArgumentSources, "flags" | "config">, Pick<ManagerOptions, "json"> {
  /** The name of the instance. */
  instance: string;
}

/**
 * Starts, stops, restarts or queries a hub in the background.
 *
 * @param action what to do
 * @param options the instance and the other options
 * @returns the exit status: 0 on success, 1 on an error (printed on stderr), 3 from `status` if the hub is not running
 */
export function manageHub(
  action: DaemonAction,
  { instance, json, ...typed }: BackgroundOptions,
): Promise<number> {
  return reportDaemonErrors(() =>
    manageDaemon(action, {
      instance,
      startArguments: startArgumentsFrom(typed),
      json,
      print: printLine,
    })
  );
}

/**
 * Runs a hub in the background until a signal stops it. When the hub listens, its record is printed on stdout.
 *
 * @param settings the settings in force
 * @param options the instance and the other options
 * @returns the exit status of the hub; also 1 if the instance is running already
 */
export function runInBackground(
  settings: Settings,
  { instance, warnings, ...typed }: BackgroundOptions & Pick<RunOptions, "warnings">,
): Promise<number> {
  return reportDaemonErrors(async () => {
    // Loaded here, as `manageHub` does not need it.
    const loading = import("./run.ts");
    const daemon = await DaemonProcess.acquire(instance, startArgumentsFrom(typed));
    const logFile = settings.logFile === "" ? daemon.logFile : settings.logFile;
    try {
      const { runHub } = await loading;
      return await runHub({ settings: { ...settings, logFile }, json: false, daemon, warnings });
    } finally {
      daemon.release();
    }
  });
}

function startArgumentsFrom({ flags, config }: Pick<StartArgumentSources, "flags" | "config">) {
  return startArguments({ flags, config, env: (name) => Deno.env.get(name), cwd: Deno.cwd() });
}

async function reportDaemonErrors(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    await writeText(Deno.stderr, `riftchat: ${sanitizeLines(afterPrefix(error.message)).join("\n")}\n`);
    return 1;
  }
}

/** Prints a line on stdout. Unlike `writeText` it throws if the reader has closed the pipe: the caller reports that. */
async function printLine(line: string): Promise<void> {
  const bytes = new TextEncoder().encode(line + "\n");
  for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
}
