/**
 * The operators of a hub: the keys in the file that `--operators` names, and the keys and names that `riftchat op add`
 * has added. Of a name, all keys are those of an operator.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OwnedNames, Owner } from "../registry/mod.ts";
import type { AfterCommit } from "../sqlite/mod.ts";
import type { OperatorKey } from "./operators_file.ts";

/** An operator. */
export interface OperatorEntry {
  /** The name that was added, or the comment of the key; empty if there is none. */
  readonly shown: string;
  /** The keys, as the base64 of OpenSSH blobs. */
  readonly keys: readonly string[];
  /** Whether it was added as a name. */
  readonly isName: boolean;
  /** Whether it is in the file; otherwise it was added with `riftchat op add`. */
  readonly inFile: boolean;
  /** When it was added, in milliseconds since 1970; `undefined` in the file. */
  readonly at: number | undefined;
}

/** The operators of a hub. */
export class Operators {
  readonly #names: OwnedNames | undefined;
  readonly #statements: Record<"all" | "one" | "add" | "remove", StatementSync>;
  #file = new Map<string, OperatorKey>();
  /** The keys and owners that were added, as they are stored. */
  readonly #added = new Map<string, { shown: string; at: number }>();

  /**
   * Reads a database.
   *
   * @param db the moderation database, of the newest version
   * @param names the owned names of the hub, if there are any
   */
  constructor(db: DatabaseSync, names: OwnedNames | undefined) {
    this.#names = names;
    this.#statements = {
      all: db.prepare("SELECT who, shown, at FROM operators ORDER BY at"),
      one: db.prepare("SELECT shown, at FROM operators WHERE who = ?"),
      add: db.prepare("INSERT INTO operators (who, shown, at) VALUES (?, ?, ?)"),
      remove: db.prepare("DELETE FROM operators WHERE who = ?"),
    };
    for (const { who, shown, at } of this.#statements.all.iterate()) {
      this.#added.set(String(who), { shown: String(shown), at: Number(at) });
    }
  }

  /** Whether there is any. */
  get any(): boolean {
    return this.#file.size + this.#added.size > 0;
  }

  /**
   * Replaces the keys of the file.
   *
   * @param keys the keys in the file
   */
  setFile(keys: readonly OperatorKey[]): void {
    this.#file = new Map(keys.map((entry) => [entry.key, entry]));
  }

  /**
   * Tells whether a key is that of an operator.
   *
   * @param identity a key that a client has proved to have, as the base64 of an OpenSSH blob
   * @returns whether it is
   */
  has(identity: string | undefined): boolean {
    if (identity === undefined || !this.any) return false;
    if (this.#file.has(identity) || this.#added.has(keyOf(identity))) return true;
    for (const owner of this.#names?.ownersOf(identity) ?? []) {
      if (this.#added.has(ownerOf(owner))) return true;
    }
    return false;
  }

  /**
   * Tells whether the file has a key.
   *
   * @param key a key, as the base64 of an OpenSSH blob
   * @returns whether it has
   */
  inFile(key: string): boolean {
    return this.#file.has(key);
  }

  /**
   * Lists the operators.
   *
   * @returns those in the file, then those that were added, the oldest first; a name that was freed is left out
   */
  list(): OperatorEntry[] {
    const file = [...this.#file.values()].map(({ key, comment }) => ({
      shown: comment,
      keys: [key],
      isName: false,
      inFile: true,
      at: undefined,
    }));
    const added = [...this.#added].flatMap(([who, { shown, at }]) => {
      if (who.startsWith("key ")) {
        return [{ shown, keys: [who.slice("key ".length)], isName: false, inFile: false, at }];
      }
      const owner = this.#names?.owner(Number(who.slice("owner ".length)));
      return owner === undefined
        ? []
        : [{ shown: owner.name, keys: owner.keys.map(({ key }) => key), isName: true, inFile: false, at }];
    });
    return [...file, ...added];
  }

  /**
   * Adds an operator.
   *
   * @param who a key, as the base64 of an OpenSSH blob, or the owner of a name
   * @param comment what to show beside a key; empty for nothing
   * @param now the time of day, in milliseconds since 1970
   * @param after puts it in force once the transaction is committed
   * @returns whether it was none before
   * @throws the error of SQLite if it cannot be stored
   */
  add(who: string | Owner, comment: string, now: number, after: AfterCommit): boolean {
    const id = typeof who === "string" ? keyOf(who) : ownerOf(who);
    if (this.#added.has(id)) return false;
    const shown = typeof who === "string" ? comment : who.name;
    this.#statements.add.run(id, shown, now);
    after(() => this.#added.set(id, { shown, at: now }));
    return true;
  }

  /**
   * Removes an operator that was added.
   *
   * @param who a key, as the base64 of an OpenSSH blob, or the owner of a name
   * @param after puts that in force once the transaction is committed
   * @returns whether it had been added
   * @throws the error of SQLite if that cannot be stored
   */
  remove(who: string | Owner, after: AfterCommit): boolean {
    const id = typeof who === "string" ? keyOf(who) : ownerOf(who);
    if (!this.#added.has(id)) return false;
    this.#statements.remove.run(id);
    after(() => this.#added.delete(id));
    return true;
  }

  /**
   * Takes an operator as another hub of a cluster has stored it.
   *
   * @param who as it is stored
   */
  refresh(who: string): void {
    const row = this.#statements.one.get(who);
    if (row === undefined) this.#added.delete(who);
    else this.#added.set(who, { shown: String(row.shown), at: Number(row.at) });
  }
}

function keyOf(key: string): string {
  return `key ${key}`;
}

function ownerOf({ id }: Owner): string {
  return `owner ${id}`;
}
