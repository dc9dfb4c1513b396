/**
 * The keyboard: decodes the bytes that a terminal sends into keys.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: nothing.
 *
 * - `key`: the types of keys
 * - `key_decoder`: the state machine that turns bytes into keys, across reads
 * - `key_sequences`: the escape sequences of keys, and the key that each means
 * - `paste_reader`: the text of a bracketed paste, read up to its end sequence
 * - `utf8`: decoding UTF-8, and how many bytes of a character are missing
 *
 * @module
 */
export { type CharacterKey, chordOf, type Key, type NamedKey, type PasteKey } from "./key.ts";
export { KeyDecoder } from "./key_decoder.ts";
