/**
 * Exponential back-off with jitter: how long to wait before the next attempt.
 *
 * PURE: the random numbers are passed in. The wait is random, between one second and a ceiling that doubles with each
 * failure ("full jitter"). So many clients that a hub lost at the same moment do not come back at the same moment.
 *
 * @module
 */

/** The shortest wait, in milliseconds. */
export const MIN_WAIT_MS = 1000;

/** The highest ceiling, in milliseconds: a hub that is up again is found within a minute. */
export const MAX_WAIT_MS = 60_000;

/**
 * The longest wait that a hub may ask for, in milliseconds, so that a wrong number cannot keep a client away forever.
 */
export const MAX_RETRY_AFTER_MS = 300_000;

/** The waits between the attempts of one operation. */
export class BackOff {
  readonly #random: () => number;
  #failures = 0;

  /**
   * Starts without failures.
   *
   * @param random gives numbers from 0 up to, but not including, 1
   */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Counts a failure.
   *
   * @param retryAfterMs how long the hub asked to wait, in milliseconds; at most {@linkcode MAX_RETRY_AFTER_MS} counts
   * @returns how long to wait, in whole milliseconds: at least {@linkcode MIN_WAIT_MS}, and at least what the hub asked
   * for
   */
  next(retryAfterMs = 0): number {
    this.#failures++;
    const ceiling = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** this.#failures);
    const floor = Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_WAIT_MS, retryAfterMs));
    return Math.round(floor + this.#random() * (ceiling - MIN_WAIT_MS));
  }

  /** Forgets the failures after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
