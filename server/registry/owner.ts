/**
 * Somebody who owns a name: a person with one or more keys.
 *
 * @module
 */

/** A key of an owner. */
export interface OwnerKey {
  /** The public key, as the base64 of an OpenSSH blob. */
  readonly key: string;
  /** When it was added, in milliseconds since 1970. */
  readonly added: number;
}

/** Somebody who owns a name. The object stays the same for as long as the name is owned. */
export interface Owner {
  /** A number that no other owner has or gets. */
  readonly id: number;
  /** The name, in the spelling in which it was taken last. */
  readonly name: string;
  /** Since when the name is owned, in milliseconds since 1970. */
  readonly since: number;
  /** When the name was last used, in milliseconds since 1970; up to an hour too early. */
  readonly lastUsed: number;
  /** When an operator gave the name to another key, in milliseconds since 1970; `undefined` if that never happened. */
  readonly moved: number | undefined;
  /** The keys, the oldest first; at least one. */
  readonly keys: readonly OwnerKey[];
}

/** An owner, as the registry changes it. */
export type MutableOwner = { -readonly [Field in keyof Owner]: Owner[Field] } & { keys: OwnerKey[] };

/**
 * Tells whether a key belongs to an owner.
 *
 * @param owner an owner
 * @param key a key, as the base64 of an OpenSSH blob
 * @returns whether it is one of the owner's keys
 */
export function hasKey(owner: Owner, key: string): boolean {
  return owner.keys.some((known) => known.key === key);
}
