/**
 * Waits for the turn of a message in slow mode.
 *
 * From the first refusal on, messages are sent one after the other, so that their order stays.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { Answer } from "./requests.ts";

/** The slow mode of one link. */
export class SlowMode {
  readonly #clock: TimedClock;
  /** Whether it has refused a message. */
  #isOn = false;
  /** Ends the pause until the next message is allowed; `undefined` without one. */
  #cancelPause: (() => void) | undefined;

  /**
   * Starts before any refusal.
   *
   * @param clock the clock
   */
  constructor(clock: TimedClock) {
    this.#clock = clock;
  }

  /**
   * Tells after which time a message may be sent again.
   *
   * @param answer the answer to the message
   * @returns the time in milliseconds; `undefined` if slow mode has not refused it
   */
  static waitOf(answer: Answer): number | undefined {
    return answer.code === Code.Refused && answer.error === "too_fast" ? answer.retry_after_ms : undefined;
  }

  /**
   * Whether the next message must wait.
   *
   * @param hasSent whether another message is on its way
   * @returns whether it must
   */
  mustWait(hasSent: boolean): boolean {
    return this.#isOn && (hasSent || this.#cancelPause !== undefined);
  }

  /**
   * Pauses after a refusal. It replaces the pause before.
   *
   * @param ms for how many milliseconds
   * @param over called when the next message may be sent
   */
  pause(ms: number, over: () => void): void {
    this.#isOn = true;
    this.#cancelPause?.();
    this.#cancelPause = this.#clock.after(Math.max(ms, 1), () => {
      this.#cancelPause = undefined;
      over();
    });
  }

  /** Stops the timer. */
  stop(): void {
    this.#cancelPause?.();
  }
}
