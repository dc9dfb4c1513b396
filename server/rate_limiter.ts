/**
 * How fast one client may ask: a burst at once, and so many a second in the long run.
 *
 * PURE. It refuses nothing and forgets nothing: it says how long to wait, and whoever asks waits by reading no further,
 * so that a flood stays in the connection of the one who makes it and costs nobody else anything.
 *
 * @module
 */

/** How fast each client may ask. */
export interface Rate {
  /** How many requests may come at once, from 1. */
  burst: number;
  /** How many may come in a second in the long run, more than 0. */
  perSecond: number;
}

/** A token bucket (RFC 2697 calls it a meter of one rate): full at first, refilled with time, emptied by requests. */
export class RateLimiter {
  readonly #rate: Rate;
  /** How many requests may come at once now; below 0 for those that are to be waited for. */
  #tokens: number;
  #filledAt: number;

  /**
   * Makes a full one.
   *
   * @param rate how fast one may ask
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /**
   * Counts a request that was carried out.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds; what is before an earlier one counts as that
   * @returns for how many milliseconds to wait before the next; 0 where that may be carried out at once
   */
  spent(now: number): number {
    const { burst, perSecond } = this.#rate;
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(burst, this.#tokens + passed * perSecond / 1000) - 1;
    this.#filledAt += passed;
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * 1000 / perSecond);
  }
}
