/**
 * Reads what a user has typed for a key: the key itself, its fingerprint, the path of a file, or a code of another
 * device.
 *
 * PURE.
 *
 * @module
 */
import { KeyError, parsePublicKey, publicKeyBlob, readFingerprint, toBase64 } from "../../identity/mod.ts";

/** How many words a code has. */
const CODE_WORDS = 6;

/** What a user has typed for a key. */
export type KeyOperand =
  /** A public key, as the base64 of its blob. */
  | { readonly kind: "key"; readonly key: string }
  /** A code of another device: six words with a space in between. */
  | { readonly kind: "code"; readonly code: string }
  /** A fingerprint, or the beginning of one. */
  | { readonly kind: "fingerprint"; readonly fingerprint: string }
  /** The path of a file. */
  | { readonly kind: "file"; readonly path: string };

/**
 * Reads an operand.
 *
 * @param text what the user has typed, not empty
 * @returns what it means
 * @throws {KeyError} if it is a key of another type, or a code with another number of words
 */
export function readKeyOperand(text: string): KeyOperand {
  if (/^(?:ssh|ecdsa|sk)-\S+\s+\S/.test(text)) return { kind: "key", key: base64Of(text) };
  if (/^AAAA[A-Za-z0-9+/]{40,}=*$/.test(text)) return { kind: "key", key: base64Of(`ssh-ed25519 ${text}`) };
  const fingerprint = /^SHA256:/.test(text) ? text : readFingerprint(text);
  if (fingerprint !== undefined) return { kind: "fingerprint", fingerprint };
  const words = text.toLowerCase().split(/[\s,]+/);
  if (words.length < 2 || !words.every((word) => /^[a-z]+$/.test(word))) return { kind: "file", path: text };
  if (words.length === CODE_WORDS) return { kind: "code", code: words.join(" ") };
  throw new KeyError(`a code has ${CODE_WORDS} words: this has ${words.length}`);
}

function base64Of(line: string): string {
  return toBase64(publicKeyBlob(parsePublicKey(line).key));
}
