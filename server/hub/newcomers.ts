/**
 * Sessions that are not announced yet. A session is announced with its first request, so that a client that names
 * itself at once appears under that name; a silent one is announced after `ANNOUNCE_DELAY_MS`.
 *
 * PURE: the timer is passed in.
 *
 * @module
 */
import { ANNOUNCE_DELAY_MS } from "../../protocol/mod.ts";
import type { Session } from "./session.ts";

/** The sessions that may have to be announced by time, oldest first. */
export class Newcomers {
  readonly #wakeAfter: (ms: number) => void;
  /** Some of them may have been announced or closed since. */
  readonly #waiting: Session[] = [];

  /**
   * Creates an empty queue.
   *
   * @param wakeAfter asks for one call of {@linkcode Newcomers.takeDue} after that many milliseconds
   */
  constructor(wakeAfter: (ms: number) => void) {
    this.#wakeAfter = wakeAfter;
  }

  /**
   * Adds a session.
   *
   * @param session a new session
   */
  add(session: Session): void {
    if (this.#waiting.push(session) === 1) this.#wakeAfter(ANNOUNCE_DELAY_MS);
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
      const waitMs = session.connectedAt + ANNOUNCE_DELAY_MS - now;
      if (waitMs > 0 && !session.announced && !session.closed) {
        this.#wakeAfter(waitMs);
        break;
      }
      due++;
    }
    return this.#waiting.splice(0, due).filter(({ closed }) => !closed);
  }
}
