/**
 * Schedules the background work of a history: draining, indexing, checkpoints and pruning. Works in small steps
 * between turns of the event loop, with more steps while no messages arrive.
 *
 * Rules: no timer runs while there is nothing to do, except the one for pruning, so an idle hub sleeps; an
 * error is reported once for each failed step, and the step is tried again later.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import type { History } from "./history.ts";

/** How long no message must arrive before steps follow each other quickly, in milliseconds. */
const QUIET_MS = 250;
/** The pause between two steps while messages arrive, and while none do, in milliseconds. */
const BUSY_PAUSE_MS = 250;
const QUIET_PAUSE_MS = 5;
/** Time limit of one step, in milliseconds: 1.6 % of the time, and less than a user can notice. */
const STEP_MS = 4;
/** How often messages beyond the retention are looked for, in milliseconds. */
const PRUNE_MS = 60_000;
/** The pause between two steps of pruning, in milliseconds. */
const PRUNE_PAUSE_MS = 20;
/** The pause after a step that failed, in milliseconds. */
const RETRY_MS = 60_000;

/** Dependencies of {@linkcode Maintenance}. */
export interface MaintenanceDependencies {
  /** Schedules the steps. */
  timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  wall(): number;
  /** A monotonic clock, in milliseconds. */
  elapsed(): number;
  /** Called when these conversations have no messages left. */
  emptied(keys: readonly string[]): void;
  /** Called when a step has failed. */
  failed(error: unknown): void;
}

/** Maintains a history until it is stopped. */
export class Maintenance {
  readonly #history: History;
  readonly #dependencies: MaintenanceDependencies;
  #activeAt = 0;
  #cancelWork: (() => void) | undefined;
  #cancelPrune: (() => void) | undefined;
  #stopped = false;

  /**
   * Starts the background work; pruning starts soon.
   *
   * @param history the history to maintain
   * @param dependencies see {@linkcode MaintenanceDependencies}
   */
  constructor(history: History, dependencies: MaintenanceDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
    this.#pruneAfter(QUIET_MS);
    this.noteActivity();
  }

  /** Notes that messages were appended. */
  noteActivity(): void {
    this.#activeAt = this.#dependencies.elapsed();
    if (this.#cancelWork === undefined) this.#workAfter(BUSY_PAUSE_MS);
  }

  /** Stops the background work. */
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
      const quiet = this.#dependencies.elapsed() - this.#activeAt >= QUIET_MS;
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
