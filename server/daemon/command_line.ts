/**
 * Checks with `ps` whether a process was started as the hub of an instance. A process that hangs cannot be queried, and
 * its own answer is no proof.
 *
 * @module
 */
import type { Instance } from "./instance.ts";

/** Prints the command line of the process `$1`. Some systems have no `ps`, or one without these options. */
const SCRIPT = 'ps -ww -o args= -p "$1" 2>/dev/null || tr "\\0" " " <"/proc/$1/cmdline"';

/** The hidden flag of `serve` that runs a hub in the background. */
export const BACKGROUND_FLAG = "--background";

/**
 * Returns the flags that start the hub of an instance.
 *
 * @param instance the instance
 * @returns flags of `serve`
 */
export function daemonFlags({ name }: Instance): string[] {
  return [BACKGROUND_FLAG, `--instance=${name}`];
}

/**
 * Tells whether a process was started as the hub of an instance.
 *
 * @param pid the process
 * @param instance the instance
 * @returns whether `ps` shows that; false if `ps` cannot be run
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
