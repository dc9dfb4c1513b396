/**
 * Which name belongs to whom. A name belongs to the first key that says something under it, for as long as it is used.
 *
 * Rules:
 * - A name is owned in every spelling that has the same key, and so is every name that looks like it.
 * - Each change is one transaction, and counts only when it is committed: it survives a `kill -9`.
 * - An expired name is freed only after the clock has shown that for an hour, so that a jump of the clock frees none.
 *
 * The file is long because each method keeps all indexes alike, and half of it is documentation.
 *
 * The database, the clock and the addresses are handed in.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { siteOf } from "../admission/mod.ts";
import { type ReplicaIds, type SqlRow, transaction } from "../sqlite/mod.ts";
import { MAX_KEYS_OF_NAME, MAX_NAMES_OF_KEY, MAX_NEW_NAMES, NEW_NAMES_MS } from "../limits.ts";
import { hasKey, type MutableOwner, type Owner } from "./owner.ts";

/** How exactly the last use is recorded, in milliseconds: a write for each message would cost too much. */
const USE_MS = 3_600_000;

/** How long a name must have been expired before it is freed, in milliseconds. */
const LAST_CALL_MS = 3_600_000;

/** Why a name cannot be owned: the key owns too many, the address has taken too many, or another key owns it. */
export type ClaimRefusal = "too_many_names" | "too_many_new" | "taken";

/** Why a key cannot be added to a name: the name has too many keys, or the key too many names. */
export type KeyRefusal = "too_many_keys" | "too_many_names";

/** What another hub of a cluster has changed about an owner. */
export interface OwnerRefresh {
  /** The owner. */
  readonly owner: Owner;
  /** Whether it is one since then, was one until then, has other keys, or has only used the name. */
  readonly now: "new" | "gone" | "changed" | "used";
  /** Keys that it did not have before, if it is not new. */
  readonly added: readonly string[];
}

/** Options of {@linkcode OwnedNames}. */
export interface OwnedNamesOptions {
  /** How long a name stays owned without being used, in milliseconds; `Infinity` for ever, 0 if no name is owned. */
  nameMs: number;
  /** Returns the texts that a name looks like; two names that share one look alike. */
  skeletons: (name: string) => readonly string[];
}

/** The owned names of a hub. */
export class OwnedNames {
  readonly #db: DatabaseSync;
  readonly #options: OwnedNamesOptions;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byId = new Map<number, MutableOwner>();
  readonly #byName = new Map<string, MutableOwner>();
  readonly #bySkeleton = new Map<string, Set<MutableOwner>>();
  readonly #byKey = new Map<string, Set<MutableOwner>>();
  /** When names were taken from an address (of IPv6: from a /48), in milliseconds by `Clock.elapsed`. */
  readonly #taken = new Map<string, number[]>();
  /** Called when an owner has a key that it did not have before, after that is stored. */
  keyAdded: ((owner: Owner, key: string) => void) | undefined;
  /** Called when another hub of a cluster has changed owners or their keys, after that is stored. */
  changedElsewhere: (() => void) | undefined;
  /** Makes the ids of owners in a cluster; without it the database does. */
  ids: ReplicaIds | undefined;
  /** Since when a name is expired, in milliseconds by `Clock.elapsed`. */
  readonly #expired = new Map<MutableOwner, number>();

  /**
   * Reads the owned names of a database.
   *
   * @param db the database of a registry, of the newest version
   * @param options see {@linkcode OwnedNamesOptions}
   */
  constructor(db: DatabaseSync, options: OwnedNamesOptions) {
    this.#db = db;
    this.#options = options;
    this.#statements = prepare(db);
    for (const row of this.#statements.owners.all() as SqlRow[]) this.#index(ownerOf(row));
    for (const { owner: id, key, added } of this.#statements.keys.all()) {
      const owner = this.#byId.get(Number(id));
      // In a cluster the owner may come after its keys.
      if (owner !== undefined) this.#indexKey(owner, String(key), Number(added));
    }
  }

  /** How many names are owned. */
  get size(): number {
    return this.#byId.size;
  }

  /** All owners, those first who have owned their name longest. */
  get all(): Iterable<Owner> {
    return this.#byId.values();
  }

  /**
   * Finds the owner of a name.
   *
   * @param name a name in any spelling
   * @returns the owner, if there is one
   */
  ownerOf(name: string): Owner | undefined {
    return this.#byName.get(nameKey(name));
  }

  /**
   * Finds an owner.
   *
   * @param id the number of the owner
   * @returns the owner, unless the name has been freed
   */
  owner(id: number): Owner | undefined {
    return this.#byId.get(id);
  }

  /**
   * Finds the owners that a key belongs to.
   *
   * @param key a key, as the base64 of an OpenSSH blob
   * @returns the owners; at most `MAX_NAMES_OF_KEY`, and those to whom an operator gave the key
   */
  ownersOf(key: string): Iterable<Owner> {
    return this.#byKey.get(key) ?? [];
  }

  /**
   * Finds the owner of a name that looks like this one, or is this one.
   *
   * @param name a name that a client asks for
   * @param key the key of the client, if it has one; what it owns itself does not count
   * @returns the owner, if there is one with other keys
   */
  blockedBy(name: string, key: string | undefined): Owner | undefined {
    const owner = this.#byName.get(nameKey(name));
    if (owner !== undefined) return key !== undefined && hasKey(owner, key) ? undefined : owner;
    for (const skeleton of this.#options.skeletons(name)) {
      for (const other of this.#bySkeleton.get(skeleton) ?? []) {
        if (key === undefined || !hasKey(other, key)) return other;
      }
    }
    return undefined;
  }

  /**
   * Gives a name that nobody owns to a key. A name that the key owns already stays its own.
   *
   * @param name the name
   * @param key the key of the client, which has proved that it has it
   * @param address the network address of the client, for the limit of new names; an IPv6 address counts by its /48
   * @param now the time of day, in milliseconds since 1970
   * @param elapsed a monotonic time, in milliseconds
   * @returns the owner, or why the name cannot be owned
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  claim(name: string, key: string, address: string, now: number, elapsed: number): Owner | ClaimRefusal {
    const owned = this.#byName.get(nameKey(name));
    if (owned !== undefined && hasKey(owned, key)) return owned;
    if (this.#options.nameMs === 0 || this.blockedBy(name, key) !== undefined) return "taken";
    if ((this.#byKey.get(key)?.size ?? 0) >= MAX_NAMES_OF_KEY) return "too_many_names";
    const site = siteOf(address);
    const taken = (this.#taken.get(site) ?? []).filter((time) => elapsed - time < NEW_NAMES_MS);
    if (taken.length >= MAX_NEW_NAMES) return "too_many_new";
    const owner = this.grant(name, key, now);
    this.#taken.set(site, [...taken, elapsed]);
    return owner;
  }

  /**
   * Gives a name that nobody owns to a key, as an operator wants it: the limits of {@linkcode OwnedNames.claim} do not
   * hold.
   *
   * @param name the name, which {@linkcode OwnedNames.blockedBy} says is free
   * @param key the key
   * @param now the time of day, in milliseconds since 1970
   * @returns the owner
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  grant(name: string, key: string, now: number): Owner {
    const id = transaction(this.#db, () => {
      const given = this.ids?.random() ?? null;
      const id = Number(this.#statements.addOwner.run(given, name, now, now).lastInsertRowid);
      this.#statements.addKey.run(id, key, now);
      return id;
    });
    const owner: MutableOwner = { id, name, since: now, lastUsed: now, moved: undefined, keys: [] };
    this.#index(owner);
    this.#indexKey(owner, key, now);
    return owner;
  }

  /**
   * Records that a name is used, and in which spelling. Writes at most once an hour.
   *
   * @param owner the owner
   * @param name the name in its current spelling, which has the same key
   * @param now the time of day, in milliseconds since 1970
   * @throws the error of SQLite if the change cannot be stored
   */
  touch({ id }: Owner, name: string, now: number): void {
    const owner = this.#byId.get(id);
    if (owner === undefined || (now - owner.lastUsed < USE_MS && owner.name === name)) return;
    const lastUsed = Math.max(now, owner.lastUsed);
    this.#statements.touch.run(name, lastUsed, id);
    for (const skeleton of this.#options.skeletons(owner.name)) removeFrom(this.#bySkeleton, skeleton, owner);
    Object.assign(owner, { name, lastUsed });
    for (const skeleton of this.#options.skeletons(name)) addTo(this.#bySkeleton, skeleton, owner);
  }

  /**
   * Frees a name. The owner must own no room any more; see `OwnedRooms.passOn`.
   *
   * @param owner the owner
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  release({ id }: Owner): void {
    const owner = this.#byId.get(id);
    if (owner === undefined) return;
    transaction(this.#db, () => this.#statements.removeOwner.run(id));
    this.#unindex(owner);
  }

  /**
   * Takes an owner as another hub of a cluster has stored it. The object of the owner stays the same.
   *
   * @param id the number of the owner
   * @returns what has changed; `undefined` if it was none and is none
   */
  refresh(id: number): OwnerRefresh | undefined {
    const known = this.#byId.get(id);
    const row = this.#statements.owner.get(id) as SqlRow | undefined;
    if (row === undefined) {
      if (known !== undefined) this.#unindex(known);
      return known && { owner: known, now: "gone", added: [] };
    }
    const before = known?.keys.map(({ key }) => key) ?? [];
    if (known !== undefined) this.#unindex(known);
    const { keys: _, ...content } = ownerOf(row);
    const owner = Object.assign(known ?? ownerOf(row), content, { keys: [] });
    this.#index(owner);
    for (const { key, added } of this.#statements.keysOf.all(id)) {
      owner.keys.push({ key: String(key), added: Number(added) });
      addTo(this.#byKey, String(key), owner);
    }
    if (known === undefined) return { owner, now: "new", added: [] };
    const added = owner.keys.map(({ key }) => key).filter((key) => !before.includes(key));
    const isSame = added.length === 0 && owner.keys.length === before.length;
    return { owner, now: isSame ? "used" : "changed", added };
  }

  /**
   * Adds a key to a name.
   *
   * @param owner the owner
   * @param key the key, as the base64 of an OpenSSH blob
   * @param now the time of day, in milliseconds since 1970
   * @param together changes what is stored together with it, or not at all
   * @returns why it cannot be added; `undefined` if the name has the key now
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  addKey({ id }: Owner, key: string, now: number, together?: () => void): KeyRefusal | undefined {
    const owner = this.#byId.get(id)!;
    const refusal = this.refusalOfKey(owner, key);
    if (refusal !== undefined) return refusal;
    const isNew = !hasKey(owner, key);
    const add = () => isNew && this.#statements.addKey.run(id, key, now);
    if (together === undefined) add();
    else {
      transaction(this.#db, () => {
        add();
        together();
      });
    }
    if (isNew) this.#indexKey(owner, key, now);
    return undefined;
  }

  /**
   * Tells why a key cannot be added to a name.
   *
   * @param owner the owner
   * @param key the key
   * @returns the reason; `undefined` if it can, or the name has the key
   */
  refusalOfKey(owner: Owner, key: string): KeyRefusal | undefined {
    if (hasKey(owner, key)) return undefined;
    if (owner.keys.length >= MAX_KEYS_OF_NAME) return "too_many_keys";
    return (this.#byKey.get(key)?.size ?? 0) >= MAX_NAMES_OF_KEY ? "too_many_names" : undefined;
  }

  /**
   * Removes a key from a name. The last key stays: releasing the name is another request.
   *
   * @param owner the owner
   * @param key the key
   * @returns whether it was removed: the name has the key, and another one
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  removeKey({ id }: Owner, key: string): boolean {
    const owner = this.#byId.get(id)!;
    if (!hasKey(owner, key) || owner.keys.length === 1) return false;
    this.#statements.removeKey.run(id, key);
    owner.keys = owner.keys.filter((known) => known.key !== key);
    removeFrom(this.#byKey, key, owner);
    return true;
  }

  /**
   * Gives a name to a key instead of all that it has, as an operator does whose user has lost a key.
   *
   * @param owner the owner
   * @param key the new key
   * @param now the time of day, in milliseconds since 1970
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  move({ id }: Owner, key: string, now: number): void {
    const owner = this.#byId.get(id)!;
    transaction(this.#db, () => {
      this.#statements.move.run(now, id);
      this.#statements.removeKeys.run(id);
      this.#statements.addKey.run(id, key, now);
    });
    for (const { key: old } of owner.keys) removeFrom(this.#byKey, old, owner);
    owner.keys = [];
    owner.moved = now;
    this.#indexKey(owner, key, now);
  }

  /**
   * Finds the names that have not been used for too long. To be called about once a minute.
   *
   * @param now the time of day, in milliseconds since 1970
   * @param elapsed a monotonic time, in milliseconds
   * @returns the owners whose names are to be released, after what belongs to them has passed to others
   */
  expired(now: number, elapsed: number): Owner[] {
    const found: Owner[] = [];
    for (const owner of this.#byId.values()) {
      if (now - owner.lastUsed < this.#options.nameMs) {
        this.#expired.delete(owner);
        continue;
      }
      const since = this.#expired.get(owner);
      if (since === undefined) this.#expired.set(owner, elapsed);
      else if (elapsed - since >= LAST_CALL_MS) found.push(owner);
    }
    for (const [site, times] of this.#taken) {
      if (times.every((time) => elapsed - time >= NEW_NAMES_MS)) this.#taken.delete(site);
    }
    return found;
  }

  #unindex(owner: MutableOwner): void {
    this.#byId.delete(owner.id);
    this.#expired.delete(owner);
    if (this.#byName.get(nameKey(owner.name)) === owner) this.#byName.delete(nameKey(owner.name));
    for (const skeleton of this.#options.skeletons(owner.name)) removeFrom(this.#bySkeleton, skeleton, owner);
    for (const { key } of owner.keys) removeFrom(this.#byKey, key, owner);
  }

  #index(owner: MutableOwner): void {
    this.#byId.set(owner.id, owner);
    this.#byName.set(nameKey(owner.name), owner);
    for (const skeleton of this.#options.skeletons(owner.name)) addTo(this.#bySkeleton, skeleton, owner);
  }

  #indexKey(owner: MutableOwner, key: string, added: number): void {
    owner.keys.push({ key, added });
    addTo(this.#byKey, key, owner);
    this.keyAdded?.(owner, key);
  }
}

/** Makes an owner of its row, without keys. */
function ownerOf({ id, name, since, last_used: lastUsed, moved }: SqlRow): MutableOwner {
  return {
    id: Number(id),
    name: String(name),
    since: Number(since),
    lastUsed: Number(lastUsed),
    moved: moved === null ? undefined : Number(moved),
    keys: [],
  };
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}

function prepare(db: DatabaseSync): Record<
  | "owners"
  | "owner"
  | "keys"
  | "keysOf"
  | "addOwner"
  | "removeOwner"
  | "touch"
  | "move"
  | "addKey"
  | "removeKey"
  | "removeKeys",
  StatementSync
> {
  return {
    owners: db.prepare("SELECT id, name, since, last_used, moved FROM owners ORDER BY since, id"),
    owner: db.prepare("SELECT id, name, since, last_used, moved FROM owners WHERE id = ?"),
    keys: db.prepare("SELECT owner, key, added FROM keys ORDER BY owner, added, key"),
    keysOf: db.prepare("SELECT key, added FROM keys WHERE owner = ? ORDER BY added, key"),
    addOwner: db.prepare("INSERT INTO owners (id, name, since, last_used) VALUES (?, ?, ?, ?)"),
    removeOwner: db.prepare("DELETE FROM owners WHERE id = ?"),
    touch: db.prepare("UPDATE owners SET name = ?, last_used = ? WHERE id = ?"),
    move: db.prepare("UPDATE owners SET moved = ? WHERE id = ?"),
    addKey: db.prepare("INSERT INTO keys (owner, key, added) VALUES (?, ?, ?)"),
    removeKey: db.prepare("DELETE FROM keys WHERE owner = ? AND key = ?"),
    removeKeys: db.prepare("DELETE FROM keys WHERE owner = ?"),
  };
}
