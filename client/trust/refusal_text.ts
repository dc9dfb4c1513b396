/**
 * The words for the user about a hub that is refused: what is wrong, what may be the cause, and what to do.
 *
 * PURE.
 *
 * @module
 */
import { fingerprintWords } from "../../identity/mod.ts";
import type { KnownHub } from "./known_hubs.ts";
import type { RefusalReason } from "./verdict.ts";

/** What the text names. Each reason needs the fields that its facts come from. */
export interface RefusalContext {
  /** The hub's `HOST:PORT`. */
  where: string;
  /** How the hub is known. */
  known?: KnownHub | undefined;
  /** The fingerprints of `--fingerprint`. */
  wanted?: readonly string[] | undefined;
  /** The fingerprint of the certificate with which the refused connection was encrypted. */
  shown?: string | undefined;
  /** Why the last TLS handshake that failed did so. */
  failure?: string | undefined;
}

/**
 * Explains why another hub of a chat is refused.
 *
 * @param certificate the fingerprint of its certificate, which is not known
 * @returns one line, which follows `cannot join HOST:PORT: `
 */
export function otherHubText(certificate: string): string {
  const advice = "someone may be intercepting the connection, or it is another chat: ask its operator";
  return `its certificate is unknown: ${certificate} (${
    fingerprintWords(certificate)
  }), and it does not prove that it ` +
    `is a hub of the same chat: ${advice}; if it is right, join it alone once, or add --fingerprint ${certificate}`;
}

/** The identity of a hub that is another one than the known one. */
export interface IdentityContext {
  /** How the hub is known. */
  known: KnownHub;
  /** The fingerprint of its known identity. */
  before: string;
  /** The fingerprint of the identity that it shows; `undefined` if it shows none. */
  shown: string | undefined;
}

/**
 * Explains why a hub with another identity is refused.
 *
 * @param context what the text names
 * @returns one line, which follows `cannot join HOST:PORT: `
 */
export function identityRefusalText({ known: { location, stored }, before, shown }: IdentityContext): string {
  const forget = stored ? `remove ${location}` : "restart riftchat";
  if (shown === undefined) {
    return `it is known by its identity ${before} (${location}) but shows none now: someone may be intercepting the ` +
      `connection, or the hub runs without its data: ask its operator; if that is right, ${forget}, or add --insecure`;
  }
  return `its identity has changed: ${before} is known, but it shows ${shown}: someone may be intercepting the ` +
    `connection, or the hub has lost its data: ask its operator; if the new one is right, ${forget}`;
}

/**
 * Explains a refusal.
 *
 * @param reason the reason
 * @param context what the text names
 * @returns one line, which follows `cannot join HOST:PORT: ` or `cannot reach HOST:PORT: `
 */
export function refusalText(reason: RefusalReason, context: RefusalContext): string {
  const { where, known, wanted, shown = "", failure } = context;
  switch (reason) {
    case "port_speaks_tls":
      return `this port speaks TLS: use rifts://${where}`;
    case "tls_required":
      return `it is known to speak TLS (${known?.location}), so rift:// does not reach it: use ` +
        `rifts://${where}, or to connect without encryption add --insecure`;
    case "no_tls":
      return `it does not speak TLS: to join it without encryption, use rift://${where}`;
    case "plain_new":
      return `it does not speak TLS, so it has no certificate that --accept-new could accept: someone may be ` +
        `intercepting the connection, or the hub was started without TLS; to join it without encryption, use ` +
        `rift://${where}`;
    case "tls_missing":
      return `it is known to speak TLS (${known?.location}) but does not now: someone may be intercepting the ` +
        "connection, or the hub was started without TLS: ask its operator, or to connect without encryption add " +
        "--insecure";
    case "old_runtime":
      return `its certificate cannot be checked, as ${failure}: use a riftchat that was built with that version or a ` +
        "newer one, or join a hub that an authority vouches for";
    case "wrong_fingerprint":
      return `its certificate is ${shown}, but --fingerprint requires ${
        wanted?.join(" or ")
      }: someone may be intercepting ` +
        "the connection, or the hub has a new certificate: ask its operator";
    case "certificate_changed": {
      const before = known?.by?.kind === "pin" ? known.by.fingerprint : "another";
      const forget = known?.stored ? `remove ${known.location}` : "restart riftchat";
      return `its certificate has changed: ${before} is known, but it shows ${shown}: someone may be intercepting ` +
        `the connection, or the hub has a new certificate: ask its operator; if the new one is right, ${forget}`;
    }
    case "certificate_unusable":
      return `its certificate cannot be verified: ${failure}; ask its operator: a hub without --tls-cert makes one ` +
        "that clients can verify";
    case "authority_lost":
      return `an authority vouched for it before (${known?.location}), but not for its certificate now, ` +
        `${shown} (${failure}): someone may be intercepting the connection: ask its operator; if the certificate ` +
        `is right, add --fingerprint ${shown}`;
    case "unknown":
      return `its certificate is unknown: ${shown} (${fingerprintWords(shown)}); compare it with ` +
        `what the hub printed at its start, then add --fingerprint ${shown}; or accept it unchecked with --accept-new`;
  }
}
