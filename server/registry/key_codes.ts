/**
 * Codes with which another device adds its key to a name: each once, and for some minutes. A hash of them is stored.
 *
 * Rules:
 * - Of an owner the last code is valid, at all hubs of a cluster.
 * - A name gets so many codes within an hour and no more, as each that is used leaves a row at all hubs for a day.
 * - Once a name has lost a key, no code is valid that was made before: whoever had that key may have made it.
 * - In a cluster the use of a code is a row, and counts for the hub that has written it first: so a code adds one key,
 *   also if two devices give it to two hubs at once.
 *
 * The database and the time are handed in.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type ClaimOutcome, Claims, type ReplicatedChange, type SqlRow } from "../sqlite/mod.ts";
import { FORGET_CODE_MS, KEY_CODE_MS, KEY_CODES_MS, MAX_KEY_CODES } from "../limits.ts";
import type { KeyRefusal, OwnedNames } from "./owned_names.ts";
import type { Owner } from "./owner.ts";

interface KeyCode {
  readonly owner: number;
  readonly hash: string;
  /** The keys of the owner when it was made, each with the time when it was added. */
  readonly keys: string;
  /** Until when it is valid, in milliseconds since 1970. */
  readonly expires: number;
  /** When it was made here, by `Clock.elapsed`; `undefined` if another hub has made it, or an earlier run. */
  readonly madeAt: number | undefined;
}

/** The time: that of the day in milliseconds since 1970, and a monotonic one. */
export interface CodeTimes {
  /** The time of day, in milliseconds since 1970. */
  readonly wall: number;
  /** A monotonic time, in milliseconds. */
  readonly elapsed: number;
}

/** The codes of a hub. */
export class KeyCodes {
  readonly #names: OwnedNames;
  readonly #statements: Record<
    "add" | "remove" | "one" | "use" | "user" | "forgetUses" | "forgetAll",
    StatementSync
  >;
  readonly #byOwner = new Map<number, KeyCode>();
  readonly #byHash = new Map<string, KeyCode>();
  /** When each owner got codes here, by `Clock.elapsed`, by the id of the owner. */
  readonly #made = new Map<number, number[]>();
  /** In a cluster: the uses that do not count yet, by the primary keys of their rows. */
  #claims: Claims<{ readonly hash: string; readonly key: string }> | undefined;

  /**
   * Reads the codes of a database.
   *
   * @param db the database, of the newest version
   * @param names the names whose keys are added
   */
  constructor(db: DatabaseSync, names: OwnedNames) {
    this.#names = names;
    this.#statements = {
      add: db.prepare("INSERT OR REPLACE INTO codes (owner, hash, keys, expires) VALUES (?, ?, ?, ?)"),
      remove: db.prepare("DELETE FROM codes WHERE owner = ?"),
      one: db.prepare("SELECT owner, hash, keys, expires FROM codes WHERE owner = ?"),
      use: db.prepare("INSERT INTO used_codes (hash, key, at) VALUES (?, ?, ?)"),
      user: db.prepare("SELECT key FROM used_codes WHERE hash = ?"),
      forgetUses: db.prepare("DELETE FROM used_codes WHERE at < ?"),
      forgetAll: db.prepare("DELETE FROM codes"),
    };
    for (const row of db.prepare("SELECT owner, hash, keys, expires FROM codes").all() as SqlRow[]) {
      this.#index(codeOf(row));
    }
  }

  /**
   * Tells when an owner may get another code.
   *
   * @param owner the owner
   * @param elapsed a monotonic time, in milliseconds
   * @returns in how many milliseconds; 0 for now
   */
  waitMs({ id }: Owner, elapsed: number): number {
    const oldest = this.#made.get(id)?.at(-MAX_KEY_CODES);
    return oldest === undefined ? 0 : Math.max(0, oldest + KEY_CODES_MS - elapsed);
  }

  /**
   * Makes a code valid.
   *
   * @param owner for whom
   * @param hash the hash of the code, which nobody can guess; it replaces an earlier one of the same owner
   * @param times the time
   * @returns how long it is valid, in milliseconds
   * @throws the error of SQLite if it cannot be stored; then nothing has changed
   */
  add(owner: Owner, hash: string, { wall, elapsed }: CodeTimes): number {
    const code = {
      owner: owner.id,
      hash,
      keys: keysOf(owner).join("\n"),
      expires: wall + KEY_CODE_MS,
      madeAt: elapsed,
    };
    this.#statements.add.run(code.owner, hash, code.keys, code.expires);
    this.#index(code);
    this.#made.set(owner.id, [...this.#madeSince(owner.id, elapsed - KEY_CODES_MS), elapsed]);
    return KEY_CODE_MS;
  }

  /**
   * Finds the owner for whom a code was made.
   *
   * @param hash the hash of the code
   * @param times the time
   * @returns the owner; `undefined` if there is no such code, or it is too old, or its name has lost a key
   */
  find(hash: string, { wall, elapsed }: CodeTimes): Owner | undefined {
    const code = this.#byHash.get(hash);
    if (code === undefined || code.expires <= wall) return undefined;
    if (code.madeAt !== undefined && code.madeAt + KEY_CODE_MS <= elapsed) return undefined;
    const owner = this.#names.owner(code.owner);
    if (owner === undefined) return undefined;
    const keys = new Set(keysOf(owner));
    return code.keys.split("\n").every((key) => keys.has(key)) ? owner : undefined;
  }

  /** Whether the hub is in a cluster, so that a code is used by {@linkcode KeyCodes.claim} first. */
  get isShared(): boolean {
    return this.#claims !== undefined;
  }

  /**
   * Uses a code in a cluster. That counts once no other hub can have been first; then {@linkcode KeyCodes.redeem} adds
   * the key.
   *
   * @param hash the hash of a code that {@linkcode KeyCodes.find} finds
   * @param key the key of the device
   * @param wall the time of day, in milliseconds since 1970
   * @returns resolves with how the claim ends; `undefined` if another key has used the code
   * @throws the error of SQLite if it cannot be stored; then it is not used
   */
  claim(hash: string, key: string, wall: number): Promise<ClaimOutcome> | undefined {
    const claims = this.#claims!;
    const id = JSON.stringify([hash]);
    const user = this.#userOf(hash);
    if (user !== undefined && user !== key) return undefined;
    if (user === undefined) {
      this.#statements.use.run(hash, key, wall);
      claims.add(id, { hash, key });
    }
    return claims.get(id) === undefined ? Promise.resolve("won") : claims.outcome(id);
  }

  /**
   * Adds a key to the name for which a code was made. The code is then used up.
   *
   * @param hash the hash of the code; in a cluster this key has used it
   * @param key the key of the device
   * @param times the time
   * @returns the owner; or why the key cannot be added: there is no such code, or it is too old, or its name is free
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  redeem(hash: string, key: string, times: CodeTimes): Owner | KeyRefusal | "no_such_code" {
    const owner = this.find(hash, times);
    if (owner === undefined) return "no_such_code";
    if (this.#claims !== undefined) {
      const isClaimed = this.#userOf(hash) === key && this.#claims.get(JSON.stringify([hash])) === undefined;
      if (!isClaimed) return "no_such_code";
    }
    const refusal = this.#names.refusalOfKey(owner, key);
    if (refusal !== undefined) return refusal;
    this.#names.addKey(owner, key, times.wall, () => this.#statements.remove.run(owner.id));
    this.#unindex(owner.id);
    return owner;
  }

  /**
   * Forgets which codes were made and used long ago. To be called about once a minute.
   *
   * @param times the time
   * @throws the error of SQLite if it cannot be stored
   */
  forgetOld({ wall, elapsed }: CodeTimes): void {
    for (const id of this.#made.keys()) {
      if (this.#madeSince(id, elapsed - KEY_CODES_MS).length === 0) this.#made.delete(id);
    }
    this.#statements.forgetUses.run(wall - FORGET_CODE_MS);
  }

  /** From now on the codes are those of all hubs of a cluster. */
  share(): void {
    this.#claims = new Claims();
  }

  /**
   * Takes what another hub has changed.
   *
   * @param change the change of a row, which is stored
   */
  taken({ table, before, after }: ReplicatedChange): void {
    if (table === "used_codes") {
      // Another hub was first.
      for (const { row } of before) this.#claims?.end(JSON.stringify([String(row.hash)]), "lost");
      return;
    }
    for (const { row } of after === undefined ? before : [...before, after]) {
      const id = Number(row.owner);
      this.#unindex(id);
      const stored = this.#statements.one.get(id) as SqlRow | undefined;
      if (stored !== undefined) this.#index(codeOf(stored));
    }
  }

  /**
   * Takes that all hubs have a row of this hub.
   *
   * @param table its table
   * @param id its primary key, as a JSON array
   */
  confirmed(table: string, id: string): void {
    if (table === "used_codes") this.#claims?.end(id, "won");
  }

  /**
   * Takes whether this hub is cut off from the others.
   *
   * @param isCutOff whether it is
   */
  cutOff(isCutOff: boolean): void {
    this.#claims?.cutOff(isCutOff);
  }

  /** Forgets all codes, within a transaction: the owners get other ids. */
  forgetAll(): void {
    this.#statements.forgetAll.run();
    this.#byOwner.clear();
    this.#byHash.clear();
  }

  #madeSince(id: number, since: number): number[] {
    return (this.#made.get(id) ?? []).filter((time) => time > since);
  }

  #userOf(hash: string): string | undefined {
    const row = this.#statements.user.get(hash);
    return row && String(row.key);
  }

  #index(code: KeyCode): void {
    this.#unindex(code.owner);
    this.#byOwner.set(code.owner, code);
    this.#byHash.set(code.hash, code);
  }

  #unindex(owner: number): void {
    const code = this.#byOwner.get(owner);
    if (code === undefined) return;
    this.#byOwner.delete(owner);
    this.#byHash.delete(code.hash);
  }
}

function codeOf({ owner, hash, keys, expires }: SqlRow): KeyCode {
  return {
    owner: Number(owner),
    hash: String(hash),
    keys: String(keys),
    expires: Number(expires),
    madeAt: undefined,
  };
}

/** Lists the keys of an owner; one that was removed and added again is another one. */
function keysOf({ keys }: Owner): string[] {
  return keys.map(({ key, added }) => `${added} ${key}`);
}
