/**
 * Keys of people and hubs: Ed25519 keys and signatures in the formats of OpenSSH, and fingerprints, for the client and
 * the hub.
 *
 * A key is 32 bytes, and no other type of key is used. Files, the agent and where keys are kept are not known here.
 *
 * May import: nothing.
 *
 * - `fingerprint`: fingerprints of certificates and keys, as base64 and as words
 * - `fingerprint_words`: the 256 words of a fingerprint that is read aloud
 * - `invite`: the secret part of an invite, and the key that follows from it
 * - `key_error`: the error for keys and signatures that cannot be used
 * - `private_key`: the format of private key files
 * - `public_key`: public keys as bytes and lines, and their fingerprints
 * - `signing`: makes keys, signs, and checks signatures
 * - `ssh_signature`: the format of signatures (SSHSIG)
 * - `ssh_wire`: the data types of SSH, base64 and its armor
 * - `statement`: what client and hub sign
 * - `sync_signing`: signs and checks signatures without a promise, for the hub
 *
 * @module
 */
export { fingerprintOf, fingerprintWords, readFingerprint, wordsOf } from "./fingerprint.ts";
export {
  formatInviteSecret,
  identityOfInvite,
  INVITE_SECRET_CHARS,
  INVITE_TOKEN_BYTES,
  type InviteSecret,
  inviteSigner,
  parseInviteSecret,
} from "./invite.ts";
export { KeyError } from "./key_error.ts";
export { formatPrivateKey, MAX_KEY_FILE_BYTES, parsePrivateKey, type PrivateKey } from "./private_key.ts";
export {
  formatPublicKey,
  keyFingerprint,
  MAKE_A_KEY,
  parsePublicKey,
  type PublicKey,
  publicKeyBlob,
  readPublicKeyBlob,
  sameKey,
} from "./public_key.ts";
export {
  CERTIFICATE_NAMESPACE,
  certificateStatement,
  HELLO_NAMESPACE,
  helloStatement,
  HUB_NAMESPACE,
  hubStatement,
  INVITE_NAMESPACE,
  inviteStatement,
} from "./statement.ts";
export {
  armorSignature,
  dearmorSignature,
  decodeSignature,
  readSignatureBlob,
  type SshSignature,
} from "./ssh_signature.ts";
export {
  generatePrivateKey,
  type SignedMessage,
  type Signer,
  signerOf,
  signMessage,
  verifyMessage,
  verifyRaw,
} from "./signing.ts";
export { concat, fromBase64, sshNumber, SshReader, sshStrings, toBase64 } from "./ssh_wire.ts";

/** Loads signatures without a promise. */
export const loadSyncSigning = (): Promise<typeof import("./sync_signing.ts")> => import("./sync_signing.ts");
