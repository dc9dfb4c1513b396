/**
 * The statements that client and hub sign. Each one names its purpose and everything that it is for, so that nothing
 * that was signed for one hub, connection or name is of use anywhere else.
 *
 * PURE.
 *
 * @module
 */

/** The namespace (OpenSSH's PROTOCOL.sshsig) of what a client signs. */
export const HELLO_NAMESPACE = "riftchat-hello";

/** The namespace of what a hub signs. */
export const HUB_NAMESPACE = "riftchat-hub";

/** The namespace of what a hub signs about its certificate. */
export const CERTIFICATE_NAMESPACE = "riftchat-certificate";

/** The namespace of what a client signs with the key of an invite. */
export const INVITE_NAMESPACE = "riftchat-invite";

/**
 * Returns what a client signs in its 102.
 *
 * @param identity the identity of the hub in the 202; empty without one
 * @param nonce the nonce of the 202
 * @param username the `username` of the 102; empty without one
 * @returns four lines, each with its line feed
 */
export function helloStatement(identity: string, nonce: string, username: string): string {
  return ["riftchat hello 1", identity, nonce, username, ""].join("\n");
}

/**
 * Returns what a hub signs in its 210.
 *
 * @param clientNonce the nonce of the 102
 * @param nonce the nonce of the 202
 * @param identity the identity of the hub in the 202
 * @returns four lines, each with its line feed
 */
export function hubStatement(clientNonce: string, nonce: string, identity: string): string {
  return ["riftchat hub 1", clientNonce, nonce, identity, ""].join("\n");
}

/**
 * Returns what a hub signs about its certificate: that it is its own. Whoever shows it on a connection of TLS has its
 * private key, so nobody else is at the other end.
 *
 * @param identity the identity of the hub in the 202
 * @param fingerprint the SHA-256 fingerprint of the certificate, as `fingerprintOf` writes it
 * @returns three lines, each with its line feed
 */
export function certificateStatement(identity: string, fingerprint: string): string {
  return ["riftchat certificate 1", identity, fingerprint, ""].join("\n");
}

/**
 * Returns what a client signs with the key of an invite.
 *
 * @param identity the identity of the hub in the 202
 * @param nonce the nonce of the 202
 * @param username the `username` of the 102; empty without one
 * @returns four lines, each with its line feed
 */
export function inviteStatement(identity: string, nonce: string, username: string): string {
  return ["riftchat invite 1", identity, nonce, username, ""].join("\n");
}
