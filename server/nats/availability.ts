/**
 * Whether NATS is available. It is away when an answer that it owes is awaited for two seconds, whatever the
 * connection says: a stream without a leader stays connected and stores nothing.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";

/** How long an answer may be awaited before NATS counts as away, in milliseconds. */
export const AWAY_MS = 2000;

/** Watches the answers that NATS owes. */
export class Availability {
  readonly #clock: TimedClock;
  readonly #changed: (isAway: boolean) => void;
  /** What is awaited, since when; the oldest first. */
  readonly #awaited = new Map<unknown, number>();
  #isAway = false;
  #cancel: (() => void) | undefined;

  /**
   * Creates a watch; NATS is available.
   *
   * @param clock the clock
   * @param changed called when NATS is away, or available again
   */
  constructor(clock: TimedClock, changed: (isAway: boolean) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Whether NATS is away. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** How long the oldest answer is awaited, in milliseconds; 0 if none is. */
  get awaitedMs(): number {
    const [oldest] = this.#awaited.values();
    return oldest === undefined ? 0 : this.#clock.elapsed() - oldest;
  }

  /**
   * Begins to await something: a message of this hub to come back, a connection, a heartbeat.
   *
   * @param what an identity of it; no effect if it is awaited already
   */
  expect(what: unknown): void {
    if (this.#awaited.has(what)) return;
    this.#awaited.set(what, this.#clock.elapsed());
    this.#check();
  }

  /**
   * Ends awaiting something.
   *
   * @param what its identity; no effect if it is not awaited
   */
  met(what: unknown): void {
    if (this.#awaited.delete(what) && (this.#isAway || this.#awaited.size === 0)) this.#check();
  }

  /** Ends the watch. */
  close(): void {
    this.#awaited.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #check(): void {
    const leftMs = AWAY_MS - this.awaitedMs;
    const isAway = this.#awaited.size > 0 && leftMs <= 0;
    // A timer that nothing needs any more ends by itself: to end it and start one for each message takes longer.
    if (!isAway && this.#awaited.size > 0) {
      this.#cancel ??= this.#clock.after(leftMs, () => {
        this.#cancel = undefined;
        this.#check();
      });
    }
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#changed(isAway);
  }
}
