/**
 * Counts messages that arrive while the terminal has no focus.
 *
 * PURE. A terminal that reports focus says when the user looks away. Messages from then on are unread until the
 * focus is back, and a separator is shown before the first of them. A terminal without focus reports always counts
 * as focused. A key press also counts as focus, whatever the terminal reported.
 *
 * @module
 */

/** The counter of unread messages. */
export class Unread {
  #focused = true;
  #lines = 0;
  #mentions = 0;

  /** Whether the terminal has the focus, as far as is known. */
  get hasFocus(): boolean {
    return this.#focused;
  }

  /** The number of unread messages. */
  get lines(): number {
    return this.#lines;
  }

  /** How many of them mention the user. */
  get mentions(): number {
    return this.#mentions;
  }

  /** The terminal lost the focus. */
  focusLost(): void {
    this.#focused = false;
  }

  /** The terminal has the focus again, so all messages are read. */
  focusGained(): void {
    this.#focused = true;
    this.#lines = 0;
    this.#mentions = 0;
  }

  /**
   * Counts a message before it is shown.
   *
   * @param mentioned whether it mentions the user
   * @returns whether the separator has to be shown before it
   */
  add(mentioned: boolean): boolean {
    if (this.#focused) return false;
    if (mentioned) this.#mentions++;
    return ++this.#lines === 1;
  }
}
