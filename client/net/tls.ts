/**
 * Encrypts open connections with the TLS of the runtime, and asks servers for their certificate.
 *
 * The runtime always verifies three things: the other side has the key of its certificate, a trusted certificate
 * vouches for it, and the name is right. Nothing else decides that.
 *
 * @module
 */
import type { Connection, TlsParameters } from "./connection.ts";
import { clientHello, type HelloAnswer, readHelloAnswer } from "./client_hello.ts";

/** Why a connection cannot be encrypted. */
export type TlsErrorKind =
  /** The certificate is rejected. */
  | "certificate"
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
  { serverName, authorities }: TlsParameters,
  signal?: AbortSignal,
): Promise<Connection> {
  let encrypted: Deno.TlsConn | undefined;
  const giveUp = () => encrypted?.close();
  signal?.addEventListener("abort", giveUp);
  try {
    // Callers pass only what `connectTcp` opens.
    encrypted = await Deno.startTls(connection as Deno.TcpConn, {
      hostname: serverName,
      caCerts: authorities,
    });
    if (signal?.aborted) throw new TlsError("failed", "left");
    await encrypted.handshake();
    return encrypted;
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

/**
 * Asks a server for its certificate. That proves nothing about the server.
 *
 * @param connection the connection; nothing was read or written on it yet, and it is closed afterwards
 * @param hostname the host that the user typed
 * @returns its answer, which is never `more`
 * @throws {TlsError} if the connection is lost
 */
export async function askCertificate(
  connection: Connection,
  hostname: string,
): Promise<Exclude<HelloAnswer, { kind: "more" }>> {
  const buffer = new Uint8Array(16_384);
  let bytes = new Uint8Array();
  try {
    const hello = clientHello(hostname, crypto.getRandomValues(new Uint8Array(32)));
    for (let sent = 0; sent < hello.length;) sent += await connection.write(hello.subarray(sent));
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return { kind: "other" };
      const longer = new Uint8Array(bytes.length + count);
      longer.set(bytes);
      longer.set(buffer.subarray(0, count), bytes.length);
      bytes = longer;
      const answer = readHelloAnswer(bytes);
      if (answer.kind !== "more") return answer;
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

function toTlsError(error: unknown): TlsError {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("invalid peer certificate")) {
    const [, why] = CERTIFICATE_ERRORS.find(([pattern]) => pattern.test(message)) ?? [];
    return new TlsError("certificate", why ?? message, { cause: error });
  }
  if (/corrupt message|InvalidContentType/.test(message)) {
    return new TlsError("other", "it does not speak TLS", { cause: error });
  }
  if (error instanceof Deno.errors.UnexpectedEof) {
    return new TlsError("failed", "the connection was closed during the handshake of TLS", { cause: error });
  }
  return new TlsError("failed", message.replace(/ \(os error \d+\)$/, ""), { cause: error });
}
