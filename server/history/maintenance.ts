/**
 * Schedules the background work of a history: draining, indexing, checkpoints, purges and pruning. Works in small steps
 * between turns of the event loop, with more steps while no messages arrive.
 *
 * The age of messages is measured with the time of day, which can be wrong. A jump ahead by more than the hub has run
 * since the last look deletes nothing before it has lasted for {@linkcode JUMP_MS}.
 *
 * Rules: no timer runs while there is nothing to do, except the one for pruning, so an idle hub sleeps; an
 * error is reported once for each failed step, and the step is tried again later.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import type { History } from "./history.ts";
import { JUMP_MS } from "./store.ts";

/** How long no message must arrive before steps follow each other quickly, in milliseconds. */
const QUIET_MS = 250;
/** The pause between two steps while messages arrive, and while none do, in milliseconds. */
const BUSY_PAUSE_MS = 250;
const QUIET_PAUSE_MS = 5;
/** Time limit of one step, in milliseconds: 1.6 % of the time, and less than a user can notice. */
const STEP_MS = 4;
/** How much more than the hub has run the clock may advance, in milliseconds: it may be set by a second. */
const TOLERANCE_MS = 60_000;
/** How far the clock may be ahead of the newest message at the start before that is reported, in milliseconds. */
const QUIET_HUB_MS = 24 * 3_600_000;
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
  /** Called at the end of a round that has deleted messages: how many by their age, and how many by their size. */
  pruned(expired: number, oversize: number): void;
  /**
   * Called when the clock has jumped ahead, so that nothing is deleted by age for a while.
   *
   * @param ms by how many milliseconds
   * @param atStart whether it is ahead of the newest message at the start; the hub may just have been down for long
   */
  jumped(ms: number, atStart: boolean): void;
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
  #cancelPurge: (() => void) | undefined;
  #stopped = false;
  readonly #clock: PruneClock;
  #expired = 0;
  #oversize = 0;

  /**
   * Starts the background work; pruning starts soon.
   *
   * @param history the history to maintain
   * @param dependencies see {@linkcode MaintenanceDependencies}
   */
  constructor(history: History, dependencies: MaintenanceDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
    this.#clock = new PruneClock(history, dependencies);
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
    this.#cancelPurge?.();
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
      const quiet = this.#isQuiet;
      const more = this.#history.work(STEP_MS);
      if (this.#cancelPurge === undefined) this.#purge();
      if (!more && quiet) return this.#history.checkpoint();
      this.#workAfter(more && quiet ? QUIET_PAUSE_MS : BUSY_PAUSE_MS);
    } catch (error) {
      this.#dependencies.failed(error);
      this.#workAfter(RETRY_MS);
    }
  }

  get #isQuiet(): boolean {
    return this.#dependencies.elapsed() - this.#activeAt >= QUIET_MS;
  }

  /** Does a part of a purge, if there is anything to purge, and schedules the next one. */
  #purge(): void {
    this.#cancelPurge = undefined;
    let after = RETRY_MS;
    try {
      after = this.#history.purge(STEP_MS, this.#isQuiet);
    } catch (error) {
      this.#dependencies.failed(error);
    }
    if (this.#stopped || after === Infinity) return;
    this.#cancelPurge = this.#dependencies.timers.after(after, () => {
      this.#purge();
      // Some messages may have to be indexed again.
      if (this.#cancelWork === undefined) this.#workAfter(QUIET_PAUSE_MS);
    });
  }

  #prune(): void {
    try {
      const { more, emptied, expired, oversize } = this.#history.prune(this.#clock.now());
      if (emptied.length > 0) this.#dependencies.emptied(emptied);
      this.#expired += expired;
      this.#oversize += oversize;
      this.#pruneAfter(more ? PRUNE_PAUSE_MS : PRUNE_MS);
      if (!more && this.#expired + this.#oversize > 0) {
        this.#dependencies.pruned(this.#expired, this.#oversize);
        this.#expired = this.#oversize = 0;
      }
    } catch (error) {
      this.#dependencies.failed(error);
      this.#pruneAfter(RETRY_MS);
    }
  }
}

/** The time by which messages are deleted: the time of day, except for a while after it has jumped ahead. */
class PruneClock {
  readonly #history: History;
  readonly #dependencies: MaintenanceDependencies;
  /** The time that the last look has returned; `undefined` before the first. */
  #trusted: number | undefined;
  #lookedAt = 0;
  /** When the clock was first seen ahead. */
  #aheadSince: number | undefined;

  constructor(history: History, dependencies: MaintenanceDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
  }

  /** Returns the time in milliseconds since 1970. */
  now(): number {
    const { wall, elapsed, jumped } = this.#dependencies;
    const [time, at] = [wall(), elapsed()];
    const isFirst = this.#trusted === undefined;
    // The hub may have been down for long: that looks like a clock that is ahead, and costs an hour.
    const expected = (this.#trusted ?? this.#history.newestTime() ?? time) +
      (isFirst ? 0 : at - this.#lookedAt);
    this.#lookedAt = at;
    if (time <= expected + TOLERANCE_MS) this.#aheadSince = undefined;
    else {
      if (this.#aheadSince === undefined) {
        this.#aheadSince = at;
        if (!isFirst || time > expected + QUIET_HUB_MS) jumped(time - expected, isFirst);
      }
      if (at - this.#aheadSince < JUMP_MS) return this.#trusted = expected;
      this.#aheadSince = undefined;
    }
    return this.#trusted = time;
  }
}
