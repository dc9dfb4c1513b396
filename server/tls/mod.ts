/**
 * Certificates: from files, or made by the hub itself.
 *
 * May import: `settings`.
 *
 * - `certificate`: the certificate that a hub shows, and its key
 * - `own_certificate`: the certificate that a hub makes for itself where it is given none
 * - `tls_options`: from the settings to how TLS is spoken
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
