/**
 * Which name belongs to which keys, as simple as possible: a list of owners, searched from the front.
 *
 * @module
 */
import { nameKey } from "../../../protocol/mod.ts";

/** How many names a key may own. */
const MAX_NAMES_OF_KEY = 3;

/** The owner of a name. */
export interface ReferenceOwner {
  /** Its number, which no other owner ever has. */
  readonly id: number;
  /** The key of the name. */
  readonly name: string;
  /** Its keys. */
  keys: string[];
}

/** Somebody as far as it is known. */
export interface ReferenceSubject {
  /** The name. */
  name?: string | undefined;
  /** The owner of the name, if the name belongs to the key. */
  owner?: ReferenceOwner | undefined;
  /** The key that the client has proved to have. */
  identity?: string | undefined;
  /** The address. */
  address?: string | undefined;
}

/** Everything that belongs to somebody. */
export interface ReferencePerson {
  /** The names, with their owners. */
  names: Map<string, ReferenceOwner | undefined>;
  /** The keys. */
  keys: Set<string>;
}

/** The owners of names. */
export class ReferenceNames {
  readonly #looksLike: (one: string, other: string) => boolean;
  #owners: ReferenceOwner[] = [];
  #count = 0;

  /**
   * Nobody owns a name yet.
   *
   * @param looksLike whether two different names look alike
   */
  constructor(looksLike: (one: string, other: string) => boolean = () => false) {
    this.#looksLike = looksLike;
  }

  /** All owners. */
  get all(): readonly ReferenceOwner[] {
    return this.#owners;
  }

  /** Finds the owner of a name. */
  ownerOf(name: string): ReferenceOwner | undefined {
    return this.#owners.find((owner) => owner.name === nameKey(name));
  }

  /** Finds the owners that a key belongs to. */
  ownersOf(key: string): ReferenceOwner[] {
    return this.#owners.filter(({ keys }) => keys.includes(key));
  }

  /** Tells whether a name, or one that looks like it, belongs to others than a key. */
  isBlocked(name: string, key: string | undefined): boolean {
    const owner = this.ownerOf(name);
    const isOthers = ({ keys }: ReferenceOwner) => key === undefined || !keys.includes(key);
    if (owner !== undefined) return isOthers(owner);
    return this.#owners.some((other) => this.#looksLike(other.name, nameKey(name)) && isOthers(other));
  }

  /** Tells whether a key owns as many names as it may. */
  isFull(key: string): boolean {
    return this.ownersOf(key).length >= MAX_NAMES_OF_KEY;
  }

  /** Gives a name that nobody owns to a key, if it may have it. */
  claim(name: string, key: string): ReferenceOwner | undefined {
    if (this.ownerOf(name) !== undefined || this.isBlocked(name, key) || this.isFull(key)) return undefined;
    const owner = { id: ++this.#count, name: nameKey(name), keys: [key] };
    this.#owners.push(owner);
    return owner;
  }

  /** Frees a name. */
  free(owner: ReferenceOwner): void {
    this.#owners = this.#owners.filter((other) => other !== owner);
  }

  /** Finds everything that belongs to somebody: all names that share keys, and all their keys, are one person. */
  personOf({ name, owner, identity }: ReferenceSubject): ReferencePerson {
    const names: ReferencePerson["names"] = new Map(name === undefined ? [] : [[nameKey(name), undefined]]);
    const keys = new Set(identity === undefined ? [] : [identity]);
    const found = new Set(owner === undefined ? [] : [owner]);
    for (let size = -1; size !== found.size + keys.size;) {
      size = found.size + keys.size;
      for (const key of keys) for (const other of this.ownersOf(key)) found.add(other);
      for (const other of found) for (const key of other.keys) keys.add(key);
    }
    for (const other of found) names.set(other.name, other);
    return { names, keys };
  }
}
