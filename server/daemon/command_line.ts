/**
 * What a process was started as, where it cannot be asked itself: because it is stuck.
 *
 * @module
 */
import type { Instance } from "./instance.ts";

/** The hidden flag with which a hub in the background is started. */
export const BACKGROUND_FLAG = "--background";

/**
 * Gives the flags that make a hub the one of an instance.
 *
 * @param instance which one
 * @returns flags of `serve`
 */
export function residentFlags({ name }: Instance): string[] {
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
    const { stdout } = await new Deno.Command("ps", {
      args: ["-ww", "-o", "args=", "-p", String(pid)],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    line = new TextDecoder().decode(stdout);
  } catch {
    return false;
  }
  const words = line.trim().split(/\s+/);
  return residentFlags(instance).every((flag) => words.includes(flag));
}
