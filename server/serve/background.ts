/**
 * `riftchat serve --daemon`, and the process that it leaves behind: from what was typed to the exit status.
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

/** What was typed. */
export interface BackgroundOptions
  extends Pick<StartArgumentSources, "flags" | "config">, Pick<ManagerOptions, "json"> {
  /** The name of the instance. */
  instance: string;
}

/**
 * Does with a hub in the background what was asked for.
 *
 * @param action what to do
 * @param options with which one, and what else was typed
 * @returns the exit status: 0 when it is done, 1 when it cannot be done (which was told on stderr), 3 from `status` where
 * it does not run
 */
export function manageHub(
  action: DaemonAction,
  { instance, json, ...typed }: BackgroundOptions,
): Promise<number> {
  return unlessDaemonError(() =>
    manageDaemon(action, {
      instance,
      origin: originFrom(typed),
      json,
      say: (line) => write(Deno.stdout, line),
    })
  );
}

/**
 * Is a hub in the background, until a signal stops it. It says on stdout who it is as soon as it listens.
 *
 * @param settings the settings in force
 * @param options which one, and what else was typed
 * @returns the exit status: as of any hub; 1 also where another one has this instance
 */
export function hostInBackground(
  settings: Settings,
  { instance, ...typed }: BackgroundOptions,
): Promise<number> {
  return unlessDaemonError(async () => {
    // Not loaded by those who start and stop a hub.
    const loading = import("./run.ts");
    const daemon = await DaemonProcess.take(instance, originFrom(typed));
    const logFile = settings.logFile === "" ? daemon.logFile : settings.logFile;
    try {
      const { runHub } = await loading;
      return await runHub({ settings: { ...settings, logFile }, json: false, daemon });
    } finally {
      daemon.leave();
    }
  });
}

function originFrom({ flags, config }: Pick<StartArgumentSources, "flags" | "config">) {
  return startArguments({ flags, config, env: (name) => Deno.env.get(name), cwd: Deno.cwd() });
}

async function unlessDaemonError(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    await write(Deno.stderr, `riftchat: ${error.message}`);
    return 1;
  }
}

async function write(stream: typeof Deno.stdout, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(line + "\n");
  for (let done = 0; done < bytes.length;) done += await stream.write(bytes.subarray(done));
}
