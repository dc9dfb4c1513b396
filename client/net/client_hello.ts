/**
 * The TLS messages that tell whether a server speaks TLS: a client hello of TLS 1.2 and the beginning of the answer.
 *
 * Nothing is verified: that is done later, in a real handshake.
 *
 * PURE. The bytes are those of RFC 5246 and RFC 8446.
 *
 * @module
 */

/** The answer of a server: not enough of it is there, it is one of TLS, or it is something else. */
export type HelloAnswer = "more" | "tls" | "other";

/** Types of TLS records. */
const ALERT = 21, HANDSHAKE = 22;
/** Types of handshake messages. */
const CLIENT_HELLO = 1, SERVER_HELLO = 2;
const TLS_1_2 = 0x0303;

/** The longest content of an unencrypted record, in bytes. */
const MAX_RECORD_BYTES = 16_384;

/** ECDHE with ECDSA or RSA, as RFC 9325 recommends. Current servers support them. */
const CIPHER_SUITES = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
/** x25519, P-256, P-384. */
const GROUPS = [0x001d, 0x0017, 0x0018];
/** ECDSA, RSA-PSS and RSA, with SHA-256, 384 and 512, and Ed25519. */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0807];

/**
 * Encodes a client hello.
 *
 * @param hostname the host, as the user typed it; a server with several certificates chooses by it
 * @param random 32 random bytes
 * @returns the message in a record
 */
export function clientHello(hostname: string, random: Uint8Array): Uint8Array<ArrayBuffer> {
  const extensions = [
    ...isServerName(hostname)
      ? extension(0, list(2, [0, ...list(2, [...new TextEncoder().encode(hostname)])]))
      : [],
    ...extension(10, list(2, words(GROUPS))),
    ...extension(11, list(1, [0])),
    ...extension(13, list(2, words(SIGNATURES))),
    ...extension(23, []),
    ...extension(0xff01, [0]),
  ];
  const hello = [
    ...words([TLS_1_2]),
    ...random,
    0,
    ...list(2, words(CIPHER_SUITES)),
    ...list(1, [0]),
    ...list(2, extensions),
  ];
  const message = [CLIENT_HELLO, ...list(3, hello)];
  return Uint8Array.from([HANDSHAKE, ...words([0x0301]), ...list(2, message)]);
}

/**
 * Reads the beginning of the answer of a server.
 *
 * @param bytes all bytes received so far
 * @returns `tls` if it is the hello of a server or an alert
 */
export function readHelloAnswer(bytes: Uint8Array): HelloAnswer {
  const [kind, major, , high, low, first] = bytes;
  if (kind === undefined) return "more";
  if ((kind !== ALERT && kind !== HANDSHAKE) || (major !== undefined && major !== 3)) return "other";
  if (high === undefined || low === undefined) return "more";
  const length = high << 8 | low;
  if (length === 0 || length > MAX_RECORD_BYTES || (kind === ALERT && length !== 2)) return "other";
  if (first === undefined) return "more";
  return kind === ALERT || first === SERVER_HELLO ? "tls" : "other";
}

/**
 * Tells whether a host may be sent in the server name extension: an IP address may not (RFC 6066).
 *
 * @param hostname the host, without a final dot
 * @returns whether it is a name
 */
export function isServerName(hostname: string): boolean {
  return /^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*$/.test(hostname) && !/^[\d.]+$/.test(hostname);
}

function extension(kind: number, content: number[]): number[] {
  return [...words([kind]), ...list(2, content)];
}

/** Encodes bytes after their length. */
function list(sizeBytes: number, content: number[]): number[] {
  const length = Array.from(
    { length: sizeBytes },
    (_, i) => (content.length >> 8 * (sizeBytes - 1 - i)) & 255,
  );
  return [...length, ...content];
}

function words(numbers: number[]): number[] {
  return numbers.flatMap((number) => [number >> 8, number & 255]);
}
