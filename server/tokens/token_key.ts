/**
 * What follows from the secret of a token: the hash by which it is found, and the key that owns its name.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  HELLO_NAMESPACE,
  helloStatement,
  loadSyncSigning,
  publicKeyBlob,
  toBase64,
} from "../../identity/mod.ts";

/** What a secret begins with, so that people and scanners of secrets recognize one. */
const PREFIX = "rift_";

/** How many random bytes a secret has: nobody guesses 192 bits. They make 32 characters of base64. */
const SECRET_BYTES = 24;

/** What comes before the secret where the seed of its key is computed, so that it is the seed of nothing else. */
const SEED_PREFIX = "riftchat token key 1\n";

/** The fields of a hello that prove a key. */
export interface TokenProof {
  /** The key, as the base64 of an OpenSSH blob. */
  key: string;
  /** The signature, as the base64 of an SSHSIG blob. */
  signature: string;
}

/** What follows from secrets. */
export interface TokenKeys {
  /** Makes a secret that nobody can guess: `rift_` and 32 letters, digits, `-` and `_`. */
  newSecret(): string;
  /**
   * Computes the hash of a secret.
   *
   * @param secret any text
   * @returns its SHA-256, in hexadecimal digits
   */
  hash(secret: string): string;
  /**
   * Computes the public key of a secret.
   *
   * @param secret a secret
   * @returns the key, as the base64 of an OpenSSH blob
   */
  keyOf(secret: string): string;
  /**
   * Proves the key of a secret, as a client does in its hello.
   *
   * @param secret the secret
   * @param offer the identity and the nonce in the 202 of the connection, and the name in the hello
   * @returns the fields for the hello
   */
  prove(secret: string, offer: { identity: string; nonce: string; username: string }): TokenProof;
}

/**
 * Loads what computes hashes and keys.
 *
 * @returns see {@linkcode TokenKeys}
 */
export async function loadTokenKeys(): Promise<TokenKeys> {
  const { publicKeyOfSeed, syncSignerOf } = await loadSyncSigning();
  const utf8 = new TextEncoder();
  const seedOf = (secret: string) =>
    new Uint8Array(createHash("sha256").update(SEED_PREFIX + secret).digest());
  return {
    newSecret: () => {
      const bytes = toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
      return PREFIX + bytes.replaceAll("+", "-").replaceAll("/", "_");
    },
    hash: (secret) => createHash("sha256").update(secret).digest("hex"),
    keyOf: (secret) => toBase64(publicKeyBlob(publicKeyOfSeed(seedOf(secret)))),
    prove: (secret, { identity, nonce, username }) => {
      const seed = seedOf(secret);
      const key = publicKeyOfSeed(seed);
      const sign = syncSignerOf({ seed, key, comment: "" });
      const message = utf8.encode(helloStatement(identity, nonce, username));
      return {
        key: toBase64(publicKeyBlob(key)),
        signature: toBase64(sign({ namespace: HELLO_NAMESPACE, message })),
      };
    },
  };
}
