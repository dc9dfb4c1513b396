/**
 * Admits clients that give the right password, and limits how fast others guess it: by address, by network, and all
 * together. The same limits hold for other secrets, such as invites.
 *
 * Rules:
 * - The first few wrong passwords of an address are free, for mistypings; then the wait until the next guess doubles
 *   each time. This machine is no exception, since a proxy may run on it.
 * - The networks of an address have a rate of wrong passwords each, and so have all addresses together.
 * - During a wait nothing is compared, so that not even the right password is accepted.
 * - An address from which the right password came is known for some time. It does not wait for the guesses of others:
 *   known addresses wait for their own, and together they have a rate like the one of all others.
 * - In a cluster the guesses at all hubs count together: hubs tell each other of them.
 *
 * PURE: the comparison of passwords is passed in. The memory is limited: beyond `MAX_GUESSERS` and
 * `MAX_KNOWN_ADDRESSES` what was used longest ago is forgotten.
 *
 * @module
 */
import { type CountedNetwork, networksOf } from "./addresses.ts";
import { RateLimiter } from "./rate_limiter.ts";
import {
  FREE_GUESSES,
  GUESS_BUDGET,
  GUESS_RESET_MS,
  GUESS_WAIT_MS,
  KNOWN_ADDRESS_MS,
  MAX_GUESS_WAIT_MS,
  MAX_GUESSERS,
  MAX_KNOWN_ADDRESSES,
  NETWORK_GUESSES,
  TELL_KNOWN_MS,
} from "../limits.ts";

/** Whether the client is admitted. */
export type AdmitResult = { admitted: true } | {
  admitted: false;
  /** Whether its password was compared; if not, it may be the right one. */
  compared: boolean;
  /** When the next password is compared, in milliseconds from now. */
  retryAfterMs: number;
};

/** A guess that counts at all hubs of a cluster. */
export interface Guess {
  /** The address of the client, as the operating system reports it. */
  address: string;
  /** Whether it was right. */
  isRight: boolean;
}

/** What a guess counts for. */
interface Counted {
  /** The address or its network, as which it is remembered. */
  key: string;
  /** The rates, those of its networks included. */
  rates: RateLimiter[];
  /** The rates of its networks. */
  shared: { text: string; rate: RateLimiter }[];
}

/** The guesses of one address. */
interface GuessRecord {
  wrong: number;
  /** When the last one was, and until when nothing is compared, by `Clock.elapsed`. */
  at: number;
  until: number;
}

/** Limits how fast a secret is guessed. */
export class GuessGate {
  readonly #guessers = new Map<string, GuessRecord>();
  readonly #networks = new Map<string, RateLimiter>();
  /** The known addresses, and when the right password came from them last. */
  readonly #known = new Map<string, number>();
  readonly #budget = new RateLimiter(GUESS_BUDGET, 0);
  readonly #budgetOfKnown = new RateLimiter(GUESS_BUDGET, 0);
  /** Called with each guess that the other hubs of a cluster do not know of and that counts there, too. */
  told: ((guess: Guess) => void) | undefined;

  /** The number of addresses and networks in memory, of the kind with the most. */
  get size(): number {
    return Math.max(this.#guessers.size, this.#networks.size, this.#known.size);
  }

  /**
   * Checks what a client gave, unless it has to wait.
   *
   * @param address the address of the client, as the operating system reports it
   * @param isRight compares what it gave
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns whether the client is admitted
   */
  check(address: string, isRight: () => boolean, now: number): AdmitResult {
    const counted = this.#countedFor(address, now);
    const { key, rates } = counted;
    const waitMs = this.#waitMs(key, rates, now);
    if (waitMs > 0) return { admitted: false, compared: false, retryAfterMs: waitMs };
    if (isRight()) {
      if (this.#countRight(key, now)) this.told?.({ address, isRight: true });
      return { admitted: true };
    }
    this.#countWrong(counted, now);
    this.told?.({ address, isRight: false });
    return { admitted: false, compared: true, retryAfterMs: this.#waitMs(key, rates, now) };
  }

  /**
   * Counts a guess at another hub of a cluster.
   *
   * @param guess what that hub tells of it
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  hear({ address, isRight }: Guess, now: number): void {
    const counted = this.#countedFor(address, now);
    if (isRight) this.#countRight(counted.key, now);
    else this.#countWrong(counted, now);
  }

  #countedFor(address: string, now: number): Counted {
    const [{ text: key }, ...networks] = networksOf(address);
    const isKnown = now - (this.#known.get(key) ?? -Infinity) < KNOWN_ADDRESS_MS;
    const shared = isKnown ? [] : this.#sharedRates(networks, now);
    const rates = [isKnown ? this.#budgetOfKnown : this.#budget, ...shared.map(({ rate }) => rate)];
    return { key, rates, shared };
  }

  /** Returns the rates of wrong passwords of some networks. */
  #sharedRates(networks: readonly CountedNetwork[], now: number): { text: string; rate: RateLimiter }[] {
    return networks.flatMap(({ text, bits }) => {
      const guesses = NETWORK_GUESSES.get(bits);
      if (guesses === undefined) return [];
      return [{ text, rate: this.#networks.get(text) ?? new RateLimiter(guesses, now) }];
    });
  }

  #waitMs(key: string, rates: readonly RateLimiter[], now: number): number {
    const until = this.#guessers.get(key)?.until ?? now;
    return Math.max(0, Math.ceil(until - now), ...rates.map((rate) => rate.wait(now)));
  }

  /** Records that an address is known; returns whether that is news for other hubs. */
  #countRight(key: string, now: number): boolean {
    const known = this.#known.get(key) ?? -Infinity;
    const isOld = now - known >= TELL_KNOWN_MS;
    setLatest(this.#known, { key, value: isOld ? now : known, max: MAX_KNOWN_ADDRESSES });
    return this.#guessers.delete(key) || isOld;
  }

  #countWrong({ key, rates, shared }: Counted, now: number): void {
    for (const rate of rates) rate.charge(1, now);
    for (const { text, rate } of shared) {
      setLatest(this.#networks, { key: text, value: rate, max: MAX_GUESSERS });
    }
    const record = this.#guessers.get(key);
    const wrong = record === undefined || now - record.at >= GUESS_RESET_MS ? 1 : record.wrong + 1;
    const waitMs = wrong <= FREE_GUESSES
      ? 0
      : Math.min(MAX_GUESS_WAIT_MS, GUESS_WAIT_MS * 2 ** Math.min(wrong - FREE_GUESSES - 1, 20));
    const value = { wrong, at: now, until: now + waitMs };
    setLatest(this.#guessers, { key, value, max: MAX_GUESSERS });
  }
}

/** The password gate of one hub. */
export class PasswordGate extends GuessGate {
  /** Checks a password. It may be replaced at any time; clients that are admitted stay. */
  matches: (given: string) => boolean;

  /**
   * Creates a gate without guesses.
   *
   * @param matches checks a password in constant time
   */
  constructor(matches: (given: string) => boolean) {
    super();
    this.matches = matches;
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
    return this.check(address, () => this.matches(given), now);
  }
}

/** Sets an entry as the latest one, and removes the one that was set longest ago if there are more than `max`. */
function setLatest<T>(
  map: Map<string, T>,
  { key, value, max }: { key: string; value: T; max: number },
): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value!);
}
