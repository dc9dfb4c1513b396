/**
 * The certificate of a hub: from files that the settings name, or created by the hub itself.
 *
 * May import: `settings`.
 *
 * - `certificate`: reads a certificate and its private key
 * - `own_certificate`: creates a self-signed certificate in the data folder
 * - `tls_options`: makes the TLS options from the settings
 *
 * @module
 */
export { type Certificate, CertificateError } from "./certificate.ts";
export {
  checkCertificate,
  configuredCertificate,
  logCertificate,
  type TlsOptions,
  tlsOptionsFrom,
} from "./tls_options.ts";
