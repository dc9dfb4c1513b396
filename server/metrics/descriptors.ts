/**
 * The number of open file descriptors. A process with few permissions cannot read `/proc/self/fd`, but the system gives
 * the lowest free number to the next file.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";

/**
 * Returns at least how many file descriptors this process has open: the lowest one that is free.
 *
 * @returns the number; `undefined` on Windows, or if none is free
 */
export function openDescriptors(): number | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    const lowest = openSync("/dev/null", "r");
    closeSync(lowest);
    return lowest;
  } catch {
    return undefined;
  }
}
