/**
 * When what a history does besides is done: in small steps between the turns of the event loop, more of them while
 * nobody is talking.
 *
 * Rules: nothing happens without need, so that an idle hub sleeps; a step that fails is told once, and tried again
 * later.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import type { History } from "./history.ts";

/** How long nobody must have talked before more than a little is done, in milliseconds. */
const QUIET_MS = 250;
/** The time between two steps while people talk, and between two while nobody does, in milliseconds. */
const BUSY_PAUSE_MS = 250;
const QUIET_PAUSE_MS = 5;
/** How long such steps are, in milliseconds: 1.6 % of the time, and as much as nobody notices. */
const STEP_MS = 4;
/** How often it is looked for what is kept for too long, in milliseconds. */
const PRUNE_MS = 60_000;
/** The time between two steps of throwing away, in milliseconds. */
const PRUNE_PAUSE_MS = 20;
/** How long after a step has failed it is tried again, in milliseconds. */
const RETRY_MS = 60_000;

/** What upkeep needs from the house around it. */
export interface UpkeepDependencies {
  /** Lets steps happen later. */
  timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  wall(): number;
  /** A clock that only goes forward, in milliseconds. */
  elapsed(): number;
  /** Nothing is left of what was said in these places. */
  emptied(keys: readonly string[]): void;
  /** A step has failed. */
  failed(error: unknown): void;
}

/** Looks after a history until it is stopped. */
export class Upkeep {
  readonly #history: History;
  readonly #dependencies: UpkeepDependencies;
  #keptAt = 0;
  #cancelWork: (() => void) | undefined;
  #cancelPrune: (() => void) | undefined;
  #stopped = false;

  /**
   * Begins: soon it is looked for what is kept for too long.
   *
   * @param history what to look after
   * @param ports what it needs from the house around it
   */
  constructor(history: History, dependencies: UpkeepDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
    this.#pruneAfter(QUIET_MS);
    this.kept();
  }

  /** Takes note that lines were kept. */
  kept(): void {
    this.#keptAt = this.#dependencies.elapsed();
    if (this.#cancelWork === undefined) this.#workAfter(BUSY_PAUSE_MS);
  }

  /** Does nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelWork?.();
    this.#cancelPrune?.();
  }

  #workAfter(ms: number): void {
    if (!this.#stopped) this.#cancelWork = this.#dependencies.timers.after(ms, () => this.#work());
  }

  #pruneAfter(ms: number): void {
    if (!this.#stopped) this.#cancelPrune = this.#dependencies.timers.after(ms, () => this.#prune());
  }

  #work(): void {
    this.#cancelWork = undefined;
    try {
      const quiet = this.#dependencies.elapsed() - this.#keptAt >= QUIET_MS;
      const more = this.#history.work(STEP_MS);
      if (!more && quiet) return this.#history.checkpoint();
      this.#workAfter(more && quiet ? QUIET_PAUSE_MS : BUSY_PAUSE_MS);
    } catch (error) {
      this.#dependencies.failed(error);
      this.#workAfter(RETRY_MS);
    }
  }

  #prune(): void {
    try {
      const { more, emptied } = this.#history.prune(this.#dependencies.wall());
      if (emptied.length > 0) this.#dependencies.emptied(emptied);
      this.#pruneAfter(more ? PRUNE_PAUSE_MS : PRUNE_MS);
    } catch (error) {
      this.#dependencies.failed(error);
      this.#pruneAfter(RETRY_MS);
    }
  }
}
