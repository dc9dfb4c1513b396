/**
 * How fast one client may ask: a burst at once, and so many a second in the long run.
 *
 * PURE. It refuses nothing and forgets nothing: it says how long to wait, and whoever asks waits by reading no further,
 * so that a flood stays in the connection of the one who makes it and costs nobody else anything.
 *
 * What each request costs is said here too: a line, a new name or a room is one; a sign of life is a tenth, so that it
 * costs something and is never what keeps anyone waiting; whoever asks for several things at once pays for each.
 *
 * @module
 */
import { type ClientMessage, Code, type PlainSay } from "../../protocol/mod.ts";
import { MAX_ROOMS_PER_SESSION } from "../limits.ts";

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
  #waits = 0;

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

  /** How many requests have had to wait since a whole burst could last have come at once. */
  get waits(): number {
    return this.#waits;
  }

  /**
   * Counts a request that is about to be carried out. What it costs beyond 1 is waited for by those that follow.
   *
   * @param cost what it costs, more than 0; see {@linkcode costOf}
   * @param now the time by `Clock.elapsed`, in milliseconds; what is before an earlier one counts as that
   * @returns for how many milliseconds it has to wait; 0 where it may be carried out at once
   */
  spend(cost: number, now: number): number {
    const { burst, perSecond } = this.#rate;
    const passed = Math.max(0, now - this.#filledAt);
    const tokens = Math.min(burst, this.#tokens + passed * perSecond / 1000);
    this.#filledAt += passed;
    if (tokens === burst) this.#waits = 0;
    this.#tokens = tokens - cost;
    const missing = Math.min(cost, 1) - tokens;
    if (missing <= 0) return 0;
    this.#waits++;
    return Math.ceil(missing * 1000 / perSecond);
  }
}

/** What a sign of life costs, where a line costs 1. */
const PING_COST = 0.1;

/**
 * Says what a request costs.
 *
 * @param message the request; `undefined` for one that cannot be read or is not known
 * @returns its cost, where a line costs 1
 */
export function costOf(message: ClientMessage | PlainSay | undefined): number {
  if (message?.code === Code.Ping) return PING_COST;
  if (message?.code !== Code.Hello || message.rooms === undefined) return 1;
  // More than that is refused as a whole.
  return 1 + Math.min(message.rooms.length, MAX_ROOMS_PER_SESSION);
}
