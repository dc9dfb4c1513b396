/**
 * The limit of connections: the one of the settings, or a lower one for as long as file descriptors are scarce.
 *
 * @module
 */
import type { Logger } from "../../runtime/mod.ts";
import { MAX_REFUSALS_AT_ONCE, RESERVED_DESCRIPTORS } from "../limits.ts";
import type { FdReserve } from "./fd_reserve.ts";

/** Dependencies of a {@linkcode ConnectionLimit}. */
export interface ConnectionLimitDependencies {
  /** Logs when the limit is lowered, and when it is back. */
  log: Logger;
  /** File descriptors in reserve for when none are left. */
  fdReserve?: FdReserve | undefined;
}

/** The limit of connections of a hub. */
export class ConnectionLimit {
  readonly #configured: number;
  readonly #dependencies: ConnectionLimitDependencies;
  #lowered: number | undefined;

  /**
   * Starts with the limit of the settings.
   *
   * @param configured the largest number of connections; 0 for no limit
   * @param dependencies see {@linkcode ConnectionLimitDependencies}
   */
  constructor(configured: number, dependencies: ConnectionLimitDependencies) {
    this.#configured = configured;
    this.#dependencies = dependencies;
  }

  /** The largest number of connections now; 0 for no limit. */
  get most(): number {
    return this.#lowered ?? this.#configured;
  }

  /** Whether the limit is lower than that of the settings, as file descriptors are scarce. */
  get lowered(): boolean {
    return this.#lowered !== undefined;
  }

  /**
   * Checks whether no more connections are accepted.
   *
   * @param count the number of connections
   * @returns whether there are as many as the limit, or more
   */
  reached(count: number): boolean {
    return this.most > 0 && count >= this.most;
  }

  /** How many refused connections may be told the reason at the same time. */
  get refusalsAtOnce(): number {
    return this.#lowered === undefined ? MAX_REFUSALS_AT_ONCE : RESERVED_DESCRIPTORS / 2;
  }

  /**
   * Lowers the limit to the current number of connections, as no file descriptor is left, and releases the reserve.
   *
   * @param count the number of connections
   * @returns whether there was a reserve to release; without it nothing changes
   */
  lower(count: number): boolean {
    const { fdReserve, log } = this.#dependencies;
    if (!fdReserve?.release()) return false;
    this.#lowered = Math.max(1, count);
    log.warn(
      "no file descriptors are left: the hub accepts at most {count} connections until some are free; " +
        "to allow more, raise the limit (ulimit -n) and restart it",
      { count: this.#lowered },
    );
    return true;
  }

  /** Returns to the limit of the settings once enough file descriptors are free. Call it from time to time. */
  check(): void {
    const { fdReserve, log } = this.#dependencies;
    if (this.#lowered === undefined || !fdReserve?.restore()) return;
    this.#lowered = undefined;
    log.info("file descriptors are free again: the hub accepts {most} connections again", {
      most: this.#configured === 0 ? "all" : `up to ${this.#configured}`,
    });
  }
}
