/**
 * The messages between a client and ssh-agent: those that list keys, and those that sign.
 *
 * PURE. Source: draft-miller-ssh-agent, sections 3.2 and 3.6.
 *
 * @module
 */
import {
  concat,
  KeyError,
  publicKeyBlob,
  readPublicKeyBlob,
  readSignatureBlob,
  sshNumber,
  SshReader,
  sshStrings,
} from "../../identity/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";

const FAILURE = 5, LIST = 11, KEYS = 12, SIGN = 13, SIGNATURE = 14;

/** The longest answer, in bytes; OpenSSH has the same limit. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** How many bytes of length are before each message. */
export const LENGTH_BYTES = 4;

const GARBAGE = "it does not answer as an agent does";

/** The request for the list of keys, with its length. */
export const LIST_REQUEST: Uint8Array<ArrayBuffer> = concat(sshNumber(1), Uint8Array.of(LIST));

/**
 * Makes a request to sign.
 *
 * @param key the key: 32 bytes
 * @param bytes what is signed
 * @returns the request, with its length
 */
export function signRequest(key: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return sshStrings(concat(Uint8Array.of(SIGN), sshStrings(publicKeyBlob(key), bytes), sshNumber(0)));
}

/**
 * Reads the length of an answer.
 *
 * @param bytes its first 4 bytes
 * @returns how many bytes follow
 * @throws {KeyError} if an answer cannot be so long
 */
export function answerLength(bytes: Uint8Array<ArrayBuffer>): number {
  const length = new SshReader(bytes, GARBAGE).number();
  if (length < 1 || length > MAX_ANSWER_BYTES) throw new KeyError(GARBAGE);
  return length;
}

/**
 * Reads the list of keys.
 *
 * @param answer the answer, without its length
 * @returns the Ed25519 keys with their comments; other keys are left out
 * @throws {KeyError} if it is another answer
 */
export function readKeys(answer: Uint8Array<ArrayBuffer>): PublicKey[] {
  const reader = new SshReader(answer, GARBAGE);
  const [type] = reader.take(1);
  if (type === FAILURE) throw new KeyError("it does not list its keys");
  if (type !== KEYS) throw new KeyError(GARBAGE);
  const keys: PublicKey[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const blob = reader.string();
    const comment = reader.text();
    try {
      keys.push({ key: readPublicKeyBlob(blob), comment });
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
    }
  }
  if (reader.left > 0) throw new KeyError(GARBAGE);
  return keys;
}

/**
 * Reads a signature.
 *
 * @param answer the answer, without its length
 * @returns the signature of Ed25519: 64 bytes; `undefined` if the agent refuses
 * @throws {KeyError} if it is another answer
 */
export function readSignature(answer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const reader = new SshReader(answer, GARBAGE);
  const [type] = reader.take(1);
  if (type === FAILURE) return undefined;
  if (type !== SIGNATURE) throw new KeyError(GARBAGE);
  const blob = reader.string();
  if (reader.left > 0) throw new KeyError(GARBAGE);
  return readSignatureBlob(blob);
}
