/**
 * Makes the TLS options of a hub from its settings.
 *
 * @module
 */
import { join } from "node:path";
import type { Logger } from "../../runtime/mod.ts";
import { fingerprintWords } from "../../identity/mod.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import type { Settings } from "../settings/mod.ts";

/** The TLS options of a hub. */
export interface TlsOptions {
  /** The certificate of the hub. */
  certificate: Certificate;
  /**
   * The port for TLS, next to the plain port; 0 lets the system pick one. Without it, the only port uses TLS.
   */
  port?: number | undefined;
}

/** The settings about TLS. */
export type TlsSettings = Pick<Settings, "tls" | "tlsPort" | "tlsCert" | "tlsKey">;

/** What is needed to find the certificate. */
export interface TlsSources {
  /** The data folder, for the certificate that the hub creates itself. */
  folder: string;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** Receives a message about the certificate in use. */
  log: Logger;
}

/**
 * Makes the TLS options.
 *
 * @param settings the settings in force
 * @param sources see {@linkcode TlsSources}
 * @returns the options; `undefined` without TLS
 * @throws {CertificateError} when no certificate can be used
 */
export async function tlsOptionsFrom(
  settings: TlsSettings,
  { folder, now, log }: TlsSources,
): Promise<TlsOptions | undefined> {
  const { tls, tlsPort, tlsCert } = settings;
  if (tls === "off" && tlsPort === "") return undefined;
  let certificate: Certificate;
  if (tlsCert !== "") certificate = await configuredCertificate(settings, now);
  else {
    const { ownCertificate } = await import("./own_certificate.ts");
    const own = await ownCertificate(folder, now);
    certificate = own.certificate;
    if (own.made) log.info("made a certificate for this hub and stored it in {path}", { path: own.path });
  }
  logCertificate(certificate, log);
  return { certificate, port: tlsPort === "" ? undefined : Number(tlsPort) };
}

/**
 * Reads the certificate that the settings name.
 *
 * @param settings the settings in force, which name a certificate
 * @param now the time of day, in milliseconds since 1970
 * @returns the certificate
 * @throws {CertificateError} when it cannot be used
 */
export function configuredCertificate({ tlsCert, tlsKey }: TlsSettings, now: number): Promise<Certificate> {
  return readCertificate({ cert: tlsCert, key: tlsKey }, now);
}

/**
 * Checks the certificate that a hub would use, without creating one.
 *
 * @param settings the settings of the hub
 * @param folder its data folder
 * @param now the time of day, in milliseconds since 1970
 * @throws {CertificateError} when a certificate exists and cannot be used, or the folder belongs to another user
 */
export async function checkCertificate(settings: TlsSettings, folder: string, now: number): Promise<void> {
  if (settings.tls === "off" && settings.tlsPort === "") return;
  if (settings.tlsCert !== "") return void await configuredCertificate(settings, now);
  const { hasOwnCertificate, OWN_CERTIFICATE_FILE } = await import("./own_certificate.ts");
  // The hub would create it.
  if (!hasOwnCertificate(folder)) return;
  const path = join(folder, OWN_CERTIFICATE_FILE);
  await readCertificate({ cert: path, key: path }, now);
}

/**
 * Logs which certificate is in use, and its warnings.
 *
 * @param certificate the certificate
 * @param log receives the messages
 */
export function logCertificate({ fingerprint, warnings }: Certificate, log: Logger): void {
  log.info("certificate {fingerprint}; in words: {words}", {
    fingerprint,
    words: fingerprintWords(fingerprint),
  });
  for (const warning of warnings) log.warn("{concern}", { concern: warning });
}
