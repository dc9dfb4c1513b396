/**
 * Sessions that are not announced yet. A session is announced with its first request, so that a client that names
 * itself at once appears under that name; a silent one is announced after a delay. One that has disconnected, or that
 * has sent bytes that are no frame, is closed by then and never announced.
 *
 * A crowd of silent sessions waits a shorter time: an announcement goes to everybody who is there by then, so
 * announcing N of them late takes N * N frames, at a time when they have begun to chat.
 *
 * PURE: the timer is passed in.
 *
 * @module
 */
import { ANNOUNCE_CROWD_MS, NEWCOMERS_CROWD } from "../limits.ts";
import type { Session } from "./session.ts";

/** The sessions that may have to be announced by time, oldest first. */
export class Newcomers {
  readonly #delayMs: number;
  readonly #wakeAfter: (ms: number) => void;
  /** Some of them may have been announced or closed since. */
  readonly #waiting: Session[] = [];
  /** When the next call of `takeDue` is asked for, by `Clock.elapsed`; infinite for none. */
  #wakeAt = Infinity;

  /**
   * Creates an empty queue.
   *
   * @param delayMs after how long a silent session is announced, in milliseconds
   * @param wakeAfter asks for one call of {@linkcode Newcomers.takeDue} after that many milliseconds
   */
  constructor(delayMs: number, wakeAfter: (ms: number) => void) {
    this.#delayMs = delayMs;
    this.#wakeAfter = wakeAfter;
  }

  /**
   * Adds a session.
   *
   * @param session a new session; it has connected now
   */
  add(session: Session): void {
    const isCrowd = this.#waiting.push(session) > NEWCOMERS_CROWD;
    this.#wake(session.connectedAt, isCrowd ? ANNOUNCE_CROWD_MS : this.#delayMs);
  }

  /**
   * Removes the sessions whose delay is over, and asks for the next call if some are left.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns the removed sessions that are still open, oldest first; some of them may be announced already
   */
  takeDue(now: number): Session[] {
    this.#wakeAt = Infinity;
    const isSilent = ({ announced, closed }: Session) => !announced && !closed;
    const isCrowd = this.#waiting.filter(isSilent).length > NEWCOMERS_CROWD;
    const delayMs = isCrowd ? Math.min(ANNOUNCE_CROWD_MS, this.#delayMs) : this.#delayMs;
    let due = 0;
    for (const session of this.#waiting) {
      const waitMs = session.connectedAt + delayMs - now;
      if (waitMs > 0 && isSilent(session)) {
        this.#wake(now, waitMs);
        break;
      }
      due++;
    }
    return this.#waiting.splice(0, due).filter(({ closed }) => !closed);
  }

  #wake(now: number, ms: number): void {
    if (now + ms >= this.#wakeAt) return;
    this.#wakeAt = now + ms;
    this.#wakeAfter(ms);
  }
}
