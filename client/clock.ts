/**
 * Time, as it is handed to the parts that wait, so that their tests need not.
 *
 * @module
 */

/** A clock that can be asked to do something later. */
export interface Clock {
  /**
   * Tells the time of day. It goes on while the machine sleeps, and may be set.
   *
   * @returns milliseconds since 1970, UTC
   */
  wall(): number;
  /**
   * Measures durations. It never goes back; on Linux and macOS it stands still while the machine sleeps.
   *
   * @returns milliseconds since some moment in the past
   */
  elapsed(): number;
  /**
   * Does something once, later.
   *
   * @param ms how much later, in milliseconds
   * @param action what to do
   * @returns takes it back; harmless once it is done
   */
  after(ms: number, action: () => void): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
