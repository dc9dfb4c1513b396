/**
 * Connects to hubs: with TLS if they speak it, and only to a hub that is trusted.
 *
 * `attempt.ts` opens connections and collects facts. `verdict.ts` decides from them whether to trust the hub. This file
 * carries out its verdicts: it stores and reports what is accepted. A hub is trusted only because of what was verified
 * on the same connection that is then used.
 *
 * The hubs of one chat have the same identity. Once one of them is trusted and has proved it, another one whose
 * certificate is not known is trusted if it signs this certificate with that identity, as the hub of an invite does.
 * Once one of them is joined over TLS, the others are not joined without. Behind one name there may be several of them,
 * so a hub whose identity is known may have another certificate than the known one if it signs that as well.
 *
 * The file is long because the ways to trust a hub share what is known of it.
 *
 * @module
 */
import {
  type Address,
  type Connect,
  type Connection,
  type Encrypt,
  formatAddress,
  type IdentityCheck,
  LinkError,
  type Security,
} from "../net/mod.ts";
import {
  fingerprintWords,
  fromBase64,
  KeyError,
  keyFingerprint,
  readPublicKeyBlob,
} from "../../identity/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { ConfigError } from "../config/mod.ts";
import { type KnownHub, KnownHubs, KnownHubsError } from "./known_hubs.ts";
import { Attempt } from "./attempt.ts";
import { provesCertificate, whyNotInvited } from "./invite_proof.ts";
import { identityRefusalText, otherHubText, refusalText } from "./refusal_text.ts";
import { decide, type KnownBy, type TrustOptions, type Verdict, type Wishes } from "./verdict.ts";

/** What a connector needs. */
export interface SecureConnectorOptions {
  /** The user's options about trust. */
  trust: TrustOptions;
  /** The known hubs. */
  known: KnownHubs;
  /** Opens a connection without TLS. */
  connect: Connect;
  /** Encrypts a connection. */
  encrypt: Encrypt;
  /** The clock. */
  clock: TimedClock;
  /**
   * Whether to notify when a hub that is not known does not speak TLS: once, unless it is on this machine or the user
   * asked for no encryption.
   */
  tellPlain: boolean;
  /** Receives notices for the user about the connection, one line each. */
  notify: (notice: string) => void;
}

/** A hub that is not known, and that the user can accept. */
export interface TrustQuestion {
  /** The hub's `HOST:PORT`. */
  where: string;
  /** The fingerprint of the hub's certificate. The hub has proved that it has the private key. */
  fingerprint: string;
  /** The same fingerprint in words. */
  words: string;
  /** Stores the certificate, so that the next attempt succeeds. */
  accept: () => Promise<void>;
}

/** Connects to hubs that are trusted. */
export class SecureConnector {
  readonly #options: SecureConnectorOptions;
  #question: TrustQuestion | undefined;
  #security: Security = { encrypted: false, local: false };
  #hasToldPlain = false;
  /** The identity that a trusted hub has proved. */
  #identity: string | undefined;
  /** Whether a trusted hub was joined over TLS. */
  #hasTls = false;

  /**
   * Does not connect yet.
   *
   * @param options see {@linkcode SecureConnectorOptions}
   */
  constructor(options: SecureConnectorOptions) {
    this.#options = options;
  }

  /** The question for the user, if an attempt since the last connection was refused as the hub is not known. */
  get question(): TrustQuestion | undefined {
    return this.#question;
  }

  /** The security of the last connection. */
  get security(): Security {
    return this.#security;
  }

  /**
   * Connects to a hub, as a function of type {@linkcode Connect}.
   *
   * @param address where the hub is
   * @param signal gives up when aborted
   * @returns the connection; its `security` says how it is protected
   * @throws {LinkError} `untrusted` if the hub is not trusted; `unreachable` if it speaks another protocol; `left` if
   * it was aborted
   * @throws the error of the operating system
   */
  readonly connect = async (address: Address, signal?: AbortSignal): Promise<Connection> => {
    if (this.#question?.where === formatAddress(address)) this.#question = undefined;
    const known = await this.#findKnown(address);
    const connection = await this.#connect(address, known, signal);
    this.#question = undefined;
    this.#security = connection.security ?? this.#security;
    connection.identityCheck = this.#identityCheck(address, connection, known);
    return connection;
  };

  /** Nobody can take the place of a hub on this machine without TLS, and its user may start it with other data. */
  #identityCheck(address: Address, connection: Connection, known: KnownHub | undefined): IdentityCheck {
    const { known: hubs, notify, trust } = this.#options;
    const { encrypted, local, fingerprint, verified } = this.#security;
    const { invite } = address;
    const isUnverified = encrypted && verified === undefined;
    const trusted = provenBefore(known) ?? this.#identity;
    // The hub of an invite, or of a chat that is trusted, proves by its key that the certificate is its own.
    const byProof = isUnverified && (invite ?? trusted) !== undefined ? fingerprint : undefined;
    return {
      whyRefused: async (shown, certificateSignature) => {
        if (invite !== undefined) {
          const offer = { identity: shown, certificateSignature, fingerprint: byProof };
          const why = await whyNotInvited(invite, isUnverified, offer);
          if (why !== undefined) return why;
        } else if (byProof !== undefined && !trust.fingerprints?.includes(byProof)) {
          const isSame = shown === trusted &&
            await provesCertificate({ identity: shown, certificateSignature, fingerprint: byProof });
          if (!isSame) return whyUnproven(known, { where: formatAddress(address), shown: byProof });
        }
        if (byProof !== undefined) {
          this.#hasTls = true;
          this.#security = connection.security = { ...this.#security, verified: "pin" };
        }
        const hub = await this.#findKnown(address);
        if (hub?.identity === undefined || hub.identity === shown) return undefined;
        if (shown === undefined && trust.insecure) return undefined;
        const before = await identityFingerprint(hub.identity);
        return identityRefusalText({ known: hub, before, shown: shown && await identityFingerprint(shown) });
      },
      proven: async (identity) => {
        if ((verified ?? byProof) !== undefined) this.#identity ??= identity;
        const hub = await this.#findKnown(address);
        if (trust.acceptAny) return;
        if (byProof !== undefined && hub?.by === undefined) {
          await this.#store(address, { kind: "pin", fingerprint: byProof });
        } else if (invite !== undefined && verified === "authority" && hub?.by === undefined) {
          await this.#store(address, { kind: verified });
        }
        if (hub?.identity !== undefined || (local && !encrypted)) return;
        await this.#orNotify(async () => {
          const other = await hubs.otherAddress(address, identity);
          await hubs.putIdentity(address, identity);
          if (other !== undefined && identity !== trusted) {
            notify(`${formatAddress(address)} is the hub that is known as ${other}`);
          }
        });
      },
    };
  }

  async #connect(
    address: Address,
    known: KnownHub | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { trust, connect, encrypt, clock } = this.#options;
    const wishes = this.#wishesFor(address, known);
    const attempt = new Attempt(address, { known, connect, encrypt, clock, signal });
    try {
      for (;;) {
        const verdict = decide(known?.by, wishes, attempt.shown);
        switch (verdict.do) {
          case "probe":
            await attempt.probe();
            break;
          case "handshake":
            await attempt.handshake(verdict.with);
            break;
          case "plain":
            return await this.#acceptPlain(attempt, known, verdict.overridden);
          case "accept":
            return await this.#accept(attempt, verdict);
          case "ask_user":
            this.#question = this.#questionAbout(attempt);
            throw attempt.refusal("untrusted", verdict.reason, trust.fingerprints);
          case "refuse":
            throw attempt.refusal(verdict.kind, verdict.reason, trust.fingerprints);
        }
      }
    } catch (error) {
      attempt.close();
      throw error;
    }
  }

  /** Returns what the user wants of the hub at an address. */
  #wishesFor({ invite, tls }: Address, known: KnownHub | undefined): Wishes {
    const { trust } = this.#options;
    const wishes = { ...trust, tls: this.#hasTls && !trust.insecure ? tls ?? true : tls };
    // The hub of an invite, or of a chat that is trusted, proves itself before anything is sent to it.
    if (invite !== undefined) return { ...wishes, acceptAny: true };
    if (known?.by !== undefined) return { ...wishes, identityProves: known.identity !== undefined };
    if (this.#identity === undefined || trust.acceptNew) return wishes;
    const needsTls = trust.fingerprints !== undefined;
    return { ...wishes, acceptAny: true, fingerprints: undefined, tls: needsTls ? true : wishes.tls };
  }

  async #findKnown(address: Address): Promise<KnownHub | undefined> {
    try {
      return await this.#options.known.find(address);
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof KnownHubsError)) throw error;
      const why = `${error.message}; add --no-config to connect without this file`;
      throw new LinkError("untrusted", `cannot join ${formatAddress(address)}: ${why}`);
    }
  }

  /** Notifies the first time only: a lost link is opened again and again. */
  async #acceptPlain(
    attempt: Attempt,
    known: KnownHub | undefined,
    overridden: boolean,
  ): Promise<Connection> {
    const connection = await attempt.connectPlain();
    const { trust, tellPlain, notify } = this.#options;
    const { address } = attempt;
    const isAsked = address.tls === false || trust.insecure === true;
    const isTold = overridden || (tellPlain && !isAsked && !connection.security!.local);
    if (!isTold || this.#hasToldPlain) return connection;
    this.#hasToldPlain = true;
    const where = formatAddress(address);
    notify(
      overridden
        ? `${where} is known to speak TLS (${known?.location}); this connection is not encrypted because of --insecure`
        : `${where} does not encrypt: others on the way can read and change all messages; to join it without this ` +
          `notice, use rift://${where}; to require encryption, use rifts://${where}`,
    );
    return connection;
  }

  async #accept(attempt: Attempt, { by, store, isNew }: Verdict & { do: "accept" }): Promise<Connection> {
    const { address, connection } = attempt;
    if (connection?.security === undefined) throw new Error("the verdict accepts a hub without a connection");
    const { fingerprint } = connection.security;
    if (isNew) await this.#acceptCertificate(address, fingerprint!, store);
    else if (store && by === "authority") await this.#store(address, { kind: by });
    connection.security = { ...connection.security, ...by && { verified: by } };
    if (by !== undefined) this.#hasTls = true;
    return connection;
  }

  #questionAbout({ address, connection }: Attempt): TrustQuestion {
    const fingerprint = connection!.security!.fingerprint!;
    return {
      where: formatAddress(address),
      fingerprint,
      words: fingerprintWords(fingerprint),
      accept: () => this.#acceptCertificate(address, fingerprint, true),
    };
  }

  /** Reports a certificate that the user accepts. Stores it first if `store` is true. */
  async #acceptCertificate(address: Address, fingerprint: string, store: boolean): Promise<void> {
    const path = store ? await this.#store(address, { kind: "pin", fingerprint }) : undefined;
    const where = formatAddress(address);
    this.#options.notify(
      path === undefined
        ? `the certificate of ${where} is ${fingerprint}; it is not stored for next time`
        : `the certificate of ${where} is ${fingerprint}; stored in ${path}`,
    );
  }

  #store(address: Address, by: KnownBy): Promise<string | undefined> {
    return this.#orNotify(() => this.#options.known.put(address, by));
  }

  /** Notifies of a file that cannot be read or written. */
  async #orNotify<T>(store: () => Promise<T>): Promise<T | undefined> {
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#options.notify(error.message);
      return undefined;
    }
  }
}

/** The identity that a hub has proved over TLS. Without TLS it may be that of somebody in the middle. */
function provenBefore(known: KnownHub | undefined): string | undefined {
  return known?.by === undefined ? undefined : known.identity;
}

/** Explains why a hub is refused whose certificate is not the known one, and that it does not prove to be its own. */
function whyUnproven(
  known: KnownHub | undefined,
  { where, shown }: { where: string; shown: string },
): string {
  return known?.by === undefined
    ? otherHubText(shown)
    : refusalText("certificate_changed", { where, known, shown });
}

/** Returns the fingerprint of an identity; the identity itself if it is no key. */
async function identityFingerprint(identity: string): Promise<string> {
  try {
    const blob = fromBase64(identity);
    return blob === undefined ? identity : await keyFingerprint(readPublicKeyBlob(blob));
  } catch (error) {
    if (error instanceof KeyError) return identity;
    throw error;
  }
}

/**
 * Describes the security of a connection for the user.
 *
 * @param security the security
 * @returns such as `not encrypted`; `undefined` for a hub on this machine without TLS, as nobody can read along there
 */
export function describeSecurity(
  { encrypted, local, verified }: Security,
): string | undefined {
  if (!encrypted) return local ? undefined : "not encrypted";
  if (verified === undefined) return "encrypted, but the hub is not verified";
  return verified === "authority"
    ? "encrypted; an authority vouches for it"
    : "encrypted; its certificate is known";
}
