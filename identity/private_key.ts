/**
 * Private Ed25519 keys in the format of OpenSSH (`openssh-key-v1`), without encryption.
 *
 * PURE. Source: PROTOCOL.key of OpenSSH.
 *
 * @module
 */
import { KeyError } from "./key_error.ts";
import {
  checkType,
  KEY_BYTES,
  KEY_TYPE,
  MAKE_A_KEY,
  publicKeyBlob,
  readPublicKeyBlob,
  sameKey,
} from "./public_key.ts";
import { concat, fromArmor, sshNumber, SshReader, sshStrings, toArmor } from "./ssh_wire.ts";

const LABEL = "OPENSSH PRIVATE KEY";
const MAGIC = "openssh-key-v1\0";

/** Without encryption the length of the private part is a multiple of 8. */
const BLOCK_BYTES = 8;

/** How many bytes of a key file are read at most: those of an RSA key with 16,384 bits are 13 KB. */
export const MAX_KEY_FILE_BYTES = 65_536;

const DAMAGED = "it is damaged: its parts do not belong together";

/** A private key. */
export interface PrivateKey {
  /** The secret from which all of the key follows: 32 bytes. */
  readonly seed: Uint8Array<ArrayBuffer>;
  /** The public key: 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The comment, often `USER@HOST`; may be empty. */
  readonly comment: string;
}

/**
 * Reads a private key from the content of a file. That the public key belongs to the seed is not checked here.
 *
 * @param text the content
 * @returns the key
 * @throws {KeyError} if it is no such key, or is encrypted
 */
export function parsePrivateKey(text: string): PrivateKey {
  const bytes = fromArmor(LABEL, text);
  if (bytes === undefined) throw new KeyError(whyNoKey(text));
  const reader = new SshReader(bytes, "it is cut off");
  if (!sameKey(reader.take(MAGIC.length), new TextEncoder().encode(MAGIC))) {
    throw new KeyError("it is no key that OpenSSH writes");
  }
  const cipher = reader.text();
  reader.string();
  reader.string();
  const count = reader.number();
  if (count !== 1) throw new KeyError(`it must have one key: it has ${count}`);
  const key = readPublicKeyBlob(reader.string());
  if (cipher !== "none") {
    throw new KeyError(
      "it must have no passphrase: it has one; add it to ssh-agent with ssh-add, and use the agent instead",
    );
  }
  const inner = new SshReader(reader.string(), "it is cut off");
  if (inner.number() !== inner.number()) throw new KeyError(DAMAGED);
  checkType(inner.text());
  const again = inner.string();
  const secret = inner.string();
  const comment = inner.text();
  const paddingIsRight = inner.take(inner.left).every((byte, index) => byte === index + 1);
  const isWhole = secret.length === 2 * KEY_BYTES && sameKey(again, key) &&
    sameKey(secret.subarray(KEY_BYTES), key) && paddingIsRight;
  if (!isWhole) throw new KeyError(DAMAGED);
  return { seed: secret.subarray(0, KEY_BYTES), key, comment };
}

/** Says why a text is no private key of OpenSSH. */
function whyNoKey(text: string): string {
  const [, label] = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/.exec(text) ?? [];
  if (label === LABEL) return "it is cut off";
  if (label === "RSA PRIVATE KEY") return `it must be an Ed25519 key: it is an RSA key; ${MAKE_A_KEY}`;
  if (label === "EC PRIVATE KEY") return `it must be an Ed25519 key: it is an ECDSA key; ${MAKE_A_KEY}`;
  if (label === "DSA PRIVATE KEY") return `it must be an Ed25519 key: it is a DSA key; ${MAKE_A_KEY}`;
  if (label !== undefined) {
    return "it must have the format of OpenSSH: it has another one; convert a copy of it with ssh-keygen -p -f COPY";
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return "it must have the format of OpenSSH: it is a file of PuTTY; export it as an OpenSSH key with PuTTYgen";
  }
  if (text.includes("SSH PRIVATE KEY FILE FORMAT 1.1")) return "it is a key of SSH version 1";
  if (/^\s*(?:ssh-|ecdsa-|sk-)/.test(text)) return "it must be a private key: it is a public key";
  return text.trim() === "" ? "it must be a private key: it is empty" : `it is no private key; ${MAKE_A_KEY}`;
}

/**
 * Writes a private key as the content of a file.
 *
 * @param privateKey the key
 * @param check any number from 0 to 2^32 - 1, usually a random one; the format has it twice
 * @returns the text, as `ssh-keygen` writes it
 */
export function formatPrivateKey({ seed, key, comment }: PrivateKey, check: number): string {
  const inner = concat(
    sshNumber(check),
    sshNumber(check),
    sshStrings(KEY_TYPE, key, concat(seed, key), comment),
  );
  const padding = Uint8Array.from(
    { length: (BLOCK_BYTES - inner.length % BLOCK_BYTES) % BLOCK_BYTES },
    (_, index) => index + 1,
  );
  const bytes = concat(
    new TextEncoder().encode(MAGIC),
    sshStrings("none", "none", ""),
    sshNumber(1),
    sshStrings(publicKeyBlob(key), concat(inner, padding)),
  );
  return toArmor(LABEL, bytes);
}
