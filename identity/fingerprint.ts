/**
 * Fingerprints of certificates and keys, for people to compare: the SHA-256 of the bytes, written as `SHA256:` and 43
 * characters of base64 (as ssh does), or as words to read aloud.
 *
 * PURE.
 *
 * @module
 */
import { FINGERPRINT_WORDS } from "./fingerprint_words.ts";

/**
 * How many bytes of the hash are written as words. To find another certificate with the same words takes about 2^96
 * attempts.
 */
const WORDS = 12;

const PREFIX = "SHA256:";

/**
 * Computes a fingerprint.
 *
 * @param bytes those of a certificate (DER) or of a public key (its blob)
 * @returns `SHA256:` and 43 characters of base64 without padding
 */
export async function fingerprintOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return PREFIX + base64(hash);
}

/**
 * Parses a fingerprint that a user pasted.
 *
 * @param text with or without `SHA256:`; or pairs of hexadecimal digits separated by colons, as openssl prints them
 * @returns the fingerprint as {@linkcode fingerprintOf} writes it; `undefined` if the text is not a fingerprint
 */
export function readFingerprint(text: string): string | undefined {
  const trimmed = text.trim();
  const rest = trimmed.replace(/^sha-?256(?: fingerprint)?[:=]\s*/i, "");
  const hex = rest.replaceAll(":", "");
  if (/^[0-9A-Fa-f]{64}$/.test(hex)) {
    return PREFIX + base64(hex.match(/../g)!.map((digits) => parseInt(digits, 16)));
  }
  // The last of the 43 characters holds four bits of the hash and two zero bits.
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/.test(rest) ? PREFIX + rest.slice(0, 43) : undefined;
}

/**
 * Writes a fingerprint as words, to read aloud.
 *
 * @param fingerprint as {@linkcode fingerprintOf} writes it
 * @returns twelve words separated by spaces, one for each of the first twelve bytes
 */
export function fingerprintWords(fingerprint: string): string {
  const bytes = Array.from(atob(fingerprint.slice(PREFIX.length)), (letter) => letter.charCodeAt(0));
  return wordsOf(bytes.slice(0, WORDS));
}

/**
 * Writes bytes as words, to read aloud.
 *
 * @param bytes the bytes
 * @returns one word for each byte, separated by spaces
 */
export function wordsOf(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => FINGERPRINT_WORDS[byte]!).join(" ");
}

function base64(bytes: Iterable<number>): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}
