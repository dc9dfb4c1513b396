/**
 * Keeps a hub and its history together: tells the hub what the history needs of it, looks after the history between the
 * turns, tries again after the disk has failed, and has the log say how that went.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import type { Clock, Timers } from "../../runtime/mod.ts";
import { type History, StorageError, Upkeep } from "../history/mod.ts";
import type { Hub, HubHistory } from "../hub/mod.ts";
import { STORAGE_RETRY_MS } from "../limits.ts";

/** What a keeper needs from the house around it. */
export interface HistoryKeeperDependencies {
  /** Tells how old lines are. */
  clock: Clock;
  /** Lets things happen later. */
  timers: Timers;
  /** Where it is said that the disk fails, and that it does no longer. */
  log: Logger;
}

/** What stands between one hub and its history. */
export class HistoryKeeper implements HubHistory {
  /** As {@linkcode HubHistory.history}. */
  readonly history: History;
  readonly #dependencies: HistoryKeeperDependencies;
  #hub: Hub | undefined;
  #upkeep: Upkeep | undefined;
  #cancelRetry: (() => void) | undefined;
  /** What the log said last of the history, so that it says it once. */
  #failure = "";

  /**
   * Takes a history, which is closed when the hub ends.
   *
   * @param history keeps what is said
   * @param ports what is needed from the house around it
   */
  constructor(history: History, dependencies: HistoryKeeperDependencies) {
    this.history = history;
    this.#dependencies = dependencies;
  }

  /**
   * Begins to look after the history.
   *
   * @param hub the hub whose history it is
   */
  begin(hub: Hub): void {
    const { clock, timers } = this.#dependencies;
    this.#hub = hub;
    this.#upkeep = new Upkeep(this.history, {
      timers,
      wall: () => clock.wall(),
      elapsed: () => clock.elapsed(),
      emptied: (keys) => hub.forgetRooms(keys),
      failed: (error) => this.readFailed(error),
    });
  }

  /** Closes the history. Nobody must be connected any more. */
  end(): void {
    this.#upkeep?.stop();
    this.#cancelRetry?.();
    this.#hub?.retryStorage();
    try {
      this.history.close();
    } catch (error) {
      this.readFailed(error);
    }
  }

  /** As {@linkcode HubHistory.afterReads}. */
  afterReads(run: () => void): void {
    this.#dependencies.timers.soon(run);
  }

  /** As {@linkcode HubHistory.stored}. */
  stored(): void {
    this.#upkeep?.kept();
  }

  /** As {@linkcode HubHistory.paused}. */
  paused(error: StorageError, marked: boolean): void {
    const { log } = this.#dependencies;
    const { message: reason } = error;
    if (error.damaged) {
      log.error(
        "what is said is not kept any more: the history is damaged ({reason}); restart the hub to begin a new one",
        {
          reason,
        },
      );
    } else {
      log.error("what is said is not kept for now: {reason}; trying again", { reason });
      this.#retry();
    }
    if (!marked) {
      log.error("that could not be written down: after a crash now, numbers of lines may be given twice");
    }
  }

  #retry(): void {
    this.#cancelRetry = this.#dependencies.timers.after(
      STORAGE_RETRY_MS,
      () => this.#resume(this.history.caughtUp()),
    );
  }

  /** Tries again, once what the journal has is filed, a step in a turn: that is to stand before what comes. */
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
    this.#failure = "";
    this.#dependencies.log.info("what is said is kept again");
  }

  /** As {@linkcode HubHistory.readFailed}. */
  readFailed(error: unknown): void {
    if (!(error instanceof StorageError)) {
      return this.#dependencies.log.error("a fault of ours: {error}", { error });
    }
    const { message: reason } = error;
    if (reason === this.#failure) return;
    this.#failure = reason;
    this.#dependencies.log.error("the history fails: {reason}", { reason });
    if (!error.damaged) return;
    try {
      this.history.mark({ damaged: true });
    } catch (error) {
      this.#dependencies.log.error("that could not be written down: {error}", { error: String(error) });
    }
  }
}
