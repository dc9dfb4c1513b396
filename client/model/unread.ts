/**
 * What came in while nobody was looking.
 *
 * PURE. A terminal that reports focus tells when one looks away; what comes from then on is unread until one looks
 * again, and a mark belongs before the first of it. Where a terminal reports nothing, somebody is always looking. A key
 * is as good as a look: who types is there, whatever the terminal last said.
 *
 * @module
 */

/** Counts what is unread. */
export class Unread {
  #looking = true;
  #lines = 0;
  #mentions = 0;

  /** How many lines are unread. */
  get lines(): number {
    return this.#lines;
  }

  /** In how many of them one is mentioned. */
  get mentions(): number {
    return this.#mentions;
  }

  /** Takes note that nobody looks from now on. */
  away(): void {
    this.#looking = false;
  }

  /** Takes note that somebody looks from now on, and so has read everything. */
  back(): void {
    this.#looking = true;
    this.#lines = 0;
    this.#mentions = 0;
  }

  /**
   * Takes note of a line that is about to be shown.
   *
   * @param mentioned whether one is mentioned in it
   * @returns whether the mark belongs before it
   */
  arrived(mentioned: boolean): boolean {
    if (this.#looking) return false;
    if (mentioned) this.#mentions++;
    return ++this.#lines === 1;
  }
}
