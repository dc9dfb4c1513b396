/**
 * The plan of a load test, and how it is split among workers.
 *
 * PURE.
 *
 * @module
 */

/** The plan of a load test. */
export interface LoadPlan {
  /** The number of clients. */
  clients: number;
  /** How many of them send messages, at most `clients`. */
  senders: number;
  /** Messages per second of all senders together; 0 for as many as the hub delivers. */
  rate: number;
  /** How long they send, in seconds. */
  seconds: number;
  /** The length of a message in bytes, at least {@linkcode MIN_MESSAGE_BYTES}. */
  size: number;
}

/** The share of one worker. */
export interface LoadShare extends Omit<LoadPlan, "clients" | "rate"> {
  /** The number of its clients. */
  clients: number;
  /** How many messages its senders send in total; without it as many as the hub delivers. */
  messages?: number;
  /** The number of its first client. */
  first: number;
}

/** The shortest message: it must hold the id of the load, the author and the time. */
export const MIN_MESSAGE_BYTES = 48;

/** How many messages a sender without a rate sends before the hub has sent the first one back. */
export const WINDOW = 32;

/**
 * Splits a load as evenly as possible.
 *
 * @param plan the plan
 * @param workers the number of workers
 * @returns one share per worker with clients, at least one; clients, senders and messages add up to the plan
 */
export function splitPlan(plan: LoadPlan, workers: number): LoadShare[] {
  const count = Math.max(1, Math.min(workers, plan.clients));
  const shares: LoadShare[] = [];
  let first = 0, firstSender = 0;
  for (let i = 0; i < count; i++) {
    const clients = upTo(plan.clients, i + 1, count) - first;
    // The number of senders among these clients if the senders are spread evenly over all clients.
    const senders = upTo(plan.senders, first + clients, plan.clients) -
      upTo(plan.senders, first, plan.clients);
    const share: LoadShare = { clients, senders, seconds: plan.seconds, size: plan.size, first };
    const messages = Math.round(plan.rate * plan.seconds);
    if (plan.rate > 0) {
      share.messages = upTo(messages, firstSender + senders, plan.senders) -
        upTo(messages, firstSender, plan.senders);
    }
    shares.push(share);
    first += clients;
    firstSender += senders;
  }
  return shares;
}

/** How much of a whole is in the first `i` of `count` equal parts. */
function upTo(whole: number, i: number, count: number): number {
  return Math.floor(whole * i / count);
}
