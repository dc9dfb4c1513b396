/**
 * server/tls
 *
 * @module
 */
export { type Certificate, CertificateError } from "./certificate.ts";
export {
  givenCertificate,
  tellOfCertificate,
  tlsFrom,
  type TlsOptions,
  tryCertificate,
} from "./tls_options.ts";
