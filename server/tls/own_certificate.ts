/**
 * Creates a self-signed certificate for a hub without a configured one. It is created once and stored in the
 * data folder, since clients recognize the hub by it from then on.
 *
 * Rules: certificate and private key are in one file, which only its owner can read, and which is complete or
 * does not exist; a file or folder of another user is not used; two hubs that create one at the same time use the
 * same one; an existing file is never overwritten.
 *
 * The certificate has no host name, since clients only compare its fingerprint. It has a random name below
 * `riftchat.invalid`, which no certificate authority may certify (RFC 2606), so no certificate of an authority
 * can replace it. It does not expire, because users would have to confirm a new one.
 *
 * @module
 */
import { join } from "node:path";
import { type Certificate, CertificateError, readCertificate } from "./certificate.ts";
import {
  checkFileOwner,
  checkFolderOwner,
  createWhole,
  deniedByOwner,
  OwnerError,
  reasonOf,
} from "../../runtime/mod.ts";

/** The name of the file in the data folder. */
export const OWN_CERTIFICATE_FILE = "hub.pem";

/** A date before any correct clock, and the date that means "no expiry" (RFC 5280, 4.1.2.5). */
const NOT_BEFORE = new Date("2000-01-01T00:00:00Z"), NOT_AFTER = new Date("9999-12-31T23:59:59Z");

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The certificate of this hub. */
export interface OwnCertificate {
  /** The certificate. */
  certificate: Certificate;
  /** The path of its file. */
  path: string;
  /** Whether it was created by this call. */
  made: boolean;
}

/**
 * Reads the hub's own certificate, and creates it if it does not exist.
 *
 * @param folder the data folder, which is created if it does not exist
 * @param now the time of day, in milliseconds since 1970
 * @returns the certificate
 * @throws {CertificateError} when it cannot be read or stored, or it or the folder belongs to another user
 */
export async function ownCertificate(folder: string, now: number): Promise<OwnCertificate> {
  const path = join(folder, OWN_CERTIFICATE_FILE);
  const made = !hasOwnCertificate(folder) && await create(path, folder);
  const certificate = await readCertificate({ cert: path, key: path }, now);
  if (!made) await checkMode(path);
  return { certificate, path, made };
}

/**
 * Checks whether a hub has a certificate of its own.
 *
 * @param folder the data folder
 * @returns whether there is one; false without a folder
 * @throws {CertificateError} when the folder or the file belongs to another user
 */
export function hasOwnCertificate(folder: string): boolean {
  const path = join(folder, OWN_CERTIFICATE_FILE);
  try {
    checkFolderOwner(folder);
    return checkFileOwner(path) !== undefined;
  } catch (error) {
    if (error instanceof OwnerError) throw new CertificateError(error.message);
    throw new CertificateError(`Cannot read the certificate of the hub ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Creates the file; returns false if another hub was faster. */
async function create(path: string, folder: string): Promise<boolean> {
  const pem = await makePem();
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await createWhole(path, pem);
  } catch (error) {
    const reason = deniedByOwner(folder, error) ?? reasonOf(error);
    throw new CertificateError(`Cannot store the certificate of the hub in ${path}: ${reason}`, {
      cause: error,
    });
  }
}

async function checkMode(path: string): Promise<void> {
  const { mode } = await Deno.stat(path);
  if (Deno.build.os === "windows" || mode === null || (mode & 0o077) === 0) return;
  throw new CertificateError(
    `Cannot use ${path}: only its owner may have access to it: its mode is 0${
      (mode & 0o777).toString(8)
    }; run chmod 600 ${path}, or, if others may have its key, remove it: the hub then makes a new certificate`,
  );
}

async function makePem(): Promise<string> {
  // `@peculiar/x509` requires this package, and throws without it. Both take a tenth of a second to load.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const name = `${hex(8)}.riftchat.invalid`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${hex(15)}`,
    name: "CN=RiftChat hub",
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
    ],
  }, crypto);
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n${certificate.toString("pem")}\n`;
}

function hex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
