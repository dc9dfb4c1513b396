/**
 * Whose lines are hidden.
 *
 * PURE. People are ignored by name. Who is ignored and takes another name stays ignored under it, until gone: the name
 * may be somebody else's then.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** Somebody who is ignored. */
export interface IgnoredName {
  /** The name as it was given. */
  readonly name: string;
  /** The name that this person has taken since, if any. */
  readonly now?: string;
}

/** Knows who is ignored. */
export class Ignored {
  /** The names as they were given, by their keys. */
  #names = new Map<string, string>();
  /** Names taken since, by their keys: the name itself and the key of the one that was given. */
  readonly #taken = new Map<string, { name: string; given: string }>();

  /**
   * Begins with some names.
   *
   * @param names whom to ignore
   */
  constructor(names: readonly string[]) {
    this.update(names);
  }

  /**
   * Ignores these from now on, and nobody else.
   *
   * @param names whom to ignore
   */
  update(names: readonly string[]): void {
    this.#names = new Map(names.map((name) => [nameKey(name), name]));
  }

  /**
   * Tells whether somebody is ignored.
   *
   * @param name the name now
   * @returns whether
   */
  has(name: string): boolean {
    return this.given(name) !== undefined;
  }

  /**
   * Finds under which name somebody is ignored.
   *
   * @param name the name that was given, or the one now
   * @returns the name that was given; nothing where nobody of that name is ignored
   */
  given(name: string): string | undefined {
    if (this.#names.size === 0) return undefined;
    const key = nameKey(name);
    return this.#names.get(key) ?? this.#names.get(this.#taken.get(key)?.given ?? "");
  }

  /**
   * Takes note that somebody has another name.
   *
   * @param old the name before
   * @param name the name now
   */
  renamed(old: string, name: string): void {
    const given = this.given(old);
    if (given === undefined) return;
    this.#taken.delete(nameKey(old));
    if (!this.#names.has(nameKey(name))) this.#taken.set(nameKey(name), { name, given: nameKey(given) });
  }

  /**
   * Takes note that somebody is gone.
   *
   * @param name the name until then
   */
  left(name: string): void {
    this.#taken.delete(nameKey(name));
  }

  /** Takes note that the connection is another one, so that what happened meanwhile is not known. */
  forget(): void {
    this.#taken.clear();
  }

  /**
   * Lists who is ignored.
   *
   * @returns the names in the order in which they were given
   */
  list(): IgnoredName[] {
    return Array.from(this.#names, ([key, name]) => {
      const taken = this.#taken.values().find(({ given }) => given === key);
      return taken === undefined ? { name } : { name, now: taken.name };
    });
  }
}
