/**
 * Who belongs together: all names that share keys, and all their keys, are one person.
 *
 * PURE.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import type { OwnedNames, Owner } from "../registry/mod.ts";
import type { Subject } from "./sanction.ts";

/** How many names of a person are followed: nobody uses more, and a chain of names must not cost much. */
const MAX_NAMES = 100;

/** Everything by which a sanction may hold for somebody. */
export interface Person {
  /** The keys of the names that belong to the person, and of the one in use. */
  readonly names: ReadonlyMap<string, Owner | undefined>;
  /** The owners. */
  readonly owners: ReadonlySet<Owner>;
  /** The keys, as the base64 of OpenSSH blobs. */
  readonly keys: ReadonlySet<string>;
}

/**
 * Finds everything that belongs to somebody.
 *
 * @param subject whom; see {@linkcode Subject}
 * @param names the owned names of the hub, if there are any
 * @returns the names, owners and keys
 */
export function personOf({ name, owner, identity }: Subject, names: OwnedNames | undefined): Person {
  const keys = new Set<string>();
  const owners = new Set<Owner>();
  const found = new Map<string, Owner | undefined>();
  const waiting: string[] = [];
  const addKey = (key: string) => {
    if (keys.has(key)) return;
    keys.add(key);
    waiting.push(key);
  };
  const addOwner = (other: Owner) => {
    if (owners.has(other) || owners.size >= MAX_NAMES) return;
    owners.add(other);
    found.set(nameKey(other.name), other);
    for (const { key } of other.keys) addKey(key);
  };
  if (name !== undefined) found.set(nameKey(name), undefined);
  if (owner !== undefined) addOwner(owner);
  if (identity !== undefined) addKey(identity);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const other of names?.ownersOf(key) ?? []) addOwner(other);
  }
  return { names: found, owners, keys };
}
