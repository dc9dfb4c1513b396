/**
 * Decides which hub to trust, from what `known_hubs` says, what the user wants and what the hub has shown.
 *
 * Rules:
 * - A hub that is known to speak TLS is never connected to without TLS, except with `--insecure`.
 * - A hub is trusted if an authority vouches for its host name, or if it has the key of the certificate that is known.
 *   A hub that is not known is trusted when the user says so: at the terminal, with `--accept-new` or with
 *   `--fingerprint`. Its certificate is then stored, as ssh does.
 * - If the user did not say whether to use TLS and the hub is not known, a probe finds out what the hub speaks.
 * - A certificate counts only after a TLS handshake with it: anyone can show a certificate without having its key.
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
  /** By its certificate. Its bytes (DER) are there if they are stored. */
  | { kind: "pin"; fingerprint: string; certificate?: Uint8Array<ArrayBuffer> };

/** The user's options about trust. */
export interface TrustOptions {
  /** `--accept-new`: trusts a hub that is not known, and stores its certificate. */
  acceptNew?: boolean | undefined;
  /** `--fingerprint`: the fingerprint that the hub's certificate must have, in the form of `readFingerprint`. */
  fingerprint?: string | undefined;
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
}

/** What a TLS handshake relies on. */
export type Anchor =
  /** The authorities that this machine knows. */
  | "authority"
  /** The certificate that is stored in `known_hubs`. */
  | "known"
  /** The certificate that the hub has shown. */
  | "shown";

/** The hub's answer when it is asked for its certificate. */
export type Answer =
  /** Its certificate. The hub has not proved yet that it has the key. */
  | { kind: "certificate"; fingerprint: string }
  /** It speaks TLS, but shows no certificate in the clear. */
  | { kind: "alert" }
  /** It does not speak TLS. */
  | { kind: "other" };

/** What the hub has shown so far on this attempt; empty at first. */
export interface Shown {
  /** What the probe found. */
  readonly speaks?: "plain" | "tls";
  /** What the hub answered when it was asked for its certificate. */
  readonly answer?: Answer;
  /** Whether the TLS handshakes succeeded that were tried. */
  readonly handshakes: Readonly<Partial<Record<Anchor, boolean>>>;
}

/** Why a hub is refused. `refusal_text.ts` has the words for the user. */
export type RefusalReason =
  /** `rift://` to a port that speaks TLS. */
  | "port_speaks_tls"
  /** `rift://` to a hub that is known to speak TLS. */
  | "tls_required"
  /** TLS to a hub that does not speak it. */
  | "no_tls"
  /** A hub that is known to speak TLS does not. */
  | "tls_missing"
  /** No authority vouches for the hub, and it shows no certificate to TLS 1.2. */
  | "no_certificate"
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

/** Notices for the user about an accepted hub. */
export type Notice =
  /** The hub's certificate is accepted for the first time. */
  | "certificate_accepted"
  /** An authority vouches for a hub that was known by its certificate. */
  | "authority_replaces_pin";

/** What to do next. */
export type Verdict =
  /** Find out whether the hub speaks TLS. */
  | { do: "probe" }
  /** Make a TLS handshake. */
  | { do: "handshake"; anchor: Anchor }
  /** Ask the hub for its certificate. */
  | { do: "ask_certificate" }
  /** Final: connect without TLS. `overridden` if that is against what is known of the hub, by `--insecure`. */
  | { do: "plain"; overridden: boolean }
  /**
   * Final: use the connection of the last handshake. `by` says how the hub was verified; `undefined` for a hub that
   * nobody vouches for. `store` says whether to store that in `known_hubs`.
   */
  | { do: "accept"; by: KnownBy["kind"] | undefined; store: boolean; notice?: Notice }
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
  const { tls, fingerprint, insecure } = wishes;
  if (tls === true || (tls === undefined && fingerprint !== undefined)) {
    return decideTls(known, wishes, shown);
  }
  if (known === undefined) {
    if (shown.speaks === undefined) return { do: "probe" };
    if (shown.speaks === "plain") return { do: "plain", overridden: false };
    if (tls === false) return { do: "refuse", kind: "unreachable", reason: "port_speaks_tls" };
    return decideTls(known, wishes, shown);
  }
  if (insecure) return { do: "plain", overridden: true };
  if (tls === false) return untrusted("tls_required");
  return decideTls(known, wishes, shown);
}

function decideTls(known: KnownBy | undefined, wishes: Wishes, shown: Shown): Verdict {
  const { answer } = shown;
  if (answer === undefined) return beforeAnswer(known, wishes, shown);
  switch (answer.kind) {
    case "alert":
      return { do: "refuse", kind: "unreachable", reason: "no_certificate" };
    case "other":
      if (known !== undefined) return untrusted("tls_missing");
      return { do: "refuse", kind: "unreachable", reason: "no_tls" };
    case "certificate":
      return wishes.fingerprint === undefined
        ? withoutFingerprint(known, wishes, shown, answer.fingerprint)
        : withFingerprint(known, wishes, shown, answer.fingerprint);
  }
}

/** The usual cases, in which one handshake is enough and the hub need not be asked for its certificate. */
function beforeAnswer(known: KnownBy | undefined, wishes: Wishes, { handshakes }: Shown): Verdict {
  const { fingerprint } = wishes;
  if (known?.kind === "pin") {
    const isWanted = fingerprint === undefined || fingerprint === known.fingerprint;
    if (!isWanted || known.certificate === undefined || handshakes.known === false) {
      return { do: "ask_certificate" };
    }
    if (handshakes.known === undefined) return { do: "handshake", anchor: "known" };
    return { do: "accept", by: "pin", store: false };
  }
  if (fingerprint !== undefined || handshakes.authority === false) return { do: "ask_certificate" };
  if (handshakes.authority === undefined) return { do: "handshake", anchor: "authority" };
  return acceptAuthority(known, wishes);
}

/** The user has said which certificate the hub must have. */
function withFingerprint(
  known: KnownBy | undefined,
  wishes: Wishes,
  { handshakes }: Shown,
  fingerprint: string,
): Verdict {
  if (fingerprint !== wishes.fingerprint) return untrusted("wrong_fingerprint");
  if (handshakes.shown === undefined) return { do: "handshake", anchor: "shown" };
  if (handshakes.shown) return acceptNew(wishes);
  // The runtime rejects a certificate of an authority as an authority of its own, but accepts it for the right host
  // name.
  if (handshakes.authority === undefined) return { do: "handshake", anchor: "authority" };
  return handshakes.authority ? acceptAuthority(known, wishes) : untrusted("certificate_unusable");
}

function withoutFingerprint(
  known: KnownBy | undefined,
  wishes: Wishes,
  { handshakes }: Shown,
  fingerprint: string,
): Verdict {
  if (known?.kind === "pin" && known.fingerprint !== fingerprint) {
    // The hub may have moved from a certificate of its own to one of an authority.
    if (handshakes.authority === undefined) return { do: "handshake", anchor: "authority" };
    return handshakes.authority ? acceptAuthority(known, wishes) : untrusted("certificate_changed");
  }
  // The user is asked only about a hub that has the key of the certificate.
  if (handshakes.shown === undefined) return { do: "handshake", anchor: "shown" };
  if (!handshakes.shown) return untrusted("certificate_unusable");
  if (known?.kind === "authority") return untrusted("authority_lost");
  if (known?.kind === "pin") return { do: "accept", by: "pin", store: false };
  if (wishes.acceptNew) return acceptNew(wishes);
  if (wishes.acceptAny) return { do: "accept", by: undefined, store: false };
  return { do: "ask_user", reason: "unknown" };
}

function acceptNew({ acceptAny = false }: Wishes): Verdict {
  return { do: "accept", by: "pin", store: !acceptAny, notice: "certificate_accepted" };
}

function acceptAuthority(known: KnownBy | undefined, { acceptAny = false }: Wishes): Verdict {
  const store = known?.kind !== "authority" && !acceptAny;
  if (known?.kind !== "pin") return { do: "accept", by: "authority", store };
  return { do: "accept", by: "authority", store, notice: "authority_replaces_pin" };
}

function untrusted(reason: Exclude<RefusalReason, "unknown">): Verdict {
  return { do: "refuse", kind: "untrusted", reason };
}
