/**
 * The certificate that a hub makes for itself where it is given none: once, and kept in the data folder, since clients
 * know the hub by it from then on.
 *
 * Rules: certificate and key are in one file, which is there whole or not at all, and for its owner alone; of two hubs
 * that make one at the same time both use the same; what is there is never written over.
 *
 * It names no host, since clients compare its fingerprint and nothing else: its name is a random one below
 * `riftchat.invalid`, which no authority may vouch for (RFC 2606), so that no certificate of any authority can stand in
 * for it. It has no end, as a person would have to be asked again then.
 *
 * @module
 */
import { join } from "node:path";
import { type Certificate, CertificateError, readCertificate } from "./certificate.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The file in the data folder. */
export const OWN_CERTIFICATE_FILE = "hub.pem";

/** Before any clock that is right, and the day that stands for no end (RFC 5280, 4.1.2.5). */
const FROM = new Date("2000-01-01T00:00:00Z"), UNTIL = new Date("9999-12-31T23:59:59Z");

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The certificate of this hub. */
export interface OwnCertificate {
  /** The certificate. */
  certificate: Certificate;
  /** Its file. */
  path: string;
  /** Whether it was made just now. */
  made: boolean;
}

/**
 * Gives the hub's own certificate, and makes it where it is not there yet.
 *
 * @param folder the data folder, which is made where it is not there
 * @param now the time of day, in milliseconds since 1970
 * @returns the certificate
 * @throws {CertificateError} where it cannot be read or kept
 */
export async function ownCertificate(folder: string, now: number): Promise<OwnCertificate> {
  const path = join(folder, OWN_CERTIFICATE_FILE);
  const made = await keep(path, folder);
  const certificate = await readCertificate({ cert: path, key: path }, now);
  if (!made) await checkMode(path);
  return { certificate, path, made };
}

/** Makes the file, unless it is there; answers whether it made it. */
async function keep(path: string, folder: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw cannotKeep(path, error);
  }
  const pem = await makePem();
  const draft = join(folder, `.${OWN_CERTIFICATE_FILE}.${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(pem);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.sync();
    // Unlike a rename, this fails where another hub was faster.
    await Deno.link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw cannotKeep(path, error);
  } finally {
    await Deno.remove(draft).catch(() => {});
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
  // The package needs this one, and says so where it is not there. Both take a tenth of a second to load.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const name = `${hex(8)}.riftchat.invalid`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${hex(15)}`,
    name: "CN=RiftChat hub",
    notBefore: FROM,
    notAfter: UNTIL,
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

function cannotKeep(path: string, error: unknown): CertificateError {
  return new CertificateError(`Cannot store the certificate of the hub in ${path}: ${reasonOf(error)}`, {
    cause: error,
  });
}
