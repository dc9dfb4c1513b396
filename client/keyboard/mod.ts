/**
 * client/keyboard
 *
 * @module
 */
export { type CharacterKey, chordOf, type Key, type NamedKey } from "./key.ts";
export { KeyDecoder } from "./keys.ts";
