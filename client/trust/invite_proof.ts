/**
 * Checks that a hub is the one of an invite, before anything is sent to it.
 *
 * With TLS the hub signs the fingerprint of its certificate with the key that stands in the link. Whoever is in the
 * middle has another certificate, and so no such signature: a signature of the hub can be passed on, but it names the
 * certificate of the hub.
 *
 * @module
 */
import {
  CERTIFICATE_NAMESPACE,
  certificateStatement,
  fromBase64,
  identityOfInvite,
  type InviteSecret,
  KeyError,
  publicKeyBlob,
  toBase64,
  verifyMessage,
} from "../../identity/mod.ts";

/** What a hub shows in its first message, and on its connection. */
export interface ShownHub {
  /** Its public key. */
  identity: string | undefined;
  /** Its signature of its certificate. */
  certificateSignature: string | undefined;
  /** The fingerprint of the certificate of the connection, if nothing else vouches for it. */
  fingerprint: string | undefined;
}

/** What may be wrong, and what to do. */
const ADVICE = "someone may be intercepting the connection, or the link is old: ask whoever gave it to you";

/**
 * Tells why a hub is not the one of an invite.
 *
 * @param invite the secret part of the link
 * @param needsProof whether the connection is encrypted, and nothing else vouches for its certificate
 * @param shown what the hub shows
 * @returns the reason and what to do, for the user; `undefined` if it is that hub
 */
export async function whyNotInvited(
  invite: InviteSecret,
  needsProof: boolean,
  { identity, certificateSignature, fingerprint }: ShownHub,
): Promise<string | undefined> {
  if (identity !== identityOfInvite(invite)) return `it is another hub than the one of the invite: ${ADVICE}`;
  if (!needsProof || await provesCertificate({ identity, certificateSignature, fingerprint })) {
    return undefined;
  }
  return `its certificate is not that of the hub of the invite: ${ADVICE}`;
}

/**
 * Tells whether a hub proves with its key that the certificate of the connection is its own.
 *
 * @param shown what the hub shows
 * @returns whether the signature is that of the key that it shows
 */
export async function provesCertificate(
  { identity, certificateSignature: signature, fingerprint }: ShownHub,
): Promise<boolean> {
  if (identity === undefined || signature === undefined || fingerprint === undefined) return false;
  const bytes = fromBase64(signature);
  if (bytes === undefined) return false;
  const message = new TextEncoder().encode(certificateStatement(identity, fingerprint));
  try {
    const key = await verifyMessage(bytes, { namespace: CERTIFICATE_NAMESPACE, message });
    return toBase64(publicKeyBlob(key)) === identity;
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}
