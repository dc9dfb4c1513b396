/**
 * The gate of a hub with a password: who may come in, and how often one may guess.
 *
 * PURE: how a password is compared is handed in. Guesses are counted by address, as connections are, with the first 64
 * bits of IPv6; this machine is no exception, since a proxy may be there. A few are free, for mistypings; then the time
 * until the next doubles with each. Within that time nothing is compared, so that not even the right one comes in. What is
 * remembered is bounded: where there are too many addresses, the one that guessed longest ago is forgotten.
 *
 * @module
 */
import { networkKey } from "./addresses.ts";
import { FREE_GUESSES, GUESS_RESET_MS, GUESS_WAIT_MS, MAX_GUESS_WAIT_MS, MAX_GUESSERS } from "../limits.ts";

/** What came of a try: let in, or not, and when it is worth trying again, in milliseconds. */
export type AdmitResult = { admitted: true } | { admitted: false; retryAfterMs: number };

/** What is remembered of one address. */
interface GuessRecord {
  wrong: number;
  /** When the last one was, and until when nothing is compared, by `Clock.elapsed`. */
  at: number;
  until: number;
}

/** The gate of one hub. */
export class PasswordGate {
  /** Says whether a password is the right one; another may be set at any time, and those who are in stay. */
  matches: (given: string) => boolean;
  readonly #guessers = new Map<string, GuessRecord>();

  /**
   * Makes a gate at which nobody has tried.
   *
   * @param matches says whether a password is the right one, in constant time
   */
  constructor(matches: (given: string) => boolean) {
    this.matches = matches;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#guessers.size;
  }

  /**
   * Lets somebody try.
   *
   * @param address where it comes from, as the system says it
   * @param given the password that was given
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns whether it may come in
   */
  admit(address: string, given: string, now: number): AdmitResult {
    const owner = networkKey(address);
    let guesser = this.#guessers.get(owner);
    if (guesser !== undefined && now - guesser.at >= GUESS_RESET_MS) guesser = undefined;
    if (guesser !== undefined && now < guesser.until) {
      return { admitted: false, retryAfterMs: Math.ceil(guesser.until - now) };
    }
    if (this.matches(given)) {
      this.#guessers.delete(owner);
      return { admitted: true };
    }
    const wrong = (guesser?.wrong ?? 0) + 1;
    const waitMs = wrong < FREE_GUESSES
      ? 0
      : Math.min(MAX_GUESS_WAIT_MS, GUESS_WAIT_MS * 2 ** Math.min(wrong - FREE_GUESSES, 20));
    // Put at the end, so that the first is the one that guessed longest ago.
    this.#guessers.delete(owner);
    this.#guessers.set(owner, { wrong, at: now, until: now + waitMs });
    if (this.#guessers.size > MAX_GUESSERS) this.#guessers.delete(this.#guessers.keys().next().value!);
    return { admitted: false, retryAfterMs: waitMs };
  }
}
