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
  isLocal,
  LinkError,
  loadTls,
  type TlsError,
  type TlsParameters,
} from "../net/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { KnownHub } from "./known_hubs.ts";
import { type RefusalContext, refusalText } from "./refusal_text.ts";
import { probeTls } from "./tls_probe.ts";
import type { CertificateResult, RefusalReason, Shown } from "./verdict.ts";

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

/** An attempt to connect to one hub. */
export class Attempt {
  /** Where the hub is. */
  readonly address: Address;
  readonly #options: AttemptOptions;
  #shown: Shown = {};
  #connection: Connection | undefined;
  /** Why the last handshake that failed did so. */
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
   * Tries a TLS handshake. If it succeeds, its connection is open and the one before is closed.
   *
   * @param by whether an authority must vouch for the hub; if not, any certificate is accepted, and shown
   * @throws {LinkError} `unreachable` if the connection is lost meanwhile
   * @throws what `connect` throws
   */
  async handshake(by: "authority" | "certificate"): Promise<void> {
    this.close();
    const serverName = hostOf(this.address);
    const result = await this.#tryTls({ serverName, certificate: by === "authority" ? by : "any" });
    const hasFailed = result instanceof Error;
    if (hasFailed) this.#failure = result.message;
    else this.#connection = result;
    const certificate = resultOf(result);
    // A handshake that fails because the hub does not speak TLS need not be made again.
    this.#shown = by === "authority" && certificate.kind !== "no_tls"
      ? { ...this.#shown, authority: !hasFailed }
      : { ...this.#shown, certificate };
  }

  /** Returns the error if the certificate is rejected or the hub does not speak TLS. */
  async #tryTls(parameters: TlsParameters): Promise<Connection | TlsError> {
    const { connect, encrypt, signal } = this.#options;
    const { TlsError } = await loadTls();
    const plain = await connect(this.address, signal);
    try {
      return await encrypt(plain, parameters, signal);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      if (error.kind !== "failed") return error;
      throw unreachable(this.address, error);
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
    this.#connection.security = { encrypted: false, local: isLocal(this.address.hostname, this.#connection) };
    return this.#connection;
  }

  /**
   * Makes the error for a refused hub.
   *
   * @param kind `untrusted` or `unreachable`
   * @param reason why the hub is refused
   * @param wanted the fingerprints of `--fingerprint`, if there are any
   * @returns the error, with a message for the user
   */
  refusal(kind: "untrusted" | "unreachable", reason: RefusalReason, wanted?: readonly string[]): LinkError {
    const where = formatAddress(this.address);
    const { known } = this.#options;
    const { certificate } = this.#shown;
    const fingerprint = certificate?.kind === "certificate" ? certificate.fingerprint : undefined;
    const context: RefusalContext = { where, known, wanted, shown: fingerprint, failure: this.#failure };
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

function resultOf(result: Connection | TlsError): CertificateResult {
  if (!(result instanceof Error)) {
    const fingerprint = result.security?.fingerprint;
    return fingerprint === undefined ? { kind: "unusable" } : { kind: "certificate", fingerprint };
  }
  return {
    kind: result.kind === "other" ? "no_tls" : result.kind === "runtime" ? "old_runtime" : "unusable",
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
