/**
 * Limits how fast one client may send requests: a burst at once, and a number a second in the long run.
 *
 * PURE. It refuses nothing and drops nothing: it says how long to wait, and the connection does not read in that time.
 * So a flood stays in the connection of its sender and costs nobody else anything.
 *
 * It also defines what each request costs. A message, a change of one, a rename or a join costs 1. A hello costs 1 as
 * well, whatever rooms it names: a connection has one that succeeds. A ping and a question about a name cost a tenth,
 * so that they cost something and still hardly delay a client. A request for earlier messages, changes, mentions or
 * conversations costs a tenth, too, and pays for the time that it has used and for the bytes that it has brought, once
 * these are known.
 *
 * @module
 */
import { type ClientMessage, Code, type PlainSay } from "../../protocol/mod.ts";
import { PAGE_BYTES, SEARCH_MS_PER_REQUEST } from "../limits.ts";

/** How fast each client may send requests. */
export interface Rate {
  /** How many requests may come at once, at least 1. */
  burst: number;
  /** How many requests may come in a second in the long run, more than 0. */
  perSecond: number;
}

/** A token bucket (RFC 2697 calls it a single-rate meter): full at first, refilled over time, emptied by requests. */
export class RateLimiter {
  readonly #rate: Rate;
  /** How many requests may come at once now; below 0 if earlier ones have to wait. */
  #tokens: number;
  #filledAt: number;
  #waits = 0;

  /**
   * Creates a full bucket.
   *
   * @param rate the rate limit
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /** The number of requests that had to wait since the bucket was full last. */
  get waits(): number {
    return this.#waits;
  }

  /**
   * Counts a request before it is carried out. The later requests wait for what it costs beyond 1.
   *
   * @param cost its cost, more than 0; see {@linkcode costOf}
   * @param now the time by `Clock.elapsed`, in milliseconds; an earlier time than the last one counts as that one
   * @returns how long the request has to wait, in milliseconds; 0 if it may be carried out at once
   */
  spend(cost: number, now: number): number {
    const { burst, perSecond } = this.#rate;
    const tokens = this.#fill(now);
    if (tokens === burst) this.#waits = 0;
    this.#tokens = tokens - cost;
    const missing = Math.min(cost, 1) - tokens;
    if (missing <= 0) return 0;
    this.#waits++;
    return Math.ceil(missing * 1000 / perSecond);
  }

  /**
   * Tells how long the next request would have to wait, without counting one.
   *
   * @param now as in {@linkcode RateLimiter.spend}
   * @returns the time in milliseconds; 0 if it may be carried out at once
   */
  wait(now: number): number {
    this.#tokens = this.#fill(now);
    return Math.max(0, Math.ceil((1 - this.#tokens) * 1000 / this.#rate.perSecond));
  }

  /**
   * Tells whether nothing was counted for so long that it does not count any more.
   *
   * @param now as in {@linkcode RateLimiter.spend}
   * @returns whether it is as a new one
   */
  isFull(now: number): boolean {
    this.#tokens = this.#fill(now);
    return this.#tokens === this.#rate.burst;
  }

  /**
   * Counts what a request has cost beyond what was known before it was carried out. The later requests wait for it.
   *
   * @param cost its further cost, from 0
   * @param now as in {@linkcode RateLimiter.spend}
   */
  charge(cost: number, now: number): void {
    this.#tokens = this.#fill(now) - cost;
  }

  /** Refills the bucket; returns how many requests may come at once now. */
  #fill(now: number): number {
    const { burst, perSecond } = this.#rate;
    const passed = Math.max(0, now - this.#filledAt);
    this.#filledAt += passed;
    return Math.min(burst, this.#tokens + passed * perSecond / 1000);
  }
}

/** The cost of a ping, of a question about a name and of a request for earlier messages, where a message costs 1. */
const SMALL_COST = 0.1;

/**
 * Returns what a request that reads the history costs for the time that it has used, beyond its cost as a request.
 *
 * @param ms how long the hub has worked on it, in milliseconds
 * @returns the further cost; 0 for a tenth of `SEARCH_MS_PER_REQUEST`
 */
export function costOfSearch(ms: number): number {
  return Math.max(0, ms / SEARCH_MS_PER_REQUEST - SMALL_COST);
}

/**
 * Returns what earlier messages cost for their size, beyond the cost of the request for them.
 *
 * @param bytes how many bytes they take
 * @returns the further cost; 1 for a whole page
 */
export function costOfHistory(bytes: number): number {
  return bytes / PAGE_BYTES;
}

/**
 * Returns the cost of a request.
 *
 * @param message the request; `undefined` for one that is invalid or unknown
 * @returns its cost, where a message costs 1
 */
export function costOf(message: ClientMessage | PlainSay | undefined): number {
  const code = message?.code;
  const isSmall = code === Code.Ping || code === Code.AskHistory || code === Code.ListConversations ||
    code === Code.AskPerson || code === Code.AskChanges || code === Code.AskMentions;
  return isSmall ? SMALL_COST : 1;
}
