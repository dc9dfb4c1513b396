/**
 * Decides which hub to trust, from what `known_hubs` says, what the user wants and what the hub has shown.
 *
 * Rules:
 * - A hub that is known to speak TLS is never connected to without TLS, except with `--insecure`.
 * - A hub that is known by its certificate, or whose fingerprint the user has given, is trusted only with that
 *   certificate, whichever authority vouches for another one.
 * - Any other hub is trusted if an authority vouches for its host name. If none does, and the hub is not known, it is
 *   trusted when the user says so: at the terminal or with `--accept-new`. Its fingerprint is then stored, as ssh does.
 * - `--accept-new` accepts certificates, and so no hub without TLS, unless the user allows that (`rift://`,
 *   `--insecure`).
 * - If the user did not say whether to use TLS and the hub is not known, a probe finds out what the hub speaks.
 * - If another hub of the same chat is trusted, the caller sets `acceptAny`, and verifies before anything is sent that
 *   this one has the same identity. The same holds for another certificate of a hub whose identity is known
 *   (`identityProves`): behind one name there may be several hubs of one chat.
 * - A certificate is that of the connection that is then used, and counts only after the handshake: anyone can show a
 *   certificate without having its key.
 *
 * The caller runs what {@linkcode decide} returns, adds the result to what was shown, and asks again until the verdict
 * is final. {@linkcode decide} gives no access to a hub because of facts that it did not ask for.
 *
 * PURE.
 *
 * @module
 */

/** How a hub is known. */
export type KnownBy =
  /** An authority vouches for its host name. */
  | { kind: "authority" }
  /** By the fingerprint of its certificate. */
  | { kind: "pin"; fingerprint: string };

/** The user's options about trust. */
export interface TrustOptions {
  /** `--accept-new`: trusts a hub that is not known, and stores its certificate. */
  acceptNew?: boolean | undefined;
  /** `--fingerprint`: the hub's certificate must have one of these fingerprints, in the form of `readFingerprint`. */
  fingerprints?: readonly string[] | undefined;
  /** `--insecure`: allows a connection without encryption to a hub that is known to speak TLS. */
  insecure?: boolean | undefined;
  /**
   * Accepts any hub that is not known, for a client that sends it nothing secret. Nothing is stored. A certificate that
   * has changed is still refused.
   */
  acceptAny?: boolean | undefined;
}

/** All that the user wants for one connection. */
export interface Wishes extends TrustOptions {
  /** `true` for `rifts://` or `--tls`, `false` for `rift://`, `undefined` if the user did not say. */
  tls?: boolean | undefined;
  /**
   * Accepts another certificate than the known one, as the caller verifies, before anything is sent, that the hub signs
   * it with its known identity.
   */
  identityProves?: boolean | undefined;
}

/** The result of a handshake with whatever certificate the hub has. */
export type CertificateResult =
  /** The connection is open. The hub has proved that it has the key of the certificate with this fingerprint. */
  | { kind: "certificate"; fingerprint: string }
  /** The handshake fails, or the certificate cannot be used. */
  | { kind: "unusable" }
  /** This runtime cannot tell the certificate of a connection. */
  | { kind: "old_runtime" }
  /** The hub does not speak TLS. */
  | { kind: "no_tls" };

/** What the hub has shown so far on this attempt; empty at first. */
export interface Shown {
  /** What the probe found. */
  readonly speaks?: "plain" | "tls";
  /** Whether an authority vouches for the hub: the result of a handshake that requires it. */
  readonly authority?: boolean;
  /** The result of the last handshake, which accepts any certificate. */
  readonly certificate?: CertificateResult;
}

/** Why a hub is refused. `refusal_text.ts` has the words for the user. */
export type RefusalReason =
  /** `rift://` to a port that speaks TLS. */
  | "port_speaks_tls"
  /** `rift://` to a hub that is known to speak TLS. */
  | "tls_required"
  /** TLS to a hub that does not speak it. */
  | "no_tls"
  /** `--accept-new`, and the hub does not speak TLS, so that it has no certificate to accept. */
  | "plain_new"
  /** A hub that is known to speak TLS does not. */
  | "tls_missing"
  /** This runtime cannot tell the certificate of a connection. */
  | "old_runtime"
  /** The certificate is not the one of `--fingerprint`. */
  | "wrong_fingerprint"
  /** The certificate is not the one that is known. */
  | "certificate_changed"
  /** The TLS handshake with the certificate fails. */
  | "certificate_unusable"
  /** An authority vouched for the hub before, and none does any more. */
  | "authority_lost"
  /** The hub is not known; the user can decide. */
  | "unknown";

/** What to do next. */
export type Verdict =
  /** Find out whether the hub speaks TLS. */
  | { do: "probe" }
  /** Make a TLS handshake: one that requires an authority, or one that accepts any certificate and tells it. */
  | { do: "handshake"; with: "authority" | "certificate" }
  /** Final: connect without TLS. `overridden` if that is against what is known of the hub, by `--insecure`. */
  | { do: "plain"; overridden: boolean }
  /**
   * Final: use the connection of the last handshake. `by` says how the hub was verified; `undefined` for a hub that
   * nobody vouches for. `store` says whether to store that in `known_hubs`, and `isNew` whether the hub's certificate
   * is accepted for the first time.
   */
  | { do: "accept"; by: KnownBy["kind"] | undefined; store: boolean; isNew?: true }
  /** Final: refuse the hub, but let the user decide whether to accept and store its certificate. */
  | { do: "ask_user"; reason: "unknown" }
  /** Final: refuse the hub. `untrusted` if it may be the wrong one, `unreachable` if it cannot be talked to. */
  | { do: "refuse"; kind: "untrusted" | "unreachable"; reason: Exclude<RefusalReason, "unknown"> };

/**
 * Decides what to do next.
 *
 * @param known how the hub is known; `undefined` if it is not
 * @param wishes what the user wants
 * @param shown what the hub has shown so far
 * @returns the next step, or the final verdict
 */
export function decide(known: KnownBy | undefined, wishes: Wishes, shown: Shown): Verdict {
  const { tls, fingerprints, insecure } = wishes;
  if (tls === true || (tls === undefined && fingerprints !== undefined)) {
    return decideTls(known, wishes, shown);
  }
  if (known === undefined) {
    if (shown.speaks === undefined) return { do: "probe" };
    if (shown.speaks === "plain") {
      // Somebody on the way may have replaced the hub that the user wants to trust.
      const isRefused = wishes.acceptNew && tls === undefined && !insecure;
      return isRefused ? untrusted("plain_new") : { do: "plain", overridden: false };
    }
    if (tls === false) return { do: "refuse", kind: "unreachable", reason: "port_speaks_tls" };
    return decideTls(known, wishes, shown);
  }
  if (insecure) return { do: "plain", overridden: true };
  if (tls === false) return untrusted("tls_required");
  return decideTls(known, wishes, shown);
}

function decideTls(known: KnownBy | undefined, wishes: Wishes, shown: Shown): Verdict {
  const { certificate } = shown;
  if (certificate === undefined) return beforeCertificate(known, wishes, shown);
  switch (certificate.kind) {
    case "no_tls":
      if (known !== undefined) return untrusted("tls_missing");
      return { do: "refuse", kind: "unreachable", reason: "no_tls" };
    case "unusable":
      return untrusted("certificate_unusable");
    case "old_runtime":
      return untrusted("old_runtime");
    case "certificate":
      return wishes.fingerprints === undefined
        ? withoutFingerprint(known, wishes, certificate.fingerprint)
        : withFingerprint(known, wishes, shown, certificate.fingerprint);
  }
}

/** An authority decides alone only about a hub of which no certificate is expected. */
function beforeCertificate(known: KnownBy | undefined, wishes: Wishes, { authority }: Shown): Verdict {
  const { fingerprints, acceptAny = false } = wishes;
  const isExpected = fingerprints !== undefined || known?.kind === "pin";
  // For a hub that is known by an authority and whose fingerprint is given, `withFingerprint` needs it.
  const asksAuthority = !isExpected || known?.kind === "authority";
  if (asksAuthority && authority === undefined) return { do: "handshake", with: "authority" };
  if (!isExpected && authority) {
    return { do: "accept", by: "authority", store: known === undefined && !acceptAny };
  }
  return { do: "handshake", with: "certificate" };
}

/** The user has said which certificate the hub must have. */
function withFingerprint(
  known: KnownBy | undefined,
  wishes: Wishes,
  { authority }: Shown,
  fingerprint: string,
): Verdict {
  if (!wishes.fingerprints?.includes(fingerprint)) return untrusted("wrong_fingerprint");
  const isPinned = known?.kind === "pin" && known.fingerprint === fingerprint;
  // A hub that is known by an authority stays so while one vouches for it: it will have other certificates.
  if (isPinned || authority) return { do: "accept", by: "pin", store: false };
  return acceptNew(wishes);
}

function withoutFingerprint(known: KnownBy | undefined, wishes: Wishes, fingerprint: string): Verdict {
  if (known?.kind === "authority") return untrusted("authority_lost");
  if (known?.kind === "pin") {
    if (known.fingerprint === fingerprint) return { do: "accept", by: "pin", store: false };
    if (wishes.identityProves) return { do: "accept", by: undefined, store: false };
    return untrusted("certificate_changed");
  }
  if (wishes.acceptNew) return acceptNew(wishes);
  if (wishes.acceptAny) return { do: "accept", by: undefined, store: false };
  return { do: "ask_user", reason: "unknown" };
}

function acceptNew({ acceptAny = false }: Wishes): Verdict {
  return { do: "accept", by: "pin", store: !acceptAny, isNew: true };
}

function untrusted(reason: Exclude<RefusalReason, "unknown">): Verdict {
  return { do: "refuse", kind: "untrusted", reason };
}
