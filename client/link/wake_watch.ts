/**
 * Notices that this machine slept, or that this program was stopped: no timer tells of it, since most stand still
 * meanwhile, but the time of day is then ahead of what a timer says.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";

/** How often the time of day is looked at, in milliseconds. */
export const CHECK_INTERVAL_MS = 5000;

/** How far it has to be ahead, in milliseconds: a busy machine is late by less, and one that slept by more. */
export const MIN_SLEEP_MS = 10_000;

/**
 * Watches for sleep.
 *
 * @param clock the clock
 * @param woke called when the machine has slept; also where somebody set the time of day ahead, which looks the same
 * @returns stops watching
 */
export function watchWake(clock: TimedClock, woke: () => void): () => void {
  let wall = clock.wall();
  let cancel = clock.after(CHECK_INTERVAL_MS, capabilities);
  function capabilities(): void {
    const passed = clock.wall() - wall;
    wall = clock.wall();
    cancel = clock.after(CHECK_INTERVAL_MS, capabilities);
    if (passed >= CHECK_INTERVAL_MS + MIN_SLEEP_MS) woke();
  }
  return () => cancel();
}
