/**
 * How much memory a process takes.
 *
 * @module
 */

/** Whether this system tells it. */
export const TELLS_MEMORY: boolean = Deno.build.os === "linux";

/**
 * Asks how much of a process is in memory.
 *
 * @param pid the process
 * @returns its resident set, in bytes; always 0 on a system that does not tell
 */
export async function residentBytes(pid: number): Promise<number> {
  if (!TELLS_MEMORY) return 0;
  // Reading /proc takes all permissions there are, running a program that reads it only one.
  const cat = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  return Number(new TextDecoder().decode(cat.stdout).match(/VmRSS:\s+(\d+) kB/)![1]) * 1024;
}
