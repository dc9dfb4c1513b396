/**
 * Connects to hubs, encrypted where they speak TLS, and to the right one: what `known_hubs` knows, what an authority
 * vouches for, what a person says.
 *
 * Rules:
 * - A hub that is known to speak TLS is never talked to without, but by `--insecure`.
 * - A hub is believed where an authority that this machine knows vouches for its host name, or where it has the key of the
 *   very certificate that is known of it. One that is not known is believed when somebody has said so: at the terminal,
 *   by `--accept-new` or by `--fingerprint`. Then its certificate is kept (as ssh does).
 * - Where nobody said whether to speak TLS, the hub tells: a plain hub speaks first, and at once; only where nothing
 *   comes it is asked on a second connection whether it speaks TLS. So a plain hub never sees a byte of TLS, and costs
 *   no time.
 * - Nothing is believed that the runtime has not verified on the very connection that is then used.
 *
 * Longer than most files, as every case of who believes whom is in here.
 *
 * @module
 */
import {
  type Address,
  type Connect,
  type Connection,
  type Encrypt,
  formatAddress,
  LinkError,
  loadTls,
  PeekedConnection,
  type Security,
  type TlsError,
  type TlsParameters,
} from "../net/mod.ts";
import { fingerprintOf, fingerprintWords } from "../../protocol/mod.ts";
import { isLoopback, type TimedClock } from "../../runtime/mod.ts";
import { ConfigError } from "../config/mod.ts";
import { type KnownBy, type KnownHub, KnownHubs, KnownHubsError } from "./known_hubs.ts";

/** How long a hub may be silent before it is asked whether it speaks TLS, in milliseconds; on slow links, longer. */
export const QUIET_MS = 300;

/** How many times as long as connecting the silence must be: a plain hub's first words come after one more round trip. */
const QUIET_ROUND_TRIPS = 3;

/** How long the answer to that may take before the hub is taken for a plain one that is slow, in milliseconds. */
export const ASK_LIMIT_MS = 3000;

/** What a person wants. */
export interface TrustOptions {
  /** Whether a hub that is not known may be believed at once, and its certificate kept. */
  acceptNew?: boolean | undefined;
  /** The fingerprint that the hub's certificate must have, as `readFingerprint` gives it. */
  fingerprint?: string | undefined;
  /** Whether it may be talked to without encryption where that is known to be wrong. */
  insecure?: boolean | undefined;
  /** Whether any hub will do, as it is told nothing: then nothing is kept, and nothing refused but what has changed. */
  acceptAny?: boolean | undefined;
}

/** What a guard needs. */
export interface SecureConnectorOptions {
  /** What a person wants. */
  trust: TrustOptions;
  /** The hubs that are known. */
  known: KnownHubs;
  /** Opens a plain connection. */
  connect: Connect;
  /** Encrypts one. */
  encrypt: Encrypt;
  /** The clock. */
  clock: TimedClock;
  /** Takes what a person should know of how it is connected, in one line. */
  notify: (notice: string) => void;
}

/** A hub that is not known, and that a person can say is the right one. */
export interface TrustQuestion {
  /** The hub. */
  where: string;
  /** The fingerprint of the certificate that it shows, and has the key of. */
  fingerprint: string;
  /** The same in words. */
  words: string;
  /** Believes in it from now on. */
  accept: () => Promise<void>;
}

/** A certificate, and how to be connected to the one who has its key. */
interface Shown {
  fingerprint: string;
  certificate: Uint8Array<ArrayBuffer>;
  /** Nothing where the runtime cannot be told to believe in this one alone. */
  route: TlsParameters | undefined;
  names: string[];
}

/** Connects to hubs. */
export class SecureConnector {
  readonly #options: SecureConnectorOptions;
  #question: TrustQuestion | undefined;
  #security: Security = { encrypted: false };
  #warned = false;

  /**
   * Begins with nothing.
   *
   * @param options see {@linkcode SecureConnectorOptions}
   */
  constructor(options: SecureConnectorOptions) {
    this.#options = options;
  }

  /** What could not be answered without a person when a connection was last refused as `untrusted`. */
  get question(): TrustQuestion | undefined {
    return this.#question;
  }

  /** How safe the last connection is that was opened. */
  get security(): Security {
    return this.#security;
  }

  /**
   * Connects, as a {@linkcode Connect} does. How it is connected stands in `security` of the connection.
   *
   * @param address where to
   * @param signal gives up when aborted
   * @returns the connection
   * @throws {LinkError} `untrusted` where the hub is not to be believed; `unreachable` where it speaks something else
   * @throws what the operating system says
   */
  readonly connect = async (address: Address, signal?: AbortSignal): Promise<Connection> => {
    this.#question = undefined;
    const connection = await this.#connect(address, signal);
    this.#security = connection.security ?? { encrypted: false };
    return connection;
  };

  async #connect(address: Address, signal: AbortSignal | undefined): Promise<Connection> {
    const known = await this.#find(address);
    const { insecure, fingerprint } = this.#options.trust;
    const where = formatAddress(address);
    if (address.tls === true || (fingerprint !== undefined && address.tls === undefined)) {
      return await this.#secure(address, known, signal);
    }
    if (known === undefined) return await this.#findOut(address, signal);
    if (insecure) {
      this.#warn(
        `${where} is known to speak TLS (${known.location}); talking to it without encryption, as --insecure says`,
      );
      return plain(await this.#options.connect(address, signal));
    }
    if (address.tls === undefined) return await this.#secure(address, known, signal);
    throw untrusted(
      where,
      `it is known to speak TLS (${known.location}) and is not talked to without: join rifts://${where}, or add --insecure`,
    );
  }

  async #find(address: Address): Promise<KnownHub | undefined> {
    try {
      return await this.#options.known.find(address);
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof KnownHubsError)) throw error;
      throw untrusted(formatAddress(address), `${error.message}; --no-config goes without it`);
    }
  }

  /** Finds out whether a hub speaks TLS, without a plain one noticing. */
  async #findOut(address: Address, signal: AbortSignal | undefined): Promise<Connection> {
    const { clock, connect } = this.#options;
    const begun = clock.elapsed();
    const first = await connect(address, signal);
    const quietMs = Math.max(QUIET_MS, QUIET_ROUND_TRIPS * (clock.elapsed() - begun));
    const peeked = new PeekedConnection(first);
    const asking = new AbortController();
    const stop = () => {
      asking.abort();
      // Whoever waits for its words hears of it.
      if (!handed) peeked.close();
    };
    let handed = false;
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      const spoken = peeked.readable.then(() => {
        if (signal?.aborted) throw new LinkError("left", `left ${formatAddress(address)}`);
        handed = true;
        return "spoken" as const;
      });
      spoken.catch(() => {});
      if (await within(clock, quietMs, spoken) === "spoken") return plain(peeked);
      const answer = this.#asksForTls(address, asking.signal);
      const speaksTls = await within(clock, ASK_LIMIT_MS, Promise.race([spoken, answer])) === true;
      asking.abort();
      if (!speaksTls) return plain(peeked);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    peeked.close();
    const where = formatAddress(address);
    if (address.tls === false) {
      throw new LinkError("unreachable", `cannot reach ${where}: this port speaks TLS: use rifts://${where}`);
    }
    return await this.#secure(address, undefined, signal);
  }

  /** Whether a hub answers as one does that speaks TLS. */
  async #asksForTls(address: Address, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#ask(address, signal)).kind !== "other";
    } catch {
      return false;
    }
  }

  async #ask(address: Address, signal: AbortSignal | undefined) {
    const { askCertificate } = await loadTls();
    const connection = await this.#options.connect(address, signal);
    const answer = askCertificate(connection, address.hostname);
    if (signal === undefined) return await answer;
    let giveUp = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = () => {
        reject(new LinkError("left", `left ${formatAddress(address)}`));
        try {
          connection.close();
        } catch {
          // It has been closed in the meantime.
        }
      };
    });
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    try {
      return await Promise.race([answer, givenUp]);
    } finally {
      signal.removeEventListener("abort", giveUp);
      answer.catch(() => {});
    }
  }

  /** Connects with TLS. */
  async #secure(
    address: Address,
    known: KnownHub | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { trust: { fingerprint } } = this.#options;
    const how = known?.by;
    if (
      how?.kind === "pin" && how.certificate !== undefined &&
      (fingerprint ?? how.fingerprint) === how.fingerprint
    ) {
      const shown = await this.#read(address, how.certificate);
      const connection = await this.#try(address, shown.route, signal);
      if (!(connection instanceof Error)) return secured(connection, shown, "pin");
    } else if (fingerprint === undefined && how?.kind !== "pin") {
      const route = { serverName: hostOf(address), authorities: [] };
      const connection = await this.#try(address, route, signal);
      if (!(connection instanceof Error)) return await this.#vouchedFor(address, connection, known);
    }
    return await this.#compare(address, known, signal);
  }

  /** Connects to a hub of which the certificate has to be seen first. */
  async #compare(
    address: Address,
    known: KnownHub | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { trust: { acceptNew, acceptAny, fingerprint } } = this.#options;
    const where = formatAddress(address);
    const shown = await this.#seen(address, known, signal);
    const how = known?.by;
    if (fingerprint !== undefined && shown.fingerprint !== fingerprint) {
      throw untrusted(
        where,
        `its certificate is ${shown.fingerprint}, and --fingerprint says ${fingerprint}: somebody may be between you ` +
          "and the hub, or its certificate was made anew: ask whoever runs it",
      );
    }
    const vouched = how?.kind === "pin" && fingerprint === undefined && shown.fingerprint !== how.fingerprint
      ? await this.#try(address, { serverName: hostOf(address), authorities: [] }, signal)
      : undefined;
    if (vouched !== undefined && !(vouched instanceof Error)) {
      return await this.#vouchedFor(address, vouched, known);
    }
    if (how?.kind === "pin" && fingerprint === undefined && shown.fingerprint !== how.fingerprint) {
      throw changed(where, how.fingerprint, shown.fingerprint, known!);
    }
    // Only with the key of that certificate it is worth a question.
    const connection = await this.#try(address, shown.route, signal);
    if (connection instanceof Error) {
      if (fingerprint !== undefined) {
        // That of an authority: the runtime believes in it where the name is right, and in no other of that name.
        const vouched = await this.#try(address, { serverName: hostOf(address), authorities: [] }, signal);
        if (!(vouched instanceof Error)) return await this.#vouchedFor(address, vouched, known);
      }
      throw unusable(where, shown, connection);
    }
    if (how?.kind === "authority" && fingerprint === undefined) {
      connection.close();
      throw untrusted(
        where,
        `an authority vouched for it before (${
          known!.location
        }), and none does for the certificate that it shows now, ` +
          `${shown.fingerprint}: somebody may be between you and the hub: ask whoever runs it, and if that is right ` +
          `add --fingerprint ${shown.fingerprint}`,
      );
    }
    if (how?.kind === "pin" && shown.fingerprint === how.fingerprint && fingerprint === undefined) {
      return secured(connection, shown, "pin");
    }
    if (fingerprint !== undefined || acceptNew) {
      await this.#keep(address, shown);
      return secured(connection, shown, "pin");
    }
    if (acceptAny) return secured(connection, shown, undefined);
    connection.close();
    this.#question = {
      where,
      fingerprint: shown.fingerprint,
      words: fingerprintWords(shown.fingerprint),
      accept: () => this.#keep(address, shown),
    };
    throw untrusted(
      where,
      `its certificate is not known here: ${shown.fingerprint} (${this.#question.words}); compare it with what the hub ` +
        `said at its start, then add --fingerprint ${shown.fingerprint}, or take it unseen with --accept-new`,
    );
  }

  /** Gets the certificate that a hub shows. */
  async #seen(
    address: Address,
    known: KnownHub | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Shown> {
    const where = formatAddress(address);
    const answer = await this.#asked(address, signal);
    if (answer.kind === "certificates") return await this.#read(address, answer.chain[0]!);
    if (answer.kind === "alert") {
      throw new LinkError(
        "unreachable",
        `cannot reach ${where}: it shows no certificate to TLS 1.2 (alert ${answer.description}), and no authority ` +
          "that this machine knows vouches for it",
      );
    }
    if (known !== undefined) {
      throw untrusted(
        where,
        `it is known to speak TLS (${known.location}) and does not now: somebody may be between you and the hub, or it ` +
          "was started without: ask whoever runs it; --insecure talks to it without encryption",
      );
    }
    throw new LinkError(
      "unreachable",
      `cannot reach ${where}: it does not speak TLS; rift://${where} joins it without encryption`,
    );
  }

  async #asked(address: Address, signal: AbortSignal | undefined) {
    const { TlsError } = await loadTls();
    try {
      return await this.#ask(address, signal);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      throw new LinkError("unreachable", `cannot reach ${formatAddress(address)}: ${error.message}`, {
        cause: error,
      });
    }
  }

  async #read(address: Address, certificate: Uint8Array<ArrayBuffer>): Promise<Shown> {
    const { readCertificate } = await import("./certificate.ts");
    const facts = readCertificate(certificate, hostOf(address));
    return {
      fingerprint: await fingerprintOf(certificate),
      certificate,
      route: facts.serverName === undefined
        ? undefined
        : { serverName: facts.serverName, authorities: [facts.pem] },
      names: facts.names,
    };
  }

  /** Connects in one way; answers with the error where the certificate will not do, or TLS is not spoken. */
  async #try(
    address: Address,
    route: TlsParameters | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection | TlsError> {
    const { TlsError } = await loadTls();
    if (route === undefined) return new TlsError("certificate", "no name that it has is safe");
    const connection = await this.#options.connect(address, signal);
    try {
      return withRoute(await this.#options.encrypt(connection, route, signal), route);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      if (error.kind !== "failed") return error;
      throw new LinkError("unreachable", `cannot reach ${formatAddress(address)}: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** Takes a connection to a hub for which an authority vouches. */
  async #vouchedFor(
    address: Address,
    connection: Connection,
    known: KnownHub | undefined,
  ): Promise<Connection> {
    if (known?.by.kind === "pin") {
      this.#options.notify(
        `an authority vouches for ${
          formatAddress(address)
        } now, which was known by its certificate ${known.by.fingerprint}`,
      );
    }
    if (known?.by.kind !== "authority") await this.#put(address, { kind: "authority" });
    connection.security = { ...connection.security!, encrypted: true, verified: "authority" };
    return connection;
  }

  /** Keeps the certificate of a hub that somebody believes in. */
  async #keep(address: Address, { fingerprint, certificate }: Shown): Promise<void> {
    const target = await this.#put(address, { kind: "pin", fingerprint, certificate });
    const where = formatAddress(address);
    this.#options.notify(
      target === undefined
        ? `the certificate of ${where} is ${fingerprint}; it is not kept for the next time`
        : `the certificate of ${where} is ${fingerprint}; kept in ${target}`,
    );
  }

  async #put(address: Address, how: KnownBy): Promise<string | undefined> {
    if (this.#options.trust.acceptAny) return undefined;
    try {
      return await this.#options.known.put(address, how);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#options.notify(error.message);
      return undefined;
    }
  }

  /** Warns once, however often a link is lost. */
  #warn(notice: string): void {
    if (!this.#warned) this.#options.notify(notice);
    this.#warned = true;
  }
}

/**
 * Says how safe a link is, for people.
 *
 * @param security how safe it is
 * @param address where the hub is
 * @returns such as `encrypted`; nothing where nobody can be in between, as on this machine
 */
export function describeSecurity(
  { encrypted, verified }: Security,
  { hostname }: Address,
): string | undefined {
  if (!encrypted) return isLoopback(hostname) ? undefined : "not encrypted";
  if (verified === undefined) return "encrypted, by somebody who is not known";
  return verified === "authority"
    ? "encrypted; an authority vouches for it"
    : "encrypted; its certificate is known";
}

/** Waits for something, but not for ever. */
async function within<T>(clock: TimedClock, ms: number, what: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(ms, () => resolve(undefined));
  try {
    return await Promise.race([what, late]);
  } finally {
    cancel();
  }
}

function hostOf({ hostname }: Address): string {
  return hostname.replace(/\.$/, "").replace(/%.*$/, "");
}

function plain(connection: Connection): Connection {
  connection.security = { encrypted: false };
  return connection;
}

function withRoute(connection: Connection, route: TlsParameters): Connection {
  connection.security = { encrypted: true, tlsParameters: route };
  return connection;
}

function secured(connection: Connection, { fingerprint }: Shown, verified: Security["verified"]): Connection {
  connection.security = { ...connection.security!, fingerprint, ...verified && { verified } };
  return connection;
}

function untrusted(where: string, why: string): LinkError {
  return new LinkError("untrusted", `cannot join ${where}: ${why}`);
}

function changed(where: string, known: string, shown: string, { location, stored }: KnownHub): LinkError {
  return untrusted(
    where,
    `its certificate has changed: known is ${known}, it shows ${shown}: somebody may be between you and the hub, or its ` +
      `certificate was made anew: ask whoever runs it, and if the new one is right ${
        stored ? `remove ${location}` : "start riftchat again"
      }`,
  );
}

function unusable(where: string, { fingerprint, names, route }: Shown, error: TlsError): LinkError {
  const why = route === undefined
    ? names.length === 0
      ? "it has no name (subjectAltName), by which it could be told from others"
      : `it is for ${names.join(", ")}; join the hub under such a name`
    : error.message;
  return untrusted(
    where,
    `its certificate ${fingerprint} cannot be relied on: ${why}; a hub without --tls-cert makes one that can`,
  );
}
