/**
 * Detects that this machine slept or that this program was stopped. Most timers do not advance during that time, but
 * the time of day does.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";

/** How often the time of day is checked, in milliseconds. */
export const CHECK_INTERVAL_MS = 5000;

/** How late a check must be to count as sleep, in milliseconds: more than the delay of a busy machine. */
export const MIN_SLEEP_MS = 10_000;

/**
 * Watches for the end of sleep.
 *
 * @param clock the clock
 * @param onWake called when the machine has slept; also when the time of day was set ahead, which looks the same
 * @returns a function that stops watching
 */
export function watchWake(clock: TimedClock, onWake: () => void): () => void {
  let wall = clock.wall();
  let cancel = clock.after(CHECK_INTERVAL_MS, check);
  function check(): void {
    const passed = clock.wall() - wall;
    wall = clock.wall();
    cancel = clock.after(CHECK_INTERVAL_MS, check);
    if (passed >= CHECK_INTERVAL_MS + MIN_SLEEP_MS) onWake();
  }
  return () => cancel();
}
