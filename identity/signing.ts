/**
 * Makes keys, signs, and checks signatures, with the Web Crypto API. `sync_signing.ts` does it for the hub.
 *
 * @module
 */
import { KeyError } from "./key_error.ts";
import type { PrivateKey } from "./private_key.ts";
import { decodeSignature, encodeSignature, signedBytes } from "./ssh_signature.ts";
import { concat } from "./ssh_wire.ts";

const ALGORITHM = "Ed25519";

/** What comes before the seed in PKCS #8 (RFC 8410, section 7). */
export const PKCS8_PREFIX: Uint8Array = Uint8Array.of(
  0x30,
  0x2e,
  2,
  1,
  0,
  0x30,
  5,
  6,
  3,
  0x2b,
  0x65,
  0x70,
  4,
  0x22,
  4,
  0x20,
);

/** Something that signs: a private key, or the agent that has it. */
export interface Signer {
  /** The public key: 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The comment of the key; may be empty. */
  readonly comment: string;
  /**
   * Signs bytes.
   *
   * @param bytes the bytes
   * @returns the signature of Ed25519: 64 bytes
   * @throws {KeyError} if the agent does not sign
   */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** A message that is signed for a purpose. */
export interface SignedMessage {
  /** The purpose, such as `riftchat-hello`. */
  readonly namespace: string;
  /** The message. */
  readonly message: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a new key.
 *
 * @param comment its comment
 * @returns the key
 */
export async function generatePrivateKey(comment: string): Promise<PrivateKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { seed: pkcs8.subarray(PKCS8_PREFIX.length, PKCS8_PREFIX.length + 32), key, comment };
}

/**
 * Makes a signer of a private key.
 *
 * @param privateKey the key
 * @returns the signer
 * @throws {KeyError} if the public key does not belong to the seed
 */
export async function signerOf({ seed, key, comment }: PrivateKey): Promise<Signer> {
  const secret = await crypto.subtle.importKey(
    "pkcs8",
    concat(PKCS8_PREFIX, seed),
    ALGORITHM,
    false,
    ["sign"],
  );
  const sign = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.sign(ALGORITHM, secret, bytes));
  const probe = new Uint8Array(1);
  if (!await verifyRaw(key, await sign(probe), probe)) {
    throw new KeyError("it is damaged: its parts do not belong together");
  }
  return { key, comment, sign };
}

/**
 * Signs a message.
 *
 * @param signer who signs
 * @param message the message and its purpose
 * @returns the bytes of an SSHSIG signature
 * @throws {KeyError} if the agent does not sign
 */
export async function signMessage(
  signer: Signer,
  { namespace, message }: SignedMessage,
): Promise<Uint8Array<ArrayBuffer>> {
  const signature = await signer.sign(signedBytes(namespace, await sha512(message)));
  return encodeSignature({ key: signer.key, namespace, signature });
}

/**
 * Checks a signature.
 *
 * @param bytes the bytes of an SSHSIG signature
 * @param message the message that must be signed, and its purpose
 * @returns the key that signed it: 32 bytes
 * @throws {KeyError} if it is no signature, or one of another message, or for another purpose
 */
export async function verifyMessage(
  bytes: Uint8Array<ArrayBuffer>,
  { namespace, message }: SignedMessage,
): Promise<Uint8Array<ArrayBuffer>> {
  const signed = decodeSignature(bytes);
  if (signed.namespace !== namespace) throw new KeyError("the signature is for another purpose");
  if (!await verifyRaw(signed.key, signed.signature, signedBytes(namespace, await sha512(message)))) {
    throw new KeyError("the signature does not fit");
  }
  return signed.key;
}

/**
 * Checks a signature of Ed25519.
 *
 * @param key the key: 32 bytes
 * @param signature the signature: 64 bytes
 * @param bytes what must be signed
 * @returns whether it fits
 */
export async function verifyRaw(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const imported = await crypto.subtle.importKey("raw", key, ALGORITHM, false, ["verify"]);
  return await crypto.subtle.verify(ALGORITHM, imported, signature, bytes);
}

async function sha512(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", message));
}
