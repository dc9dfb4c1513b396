/**
 * The certificate that a hub shows, and its key: from the files that settings name, or one of its own.
 *
 * Rules: a pair that does not fit, or is none, is refused before anything relies on it; nothing of a key is ever in a
 * message or a log.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../protocol/mod.ts";
import { CERTIFICATE_NOTICE_MS, MAX_PEM_BYTES } from "../limits.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** A certificate and its key, which fit. */
export interface Certificate {
  /** The certificate and those that vouch for it, as PEM. */
  readonly chain: string;
  /** Its private key, as PEM. */
  readonly key: string;
  /** Its SHA-256, as `fingerprintOf` writes it. */
  readonly fingerprint: string;
  /** Until when it is valid, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** What whoever runs the hub should know of it, in lines for the log. */
  readonly concerns: readonly string[];
}

/** Where a certificate is. */
export interface CertificateFiles {
  /** The file of the certificate, and of those that vouch for it. */
  cert: string;
  /** The file of its key; it may be the same one. */
  key: string;
}

/** There is no certificate to be had; the message says why. */
export class CertificateError extends Error {
  /** As for any `Error`. */
  override readonly name = "CertificateError";
}

/**
 * Reads a certificate and its key.
 *
 * @param files where they are
 * @param now the time of day, in milliseconds since 1970
 * @returns the two, and what is known of them
 * @throws {CertificateError} where one cannot be read, is none, or they do not fit
 */
export async function readCertificate(files: CertificateFiles, now: number): Promise<Certificate> {
  const chain = await readPem(files.cert, "certificate");
  const key = await readPem(files.key, "key of the certificate");
  const der = firstCertificate(chain);
  if (der === undefined) {
    throw new CertificateError(
      `Cannot use the certificate ${files.cert}: it must be PEM with "BEGIN CERTIFICATE": it has no such part`,
    );
  }
  if (!/^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/m.test(key)) {
    const found = /^-----BEGIN ENCRYPTED/m.test(key) ? "it has a passphrase" : "it has no such part";
    throw new CertificateError(
      `Cannot use the key ${files.key}: it must be PEM with "BEGIN PRIVATE KEY", without a passphrase: ${found}`,
    );
  }
  try {
    // The runtime alone can tell whether it will take them; nobody can reach this one.
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: chain, key }).close();
  } catch (error) {
    const why = /KeyMismatch/.test(String(error))
      ? "the key belongs to another certificate"
      : reasonOf(error);
    throw new CertificateError(`Cannot use the certificate ${files.cert} with the key ${files.key}: ${why}`, {
      cause: error,
    });
  }
  const facts = new X509Certificate(pemOf(der));
  const expiresAt = Date.parse(facts.validTo);
  return {
    chain,
    key,
    fingerprint: await fingerprintOf(der),
    expiresAt,
    concerns: concernsOf(facts, expiresAt, now),
  };
}

function concernsOf(facts: X509Certificate, expiresAt: number, now: number): string[] {
  const concerns: string[] = [];
  const until = facts.validTo;
  if (expiresAt < now) concerns.push(`the certificate expired on ${until}: clients refuse it; renew it`);
  else if (expiresAt - now < CERTIFICATE_NOTICE_MS) {
    concerns.push(`the certificate expires soon, on ${until}: renew it`);
  }
  if (facts.ca && facts.subject === facts.issuer) {
    concerns.push(
      "the certificate is self-signed and may vouch for others (CA:TRUE): clients refuse it; make one with CA:FALSE",
    );
  }
  return concerns;
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > MAX_PEM_BYTES) {
      throw new Error(`it must be a file of at most ${MAX_PEM_BYTES} bytes`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new CertificateError(`Cannot read the ${what} ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The bytes of the first certificate in a file: that of the hub, before those that vouch for it. */
function firstCertificate(pem: string): Uint8Array<ArrayBuffer> | undefined {
  const found = /^-----BEGIN CERTIFICATE-----$([A-Za-z0-9+/=\s]+)^-----END CERTIFICATE-----/m.exec(
    pem.replaceAll("\r", ""),
  );
  if (found === null) return undefined;
  try {
    return Uint8Array.from(atob(found[1]!.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function pemOf(der: Uint8Array): string {
  const text = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`;
}
