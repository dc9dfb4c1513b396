/**
 * Makes certificates for tests.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate with its key. */
export interface TestCertificate {
  /** The certificate as PEM. */
  pem: string;
  /** Its key as PEM. */
  key: string;
  /** The certificate's bytes. */
  der: Uint8Array<ArrayBuffer>;
  /** The public and the private key. */
  keys: CryptoKeyPair;
}

/** Options of a certificate. */
export interface CertificateOptions {
  /** The host names and IP addresses that it is valid for. */
  names?: string[];
  /** Whether it is a certificate authority. */
  ca?: boolean;
  /** The beginning of its validity; in 2001 if not given. */
  from?: Date;
  /** The end of its validity; in ten years if not given. */
  until?: Date;
  /** The authority that signs it; self-signed if not given. */
  by?: TestCertificate;
  /** Its keys; new ones if not given. */
  keys?: CryptoKeyPair;
}

/**
 * Makes a certificate.
 *
 * @param options see {@linkcode CertificateOptions}
 * @returns the certificate
 */
export async function makeCertificate(
  {
    names = [],
    ca = false,
    from = new Date(1_000_000_000_000),
    until = new Date(Date.now() + 3.15e11),
    by,
    keys,
  }: CertificateOptions = {},
): Promise<TestCertificate> {
  keys ??= await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const issuer = by === undefined ? undefined : new x509.X509Certificate(by.pem);
  const alternatives = names.map((value) => ({
    type: /^[\d.]+$/.test(value) ? "ip" as const : "dns" as const,
    value,
  }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "01" + crypto.randomUUID().slice(0, 8),
    subject: ca ? "CN=Authority of a test" : "CN=Hub of a test",
    issuer: issuer?.subject ?? (ca ? "CN=Authority of a test" : "CN=Hub of a test"),
    notBefore: from,
    notAfter: until,
    signingAlgorithm: ALGORITHM,
    signingKey: by?.keys.privateKey ?? keys.privateKey,
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      ...names.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : [],
    ],
  }, crypto);
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return {
    pem: certificate.toString("pem") + "\n",
    key: key + "\n",
    der: new Uint8Array(certificate.rawData),
    keys,
  };
}
