/**
 * Rows that count only once no other hub of a cluster can have written them first, such as the last use of an invite:
 * who waits for that, and how it ends.
 *
 * PURE.
 *
 * @module
 */

/**
 * How a claim ends: this hub was first; another one was; or that is not known, as this hub is cut off from the others,
 * and the claim still waits.
 */
export type ClaimOutcome = "won" | "lost" | "unknown";

/** Rows of one table that wait. */
export class Claims<Content> {
  readonly #waiting = new Map<string, { content: Content; outcome: PromiseWithResolvers<ClaimOutcome> }>();
  #isCutOff = false;

  /**
   * Adds a row that was written here and waits.
   *
   * @param id the primary key of the row, as a JSON array
   * @param content what is known of it
   */
  add(id: string, content: Content): void {
    this.#waiting.set(id, { content, outcome: Promise.withResolvers() });
  }

  /**
   * Finds a row that waits.
   *
   * @param matches tells whether it is the one
   * @returns its primary key, if there is one
   */
  find(matches: (content: Content) => boolean): string | undefined {
    for (const [id, { content }] of this.#waiting) if (matches(content)) return id;
    return undefined;
  }

  /**
   * Returns what is known of a row that waits.
   *
   * @param id its primary key
   * @returns it; `undefined` if the row does not wait
   */
  get(id: string): Content | undefined {
    return this.#waiting.get(id)?.content;
  }

  /**
   * Waits for the end of a claim.
   *
   * @param id the primary key of a row that waits
   * @returns resolves with how it ends, at once if the hub is cut off
   */
  outcome(id: string): Promise<ClaimOutcome> {
    return this.#isCutOff ? Promise.resolve("unknown") : this.#waiting.get(id)!.outcome.promise;
  }

  /**
   * Ends a claim.
   *
   * @param id the primary key of the row
   * @param outcome how
   * @returns what was known of it; `undefined` if the row did not wait
   */
  end(id: string, outcome: "won" | "lost"): Content | undefined {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    found?.outcome.resolve(outcome);
    return found?.content;
  }

  /**
   * Records whether the hub is cut off from the others. Nobody waits longer then.
   *
   * @param isCutOff whether it is
   */
  cutOff(isCutOff: boolean): void {
    this.#isCutOff = isCutOff;
    if (!isCutOff) return;
    for (const waiting of this.#waiting.values()) {
      waiting.outcome.resolve("unknown");
      waiting.outcome = Promise.withResolvers();
    }
  }
}
