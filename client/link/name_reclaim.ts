/**
 * Takes back a name that somebody else has for now: most often oneself, over a connection that the hub does not yet
 * know to be dead. It is asked for again and again, with back-off, and given up in the end.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import { BackOff } from "./back_off.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { Answer } from "./requests.ts";
import { type LostName, NAME_TAKEN } from "./own_name.ts";

/**
 * How often a name is asked for: about half an hour in all. A TCP that sends into nothing notices after a quarter of an
 * hour (RFC 9293, section 3.8.3; `tcp_retries2` of Linux), and so does the hub.
 */
export const MAX_RECLAIMS = 60;

/** How a claim stands. */
export interface NameReclaimProgress {
  /** The name that is to be had back. */
  readonly name: string;
  /** Why it cannot be had now, in the hub's words. */
  readonly why: string;
  /** How often it was asked for since this link is open. */
  readonly tries: number;
  /** When it is asked for again, by `Clock.elapsed`; `undefined` while it is, or when it was given up. */
  readonly untilMs?: number;
  /** Whether it was given up. */
  readonly gaveUp: boolean;
}

/** What a claim needs. */
export interface NameReclaimOptions {
  /** The name that is to be had back. */
  lostName: LostName;
  /** The clock. */
  clock: TimedClock;
  /** Gives numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Asks the hub for the name; resolves with its answer, or with `undefined` where the link ended. */
  ask: (name: string) => Promise<Answer | undefined>;
  /** Called whenever the progress is another one. */
  changed: () => void;
  /** Called once when the name is had. */
  reclaimed: () => void;
}

/** The claim to one name on one link. */
export class NameReclaim {
  readonly #options: NameReclaimOptions;
  readonly #backOff: BackOff;
  #progress: NameReclaimProgress;
  #cancel: () => void = () => {};

  /**
   * Begins with a name that cannot be had now, and asks for it after a while where it may be had later.
   *
   * @param options see {@linkcode NameReclaimOptions}
   */
  constructor(options: NameReclaimOptions) {
    const { name, why, taken } = options.lostName;
    this.#options = options;
    this.#backOff = new BackOff(options.random);
    this.#progress = { name, why, tries: 0, gaveUp: !taken };
    if (taken) this.#wait();
  }

  /** How it stands. */
  get progress(): NameReclaimProgress {
    return this.#progress;
  }

  /** Does not ask again until {@linkcode NameReclaim.resume}. What was asked is still answered. */
  pause(): void {
    this.#cancel();
  }

  /** Asks again after a while. Does nothing where the name was given up. */
  resume(): void {
    if (this.#progress.gaveUp) return;
    this.#wait();
    this.#options.changed();
  }

  #wait(): void {
    const { clock } = this.#options;
    const waitMs = this.#backOff.next();
    this.#cancel();
    this.#cancel = clock.after(waitMs, () => void this.#try());
    this.#set({ untilMs: clock.elapsed() + waitMs });
  }

  async #try(): Promise<void> {
    const { ask, changed, reclaimed } = this.#options;
    this.#set({ tries: this.#progress.tries + 1 });
    changed();
    const answer = await ask(this.#progress.name);
    if (answer === undefined) return;
    if (answer.code !== Code.Refused) return reclaimed();
    const why = answer.message;
    if (answer.error !== NAME_TAKEN || this.#progress.tries >= MAX_RECLAIMS) this.#set({ why, gaveUp: true });
    else {
      this.#set({ why });
      this.#wait();
    }
    changed();
  }

  /** What is not changed stays, but for the time of the next try. */
  #set(change: Partial<NameReclaimProgress>): void {
    const { name, why, tries, gaveUp } = this.#progress;
    this.#progress = { name, why, tries, gaveUp, ...change };
  }
}
