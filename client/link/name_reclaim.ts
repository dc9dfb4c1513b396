/**
 * Gets back a name that is taken. On a hub that does not know the session of a client it is usually taken by this
 * client itself, on a dead connection that the hub has not detected yet. The name is requested repeatedly, with
 * back-off, and given up in the end.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import { BackOff } from "./back_off.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { Answer } from "./requests.ts";
import { NAME_TAKEN } from "./handshake.ts";
import type { LostName } from "./own_name.ts";

/**
 * How often a name is requested: about half an hour in all. TCP detects a dead peer after a quarter of an hour (RFC
 * 9293, section 3.8.3; `tcp_retries2` of Linux), and so does the hub.
 */
export const MAX_RECLAIMS = 60;

/** The progress of a reclaim. */
export interface NameReclaimProgress {
  /** The wanted name. */
  readonly name: string;
  /** Why the hub refused it, in the hub's words. */
  readonly why: string;
  /** How often it was requested on this link. */
  readonly tries: number;
  /** When it is requested again, by `Clock.elapsed`; `undefined` during a request and after giving up. */
  readonly until?: number;
  /** Whether the name is given up. */
  readonly gaveUp: boolean;
}

/** What a reclaim needs. */
export interface NameReclaimOptions {
  /** The wanted name, and why it was refused. */
  lostName: LostName;
  /** The clock. */
  clock: TimedClock;
  /** Gives random numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Requests the name; resolves with the answer, or with `undefined` if the link has ended. */
  ask: (name: string) => Promise<Answer | undefined>;
  /** Called when the progress changes. */
  changed: () => void;
  /** Called once when the client has the name. */
  reclaimed: () => void;
}

/** The reclaim of one name on one link. */
export class NameReclaim {
  readonly #options: NameReclaimOptions;
  readonly #backOff: BackOff;
  #progress: NameReclaimProgress;
  #cancel: () => void = () => {};

  /**
   * Starts with a refused name. If it is taken, requests it after a while.
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

  /** The current progress. */
  get progress(): NameReclaimProgress {
    return this.#progress;
  }

  /** Sends no requests until {@linkcode NameReclaim.resume}. A pending request is still answered. */
  pause(): void {
    this.#cancel();
  }

  /** Requests the name again after a while. Does nothing if the name is given up. */
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
    this.#set({ until: clock.elapsed() + waitMs });
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

  /** Changes some fields. The others stay, except `until`, which is removed. */
  #set(change: Partial<NameReclaimProgress>): void {
    const { name, why, tries, gaveUp } = this.#progress;
    this.#progress = { name, why, tries, gaveUp, ...change };
  }
}
