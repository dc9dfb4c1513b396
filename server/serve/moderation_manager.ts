/**
 * Connects a hub with its moderation: deletes bans and mutes that are over, and reads the file of operators again.
 *
 * @module
 */
import type { Clock, Logger, Timers } from "../../runtime/mod.ts";
import type { OperatorHandler } from "../control/mod.ts";
import { EXPIRE_SANCTIONS_MS } from "../limits.ts";
import { loadOperators, type Moderation, operatorRequests } from "../moderation/mod.ts";
import type { Registry } from "../registry/mod.ts";

/** Dependencies of a moderation manager. */
export interface ModerationManagerDependencies {
  /** The time of day. */
  clock: Clock;
  /** Used to look for what is over. */
  timers: Timers;
  /** Where errors are logged. */
  log: Logger;
}

/** Connects one hub with its moderation. */
export class ModerationManager {
  readonly #moderation: Moderation;
  readonly #dependencies: ModerationManagerDependencies;
  #cancel: (() => void) | undefined;

  /**
   * Takes the moderation of a hub.
   *
   * @param moderation the moderation; {@linkcode ModerationManager.close} closes it
   * @param dependencies see {@linkcode ModerationManagerDependencies}
   */
  constructor(moderation: Moderation, dependencies: ModerationManagerDependencies) {
    this.#moderation = moderation;
    this.#dependencies = dependencies;
  }

  /** Starts to look for bans and mutes that are over. */
  start(): void {
    const { clock, timers, log } = this.#dependencies;
    this.#cancel = timers.after(EXPIRE_SANCTIONS_MS, () => {
      try {
        this.#moderation.expire(clock.wall());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.error("cannot delete bans that are over: {reason}", { reason });
      }
      this.start();
    });
  }

  /**
   * Makes what carries out the requests of somebody on the machine of the hub.
   *
   * @param registry who owns what, if names belong to anybody
   * @returns what handles them
   */
  operator(registry: Registry | undefined): OperatorHandler {
    const now = () => this.#dependencies.clock.wall();
    return operatorRequests({ moderation: this.#moderation, names: registry?.names, now });
  }

  /** Closes the moderation. All clients must be disconnected. */
  close(): void {
    this.#cancel?.();
    this.#moderation.close();
  }
}

/**
 * Reads the file of operators, and puts it in force.
 *
 * @param path the path of the file
 * @param moderation the moderation of the hub
 * @param log where lines that were skipped are logged
 * @throws {OperatorsFileError} if it cannot be used; then the operators stay as they were
 */
export async function readOperatorsFile(path: string, moderation: Moderation, log: Logger): Promise<void> {
  const { keys, skipped } = await loadOperators(path);
  for (const text of skipped) log.warn("{path}: {text}", { path, text });
  moderation.setOperatorsFile(keys);
  log.info("{count} operators in {path}", { count: keys.length, path });
}
