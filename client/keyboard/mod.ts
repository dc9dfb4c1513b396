/**
 * Bytes of a terminal to keys.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: nothing.
 *
 * - `key`: what a person did at the keyboard, as a value
 * - `key_sequences`: what the escape sequences of keyboards mean
 * - `keys`: bytes become keys, across reads
 *
 * @module
 */
export { type CharacterKey, chordOf, type Key, type NamedKey } from "./key.ts";
export { KeyDecoder } from "./keys.ts";
