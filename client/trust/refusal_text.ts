/**
 * The words for the user about a hub that is refused: what is wrong, what may be the cause, and what to do.
 *
 * PURE.
 *
 * @module
 */
import { fingerprintWords } from "../../protocol/mod.ts";
import type { KnownHub } from "./known_hubs.ts";
import type { RefusalReason } from "./verdict.ts";

/** What the text names. Each reason needs the fields that its facts come from. */
export interface RefusalContext {
  /** The hub's `HOST:PORT`. */
  where: string;
  /** How the hub is known. */
  known?: KnownHub | undefined;
  /** The fingerprint of `--fingerprint`. */
  wanted?: string | undefined;
  /** The certificate that the hub has shown: its fingerprint, its names, and whether one of them can be verified. */
  certificate?: { fingerprint: string; names: readonly string[]; isVerifiable: boolean } | undefined;
  /** The number of the hub's TLS alert. */
  alert?: number | undefined;
  /** Why the TLS handshake with that certificate failed. */
  failure?: string | undefined;
}

/**
 * Explains a refusal.
 *
 * @param reason the reason
 * @param context what the text names
 * @returns one line, which follows `cannot join HOST:PORT: ` or `cannot reach HOST:PORT: `
 */
export function refusalText(reason: RefusalReason, context: RefusalContext): string {
  const { where, known, wanted, certificate, alert, failure } = context;
  const shown = certificate?.fingerprint ?? "";
  switch (reason) {
    case "port_speaks_tls":
      return `this port speaks TLS: use rifts://${where}`;
    case "tls_required":
      return `it is known to speak TLS (${known?.location}) and is not talked to without: join rifts://${where}, or ` +
        "add --insecure";
    case "no_tls":
      return `it does not speak TLS; rift://${where} joins it without encryption`;
    case "tls_missing":
      return `it is known to speak TLS (${known?.location}) and does not now: somebody may be between you and the ` +
        "hub, or it was started without: ask whoever runs it; --insecure talks to it without encryption";
    case "no_certificate":
      return `it shows no certificate to TLS 1.2 (alert ${alert}), and no authority that this machine knows vouches ` +
        "for it";
    case "wrong_fingerprint":
      return `its certificate is ${shown}, and --fingerprint says ${wanted}: somebody may be between you and the ` +
        "hub, or its certificate was made anew: ask whoever runs it";
    case "certificate_changed": {
      const before = known?.by.kind === "pin" ? known.by.fingerprint : "another";
      const forget = known?.stored ? `remove ${known.location}` : "start riftchat again";
      return `its certificate has changed: known is ${before}, it shows ${shown}: somebody may be between you and ` +
        `the hub, or its certificate was made anew: ask whoever runs it, and if the new one is right ${forget}`;
    }
    case "certificate_unusable":
      return `its certificate ${shown} cannot be relied on: ${
        unusable(certificate, failure)
      }; a hub without ` +
        "--tls-cert makes one that can";
    case "authority_lost":
      return `an authority vouched for it before (${known?.location}), and none does for the certificate that it ` +
        `shows now, ${shown}: somebody may be between you and the hub: ask whoever runs it, and if that is right add ` +
        `--fingerprint ${shown}`;
    case "unknown":
      return `its certificate is not known here: ${shown} (${
        fingerprintWords(shown)
      }); compare it with what the hub ` +
        `said at its start, then add --fingerprint ${shown}, or take it unseen with --accept-new`;
  }
}

function unusable(certificate: RefusalContext["certificate"], failure: string | undefined): string {
  if (certificate === undefined || certificate.isVerifiable) {
    return failure ?? "the TLS handshake with it fails";
  }
  return certificate.names.length === 0
    ? "it has no name (subjectAltName), by which it could be told from others"
    : `it is for ${certificate.names.join(", ")}; join the hub under such a name`;
}
