/**
 * How long lines took, as a histogram of fixed size, however many there were.
 *
 * PURE. Buckets grow by a twelfth of a doubling each, so that a percentile is right to within 6 % whether it is a tenth
 * of a millisecond or a minute; that is the idea of HdrHistogram, with as few numbers as a terminal can show.
 *
 * @module
 */

/** The first bucket ends here, in milliseconds. */
const FIRST_MS = 0.01;

/** How many buckets there are to a doubling. */
const PER_DOUBLING = 12;

/** From 10 µs to 3 minutes. */
const BUCKETS = 24 * PER_DOUBLING;

/** A histogram as it goes from a worker to whoever adds them up: the count of each bucket. */
export type LatencyCounts = number[];

/** Durations, counted. */
export class Latencies {
  readonly #counts: number[];
  #max = 0;

  /**
   * Begins with nothing, or with what another has counted.
   *
   * @param counts the counts of another
   * @param maxMs the longest of those
   */
  constructor(counts: LatencyCounts = Array(BUCKETS).fill(0), maxMs = 0) {
    this.#counts = counts.slice();
    this.#max = maxMs;
  }

  /** How many there are. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The longest, in milliseconds; 0 where there is none. */
  get max(): number {
    return this.#max;
  }

  /** What another can be made of. */
  get counts(): LatencyCounts {
    return this.#counts.slice();
  }

  /**
   * Counts one.
   *
   * @param ms how long it took, in milliseconds; less than nothing counts as nothing
   */
  add(ms: number): void {
    this.#counts[bucketOf(ms)]!++;
    this.#max = Math.max(this.#max, ms);
  }

  /**
   * Counts all that another has counted.
   *
   * @param other the other
   */
  addAll(other: Latencies): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! += count;
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * Finds the duration that a part of all did not exceed.
   *
   * @param part from 0 to 1, such as 0.99
   * @returns milliseconds, at most 6 % too many; NaN where there is none
   */
  percentile(part: number): number {
    const wanted = Math.max(1, Math.ceil(this.count * part));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(endOf(bucket), this.#max);
    }
    return NaN;
  }

  /**
   * Gathers the buckets into as few as can be shown, each of one doubling.
   *
   * @returns each with its bounds in milliseconds and how many are in it, from the first that is not empty to the last
   */
  doublings(): { fromMs: number; toMs: number; count: number }[] {
    const rows = [];
    for (let first = 0; first < BUCKETS; first += PER_DOUBLING) {
      const count = this.#counts.slice(first, first + PER_DOUBLING).reduce((sum, one) => sum + one, 0);
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
