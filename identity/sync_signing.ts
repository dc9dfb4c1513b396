/**
 * Signs and checks signatures without a promise, for the hub: it carries out each request in one step. A check takes
 * 0.1 to 0.2 ms. To import `node:crypto` takes 40 ms, so the client uses `signing.ts` instead.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { inviteSeedInput } from "./invite.ts";
import { KeyError } from "./key_error.ts";
import type { PrivateKey } from "./private_key.ts";
import { PKCS8_PREFIX, type SignedMessage } from "./signing.ts";
import { decodeSignature, encodeSignature, signedBytes } from "./ssh_signature.ts";
import { concat } from "./ssh_wire.ts";

/** What comes before the key in a SubjectPublicKeyInfo (RFC 8410, section 4). */
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0);

/**
 * Checks a signature, as `verifyMessage` of `signing.ts` does.
 *
 * @param bytes the bytes of an SSHSIG signature
 * @param message the message that must be signed, and its purpose
 * @returns the key that signed it: 32 bytes
 * @throws {KeyError} if it is no signature, or one of another message, or for another purpose
 */
export function verifyMessageSync(
  bytes: Uint8Array<ArrayBuffer>,
  { namespace, message }: SignedMessage,
): Uint8Array<ArrayBuffer> {
  const signed = decodeSignature(bytes);
  if (signed.namespace !== namespace) throw new KeyError("the signature is for another purpose");
  const hash = createHash("sha512").update(message).digest();
  if (!fits(signed.key, signed.signature, signedBytes(namespace, hash))) {
    throw new KeyError("the signature does not fit");
  }
  return signed.key;
}

/**
 * Makes a function that signs with a private key, as `signMessage` of `signing.ts` does.
 *
 * @param privateKey the key
 * @returns signs a message; the result has the bytes of an SSHSIG signature
 */
export function syncSignerOf({ seed, key }: PrivateKey): (message: SignedMessage) => Uint8Array<ArrayBuffer> {
  const pkcs8 = concat(PKCS8_PREFIX, seed);
  const secret = createPrivateKey({ key: pkcs8 as Uint8Array as never, format: "der", type: "pkcs8" });
  return ({ namespace, message }) => {
    const hash = createHash("sha512").update(message).digest();
    const signature = new Uint8Array(sign(null, signedBytes(namespace, hash), secret));
    return encodeSignature({ key, namespace, signature });
  };
}

/**
 * Computes the fingerprint of a public key.
 *
 * @param blob the bytes of the key, as `publicKeyBlob` writes them
 * @returns `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it
 */
export function fingerprintSync(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function fits(key: Uint8Array, signature: Uint8Array, bytes: Uint8Array): boolean {
  const spki = concat(SPKI_PREFIX, key);
  try {
    // The types of Node want a Buffer; a Uint8Array does.
    const imported = createPublicKey({ key: spki as Uint8Array as never, format: "der", type: "spki" });
    return verify(null, bytes, imported, signature);
  } catch {
    // The bytes are no point of the curve.
    return false;
  }
}

/**
 * Computes the public key of the token of an invite, as `inviteSigner` of `invite.ts` does.
 *
 * @param token the token
 * @returns the key: 32 bytes
 */
export function inviteKeySync(token: Uint8Array): Uint8Array<ArrayBuffer> {
  return publicKeyOfSeed(new Uint8Array(createHash("sha256").update(inviteSeedInput(token)).digest()));
}

/**
 * Computes the public key of a private one.
 *
 * @param seed the seed: 32 bytes
 * @returns the public key: 32 bytes
 */
export function publicKeyOfSeed(seed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const pkcs8 = concat(PKCS8_PREFIX, seed);
  const secret = createPrivateKey({ key: pkcs8 as Uint8Array as never, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret as never).export({ format: "der", type: "spki" });
  return new Uint8Array(spki).slice(SPKI_PREFIX.length);
}
