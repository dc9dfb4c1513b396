/**
 * Finds the bans, or the mutes, that hold for somebody: by name, owner, key and address, each in one step.
 *
 * PURE.
 *
 * @module
 */
import type { Owner } from "../registry/mod.ts";
import { type BannedNetwork, Groups, NetworkTable, storedNetwork } from "./networks.ts";
import type { Person } from "./person.ts";
import type { Sanction } from "./sanction.ts";

/** A ban or a mute with what the index needs. */
export interface IndexedSanction extends Sanction {
  /** The key of the name that it is for, if it is for a name. */
  readonly nameKey: string | undefined;
  /** The number of the owner of that name when it was done, if the name belonged to somebody. */
  readonly owner: number | undefined;
}

/** The bans, or the mutes, of one room or of the whole hub. */
export class SanctionIndex {
  readonly #ownerExists: (id: number) => boolean;
  readonly #byName = new Map<string, IndexedSanction>();
  readonly #byOwner = new Groups<number, IndexedSanction>();
  readonly #byKey = new Groups<string, IndexedSanction>();
  readonly #networks = new NetworkTable<IndexedSanction>();
  readonly #all = new Set<IndexedSanction>();

  /**
   * Starts empty.
   *
   * @param ownerExists tells whether the name of an owner has not been freed
   */
  constructor(ownerExists: (id: number) => boolean) {
    this.#ownerExists = ownerExists;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Adds a sanction.
   *
   * @param sanction the sanction; none of the same name is in the index
   */
  add(sanction: IndexedSanction): void {
    this.#all.add(sanction);
    if (sanction.nameKey !== undefined) this.#byName.set(sanction.nameKey, sanction);
    if (sanction.owner !== undefined) this.#byOwner.add(sanction.owner, sanction);
    for (const key of sanction.keys) this.#byKey.add(key, sanction);
    for (const network of networksIn(sanction)) this.#networks.add(network, sanction);
  }

  /**
   * Removes a sanction.
   *
   * @param sanction the sanction, as it was added
   */
  delete(sanction: IndexedSanction): void {
    if (!this.#all.delete(sanction)) return;
    if (sanction.nameKey !== undefined) this.#byName.delete(sanction.nameKey);
    if (sanction.owner !== undefined) this.#byOwner.delete(sanction.owner, sanction);
    for (const key of sanction.keys) this.#byKey.delete(key, sanction);
    for (const network of networksIn(sanction)) this.#networks.delete(network, sanction);
  }

  /**
   * Finds the sanctions that hold for somebody.
   *
   * @param person everything that belongs to the person
   * @param fingerprint computes the fingerprint of a key
   * @param address the address of the client, if it is known
   * @returns the sanctions; one may come several times, and one may be over
   */
  matching(
    { names, owners, keys }: Person,
    fingerprint: (key: string) => string,
    address: string | undefined,
  ): IndexedSanction[] {
    if (this.#all.size === 0) return [];
    const found = address === undefined ? [] : this.#networks.at(address);
    if (this.#byName.size > 0) {
      for (const [name, owner] of names) {
        const sanction = this.#byName.get(name);
        if (sanction !== undefined && !this.#isOfEarlierOwner(sanction, owner)) found.push(sanction);
      }
    }
    if (this.#byOwner.size > 0) {
      for (const { id } of owners) found.push(...this.#byOwner.get(id));
    }
    if (this.#byKey.size > 0) {
      for (const key of keys) found.push(...this.#byKey.get(fingerprint(key)));
    }
    return found;
  }

  /** Tells whether a sanction is for somebody who owned the name once, and the name belongs to somebody else now. */
  #isOfEarlierOwner({ owner: then }: IndexedSanction, owner: Owner | undefined): boolean {
    return then !== undefined && owner !== undefined && owner.id !== then && !this.#ownerExists(then);
  }
}

function networksIn({ networks }: Sanction): BannedNetwork[] {
  return networks.map(storedNetwork);
}
