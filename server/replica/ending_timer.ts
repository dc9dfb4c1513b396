/**
 * A timer whose functions run no more once it has ended.
 *
 * @module
 */
import type { Timer } from "../../runtime/mod.ts";

/** Runs functions later, until it ends. */
export class EndingTimer implements Timer {
  readonly #timer: Timer;
  readonly #cancels = new Set<() => void>();
  #hasEnded = false;

  /**
   * Uses another timer.
   *
   * @param timer the other one
   */
  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Runs a function later.
   *
   * @param ms after how many milliseconds
   * @param run the function
   * @returns cancels that
   */
  after(ms: number, run: () => void): () => void {
    if (this.#hasEnded) return () => {};
    const cancel = this.#timer.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  /**
   * Runs a function from time to time.
   *
   * @param ms the time between two runs, in milliseconds
   * @param run the function; if what it returns rejects, the next run tries it again
   */
  every(ms: number, run: () => Promise<unknown> | void): void {
    this.after(ms, () => {
      this.every(ms, run);
      run()?.catch(() => {});
    });
  }

  /**
   * Waits.
   *
   * @param ms how long, in milliseconds
   * @returns resolves then; never if the timer ends
   */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Ends: what was to run later does not run. */
  end(): void {
    this.#hasEnded = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
