/**
 * The secret part of an invite: what stands after the `#` of a link `rifts://HOST:PORT/#…`. It has the key of the hub,
 * by which the client knows the right one, and a random token.
 *
 * Nobody sends the token. Both sides derive an Ed25519 key from it: the client signs with it, and the hub stores only a
 * hash of the public key. So nobody who sees the connection, or the data of the hub, can use the invite.
 *
 * @module
 */
import { KeyError } from "./key_error.ts";
import { KEY_BYTES, publicKeyBlob } from "./public_key.ts";
import { PKCS8_PREFIX, type Signer, signerOf } from "./signing.ts";
import { concat, fromBase64, toBase64 } from "./ssh_wire.ts";

/** How many random bytes a token has: nobody guesses 128 bits. */
export const INVITE_TOKEN_BYTES = 16;

/** How many characters the secret part of a link has: those of 48 bytes in base64. */
export const INVITE_SECRET_CHARS = (KEY_BYTES + INVITE_TOKEN_BYTES) / 3 * 4;

/** What comes before the token where the seed of its key is computed, so that it is the seed of nothing else. */
const SEED_PREFIX = new TextEncoder().encode("riftchat invite key 1\n");

/** What the secret part of a link says. */
export interface InviteSecret {
  /** The public key of the hub: 32 bytes. */
  readonly hub: Uint8Array<ArrayBuffer>;
  /** The token: 16 random bytes. */
  readonly token: Uint8Array<ArrayBuffer>;
}

/**
 * Writes the secret part of a link.
 *
 * @param secret the key of the hub and the token
 * @returns 64 characters of base64 that URLs may contain: letters, digits, `-` and `_`
 */
export function formatInviteSecret({ hub, token }: InviteSecret): string {
  return toBase64(concat(hub, token)).replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * Reads the secret part of a link.
 *
 * @param text what stands after the `#`
 * @returns the key of the hub and the token
 * @throws {KeyError} if it is no such part; the message does not contain it
 */
export function parseInviteSecret(text: string): InviteSecret {
  const bytes = /^[\w-]*$/.test(text)
    ? fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"))
    : undefined;
  if (text.length !== INVITE_SECRET_CHARS || bytes === undefined) {
    const found = text.length === INVITE_SECRET_CHARS ? "others" : String(text.length);
    throw new KeyError(
      `after the # it must have ${INVITE_SECRET_CHARS} letters, digits, - and _: it has ${found}`,
    );
  }
  return { hub: bytes.slice(0, KEY_BYTES), token: bytes.slice(KEY_BYTES) };
}

/**
 * Returns the identity of the hub of an invite.
 *
 * @param secret the secret part of the link
 * @returns the public key as the hub has it in its 202
 */
export function identityOfInvite({ hub }: InviteSecret): string {
  return toBase64(publicKeyBlob(hub));
}

/**
 * Returns what the SHA-256 of is the seed of the key of a token.
 *
 * @param token the token
 * @returns the bytes to hash
 */
export function inviteSeedInput(token: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(SEED_PREFIX, token);
}

/**
 * Makes what signs with the key of a token. For the hub, `sync_signing.ts` derives the same key.
 *
 * @param token the token
 * @returns the signer
 */
export async function inviteSigner(token: Uint8Array): Promise<Signer> {
  const seed = new Uint8Array(await crypto.subtle.digest("SHA-256", inviteSeedInput(token)));
  const pair = await crypto.subtle.importKey("pkcs8", concat(PKCS8_PREFIX, seed), "Ed25519", true, ["sign"]);
  const { x = "" } = await crypto.subtle.exportKey("jwk", pair);
  const key = fromBase64(x.replaceAll("-", "+").replaceAll("_", "/").padEnd(44, "="));
  if (key === undefined) throw new KeyError("this runtime cannot compute the public key");
  return await signerOf({ seed, key, comment: "" });
}
