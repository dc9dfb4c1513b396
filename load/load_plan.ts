/**
 * What load is wanted, and who makes which part of it.
 *
 * PURE.
 *
 * @module
 */

/** The load that is wanted. */
export interface LoadPlan {
  /** How many clients are connected. */
  clients: number;
  /** How many of them say lines, at most `clients`. */
  senders: number;
  /** How many lines all of them together say in a second; 0 for as many as the hub echoes. */
  rate: number;
  /** For how long they say lines, in seconds. */
  seconds: number;
  /** How long a line is, in bytes, from {@linkcode MIN_LINE_BYTES}. */
  size: number;
}

/** The part of one worker. */
export interface LoadShare extends Omit<LoadPlan, "clients" | "rate"> {
  /** How many clients it connects. */
  clients: number;
  /** How many lines its senders together say in all that time; as many as the hub echoes without. */
  lines?: number;
  /** The number of its first client. */
  first: number;
}

/** The shortest line: its mark, its author and its time have to stand in it. */
export const MIN_LINE_BYTES = 48;

/** How many lines a sender without a rate says before the first of them has come back. */
export const WINDOW = 32;

/**
 * Shares a load out, as evenly as it can be.
 *
 * @param plan the whole
 * @param workers among how many
 * @returns the part of each that has clients, at least one; clients, senders and lines add up to the whole
 */
export function shareOut(plan: LoadPlan, workers: number): LoadShare[] {
  const count = Math.max(1, Math.min(workers, plan.clients));
  const shares: LoadShare[] = [];
  let first = 0, said = 0;
  for (let i = 0; i < count; i++) {
    const clients = upTo(plan.clients, i + 1, count) - first;
    // As many as there would be among these clients if every so-manieth of all clients were a sender.
    const senders = upTo(plan.senders, first + clients, plan.clients) -
      upTo(plan.senders, first, plan.clients);
    const share: LoadShare = { clients, senders, seconds: plan.seconds, size: plan.size, first };
    const lines = Math.round(plan.rate * plan.seconds);
    if (plan.rate > 0) {
      share.lines = upTo(lines, said + senders, plan.senders) - upTo(lines, said, plan.senders);
    }
    shares.push(share);
    first += clients;
    said += senders;
  }
  return shares;
}

/** How much of a whole comes with the first `i` of `count` parts. */
function upTo(whole: number, i: number, count: number): number {
  return Math.floor(whole * i / count);
}
