/**
 * What a certificate says of the names of the hub.
 *
 * @module
 */
// `@peculiar/x509` requires this package, and throws without it.
import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";

/** What a certificate says. */
export interface CertificateNames {
  /** The host names, in small letters; one may begin with `*.`. */
  readonly names: readonly string[];
  /** Whether somebody else has signed it, such as an authority that browsers trust. */
  readonly isFromAuthority: boolean;
}

/**
 * Reads the names in a certificate.
 *
 * @param pem the certificate, maybe with others behind it
 * @returns the names
 * @throws {Error} if it is not a certificate
 */
export function certificateNames(pem: string): CertificateNames {
  const [first] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? [""];
  const certificate = new X509Certificate(first);
  const items = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const names = items.filter(({ type }) => type === "dns").map(({ value }) => value.toLowerCase());
  return { names, isFromAuthority: certificate.issuer !== certificate.subject };
}
