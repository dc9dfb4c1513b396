/**
 * Sessions that are not announced yet. A session is announced with its first request, so that a client that names
 * itself at once appears under that name; a silent one is announced after a delay. One that has disconnected, or that
 * has sent bytes that are no frame, is closed by then and never announced.
 *
 * PURE: the timer is passed in.
 *
 * @module
 */
import type { Session } from "./session.ts";

/** The sessions that may have to be announced by time, oldest first. */
export class Newcomers {
  readonly #delayMs: number;
  readonly #wakeAfter: (ms: number) => void;
  /** Some of them may have been announced or closed since. */
  readonly #waiting: Session[] = [];

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
   * @param session a new session
   */
  add(session: Session): void {
    if (this.#waiting.push(session) === 1) this.#wakeAfter(this.#delayMs);
  }

  /**
   * Removes the sessions whose delay is over, and asks for the next call if some are left.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns the removed sessions that are still open, oldest first; some of them may be announced already
   */
  takeDue(now: number): Session[] {
    let due = 0;
    for (const session of this.#waiting) {
      const waitMs = session.connectedAt + this.#delayMs - now;
      if (waitMs > 0 && !session.announced && !session.closed) {
        this.#wakeAfter(waitMs);
        break;
      }
      due++;
    }
    return this.#waiting.splice(0, due).filter(({ closed }) => !closed);
  }
}
