/**
 * The clock and timers. They are passed as parameters, so that tests can replace them.
 *
 * @module
 */

/** Two clocks, whose values must not be mixed. */
export interface Clock {
  /** The time of day, in milliseconds since 1970, UTC, to be displayed. It may jump. */
  wall(): number;
  /** Milliseconds since some time in the past, for durations. It never goes back. */
  elapsed(): number;
}

/** Runs a function later. */
export interface Timer {
  /**
   * Runs a function once, later.
   *
   * @param ms the delay in milliseconds
   * @param run the function
   * @returns a function that cancels it; no effect after it has run
   */
  after(ms: number, run: () => void): () => void;
}

/** Runs a function later: after a time, or after the pending reads. */
export interface Timers extends Timer {
  /** Runs a function after the reads of this turn of the event loop. */
  soon(run: () => void): void;
}

/** A clock with a timer. */
export interface TimedClock extends Clock, Timer {}

/** The clock of this machine. */
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
