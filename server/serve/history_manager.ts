/**
 * Connects a hub with its history: runs the maintenance of the history between turns of the event loop, retries
 * after the disk has failed, and logs the result.
 *
 * @module
 */
import type { Clock, Logger, Timers } from "../../runtime/mod.ts";
import { type History, type HistorySizes, Maintenance, StorageError } from "../history/mod.ts";
import type { Hub, HubHistory } from "../hub/mod.ts";
import { STORAGE_RETRY_MS } from "../limits.ts";

/** Dependencies of a history manager. */
export interface HistoryManagerDependencies {
  /** Used for the age of messages. */
  clock: Clock;
  /** Used for retries and for the pauses of searches. */
  timers: Timers;
  /** Where disk errors and their end are logged. */
  log: Logger;
}

/** Connects one hub with its history. */
export class HistoryManager implements HubHistory {
  /** As {@linkcode HubHistory.history}. */
  readonly history: History;
  readonly #dependencies: HistoryManagerDependencies;
  #hub: Hub | undefined;
  #maintenance: Maintenance | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  /** The last error of the history that was logged, so that it is logged once. */
  #lastError = "";
  #storingError: StorageError | undefined;

  /**
   * Takes a history.
   *
   * @param history the history; {@linkcode HistoryManager.close} closes it
   * @param dependencies see {@linkcode HistoryManagerDependencies}
   */
  constructor(history: History, dependencies: HistoryManagerDependencies) {
    this.history = history;
    this.#dependencies = dependencies;
  }

  /**
   * Starts the maintenance of the history.
   *
   * @param hub the hub that stores its messages in the history
   */
  start(hub: Hub): void {
    const { clock, timers } = this.#dependencies;
    this.#hub = hub;
    this.#maintenance = new Maintenance(this.history, {
      timers,
      wall: () => clock.wall(),
      elapsed: () => clock.elapsed(),
      emptied: (keys) => hub.forgetRooms(keys),
      pruned: (expired, oversize) => this.#logPruned(expired, oversize),
      jumped: (ms, atStart) => this.#logJump(ms, atStart),
      failed: (error) => this.readFailed(error),
    });
  }

  /** Why messages are not stored now; `undefined` while they are. */
  get storingError(): StorageError | undefined {
    return this.#storingError;
  }

  /** How much is stored; `undefined` if the database cannot be read. */
  get sizes(): HistorySizes | undefined {
    try {
      return this.history.sizes();
    } catch (error) {
      this.readFailed(error);
      return undefined;
    }
  }

  #logJump(ms: number, atStart: boolean): void {
    const { log } = this.#dependencies;
    const hours = Math.round(ms / 360_000) / 10;
    if (atStart) {
      log.info(
        "the newest message is {hours} h old: in case the clock is wrong, nothing is deleted by its age for an hour",
        { hours },
      );
    } else {
      log.warn(
        "the clock is {hours} h ahead of what was expected: messages are deleted by their age again if that lasts " +
          "for an hour",
        { hours },
      );
    }
  }

  #logPruned(expired: number, oversize: number): void {
    const { log } = this.#dependencies;
    if (expired > 0) log.info("deleted {count} messages that were too old (--keep)", { count: expired });
    if (oversize > 0) {
      log.info("deleted the {count} oldest messages to save space (--keep)", { count: oversize });
    }
  }

  /** Closes the history. All clients must be disconnected. */
  close(): void {
    this.#maintenance?.stop();
    this.#cancelRetry?.();
    this.#cancelPause?.();
    this.#hub?.retryStorage();
    try {
      this.history.close();
    } catch (error) {
      this.readFailed(error);
    }
  }

  /** As {@linkcode HubHistory.pause}. */
  pause(ms: number, run: () => void): void {
    // Not `Timers.soon`: between two tasks of that kind the event loop does not poll the sockets.
    this.#cancelPause = this.#dependencies.timers.after(ms, run);
  }

  /** As {@linkcode HubHistory.stored}. */
  stored(): void {
    this.#maintenance?.noteActivity();
  }

  /** As {@linkcode HubHistory.paused}. */
  paused(error: StorageError, recorded: boolean): void {
    const { log } = this.#dependencies;
    const { message: reason } = error;
    this.#storingError = error;
    if (error.damaged) {
      log.error(
        "messages are no longer stored: the history is damaged ({reason}); restart the hub to start a new one",
        { reason },
      );
    } else {
      log.error("messages are not stored for now: {reason}; retrying", { reason });
      this.#retry();
    }
    if (!recorded) {
      log.error("cannot save this state: if the hub crashes now, message numbers may be used twice");
    }
  }

  #retry(): void {
    this.#cancelRetry = this.#dependencies.timers.after(
      STORAGE_RETRY_MS,
      () => this.#resume(this.history.catchUp()),
    );
  }

  /** Moves the journal to the database, one step a turn, then retries: older messages are stored before new ones. */
  #resume(steps: Generator<void, void>): void {
    try {
      if (!steps.next().done) {
        this.#cancelRetry = this.#dependencies.timers.after(0, () => this.#resume(steps));
        return;
      }
    } catch (error) {
      if (!(error instanceof StorageError)) this.readFailed(error);
      return this.#retry();
    }
    if (!this.#hub!.retryStorage()) this.#retry();
  }

  /** As {@linkcode HubHistory.resumed}. */
  resumed(): void {
    this.#lastError = "";
    this.#storingError = undefined;
    this.#dependencies.log.info("messages are stored again");
  }

  /** As {@linkcode HubHistory.readFailed}. */
  readFailed(error: unknown): void {
    if (!(error instanceof StorageError)) {
      return this.#dependencies.log.error("internal error: {error}", { error });
    }
    const { message: reason } = error;
    if (reason === this.#lastError) return;
    this.#lastError = reason;
    this.#dependencies.log.error("history error: {reason}", { reason });
    if (!error.damaged) return;
    try {
      this.history.recordState({ damaged: true });
    } catch (error) {
      this.#dependencies.log.error("cannot save that the history is damaged: {error}", {
        error: String(error),
      });
    }
  }
}
