/**
 * A clock that stands while the program does. Whoever stops the program (SIGSTOP, a debugger, a machine that sleeps or has no
 * time for it) takes time from everyone who is connected: nobody is to be too late for what could not be done meanwhile.
 *
 * PURE. Rules: a hub asks for the time at least each `LOOK_MS`, so where nobody has asked for longer than
 * `MAX_GAP_MS` the program did not run; that time does not count.
 *
 * @module
 */
import type { Clock } from "../../runtime/mod.ts";
import { CHECK_INTERVAL_MS } from "../limits.ts";

/** How long nobody can have asked for the time while the program ran, in milliseconds. */
export const MAX_GAP_MS: number = 2 * CHECK_INTERVAL_MS;

/** A clock whose durations are those in which the program ran. The time of day is that of day. */
export class RunningClock implements Clock {
  readonly #clock: Clock;
  #askedAt: number;
  #stoodMs = 0;

  /**
   * Begins to run.
   *
   * @param clock the clock that does not stand
   */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#askedAt = clock.elapsed();
  }

  /** As {@linkcode Clock.wall}. */
  wall(): number {
    return this.#clock.wall();
  }

  /** As {@linkcode Clock.elapsed}, without the time in which the program did not run. */
  elapsed(): number {
    const now = this.#clock.elapsed();
    const gapMs = now - this.#askedAt;
    if (gapMs > MAX_GAP_MS) this.#stoodMs += gapMs;
    this.#askedAt = now;
    return now - this.#stoodMs;
  }
}
