/**
 * What a process was started as, which `ps` tells: it cannot be asked itself where it is stuck, and its word alone does
 * not make it the one that it says it is.
 *
 * @module
 */
import type { Instance } from "./instance.ts";

/** Writes the command line of the process `$1`; some systems have no `ps`, or one that knows no such options. */
const SCRIPT = 'ps -ww -o args= -p "$1" 2>/dev/null || tr "\\0" " " <"/proc/$1/cmdline"';

/** The hidden flag with which a hub in the background is started. */
export const BACKGROUND_FLAG = "--background";

/**
 * Gives the flags that make a hub the one of an instance.
 *
 * @param instance which one
 * @returns flags of `serve`
 */
export function daemonFlags({ name }: Instance): string[] {
  return [BACKGROUND_FLAG, `--instance=${name}`];
}

/**
 * Tells whether a process was started as the hub of an instance, as `ps` knows it.
 *
 * @param pid the process
 * @param instance which instance
 * @returns whether it was; no where that cannot be found out
 */
export async function wasStartedAs(pid: number, instance: Instance): Promise<boolean> {
  let line: string;
  try {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", SCRIPT, "riftchat", String(pid)],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    line = new TextDecoder().decode(stdout);
  } catch {
    return false;
  }
  const words = line.trim().split(/\s+/);
  return daemonFlags(instance).every((flag) => words.includes(flag));
}
