/**
 * What the page keeps between visits: name, rooms, ignored users, read markers and drafts. Values that cannot be read
 * count as absent.
 *
 * All tabs of a browser keep the same values. So a tab changes one item of a list or of a record, and never writes all
 * of it as the tab knows it: others may have added something.
 *
 * @module
 */
import type { ReadMarker } from "../../client/model/mod.ts";
import { nameKey } from "../../protocol/mod.ts";

/** Where values are kept; `localStorage` is one. */
export interface KeptValues {
  /** Returns a value, or `null`. */
  getItem(key: string): string | null;
  /** Keeps a value. */
  setItem(key: string, value: string): void;
}

/** What is kept, by its key. */
export interface Kept {
  /** The name of the user. */
  name: string;
  /** Whether the user joins without a key. */
  guest: boolean;
  /** The open rooms, without `#` and without `main`. */
  rooms: string[];
  /** The people with an open conversation. */
  people: string[];
  /** The ignored users. */
  ignore: string[];
  /** How far each conversation is read, by the key of its target, with the own name for a direct one. */
  read: Record<string, ReadMarker>;
  /** What is typed and not sent, by the key of its target. */
  drafts: Record<string, string>;
}

const PREFIX = "riftchat:";

/** What is kept between visits. */
export class Memory {
  readonly #values: KeptValues;

  /**
   * Uses a place for values.
   *
   * @param values where they are kept
   */
  constructor(values: KeptValues) {
    this.#values = values;
  }

  /**
   * Returns what is kept.
   *
   * @param key which value
   * @param fallback what is returned if there is none, or one of another type
   */
  get<Key extends keyof Kept>(key: Key, fallback: Kept[Key]): Kept[Key] {
    try {
      const value = JSON.parse(this.#values.getItem(PREFIX + key) ?? "null");
      const fits = typeof value === typeof fallback && Array.isArray(value) === Array.isArray(fallback);
      return fits && value !== null ? value : fallback;
    } catch {
      return fallback;
    }
  }

  /**
   * Keeps a value, if the browser lets it.
   *
   * @param key which value
   * @param value the value
   */
  set<Key extends keyof Kept>(key: Key, value: Kept[Key]): void {
    try {
      this.#values.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // There is no space, or the user allows none. The page works without.
    }
  }

  /**
   * Adds a name to a list, or takes it out.
   *
   * @param key which list
   * @param name the name
   * @param isListed whether it is in the list from now on
   */
  list(key: "rooms" | "people" | "ignore", name: string, isListed: boolean): void {
    const others = this.get(key, []).filter((other) => nameKey(String(other)) !== nameKey(name));
    this.set(key, isListed ? [...others, name] : others);
  }

  /**
   * Keeps an item of a record, or removes it.
   *
   * @param key which record
   * @param item the key of the item
   * @param value the item; `undefined` to remove it
   */
  put<Key extends "read" | "drafts">(key: Key, item: string, value: Kept[Key][string] | undefined): void {
    const { [item]: _, ...others } = this.get(key, {} as Kept[Key]);
    this.set(key, (value === undefined ? others : { ...others, [item]: value }) as Kept[Key]);
  }
}
