/**
 * How a certificate is told from all others by people: the SHA-256 of its bytes, written as `SHA256:` and 43 characters
 * of base64 (as ssh does), or as words for reading it out.
 *
 * PURE.
 *
 * @module
 */
import { FINGERPRINT_WORDS } from "./fingerprint_words.ts";

/**
 * How many bytes of the hash are written as words. Whoever wants another certificate with the same ones has to try some
 * 2^96 keys.
 */
const WORDS = 12;

const PREFIX = "SHA256:";

/**
 * Computes the fingerprint of a certificate.
 *
 * @param certificate its bytes (DER)
 * @returns such as `SHA256:` and 43 characters of base64 without padding
 */
export async function fingerprintOf(certificate: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", certificate));
  return PREFIX + base64(hash);
}

/**
 * Reads a fingerprint as people paste it.
 *
 * @param text with or without `SHA256:`; also as pairs of hexadecimal digits between colons, as openssl prints it
 * @returns it as {@linkcode fingerprintOf} writes it; `undefined` where it is none
 */
export function readFingerprint(text: string): string | undefined {
  const trimmed = text.trim();
  const rest = trimmed.replace(/^sha-?256(?: fingerprint)?[:=]\s*/i, "");
  const hex = rest.replaceAll(":", "");
  if (/^[0-9A-Fa-f]{64}$/.test(hex)) {
    return PREFIX + base64(hex.match(/../g)!.map((digits) => parseInt(digits, 16)));
  }
  // The last of 43 characters holds four bits of the hash and two that are nothing.
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/.test(rest) ? PREFIX + rest.slice(0, 43) : undefined;
}

/**
 * Writes a fingerprint as words, to be read out.
 *
 * @param fingerprint as {@linkcode fingerprintOf} writes it
 * @returns twelve words with spaces between them, one for each of its first bytes
 */
export function fingerprintWords(fingerprint: string): string {
  const bytes = Array.from(atob(fingerprint.slice(PREFIX.length)), (letter) => letter.charCodeAt(0));
  return bytes.slice(0, WORDS).map((byte) => FINGERPRINT_WORDS[byte]!).join(" ");
}

function base64(bytes: Iterable<number>): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}
