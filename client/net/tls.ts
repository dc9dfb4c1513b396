/**
 * TLS over an open connection, as the runtime speaks it, and what went wrong with it.
 *
 * Rules: the runtime verifies, always: that the other side has the key of its certificate, that somebody vouches for it,
 * and its name. Nothing here takes anything else's word for that.
 *
 * @module
 */
import type { Connection, TlsParameters } from "./connection.ts";
import { clientHello, type HelloAnswer, readHelloAnswer } from "./client_hello.ts";

/** Why a connection could not be encrypted. */
export type TlsErrorKind =
  /** The certificate will not do. */
  | "certificate"
  /** The other side does not speak TLS. */
  | "other"
  /** It does, and the two did not come together; or the connection was lost. */
  | "failed";

/** A connection could not be encrypted. */
export class TlsError extends Error {
  /** As for any `Error`. */
  override readonly name = "TlsError";
  /** Why, for programs. */
  readonly kind: TlsErrorKind;

  /**
   * Says why.
   *
   * @param fault for programs
   * @param message for people
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
 * @param connection the connection, on which nothing was read or written
 * @param route how
 * @param signal gives up when aborted
 * @returns the encrypted connection, after the handshake
 * @throws {TlsError} where that fails; the connection is closed then
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
    // Only what `connectTcp` opens is given to this one.
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
      // It has been closed, or the runtime has taken the one for the other and freed it.
    }
    throw error instanceof TlsError ? error : explained(error);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/**
 * Asks the other side of a connection which certificate it shows. Nobody has proved anything by that.
 *
 * @param connection the connection, on which nothing was read or written; it is closed afterwards
 * @param hostname the host that was typed
 * @returns its answer, which is never `more`
 * @throws {TlsError} where the connection is lost
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
    throw explained(error);
  } finally {
    connection.close();
  }
}

/** What the runtime says of a certificate, in words for people. */
const CERTIFICATE_FAULTS: readonly [RegExp, string][] = [
  [/UnknownIssuer|BadSignature/, "no authority that this machine knows vouches for it"],
  [/not valid for/, "it is for another name"],
  [/[Ee]xpired/, "it has expired"],
  [/[Nn]ot ?[Vv]alid ?[Yy]et/, "it is not valid yet, by the clock of this machine"],
  [/CaUsedAsEndEntity/, "it may vouch for others (CA:TRUE), which that of a hub must not"],
  [/Revoked/, "it was revoked"],
];

function explained(error: unknown): TlsError {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("invalid peer certificate")) {
    const [, why] = CERTIFICATE_FAULTS.find(([pattern]) => pattern.test(message)) ?? [];
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
