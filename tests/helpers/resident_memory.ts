/**
 * The memory of a process.
 *
 * @module
 */

/** Whether this system reports it. */
export const TELLS_MEMORY: boolean = Deno.build.os === "linux";

/**
 * Reads the resident set of a process.
 *
 * @param pid the id of the process
 * @returns its size in bytes; always 0 on a system that does not report it
 */
export async function residentBytes(pid: number): Promise<number> {
  if (!TELLS_MEMORY) return 0;
  // Reading /proc needs all permissions, running a program that reads it only one.
  const cat = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  return Number(new TextDecoder().decode(cat.stdout).match(/VmRSS:\s+(\d+) kB/)![1]) * 1024;
}
