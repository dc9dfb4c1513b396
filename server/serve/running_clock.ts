/**
 * A clock that does not count the time in which the program is suspended: by SIGSTOP, by a debugger, or on a machine
 * that sleeps or is overloaded. Clients cannot be served in that time, so it must not count against their timeouts.
 *
 * PURE. Rules: a hub reads the clock at least once in `CHECK_INTERVAL_MS`. If nothing has read it for longer than
 * `MAX_GAP_MS`, the program was suspended, and the gap does not count.
 *
 * @module
 */
import type { Clock } from "../../runtime/mod.ts";
import { CHECK_INTERVAL_MS } from "../limits.ts";

/** The longest time between two readings of the clock while the program runs, in milliseconds. */
export const MAX_GAP_MS: number = 2 * CHECK_INTERVAL_MS;

/** A clock whose `elapsed` counts only the time in which the program runs. `wall` is the time of day, unchanged. */
export class RunningClock implements Clock {
  readonly #clock: Clock;
  #lastReadAt: number;
  #suspendedMs = 0;

  /**
   * Starts the clock.
   *
   * @param clock the clock that also counts the time in which the program is suspended
   */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastReadAt = clock.elapsed();
  }

  /** As {@linkcode Clock.wall}. */
  wall(): number {
    return this.#clock.wall();
  }

  /** As {@linkcode Clock.elapsed}, without the time in which the program was suspended. */
  elapsed(): number {
    const now = this.#clock.elapsed();
    const gapMs = now - this.#lastReadAt;
    if (gapMs > MAX_GAP_MS) this.#suspendedMs += gapMs;
    this.#lastReadAt = now;
    return now - this.#suspendedMs;
  }
}
