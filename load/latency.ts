/**
 * A histogram of latencies, of fixed size.
 *
 * PURE. There are 12 buckets to each doubling, so a percentile has an error of at most 6 %, for a tenth of a
 * millisecond as well as for a minute. That is the idea of HdrHistogram, with as few numbers as a terminal can show.
 *
 * @module
 */

/** The upper bound of the first bucket, in milliseconds. */
const FIRST_MS = 0.01;

/** The number of buckets per doubling. */
const PER_DOUBLING = 12;

/** The number of buckets: from 10 µs to 3 minutes. */
const BUCKETS = 24 * PER_DOUBLING;

/** The counts of all buckets, as a worker sends them. */
export type LatencyCounts = number[];

/** A histogram of durations. */
export class Latencies {
  readonly #counts: number[];
  #max = 0;

  /**
   * Makes an empty histogram, or one with given counts.
   *
   * @param counts the counts
   * @param maxMs the longest duration in them, in milliseconds
   */
  constructor(counts: LatencyCounts = Array(BUCKETS).fill(0), maxMs = 0) {
    this.#counts = counts.slice();
    this.#max = maxMs;
  }

  /** The number of durations. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The longest duration in milliseconds; 0 without durations. */
  get max(): number {
    return this.#max;
  }

  /** A copy of the counts. */
  get counts(): LatencyCounts {
    return this.#counts.slice();
  }

  /**
   * Adds a duration.
   *
   * @param ms the duration in milliseconds; a negative one counts as 0
   */
  add(ms: number): void {
    this.#counts[bucketOf(ms)]!++;
    this.#max = Math.max(this.#max, ms);
  }

  /**
   * Adds the counts of another histogram.
   *
   * @param other the other histogram
   */
  addAll(other: Latencies): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! += count;
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * Returns a percentile.
   *
   * @param part from 0 to 1, such as 0.99
   * @returns milliseconds, at most 6 % too high; NaN without durations
   */
  percentile(part: number): number {
    const target = Math.max(1, Math.ceil(this.count * part));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= target) return Math.min(endOf(bucket), this.#max);
    }
    return NaN;
  }

  /**
   * Merges the buckets of each doubling, so that they can be shown.
   *
   * @returns the bounds in milliseconds and the count of each doubling, from the first to the last that is not empty
   */
  doublings(): { fromMs: number; toMs: number; count: number }[] {
    const rows = [];
    for (let first = 0; first < BUCKETS; first += PER_DOUBLING) {
      const count = this.#counts.slice(first, first + PER_DOUBLING).reduce((sum, count) => sum + count, 0);
      const fromMs = first === 0 ? 0 : endOf(first - 1);
      rows.push({ fromMs, toMs: endOf(first + PER_DOUBLING - 1), count });
    }
    const filled = rows.map(({ count }) => count > 0);
    return rows.slice(Math.max(0, filled.indexOf(true)), filled.lastIndexOf(true) + 1);
  }
}

function bucketOf(ms: number): number {
  if (!(ms > FIRST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / FIRST_MS) * PER_DOUBLING));
}

function endOf(bucket: number): number {
  return FIRST_MS * 2 ** (bucket / PER_DOUBLING);
}
