/**
 * The ignored users, whose messages are hidden.
 *
 * PURE. Users are ignored by their keys, if the hub knows some, else by name. Rules:
 * - Whoever has the keys is ignored under every name. An ignored user who takes another name stays ignored until they
 *   leave, with or without keys: then the new name may belong to another user.
 * - Without news of the keys of a name, whoever has the ignored name is ignored. If the name belongs to other keys,
 *   they are not.
 * - An ignored user is saved as their name, with a space and a fingerprint after it for each key.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** How many new names of ignored users are known at most, so that a hub cannot fill the memory. */
export const MAX_NEW_NAMES = 100;

/** How many keys of a user are saved at most, so that a hub cannot fill the file: more than a RiftChat hub allows. */
const MAX_SAVED_KEYS = 16;

/** An ignored user. */
export interface IgnoredName {
  /** The name as the user gave it. */
  readonly name: string;
  /** Whether they are ignored by their keys, and not only by name. */
  readonly byKey?: true;
  /** The name that this user has taken since, if any. */
  readonly currentName?: string;
}

/** An ignored user, as saved. */
export interface SavedIgnored {
  /** The name as the user gave it. */
  readonly name: string;
  /** The fingerprints of their keys; none if they are ignored by name. */
  readonly keys: readonly string[];
}

/**
 * Formats an ignored user for saving.
 *
 * @param name the name
 * @param keys the fingerprints of their keys
 * @returns the text, which the constructor of {@linkcode Ignored} takes
 */
export function ignoredText(name: string, keys: readonly string[]): string {
  return [name, ...keys.filter((key) => /^SHA256:\S{1,64}$/.test(key)).slice(0, MAX_SAVED_KEYS)].join(" ");
}

/**
 * Gives the name of a saved ignored user.
 *
 * @param text the result of {@linkcode ignoredText}
 * @returns the name
 */
export function ignoredNameIn(text: string): string {
  return entryOf(text).name;
}

/** The ignored users. */
export class Ignored {
  /** The ignored users by the keys of their names. */
  #entries = new Map<string, SavedIgnored>();
  /** New names of ignored users, by their keys: the new name and the key of the ignored one. */
  readonly #newNames = new Map<string, { name: string; originalKey: string }>();
  /** The ignored names, by their keys, that belong to other keys than those that are ignored. */
  readonly #others = new Set<string>();

  /**
   * Ignores these users.
   *
   * @param texts the users to ignore, each as {@linkcode ignoredText} returns it
   */
  constructor(texts: readonly string[]) {
    this.update(texts);
  }

  /** Whether any user is ignored by their keys. */
  get hasKeys(): boolean {
    return this.#entries.values().some(({ keys }) => keys.length > 0);
  }

  /**
   * Replaces the ignored users.
   *
   * @param texts the users to ignore from now on, each as {@linkcode ignoredText} returns it
   */
  update(texts: readonly string[]): void {
    this.#entries = new Map(texts.map(entryOf).map((entry) => [nameKey(entry.name), entry]));
    for (const key of this.#others) if (!this.#entries.get(key)?.keys.length) this.#others.delete(key);
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
    if (this.#entries.size === 0) return undefined;
    const key = nameKey(name);
    const direct = this.#others.has(key) ? undefined : this.#entries.get(key);
    return (direct ?? this.#entries.get(this.#newNames.get(key)?.originalKey ?? ""))?.name;
  }

  /**
   * Takes into account to which keys a name belongs.
   *
   * @param name the name
   * @param keys the fingerprints of the keys; none if they are unknown
   * @returns the name and all keys of the ignored user to whom one of these keys belongs, if there is one
   */
  learned(name: string, keys: readonly string[]): SavedIgnored | undefined {
    if (keys.length === 0) return undefined;
    const key = nameKey(name);
    const [originalKey, entry] = this.#entries.entries()
      .find(([, entry]) => entry.keys.some((known) => keys.includes(known))) ?? [];
    this.#others.delete(key);
    if (entry === undefined) {
      const { originalKey = "" } = this.#newNames.get(key) ?? {};
      if (this.#entries.get(originalKey)?.keys.length) this.#newNames.delete(key);
      if (this.#entries.get(key)?.keys.length) this.#others.add(key);
      return undefined;
    }
    if (originalKey !== key) this.#addNewName(name, originalKey!);
    return { name: entry.name, keys: [...new Set([...entry.keys, ...keys])] };
  }

  /**
   * Updates the name of a user.
   *
   * @param old the old name
   * @param name the new name
   */
  renamed(old: string, name: string): void {
    const original = this.ignoredAs(old);
    this.#others.delete(nameKey(old));
    if (original === undefined) return;
    this.#newNames.delete(nameKey(old));
    if (this.#entries.has(nameKey(name))) return;
    this.#addNewName(name, nameKey(original));
  }

  /**
   * Removes the new name of a user who left.
   *
   * @param name their last name
   */
  left(name: string): void {
    this.#newNames.delete(nameKey(name));
    this.#others.delete(nameKey(name));
  }

  /** Removes all that is known of a connection, for a new one: changes while the client was offline are unknown. */
  reset(): void {
    this.#newNames.clear();
    this.#others.clear();
  }

  /**
   * Lists the ignored users.
   *
   * @returns the names in the order in which they were given
   */
  list(): IgnoredName[] {
    return Array.from(this.#entries, ([key, { name, keys }]) => {
      const renamed = this.#newNames.values().find(({ originalKey }) => originalKey === key);
      const entry = { name, ...(keys.length > 0 && { byKey: true as const }) };
      return renamed === undefined ? entry : { ...entry, currentName: renamed.name };
    });
  }

  #addNewName(name: string, originalKey: string): void {
    this.#newNames.set(nameKey(name), { name, originalKey });
    const [oldest] = this.#newNames.keys();
    if (this.#newNames.size > MAX_NEW_NAMES) this.#newNames.delete(oldest!);
  }
}

/** Names have no spaces; what a user has typed for one may have some. */
function entryOf(text: string): SavedIgnored {
  const [, name = text, keys = ""] = /^(.*?)((?: SHA256:\S+)+)$/.exec(text) ?? [];
  return { name, keys: keys.split(" ").filter((key) => key !== "") };
}
