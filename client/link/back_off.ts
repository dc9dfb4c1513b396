/**
 * How long to wait before something that failed is tried again.
 *
 * PURE: randomness is handed in. The time is drawn at random between one second and a ceiling that doubles with each
 * failure ("full jitter"), so that the many whom a hub lost at the same moment do not come back at the same moment.
 *
 * @module
 */

/** The shortest time between two tries, in milliseconds. */
export const MIN_WAIT_MS = 1000;

/** The highest ceiling, in milliseconds: a hub that is back is found within a minute. */
export const MAX_WAIT_MS = 60_000;

/** The longest wait that a hub may ask for, in milliseconds: a wrong number must not keep anyone away for ever. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** The waits of one thing that is tried until it works. */
export class BackOff {
  readonly #random: () => number;
  #failures = 0;

  /**
   * Begins with no failure.
   *
   * @param random gives numbers from 0 up to, but not including, 1
   */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Takes note of a failure.
   *
   * @param retryAfterMs how long the other side asked to be left alone, in milliseconds; not followed beyond
   * {@linkcode MAX_RETRY_AFTER_MS}
   * @returns how long to wait, in whole milliseconds: at least {@linkcode MIN_WAIT_MS}, and never less than was asked
   */
  next(retryAfterMs = 0): number {
    this.#failures++;
    const ceiling = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** this.#failures);
    const floor = Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_WAIT_MS, retryAfterMs));
    return Math.round(floor + this.#random() * (ceiling - MIN_WAIT_MS));
  }

  /** Forgets the failures: it works. */
  reset(): void {
    this.#failures = 0;
  }
}
