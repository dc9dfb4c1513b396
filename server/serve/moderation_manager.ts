/**
 * Connects a hub with its moderation: deletes bans and mutes that are over, and reads the file of operators again.
 *
 * Rule: what is over is deleted only by a time that the clock has shown for an hour, so that a jump of the clock ends
 * no ban for good.
 *
 * @module
 */
import type { Clock, Logger, Timers } from "../../runtime/mod.ts";
import type { OperatorHandler } from "../control/mod.ts";
import { EXPIRE_SANCTIONS_MS } from "../limits.ts";
import { loadOperators, type Moderation, operatorRequests } from "../moderation/mod.ts";
import type { Registry } from "../registry/mod.ts";
import { isCutOff } from "../sqlite/mod.ts";

/** Dependencies of a moderation manager. */
export interface ModerationManagerDependencies {
  /** The time of day. */
  clock: Clock;
  /** Used to look for what is over. */
  timers: Timers;
  /** Where errors are logged. */
  log: Logger;
}

/** For how long the clock must have shown a time, in milliseconds. */
const TRUSTED_AFTER_MS = 3_600_000;

/** Connects one hub with its moderation. */
export class ModerationManager {
  readonly #moderation: Moderation;
  readonly #dependencies: ModerationManagerDependencies;
  #cancel: (() => void) | undefined;
  /** How far the time of day was ahead of the elapsed time, at each look of the last hour, the oldest first. */
  readonly #offsets: { at: number; offset: number }[] = [];

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
    const { timers } = this.#dependencies;
    this.#cancel = timers.after(EXPIRE_SANCTIONS_MS, () => {
      try {
        const now = this.#trustedTime();
        if (now !== undefined) this.#moderation.expire(now);
      } catch (error) {
        // In a cluster it is tried again a minute later, or another hub has done it.
        if (!isCutOff(error)) this.#failed(error);
      }
      this.start();
    });
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#dependencies.log.error("cannot delete bans that are over: {reason}", { reason });
  }

  /**
   * Makes what carries out the requests of somebody on the machine of the hub.
   *
   * @param registry who owns what, if names belong to anybody
   * @returns what handles them
   */
  operator(registry: Registry | undefined): OperatorHandler {
    const moderation = this.#moderation;
    const { clock, log } = this.#dependencies;
    const handle = operatorRequests({ moderation, names: registry?.names, now: () => clock.wall() });
    return (request) => {
      const answer = handle(request);
      if (request.do === "add operator" || request.do === "remove operator") {
        const key = (text: string) => text.startsWith("SHA256:") ? text : moderation.fingerprint(text);
        const who = "name" in request ? request.name : key(request.key);
        log.info("riftchat op: {what} {who}", { what: request.do, who });
      }
      return answer;
    };
  }

  /** Returns the earliest time of day that fits what the clock has shown in the last hour; `undefined` before that. */
  #trustedTime(): number | undefined {
    const { clock } = this.#dependencies;
    const at = clock.elapsed();
    this.#offsets.push({ at, offset: clock.wall() - at });
    if (at - this.#offsets[0]!.at < TRUSTED_AFTER_MS) return undefined;
    while (at - this.#offsets[1]!.at >= TRUSTED_AFTER_MS) this.#offsets.shift();
    return at + Math.min(...this.#offsets.map(({ offset }) => offset));
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
  const count = `${keys.length} ${keys.length === 1 ? "operator" : "operators"}`;
  log.info("{count} in {path}", { count, path });
}
