/**
 * One attempt to connect to a hub: opens connections and collects what the hub shows, without a decision.
 *
 * @module
 */
import {
  type Address,
  type Connect,
  type Connection,
  describeAddress,
  type Encrypt,
  formatAddress,
  LinkError,
  loadTls,
  type TlsError,
  type TlsParameters,
} from "../net/mod.ts";
import { fingerprintOf } from "../../identity/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { KnownHub } from "./known_hubs.ts";
import { type RefusalContext, refusalText } from "./refusal_text.ts";
import { askHub, probeTls } from "./tls_probe.ts";
import type { Anchor, RefusalReason, Shown } from "./verdict.ts";

/** What an attempt needs. */
export interface AttemptOptions {
  /** How the hub is known; `undefined` if it is not. */
  known: KnownHub | undefined;
  /** Opens a connection without TLS. */
  connect: Connect;
  /** Encrypts a connection. */
  encrypt: Encrypt;
  /** The clock. */
  clock: TimedClock;
  /** Gives up when aborted. */
  signal: AbortSignal | undefined;
}

/** A certificate that a hub shows, or that is stored for it. */
export interface HubCertificate {
  /** Its fingerprint. */
  fingerprint: string;
  /** Its bytes (DER). */
  certificate: Uint8Array<ArrayBuffer>;
  /** How to make the runtime accept this certificate; `undefined` if none of its names is safe. */
  tlsParameters: TlsParameters | undefined;
  /** The names that it is for. */
  names: string[];
}

/** An attempt to connect to one hub. */
export class Attempt {
  /** Where the hub is. */
  readonly address: Address;
  readonly #options: AttemptOptions;
  #shown: Shown = { handshakes: {} };
  #connection: Connection | undefined;
  #certificate: HubCertificate | undefined;
  #alert: number | undefined;
  /** Why the handshake with the shown certificate failed. */
  #failure: string | undefined;

  /**
   * Opens nothing yet.
   *
   * @param address where the hub is
   * @param options see {@linkcode AttemptOptions}
   */
  constructor(address: Address, options: AttemptOptions) {
    this.address = address;
    this.#options = options;
  }

  /** What the hub has shown so far: the facts for the next verdict. */
  get shown(): Shown {
    return this.#shown;
  }

  /** The connection of the probe or of the last handshake, if it is open. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The certificate of the last handshake by certificate, or the one that the hub has shown since. */
  get certificate(): HubCertificate | undefined {
    return this.#certificate;
  }

  /**
   * Finds out whether the hub speaks TLS. If not, the connection is open.
   *
   * @throws as `probeTls` does
   */
  async probe(): Promise<void> {
    this.#connection = await probeTls(this.address, this.#options);
    this.#shown = { ...this.#shown, speaks: this.#connection === undefined ? "tls" : "plain" };
  }

  /**
   * Tries a TLS handshake. If it succeeds, the connection is open.
   *
   * @param anchor what the handshake relies on
   * @throws {LinkError} `unreachable` if the connection is lost meanwhile
   * @throws what `connect` throws
   */
  async handshake(anchor: Anchor): Promise<void> {
    const { known } = this.#options;
    if (anchor === "known" && known?.by.kind === "pin" && known.by.certificate !== undefined) {
      this.#certificate = await read(this.address, known.by.certificate);
    }
    const parameters = anchor === "authority"
      ? { serverName: hostOf(this.address), authorities: [] }
      : this.#certificate?.tlsParameters;
    const result = await this.#tryTls(parameters);
    const hasFailed = result instanceof Error;
    if (!hasFailed) this.#connection = result;
    else if (anchor === "shown") this.#failure = result.message;
    this.#shown = { ...this.#shown, handshakes: { ...this.#shown.handshakes, [anchor]: !hasFailed } };
  }

  /** Returns the error if the certificate is rejected or the hub does not speak TLS. */
  async #tryTls(parameters: TlsParameters | undefined): Promise<Connection | TlsError> {
    const { connect, encrypt, signal } = this.#options;
    const { TlsError } = await loadTls();
    if (parameters === undefined) return new TlsError("certificate", "no name that it has is safe");
    const plain = await connect(this.address, signal);
    try {
      const connection = await encrypt(plain, parameters, signal);
      connection.security = { encrypted: true, tlsParameters: parameters };
      return connection;
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      if (error.kind !== "failed") return error;
      throw unreachable(this.address, error);
    }
  }

  /**
   * Asks the hub for its certificate, on a connection of its own.
   *
   * @throws {LinkError} `unreachable` if the connection is lost meanwhile, `left` if the attempt was aborted
   * @throws what `connect` throws
   */
  async askCertificate(): Promise<void> {
    const { connect, signal } = this.#options;
    const { TlsError } = await loadTls();
    let answer;
    try {
      answer = await askHub(this.address, connect, signal);
    } catch (error) {
      throw error instanceof TlsError ? unreachable(this.address, error) : error;
    }
    if (answer.kind === "certificates") {
      this.#certificate = await read(this.address, answer.chain[0]!);
      const { fingerprint } = this.#certificate;
      this.#shown = { ...this.#shown, answer: { kind: "certificate", fingerprint } };
    } else {
      if (answer.kind === "alert") this.#alert = answer.description;
      this.#shown = { ...this.#shown, answer: { kind: answer.kind } };
    }
  }

  /**
   * Connects without TLS, or takes the connection of the probe.
   *
   * @returns the connection
   * @throws what `connect` throws
   */
  async connectPlain(): Promise<Connection> {
    const { connect, signal } = this.#options;
    this.#connection ??= await connect(this.address, signal);
    this.#connection.security = { encrypted: false };
    return this.#connection;
  }

  /**
   * Makes the error for a refused hub.
   *
   * @param kind `untrusted` or `unreachable`
   * @param reason why the hub is refused
   * @param wanted the fingerprint of `--fingerprint`, if there is one
   * @returns the error, with a message for the user
   */
  refusal(kind: "untrusted" | "unreachable", reason: RefusalReason, wanted?: string): LinkError {
    const where = formatAddress(this.address);
    const { known } = this.#options;
    const context: RefusalContext = { where, known, wanted, alert: this.#alert, failure: this.#failure };
    if (this.#certificate !== undefined) {
      const { fingerprint, names, tlsParameters } = this.#certificate;
      context.certificate = { fingerprint, names, isVerifiable: tlsParameters !== undefined };
    }
    const verb = kind === "untrusted" ? "join" : "reach";
    // The user has named the wrong scheme.
    const isPermanent = reason === "port_speaks_tls" || reason === "no_tls";
    return new LinkError(kind, `cannot ${verb} ${where}: ${refusalText(reason, context)}`, { isPermanent });
  }

  /** Closes the connection, if one is open. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

async function read(address: Address, certificate: Uint8Array<ArrayBuffer>): Promise<HubCertificate> {
  const { readCertificate } = await import("./certificate.ts");
  const { serverName, pem, names } = readCertificate(certificate, hostOf(address));
  return {
    fingerprint: await fingerprintOf(certificate),
    certificate,
    tlsParameters: serverName === undefined ? undefined : { serverName, authorities: [pem] },
    names,
  };
}

/** The host name without the final dot and without the zone of an IPv6 address. */
function hostOf({ hostname }: Address): string {
  return hostname.replace(/\.$/, "").replace(/%.*$/, "");
}

function unreachable(address: Address, cause: TlsError): LinkError {
  return new LinkError("unreachable", `cannot reach ${describeAddress(address)}: ${cause.message}`, {
    cause,
  });
}
