/**
 * Where the page keeps values between visits: `localStorage`, or nowhere if the browser allows none, as in some private
 * windows or without cookies. Then they last as long as the page.
 *
 * @module
 */
import type { KeptValues } from "../store/mod.ts";

/**
 * Finds where values are kept.
 *
 * @param name which storage of the browser to use
 * @returns the storage, or one in memory in its place
 */
export function keptValues(name: "localStorage" | "sessionStorage" = "localStorage"): KeptValues {
  try {
    // Reading the property throws where the browser blocks it; in some it is null.
    const storage = globalThis[name];
    storage.getItem("");
    return storage;
  } catch {
    const values = new Map<string, string>();
    return {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void values.set(key, value),
    };
  }
}
