/**
 * Connects a hub with the registry of owned names: frees names that are not used, and logs what cannot be stored.
 *
 * @module
 */
import { wordsOf } from "../../identity/mod.ts";
import type { Clock, Logger, Timers } from "../../runtime/mod.ts";
import { OperatorError, type OperatorHandler, type OperatorRequest } from "../control/mod.ts";
import type { Hub } from "../hub/mod.ts";
import { EXPIRE_NAMES_MS, KEY_CODE_WORDS } from "../limits.ts";
import type { GuessGate } from "../admission/mod.ts";
import { codeHash, type HubIdentity, NameOperator, NameOwnership, type Registry } from "../registry/mod.ts";

/** Who owns what on a hub, and the key of the hub. */
export interface HubRegistry {
  /** Who owns what; {@linkcode RegistryManager.close} closes it. */
  registry: Registry;
  /** The key of the hub. */
  identity: HubIdentity;
  /** Limits how fast codes for further devices are guessed. */
  codeGate?: GuessGate | undefined;
}

/**
 * Refuses requests about names, on a hub where no name belongs to anybody.
 *
 * @param request a request of an operator
 * @returns `undefined` if it is not about names
 * @throws {OperatorError} if it is
 */
export function refuseNames(request: OperatorRequest): undefined {
  if (!request.do.endsWith(" name") && !request.do.endsWith(" names")) return undefined;
  throw new OperatorError("No name belongs to anybody on this hub, as --name-days is 0");
}

/**
 * Refuses requests about tokens, on a hub that does not use any.
 *
 * @param request a request of an operator
 * @returns `undefined` if it is not about tokens
 * @throws {OperatorError} if it is
 */
export function refuseTokens(request: OperatorRequest): undefined {
  if (!request.do.endsWith(" token") && !request.do.endsWith(" tokens")) return undefined;
  throw new OperatorError(
    "This hub uses no tokens: they need --web or --tls, for scripts to reach it, and names that belong to somebody " +
      "(--name-days)",
  );
}

/** Dependencies of a registry manager. */
export interface RegistryManagerDependencies {
  /** The time of day and the elapsed time. */
  clock: Clock;
  /** Used to look for names that are not used. */
  timers: Timers;
  /** Where errors are logged. */
  log: Logger;
  /** Called before names are freed that are not used. */
  keepNames?: () => void;
}

/** Connects one hub with its registry. */
export class RegistryManager {
  /** What the hub asks. */
  readonly ownership: NameOwnership;
  readonly #registry: Registry;
  readonly #identity: HubIdentity;
  readonly #dependencies: RegistryManagerDependencies;
  #cancel: (() => void) | undefined;
  /** The last error that was logged, and when by `Clock.elapsed`: the same one is logged once a minute. */
  #logged = { reason: "", at: -Infinity };

  /**
   * Takes a registry.
   *
   * @param hubRegistry the registry and the key of the hub
   * @param dependencies see {@linkcode RegistryManagerDependencies}
   */
  constructor({ registry, identity, codeGate }: HubRegistry, dependencies: RegistryManagerDependencies) {
    this.#registry = registry;
    this.#identity = identity;
    this.#dependencies = dependencies;
    this.ownership = new NameOwnership({
      registry,
      identity,
      clock: dependencies.clock,
      hashCode: (code) => codeHash(code, identity.key),
      codeGate,
      newCode: () => wordsOf(crypto.getRandomValues(new Uint8Array(KEY_CODE_WORDS))),
      failed: (error) => this.#failed(error),
    });
  }

  /**
   * Starts to look for names that are not used.
   *
   * @param hub the hub whose names they are
   */
  start(hub: Hub): void {
    this.#registry.changedElsewhere = (changes) => hub.registryChanged(changes);
    this.#cancel = this.#dependencies.timers.after(EXPIRE_NAMES_MS, () => {
      this.#dependencies.keepNames?.();
      hub.expireNames();
      this.start(hub);
    });
  }

  /**
   * Makes what carries out the requests of an operator.
   *
   * @param hub the hub whose names they are about
   * @returns what handles them
   */
  operator(hub: Hub): OperatorHandler {
    const operator = new NameOperator({
      registry: this.#registry,
      checkKey: this.#identity.checkKey,
      now: () => this.#dependencies.clock.wall(),
      keysChanged: (owner) => hub.keysChanged(owner),
      free: (owner) => hub.freeName(owner),
    });
    return (request) => operator.handle(request);
  }

  /** Closes the registry. All clients must be disconnected. */
  close(): void {
    this.#cancel?.();
    this.#registry.changedElsewhere = undefined;
    this.#registry.close();
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const { clock, log } = this.#dependencies;
    const now = clock.elapsed();
    if (reason === this.#logged.reason && now - this.#logged.at < EXPIRE_NAMES_MS) return;
    this.#logged = { reason, at: now };
    log.error("cannot store who owns which name: {reason}", { reason });
  }
}
