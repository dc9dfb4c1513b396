/**
 * Signatures in the format of OpenSSH (SSHSIG), as `ssh-keygen -Y sign` makes them and `ssh-keygen -Y verify` checks
 * them. A signature holds the key that made it, and a namespace: what was signed for one purpose is of no use for
 * another.
 *
 * PURE. Source: PROTOCOL.sshsig of OpenSSH.
 *
 * @module
 */
import { KeyError } from "./key_error.ts";
import { KEY_TYPE, publicKeyBlob, readPublicKeyBlob } from "./public_key.ts";
import { concat, fromArmor, sshNumber, SshReader, sshStrings, toArmor } from "./ssh_wire.ts";

const LABEL = "SSH SIGNATURE";
const MAGIC = new TextEncoder().encode("SSHSIG");
const VERSION = 1;
const HASH = "sha512";
const SIGNATURE_BYTES = 64;

/** The longest signature that is read, in bytes. One of an Ed25519 key has 200, one of a large RSA key 4,300. */
export const MAX_SIGNATURE_BYTES = 5120;

/** A signature that was read, but not checked. */
export interface SshSignature {
  /** The key that it names: 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The purpose that it names. */
  readonly namespace: string;
  /** The signature of Ed25519: 64 bytes. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Makes the bytes that are signed with Ed25519.
 *
 * @param namespace the purpose, such as `riftchat-hello`
 * @param hash the SHA-512 of the message
 * @returns the bytes
 */
export function signedBytes(namespace: string, hash: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(MAGIC, sshStrings(namespace, "", HASH, hash));
}

/**
 * Writes a signature.
 *
 * @param signature its parts
 * @returns its bytes
 */
export function encodeSignature({ key, namespace, signature }: SshSignature): Uint8Array<ArrayBuffer> {
  return concat(
    MAGIC,
    sshNumber(VERSION),
    sshStrings(publicKeyBlob(key), namespace, "", HASH, sshStrings(KEY_TYPE, signature)),
  );
}

/**
 * Reads a signature. It is not checked here.
 *
 * @param bytes its bytes
 * @returns its parts
 * @throws {KeyError} if it is no signature, or one of another type
 */
export function decodeSignature(bytes: Uint8Array<ArrayBuffer>): SshSignature {
  const reader = new SshReader(bytes, "the signature is cut off");
  const isSignature = bytes.length <= MAX_SIGNATURE_BYTES && bytes.length >= MAGIC.length &&
    reader.take(MAGIC.length).every((byte, index) => byte === MAGIC[index]);
  if (!isSignature) throw new KeyError("it is no signature that OpenSSH writes");
  const version = reader.number();
  if (version !== VERSION) {
    throw new KeyError(`the signature must have version ${VERSION}: it has version ${version}`);
  }
  const key = readPublicKeyBlob(reader.string());
  const namespace = reader.text();
  reader.string();
  const hash = reader.text();
  if (hash !== HASH) throw new KeyError(`the signature must use ${HASH}: it uses another hash`);
  const signature = readSignatureBlob(reader.string());
  if (reader.left > 0) throw new KeyError("the signature has more bytes than it needs");
  return { key, namespace, signature };
}

/**
 * Reads the inner part of a signature, which is also the answer of the agent.
 *
 * @param blob the type of the key and the signature, as strings of SSH
 * @returns the signature of Ed25519: 64 bytes
 * @throws {KeyError} if it is another signature
 */
export function readSignatureBlob(blob: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new SshReader(blob, "the signature is cut off");
  const type = reader.text();
  const signature = reader.string();
  if (type !== KEY_TYPE || signature.length !== SIGNATURE_BYTES || reader.left > 0) {
    throw new KeyError("the signature must be one of an Ed25519 key: it is not");
  }
  return signature;
}

/**
 * Writes a signature as text.
 *
 * @param bytes its bytes, as {@linkcode encodeSignature} writes them
 * @returns lines, as in the `.sig` file of `ssh-keygen`
 */
export function armorSignature(bytes: Uint8Array): string {
  return toArmor(LABEL, bytes);
}

/**
 * Reads the text of a signature.
 *
 * @param text the content of a `.sig` file
 * @returns its bytes
 * @throws {KeyError} if it is no such text
 */
export function dearmorSignature(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromArmor(LABEL, text);
  if (bytes === undefined) throw new KeyError("it is no signature that OpenSSH writes");
  return bytes;
}
