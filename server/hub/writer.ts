/**
 * What a round of writing writes to. A type of its own, so that neither the flusher nor the sessions import each other.
 *
 * @module
 */

/** Something with bytes to write, one write at a time. */
export interface Writer {
  /**
   * Starts writing what waits, if anything does and no write is under way.
   *
   * @param round the number of the round, to be handed to `Flusher.written` when the write is done
   * @returns whether a write was started
   */
  flush(round: number): boolean;
}
