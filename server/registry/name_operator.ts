/**
 * What an operator may do with owned names: list them, give one to another key, free one.
 *
 * @module
 */
import type { OperatorAnswer, OperatorRequest, OwnedNameInfo } from "../control/mod.ts";
import { OperatorError } from "../control/mod.ts";
import type { Owner } from "./owner.ts";
import type { Registry } from "./registry.ts";

/** Dependencies of {@linkcode NameOperator}. */
export interface NameOperatorDependencies {
  /** Who owns what. */
  registry: Registry;
  /** Checks that a text is a key that can own names; throws a `KeyError` that says why not. */
  checkKey: (key: string) => void;
  /** Returns the time of day, in milliseconds since 1970. */
  now: () => number;
  /** Called after the keys of a name have changed. */
  keysChanged: (owner: Owner) => void;
  /** Frees a name, after what belongs to it was kept from others. */
  free: (owner: Owner) => void;
}

/** Carries out the requests of an operator about names. */
export class NameOperator {
  readonly #dependencies: NameOperatorDependencies;

  /**
   * Uses a registry.
   *
   * @param dependencies see {@linkcode NameOperatorDependencies}
   */
  constructor(dependencies: NameOperatorDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Carries out a request.
   *
   * @param request the request
   * @returns the names that were listed or changed; `undefined` if the request is not about names
   * @throws {OperatorError} if nobody owns the name, or the key cannot own one
   */
  handle(request: OperatorRequest): OperatorAnswer | undefined {
    const { registry: { names }, now, checkKey, keysChanged, free } = this.#dependencies;
    switch (request.do) {
      case "list names":
        return { names: [...names.all].sort((one, other) => one.since - other.since).map(infoOf) };
      case "move name": {
        const owner = this.#find(request.name);
        try {
          checkKey(request.key);
        } catch (error) {
          throw new OperatorError(`Cannot give ${owner.name} to that key: ${(error as Error).message}`);
        }
        names.move(owner, request.key, now());
        keysChanged(owner);
        return { names: [infoOf(owner)] };
      }
      case "free name": {
        const owner = this.#find(request.name);
        const info = infoOf(owner);
        free(owner);
        return { names: [info] };
      }
      default:
        return undefined;
    }
  }

  #find(name: string): Owner {
    const owner = this.#dependencies.registry.names.ownerOf(name);
    if (owner === undefined) throw new OperatorError(`Cannot change ${name}: nobody owns this name`);
    return owner;
  }
}

function infoOf({ name, since, lastUsed, moved, keys }: Owner): OwnedNameInfo {
  return {
    name,
    since,
    lastUsed,
    ...moved === undefined ? {} : { moved },
    keys: keys.map(({ key }) => key),
  };
}
