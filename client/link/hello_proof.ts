/**
 * The signatures of the handshake: that of the client in its hello, and that of the hub in its welcome.
 *
 * @module
 */
import {
  fromBase64,
  HELLO_NAMESPACE,
  HUB_NAMESPACE,
  INVITE_NAMESPACE,
  inviteSigner,
  KeyError,
  publicKeyBlob,
  type Signer,
  signMessage,
  toBase64,
  verifyMessage,
} from "../../identity/mod.ts";
import type { HubProof } from "./handshake.ts";

const NONCE_BYTES = 16;

/**
 * Makes random bytes for the signature of the hub.
 *
 * @returns 16 bytes in base64
 */
export function newNonce(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

/**
 * Formats the public key of a client.
 *
 * @param signer signs with the key
 * @returns the key, as it is in a hello
 */
export function keyOf({ key }: Signer): string {
  return toBase64(publicKeyBlob(key));
}

/**
 * Signs the hello.
 *
 * @param signer signs with the key of the client
 * @param statement what to sign
 * @returns the signature, as it is in a hello
 * @throws what the signer throws: the agent may be gone or locked, or the user says no
 */
export async function signHello(signer: Signer, statement: string): Promise<string> {
  const message = new TextEncoder().encode(statement);
  return toBase64(await signMessage(signer, { namespace: HELLO_NAMESPACE, message }));
}

/**
 * Signs with the key of an invite.
 *
 * @param token the token of the invite
 * @param statement what to sign
 * @returns the signature, as it is in a hello
 */
export async function signInvite(token: Uint8Array, statement: string): Promise<string> {
  const message = new TextEncoder().encode(statement);
  return toBase64(await signMessage(await inviteSigner(token), { namespace: INVITE_NAMESPACE, message }));
}

/**
 * Checks the signature of the hub.
 *
 * @param proof what the hub proves
 * @returns why it does not hold, for the user; `undefined` if it holds
 */
export async function whyUnproven({ identity, statement, signature }: HubProof): Promise<string | undefined> {
  if (signature === undefined) return "it has not signed";
  const bytes = fromBase64(signature);
  if (bytes === undefined) return "its signature is no base64";
  try {
    const message = new TextEncoder().encode(statement);
    const key = await verifyMessage(bytes, { namespace: HUB_NAMESPACE, message });
    return toBase64(publicKeyBlob(key)) === identity ? undefined : "it has signed with another key";
  } catch (error) {
    if (error instanceof KeyError) return error.message;
    throw error;
  }
}
