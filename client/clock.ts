/**
 * Time, as it is handed to the parts that wait, so that their tests need not.
 *
 * @module
 */

/** A clock that can be asked to do something later. */
export interface Clock {
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
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
