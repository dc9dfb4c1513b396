/**
 * Reads a certificate and its private key from files, and checks them.
 *
 * Rules: a pair that does not match, or is not valid, is refused before anything uses it; no part of a private
 * key appears in a message or a log.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../identity/mod.ts";
import { CERTIFICATE_NOTICE_MS, MAX_PEM_BYTES } from "../limits.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** A certificate and its private key, which match. */
export interface Certificate {
  /** The certificate and its issuers, as PEM. */
  readonly chain: string;
  /** The private key, as PEM. */
  readonly key: string;
  /** The SHA-256 fingerprint, in the form of `fingerprintOf`. */
  readonly fingerprint: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** What the operator should know about it, as messages for the log. */
  readonly warnings: readonly string[];
}

/** The files of a certificate. */
export interface CertificateFiles {
  /** The file of the certificate and its issuers. */
  cert: string;
  /** The file of the private key; may be the same file. */
  key: string;
}

/** No certificate can be used; the message says why. */
export class CertificateError extends Error {
  /** As for any `Error`. */
  override readonly name = "CertificateError";
}

/**
 * Reads a certificate and its private key.
 *
 * @param files the two files
 * @param now the time of day, in milliseconds since 1970
 * @returns the certificate
 * @throws {CertificateError} when a file cannot be read or is not valid, or the two do not match
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
    // Only the runtime knows whether it accepts them. Nobody can reach this listener.
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
  const keyWarning = await modeWarning(files.key);
  const expiresAt = Date.parse(facts.validTo);
  return {
    chain,
    key,
    fingerprint: await fingerprintOf(der),
    expiresAt,
    warnings: [...warningsOf(facts, expiresAt, now), ...keyWarning === undefined ? [] : [keyWarning]],
  };
}

/** Of a certificate that clients know by its fingerprint, only that counts. */
const UNLESS_PINNED = "except those that know it by its fingerprint";

function warningsOf(facts: X509Certificate, expiresAt: number, now: number): string[] {
  const warnings: string[] = [];
  const until = facts.validTo;
  if (Date.parse(facts.validFrom) > now) {
    warnings.push(
      `the certificate is not valid before ${facts.validFrom}: clients refuse it until then, ${UNLESS_PINNED}; ` +
        "check the clock of this machine, or use another certificate",
    );
  }
  if (expiresAt < now) {
    warnings.push(`the certificate expired on ${until}: clients refuse it, ${UNLESS_PINNED}; renew it`);
  } else if (expiresAt - now < CERTIFICATE_NOTICE_MS) {
    warnings.push(`the certificate expires soon, on ${until}: renew it`);
  }
  return warnings;
}

/** The mode bits that let users read or write who are neither the owner nor in the group of a file. */
const ANYONE = 0o006;

/** Warns of a key that anyone on this machine can read or write. A group may, such as `ssl-cert` in Debian. */
async function modeWarning(path: string): Promise<string | undefined> {
  const { mode } = await Deno.stat(path);
  if (Deno.build.os === "windows" || mode === null || (mode & ANYONE) === 0) return undefined;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  const access = (mode & 0o004) === 0 ? "write to" : "read";
  return `other users of this machine can ${access} the key ${path} (mode ${octal}): run chmod 600 ${path}`;
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > MAX_PEM_BYTES) {
      throw new Error(`it must be a file of at most ${MAX_PEM_BYTES} bytes`);
    }
    // Unlike Deno.readTextFile this drops a byte order mark, with which some editors begin a file.
    return new TextDecoder().decode(await Deno.readFile(path));
  } catch (error) {
    throw new CertificateError(`Cannot read the ${what} ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Returns the bytes of the first certificate in a file: the hub's own, before its issuers. */
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
