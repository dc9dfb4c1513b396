/**
 * The CPU time of this thread. Unlike the time of a clock it does not grow while other tests use the machine.
 *
 * @module
 */
import process from "node:process";

/**
 * Measures how much CPU time a synchronous function takes.
 *
 * @param work the function
 * @returns its CPU time in milliseconds
 */
export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
