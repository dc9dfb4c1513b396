/**
 * Public Ed25519 keys in the format of OpenSSH: as bytes, as a line such as `ssh-ed25519 AAAA… ana@laptop`, and their
 * fingerprints.
 *
 * PURE.
 *
 * @module
 */
import { fingerprintOf } from "./fingerprint.ts";
import { KeyError } from "./key_error.ts";
import { fromBase64, SshReader, sshStrings, toBase64 } from "./ssh_wire.ts";

/** The name of the only type of key. */
export const KEY_TYPE = "ssh-ed25519";

/** How many bytes a public key has. */
export const KEY_BYTES = 32;

/** What a user does who has another key. */
export const MAKE_A_KEY = "make one with ssh-keygen -t ed25519";

/** Names of the types of key that OpenSSH has beside Ed25519, for users. */
const OTHER_TYPES: readonly [RegExp, string][] = [
  [/^ssh-rsa\b/, "an RSA key"],
  [/^ecdsa-sha2-/, "an ECDSA key"],
  [/^ssh-dss\b/, "a DSA key"],
  [/^sk-/, "the key of a security key"],
  [/-cert-v\d+@openssh\.com$/, "a certificate"],
];

/** A public key with its comment. */
export interface PublicKey {
  /** The key: 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The comment, often `USER@HOST`; may be empty. */
  readonly comment: string;
}

/**
 * Writes a public key as bytes, as it is in key files and signatures.
 *
 * @param key the key: 32 bytes
 * @returns the type of the key and the key, as strings of SSH
 */
export function publicKeyBlob(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return sshStrings(KEY_TYPE, key);
}

/**
 * Reads a public key from bytes.
 *
 * @param blob the bytes, as {@linkcode publicKeyBlob} writes them
 * @returns the key: 32 bytes
 * @throws {KeyError} if they are no Ed25519 key
 */
export function readPublicKeyBlob(blob: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new SshReader(blob, "it is cut off");
  checkType(reader.text());
  const key = reader.string();
  if (key.length !== KEY_BYTES || reader.left > 0) {
    throw new KeyError(`an Ed25519 key has ${KEY_BYTES} bytes: it has ${key.length + reader.left}`);
  }
  if (isWeak(key)) throw new KeyError("it is not a key that ssh-keygen makes: anybody could sign for it");
  return key;
}

/**
 * Checks that a type of key is Ed25519.
 *
 * @param type the type, such as `ssh-rsa`
 * @throws {KeyError} if it is another one
 */
export function checkType(type: string): void {
  if (type === KEY_TYPE) return;
  const other = otherType(type);
  throw new KeyError(
    other === undefined
      ? "it is no key that OpenSSH writes"
      : `it must be an Ed25519 key: it is ${other}; ${MAKE_A_KEY}`,
  );
}

/** Names a type of key other than Ed25519; `undefined` if it is unknown. */
function otherType(type: string): string | undefined {
  return OTHER_TYPES.find(([pattern]) => pattern.test(type))?.[1];
}

/**
 * Reads a public key from a line, such as the content of a `.pub` file.
 *
 * @param line `ssh-ed25519`, a blank, and the key in base64; then optionally a blank and a comment
 * @returns the key and its comment
 * @throws {KeyError} if it is no Ed25519 key
 */
export function parsePublicKey(line: string): PublicKey {
  const [, type = "", base64 = "", comment = ""] = /^\s*(\S+)\s+(\S+)[^\S\n]*([^\n]*)/.exec(line) ?? [];
  if (type !== KEY_TYPE && otherType(type) === undefined) {
    throw new KeyError(
      `a public key must begin with ${KEY_TYPE}, as in a .pub file of ssh-keygen: this does not`,
    );
  }
  checkType(type);
  const blob = fromBase64(base64);
  if (blob === undefined) throw new KeyError(`after ${KEY_TYPE} it must have base64: it has not`);
  return { key: readPublicKeyBlob(blob), comment: comment.trim() };
}

/**
 * Writes a public key as a line.
 *
 * @param publicKey the key and its comment
 * @returns the line, as in a `.pub` file, without a newline
 */
export function formatPublicKey({ key, comment }: PublicKey): string {
  return `${KEY_TYPE} ${toBase64(publicKeyBlob(key))} ${comment.replace(/\s+/g, " ")}`.trimEnd();
}

/**
 * Computes the fingerprint of a key.
 *
 * @param key the key: 32 bytes
 * @returns `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it
 */
export function keyFingerprint(key: Uint8Array): Promise<string> {
  return fingerprintOf(publicKeyBlob(key));
}

/**
 * Compares two keys.
 *
 * @param one a key
 * @param other another one
 * @returns whether they have the same bytes
 */
export function sameKey(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/**
 * The encodings of the points of small order, without the sign in the highest bit. With such a point as the key, a
 * signature can be made that fits every message.
 */
const SMALL_ORDER: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

function isWeak(key: Uint8Array): boolean {
  const digits = Array.from(key, (byte, index) => index === KEY_BYTES - 1 ? byte & 0x7f : byte);
  return SMALL_ORDER.includes(digits.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}
