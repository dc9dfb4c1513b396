/**
 * Encrypts open connections with the TLS of the runtime, and asks servers whether they speak it.
 *
 * The runtime always verifies that the other side has the key of its certificate. By an authority it also verifies that
 * one vouches for the certificate, and that the name is right. Otherwise the certificate of the connection in use is
 * compared with a fingerprint, here or by the caller.
 *
 * @module
 */
import { fingerprintOf } from "../../identity/mod.ts";
import { isOldRuntime } from "../../runtime/mod.ts";
import { type Connection, isLocal, type Security, type TlsParameters } from "./connection.ts";
import { clientHello, readHelloAnswer } from "./client_hello.ts";

/** Why a connection cannot be encrypted. */
export type TlsErrorKind =
  /** The certificate is rejected. */
  | "certificate"
  /** This runtime cannot check the certificate. */
  | "runtime"
  /** The other side does not speak TLS. */
  | "other"
  /** The handshake failed, or the connection was lost. */
  | "failed";

/** A connection cannot be encrypted. */
export class TlsError extends Error {
  /** As for any `Error`. */
  override readonly name = "TlsError";
  /** The reason. */
  readonly kind: TlsErrorKind;

  /**
   * Makes an error.
   *
   * @param fault the reason
   * @param message the message for the user
   * @param options as for any `Error`
   */
  constructor(fault: TlsErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = fault;
  }
}

/**
 * Encrypts a TCP connection.
 *
 * @param connection the connection; nothing was read or written on it yet
 * @param parameters how to encrypt it
 * @param signal gives up when aborted
 * @returns the encrypted connection, after the handshake
 * @throws {TlsError} if that fails; the connection is closed then
 */
export async function encryptTcp(
  connection: Connection,
  parameters: TlsParameters,
  signal?: AbortSignal,
): Promise<Connection> {
  return parameters.certificate === "authority"
    ? await encryptByAuthority(connection, parameters, signal)
    : await encryptByCertificate(connection, parameters, signal);
}

async function encryptByAuthority(
  connection: Connection,
  parameters: TlsParameters,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  let encrypted: Deno.TlsConn | undefined;
  const local = isLocal(parameters.serverName, connection);
  const giveUp = () => encrypted?.close();
  signal?.addEventListener("abort", giveUp);
  try {
    // Callers pass only what `connectTcp` opens.
    encrypted = await Deno.startTls(connection as Deno.TcpConn, { hostname: parameters.serverName });
    if (signal?.aborted) throw new TlsError("failed", "left");
    await encrypted.handshake();
    const security: Security = { encrypted: true, local, tlsParameters: parameters };
    return Object.assign(encrypted, { security });
  } catch (error) {
    try {
      (encrypted ?? connection).close();
    } catch {
      // It is closed already, or `startTls` has taken it over.
    }
    throw error instanceof TlsError ? error : toTlsError(error);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

async function encryptByCertificate(
  connection: Connection,
  { serverName, certificate }: TlsParameters,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  if (isOldRuntime()) {
    connection.close();
    const version = Deno.version.deno;
    throw new TlsError(
      "runtime",
      `Deno ${version} does not tell the certificate of a connection, as Deno 2.9 does`,
    );
  }
  const { TlsConnection } = await import("./tls_connection.ts");
  const encrypted = new TlsConnection(connection, serverName);
  const giveUp = () => encrypted.close();
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  try {
    const der = await encrypted.handshake();
    if (!isVersion3(der)) throw new TlsError("certificate", OLD_CERTIFICATE);
    const fingerprint = await fingerprintOf(der);
    if (typeof certificate === "object" && fingerprint !== certificate.fingerprint) {
      throw new TlsError("certificate", `it is ${fingerprint}, not ${certificate.fingerprint}`);
    }
    const tlsParameters: TlsParameters = { serverName, certificate: { fingerprint } };
    encrypted.security = {
      encrypted: true,
      local: isLocal(serverName, connection),
      fingerprint,
      tlsParameters,
    };
    return encrypted;
  } catch (error) {
    encrypted.close();
    throw error instanceof TlsError ? error : toTlsError(error);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Why a certificate before version 3 is refused: the runtime accepts it from a server without the private key. */
const OLD_CERTIFICATE =
  "it is an X.509 certificate before version 3, with which a hub cannot prove that it has the key";

/**
 * Tells whether a certificate is one of X.509 version 3.
 *
 * @param der its bytes
 * @returns whether its version is 3
 */
export function isVersion3(der: Uint8Array): boolean {
  // Certificate and TBSCertificate are sequences; the version comes first, as [0] INTEGER 2 (RFC 5280).
  const version = afterHeader(der, afterHeader(der, 0));
  return [0xa0, 0x03, 0x02, 0x01, 0x02].every((byte, i) => der[version + i] === byte);
}

/** Returns where the content of a DER value begins. */
function afterHeader(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length < 0x80 ? 0 : length - 0x80);
}

/**
 * Asks a server whether it speaks TLS.
 *
 * @param connection the connection; nothing was read or written on it yet, and it is closed afterwards
 * @param hostname the host that the user typed
 * @returns whether it answers as a TLS server does
 * @throws {TlsError} if the connection is lost
 */
export async function speaksTls(connection: Connection, hostname: string): Promise<boolean> {
  const bytes = new Uint8Array(16);
  try {
    const hello = clientHello(hostname, crypto.getRandomValues(new Uint8Array(32)));
    for (let sent = 0; sent < hello.length;) sent += await connection.write(hello.subarray(sent));
    for (let length = 0;;) {
      const count = await connection.read(bytes.subarray(length));
      if (count === null) return false;
      length += count;
      const answer = readHelloAnswer(bytes.subarray(0, length));
      if (answer !== "more") return answer === "tls";
    }
  } catch (error) {
    throw toTlsError(error);
  } finally {
    connection.close();
  }
}

/** Patterns in the errors of the runtime, and the words for the user. */
const CERTIFICATE_ERRORS: readonly [RegExp, string][] = [
  [/UnknownIssuer|BadSignature/, "no authority that this machine knows vouches for it"],
  [/not valid for/, "it is for another name"],
  [/[Ee]xpired/, "it has expired"],
  [/[Nn]ot ?[Vv]alid ?[Yy]et/, "it is not valid yet, by the clock of this machine"],
  [/CaUsedAsEndEntity/, "it may vouch for others (CA:TRUE), which the certificate of a hub must not"],
  [/Revoked/, "it was revoked"],
];

/** Codes of `node:tls` for certificates that are not trusted. */
const VERIFY_CODES = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|INVALID_|ERR_TLS_CERT_)/;

function toTlsError(error: unknown): TlsError {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("invalid peer certificate")) {
    const [, why] = CERTIFICATE_ERRORS.find(([pattern]) => pattern.test(message)) ?? [];
    return new TlsError("certificate", why ?? message, { cause: error });
  }
  const { code } = error as { code?: unknown };
  if (code === "ECONNRESET" && /before secure TLS/.test(message)) {
    return new TlsError("failed", "the connection was closed during the handshake of TLS", { cause: error });
  }
  // The code of `node:tls` for a certificate that no authority vouches for. It does not end a handshake: the error that
  // does is behind it, and it is that of the proof.
  if (typeof code === "string" && VERIFY_CODES.test(code)) {
    return new TlsError("certificate", "the hub does not prove that it has the key", { cause: error });
  }
  if (/corrupt message|InvalidContentType/.test(message)) {
    return new TlsError("other", "it does not speak TLS", { cause: error });
  }
  if (error instanceof Deno.errors.UnexpectedEof) {
    return new TlsError("failed", "the connection was closed during the handshake of TLS", { cause: error });
  }
  return new TlsError("failed", message.replace(/ \(os error \d+\)$/, ""), { cause: error });
}
