/**
 * Sends messages again that a hub refuses for now: those of a room in slow mode, and all while the hub takes none, as
 * one of a cluster does that does not reach the others. Such a refusal says when to try again.
 *
 * From the first refusal on, messages are sent one after the other, so that their order stays. So they are after an
 * answer that comes late: the hub may have refused those behind that message, and says so after it.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { Answer } from "./requests.ts";

/** After how many milliseconds an answer is late: a hub that refuses messages has held an earlier one for longer. */
export const LATE_MS = 2000;

/** What is sent again. */
export interface PostponementOptions {
  /** Whether a message is that slow mode refuses, instead of being refused. */
  waitsItsTurn: boolean;
  /** For how many milliseconds messages are while the hub takes none; with 0 its refusal is final. */
  waitsForHubMs: number;
}

/** What is sent again, over all links of a client. */
export class Postponement {
  readonly #options: PostponementOptions;
  readonly #clock: TimedClock;
  /** Why messages are sent one by one; `undefined` as long as nothing is refused or late on this link. */
  #reason: "slow mode" | "unavailable" | "late" | undefined;
  /** Since when the hub takes no messages, by `Clock.elapsed`; `undefined` if it took the last one. */
  #unavailableSince: number | undefined;
  /** Ends the pause until the next message is allowed; `undefined` without one. */
  #cancelPause: (() => void) | undefined;

  /**
   * Starts before any refusal.
   *
   * @param options what is sent again
   * @param clock the clock
   */
  constructor(options: PostponementOptions, clock: TimedClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Whether the next message must wait.
   *
   * @param hasSent whether another message is on its way
   * @returns whether it must
   */
  mustWait(hasSent: boolean): boolean {
    return this.#reason !== undefined && (hasSent || this.#cancelPause !== undefined);
  }

  /**
   * Takes the answer to a message. If the message is to be sent again, a pause begins, which replaces the one before.
   *
   * @param answer the answer
   * @param afterMs how long the message was on its way, in milliseconds
   * @param over called when the next message may be sent
   * @returns whether the message is to be sent again
   */
  takes(answer: Answer, afterMs: number, over: () => void): boolean {
    if (answer.code !== Code.Refused) {
      this.#unavailableSince = undefined;
      const isLate = this.#options.waitsForHubMs > 0 && afterMs >= LATE_MS;
      if (this.#reason !== "slow mode") this.#reason = isLate ? "late" : undefined;
      return false;
    }
    const { error, retry_after_ms: waitMs } = answer;
    if (waitMs === undefined) return false;
    if (error === "too_fast" && this.#options.waitsItsTurn) {
      this.#pause("slow mode", waitMs, over);
      return true;
    }
    if (error !== "unavailable" || this.#options.waitsForHubMs === 0) return false;
    const now = this.#clock.elapsed();
    this.#unavailableSince ??= now;
    const leftMs = this.#unavailableSince + this.#options.waitsForHubMs - now;
    if (leftMs <= 0) return false;
    this.#pause("unavailable", Math.min(waitMs, leftMs), over);
    return true;
  }

  #pause(reason: "slow mode" | "unavailable", ms: number, over: () => void): void {
    if (this.#reason !== "slow mode") this.#reason = reason;
    this.#cancelPause?.();
    this.#cancelPause = this.#clock.after(Math.max(ms, 1), () => {
      this.#cancelPause = undefined;
      over();
    });
  }

  /** Ends the pause, as the link has ended: the next hub may take what this one refused. */
  stop(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#reason = undefined;
  }
}
