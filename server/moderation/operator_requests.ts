/**
 * What somebody on the machine of the hub may do: list, add and remove operators, and read the audit.
 *
 * @module
 */
import {
  type OperatorAnswer,
  OperatorError,
  type OperatorInfo,
  type OperatorRequest,
} from "../control/mod.ts";
import { MAX_AUDIT_PAGE } from "../limits.ts";
import type { OwnedNames, Owner } from "../registry/mod.ts";
import type { Moderation } from "./moderation.ts";
import type { OperatorEntry } from "./operators.ts";

/** Dependencies of {@linkcode operatorRequests}. */
export interface OperatorRequestDependencies {
  /** The moderation of the hub. */
  moderation: Moderation;
  /** The owned names of the hub, if there are any. */
  names: OwnedNames | undefined;
  /** Returns the time of day, in milliseconds since 1970. */
  now: () => number;
}

/**
 * Makes what carries out the requests about operators and the audit.
 *
 * @param dependencies see {@linkcode OperatorRequestDependencies}
 * @returns what handles a request; `undefined` if the request is of another kind. It throws an `OperatorError` if it
 * cannot be carried out
 */
export function operatorRequests(
  { moderation, names, now }: OperatorRequestDependencies,
): (request: OperatorRequest) => OperatorAnswer | undefined {
  const find = (name: string): Owner => {
    const owner = names?.ownerOf(name);
    if (owner !== undefined) return owner;
    throw new OperatorError(
      `Cannot use ${name}: nobody owns this name; join with a key and say something under it, or give a public key`,
    );
  };
  const entryOf = (who: string | Owner): OperatorInfo => {
    const shown = (entry: OperatorEntry) =>
      typeof who === "string"
        ? !entry.isName && entry.keys[0] === who
        : entry.isName && entry.shown === who.name;
    return infoOf(moderation.operators.find((entry) => !entry.inFile && shown(entry))!);
  };
  return (request) => {
    switch (request.do) {
      case "list operators":
        return { operators: moderation.operators.map(infoOf) };
      case "add operator": {
        const who = "name" in request ? find(request.name) : request.key;
        const added = moderation.addOperator(who, "name" in request ? "" : request.comment, now());
        if (!added) throw new OperatorError(`${shownName(request)} is an operator already`);
        return { operators: [entryOf(who)] };
      }
      case "remove operator": {
        const who = "name" in request ? find(request.name) : keyOf(request.key, moderation);
        const entry = moderation.operators.find(({ keys, inFile, isName, shown }) =>
          !inFile && (typeof who === "string" ? !isName && keys[0] === who : isName && shown === who.name)
        );
        if (entry === undefined || !moderation.removeOperator(who, now())) {
          throw new OperatorError(whyNotRemoved(shownName(request), who, moderation));
        }
        return { operators: [infoOf(entry)] };
      }
      case "read audit":
        return {
          audit: moderation.auditEntries({ ...request, count: Math.min(request.count, MAX_AUDIT_PAGE) }),
        };
      default:
        return undefined;
    }
  };
}

/** Returns how an operator is called in an error. */
function shownName(request: { name: string } | { key: string }): string {
  return "name" in request ? request.name : "that key";
}

/** Finds the key of an operator by its fingerprint; any other text is a key already. */
function keyOf(text: string, moderation: Moderation): string {
  if (!text.startsWith("SHA256:")) return text;
  const keys = moderation.operators.filter(({ isName }) => !isName).flatMap(({ keys }) => keys);
  return keys.find((key) => moderation.fingerprint(key) === text) ?? text;
}

/** Says why an operator cannot be removed. */
function whyNotRemoved(shown: string, who: string | Owner, moderation: Moderation): string {
  const keys = typeof who === "string" ? [who] : who.keys.map(({ key }) => key);
  if (keys.some((key) => moderation.isInOperatorsFile(key))) {
    return `Cannot remove ${shown}: the key is in the file of operators; remove it there and send SIGHUP to the hub`;
  }
  const by = moderation.operators.find((entry) => entry.keys.some((key) => keys.includes(key)));
  if (by !== undefined) {
    const other = by.isName ? by.shown : `SHA256 key ${moderation.fingerprint(by.keys[0]!)}`;
    return `Cannot remove ${shown}: it is an operator by ${other}; remove that`;
  }
  return `Cannot remove ${shown}: it is no operator`;
}

function infoOf({ shown, keys, inFile, isName, at }: OperatorEntry): OperatorInfo {
  return { shown, isName, keys: [...keys], inFile, ...at === undefined ? {} : { at } };
}
