/**
 * The TLS messages that show a server's certificate before it is trusted: the client hello of TLS 1.2 and the answer.
 *
 * In TLS 1.2 the certificate comes in the clear, so no cryptography is needed here. Nothing is verified either: anyone
 * can show a certificate without having its key. The runtime verifies that later, in a real handshake.
 *
 * The runtime cannot do this: `node:tls` shows certificates in some versions only, and accepts any certificate in
 * others.
 *
 * PURE. The bytes are those of RFC 5246 and RFC 8446.
 *
 * @module
 */

/** The answer of a server. */
export type HelloAnswer =
  /** The answer is incomplete. */
  | { kind: "more" }
  /** The certificate chain, the certificate of the server first, each as DER. */
  | { kind: "certificates"; chain: Uint8Array<ArrayBuffer>[] }
  /** The server speaks TLS but shows no certificate; the number of its alert. */
  | { kind: "alert"; description: number }
  /** Not TLS. */
  | { kind: "other" };

/** Types of TLS records. */
const ALERT = 21, HANDSHAKE = 22;
/** Types of handshake messages. */
const CLIENT_HELLO = 1, SERVER_HELLO = 2, CERTIFICATE = 11;
const TLS_1_2 = 0x0303;

/** The longest unencrypted record, in bytes, with its header. */
const MAX_RECORD_BYTES = 5 + 16_384;
/** The longest answer, in bytes. Certificate chains have a few KB. */
const MAX_ANSWER_BYTES = 128 * 1024;

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
    ...isName(hostname)
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
 * Parses the answer of a server.
 *
 * @param bytes all bytes received so far
 * @returns the answer
 */
export function readHelloAnswer(bytes: Uint8Array): HelloAnswer {
  if (bytes.length > MAX_ANSWER_BYTES) return { kind: "other" };
  const handshake: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const [kind, major] = [bytes[at]!, bytes[at + 1]];
    if ((kind !== ALERT && kind !== HANDSHAKE) || (major !== undefined && major !== 3)) {
      return { kind: "other" };
    }
    if (at + 5 > bytes.length) break;
    const length = number(bytes, at + 3, 2);
    if (length === 0 || 5 + length > MAX_RECORD_BYTES) return { kind: "other" };
    const record = bytes.subarray(at + 5, at + 5 + length);
    if (record.length < length) break;
    if (kind === ALERT) return length === 2 ? { kind: "alert", description: record[1]! } : { kind: "other" };
    handshake.push(record);
    at += 5 + length;
  }
  return certificateIn(joined(handshake));
}

/** Finds the certificate chain in handshake messages. */
function certificateIn(bytes: Uint8Array): HelloAnswer {
  for (let at = 0, first = true; at + 4 <= bytes.length; first = false) {
    const kind = bytes[at]!;
    if (first !== (kind === SERVER_HELLO)) return { kind: "other" };
    const length = number(bytes, at + 1, 3);
    if (length > MAX_ANSWER_BYTES) return { kind: "other" };
    const message = bytes.subarray(at + 4, at + 4 + length);
    if (message.length < length) break;
    if (kind === CERTIFICATE) {
      const chain = certificates(message);
      return chain === undefined || chain.length === 0 ? { kind: "other" } : { kind: "certificates", chain };
    }
    at += 4 + length;
  }
  return { kind: "more" };
}

function certificates(message: Uint8Array): Uint8Array<ArrayBuffer>[] | undefined {
  if (message.length < 3 || number(message, 0, 3) !== message.length - 3) return undefined;
  const chain: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 3; at < message.length;) {
    const length = at + 3 <= message.length ? number(message, at, 3) : 0;
    const certificate = message.slice(at + 3, at + 3 + length);
    if (length === 0 || certificate.length < length) return undefined;
    chain.push(certificate);
    at += 3 + length;
  }
  return chain;
}

/** Whether the host may be sent in the server name extension: an IP address may not (RFC 6066). */
function isName(hostname: string): boolean {
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

function number(bytes: Uint8Array, at: number, sizeBytes: number): number {
  let value = 0;
  for (let i = 0; i < sizeBytes; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
