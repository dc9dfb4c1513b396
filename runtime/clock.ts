/**
 * Time, handed in wherever it matters so that tests can turn it.
 *
 * @module
 */

/** Tells the time, in two ways that must not be mixed. */
export interface Clock {
  /** The time of day, in milliseconds since 1970, UTC: for people. It may jump. */
  wall(): number;
  /** Milliseconds since some moment in the past: for durations. It never goes back. */
  elapsed(): number;
}

/** Runs something once, later. */
export interface Timer {
  /**
   * Runs something once, later.
   *
   * @param ms after how many milliseconds
   * @param run what to run
   * @returns cancels it; does nothing once it has run
   */
  after(ms: number, run: () => void): () => void;
}

/** Runs something later, after a time or after the pending reads. */
export interface Timers extends Timer {
  /** Runs something after the reads of this turn of the event loop. */
  soon(run: () => void): void;
}

/** A clock that can also run something later. */
export interface TimedClock extends Clock, Timer {}

/** The clocks of this machine. */
export const systemClock: TimedClock = {
  wall: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The timers of this machine. */
export const systemTimers: Timers = {
  soon: (run) => void setImmediate(run),
  after: systemClock.after,
};
