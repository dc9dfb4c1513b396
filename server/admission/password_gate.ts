/**
 * Admits clients that give the right password, and limits how often an address may guess.
 *
 * PURE: the comparison of passwords is passed in. Guesses are counted by address like connections, with the first 64
 * bits of IPv6. This machine is no exception, since a proxy may run on it. The first few wrong passwords are free, for
 * mistypings; then the wait until the next guess doubles each time. During the wait nothing is compared, so that not
 * even the right password is accepted. The memory is limited: beyond `MAX_GUESSERS` the address that guessed longest
 * ago is forgotten.
 *
 * @module
 */
import { networkKey } from "./addresses.ts";
import { FREE_GUESSES, GUESS_RESET_MS, GUESS_WAIT_MS, MAX_GUESS_WAIT_MS, MAX_GUESSERS } from "../limits.ts";

/** Whether the client is admitted; if not, when it may try again, in milliseconds. */
export type AdmitResult = { admitted: true } | { admitted: false; retryAfterMs: number };

/** The guesses of one address. */
interface GuessRecord {
  wrong: number;
  /** When the last one was, and until when nothing is compared, by `Clock.elapsed`. */
  at: number;
  until: number;
}

/** The password gate of one hub. */
export class PasswordGate {
  /** Checks a password. It may be replaced at any time; clients that are admitted stay. */
  matches: (given: string) => boolean;
  readonly #records = new Map<string, GuessRecord>();

  /**
   * Creates a gate without guesses.
   *
   * @param matches checks a password in constant time
   */
  constructor(matches: (given: string) => boolean) {
    this.matches = matches;
  }

  /** The number of addresses in memory. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Checks the password of a client.
   *
   * @param address the address of the client, as the operating system reports it
   * @param given the password that it gave
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns whether the client is admitted
   */
  admit(address: string, given: string, now: number): AdmitResult {
    const key = networkKey(address);
    let record = this.#records.get(key);
    if (record !== undefined && now - record.at >= GUESS_RESET_MS) record = undefined;
    if (record !== undefined && now < record.until) {
      return { admitted: false, retryAfterMs: Math.ceil(record.until - now) };
    }
    if (this.matches(given)) {
      this.#records.delete(key);
      return { admitted: true };
    }
    const wrong = (record?.wrong ?? 0) + 1;
    const waitMs = wrong <= FREE_GUESSES
      ? 0
      : Math.min(MAX_GUESS_WAIT_MS, GUESS_WAIT_MS * 2 ** Math.min(wrong - FREE_GUESSES - 1, 20));
    // Moved to the end, so that the first entry is the address that guessed longest ago.
    this.#records.delete(key);
    this.#records.set(key, { wrong, at: now, until: now + waitMs });
    if (this.#records.size > MAX_GUESSERS) this.#records.delete(this.#records.keys().next().value!);
    return { admitted: false, retryAfterMs: waitMs };
  }
}
