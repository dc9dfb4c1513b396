/**
 * The ignored users, whose messages are hidden.
 *
 * PURE. Users are ignored by name. An ignored user who takes another name stays ignored until they leave. Then the
 * new name may belong to another user.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** How many new names of ignored users are known at most, so that a hub cannot fill the memory. */
export const MAX_NEW_NAMES = 100;

/** An ignored user. */
export interface IgnoredName {
  /** The name as the user gave it. */
  readonly name: string;
  /** The name that this user has taken since, if any. */
  readonly currentName?: string;
}

/** The ignored users. */
export class Ignored {
  /** The ignored names by their keys. */
  #names = new Map<string, string>();
  /** New names of ignored users, by their keys: the new name and the key of the ignored one. */
  readonly #newNames = new Map<string, { name: string; originalKey: string }>();

  /**
   * Ignores these users.
   *
   * @param names the names to ignore
   */
  constructor(names: readonly string[]) {
    this.update(names);
  }

  /**
   * Replaces the ignored names.
   *
   * @param names the names to ignore from now on
   */
  update(names: readonly string[]): void {
    this.#names = new Map(names.map((name) => [nameKey(name), name]));
  }

  /**
   * Whether a user is ignored.
   *
   * @param name their current name
   * @returns whether they are ignored
   */
  has(name: string): boolean {
    return this.ignoredAs(name) !== undefined;
  }

  /**
   * Finds the name under which a user is ignored.
   *
   * @param name the ignored name or the current name
   * @returns the ignored name; `undefined` if the user is not ignored
   */
  ignoredAs(name: string): string | undefined {
    if (this.#names.size === 0) return undefined;
    const key = nameKey(name);
    return this.#names.get(key) ?? this.#names.get(this.#newNames.get(key)?.originalKey ?? "");
  }

  /**
   * Updates the name of a user.
   *
   * @param old the old name
   * @param name the new name
   */
  renamed(old: string, name: string): void {
    const original = this.ignoredAs(old);
    if (original === undefined) return;
    this.#newNames.delete(nameKey(old));
    if (this.#names.has(nameKey(name))) return;
    this.#newNames.set(nameKey(name), { name, originalKey: nameKey(original) });
    const [oldest] = this.#newNames.keys();
    if (this.#newNames.size > MAX_NEW_NAMES) this.#newNames.delete(oldest!);
  }

  /**
   * Removes the new name of a user who left.
   *
   * @param name their last name
   */
  left(name: string): void {
    this.#newNames.delete(nameKey(name));
  }

  /** Removes all new names, for a new connection: renames while the client was offline are unknown. */
  reset(): void {
    this.#newNames.clear();
  }

  /**
   * Lists the ignored users.
   *
   * @returns the names in the order in which they were given
   */
  list(): IgnoredName[] {
    return Array.from(this.#names, ([key, name]) => {
      const renamed = this.#newNames.values().find(({ originalKey }) => originalKey === key);
      return renamed === undefined ? { name } : { name, currentName: renamed.name };
    });
  }
}
