/**
 * Time, handed in wherever it matters so that tests can turn it.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Tells the time, in two ways that must not be mixed. */
export interface Clock {
  /** The time of day, in milliseconds since 1970, UTC: for people. It may jump. */
  wall(): number;
  /** Milliseconds since some moment in the past: for durations. It never goes back. */
  elapsed(): number;
}

/** Lets something happen later. */
export interface Timers {
  /** Runs something after the reads of this turn of the event loop. */
  soon(run: () => void): void;
  /**
   * Runs something later.
   *
   * @param ms after how many milliseconds
   * @param run what to run
   * @returns calls it off
   */
  after(ms: number, run: () => void): () => void;
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  elapsed: () => performance.now(),
};

/** The timers of this machine. */
export const systemTimers: Timers = {
  soon: (run) => void setImmediate(run),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
