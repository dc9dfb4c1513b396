/**
 * From the settings to how TLS is spoken.
 *
 * @module
 */
import { join } from "node:path";
import type { Logger } from "../../runtime/mod.ts";
import { fingerprintWords } from "../../protocol/mod.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import type { Settings } from "../settings/mod.ts";

/** How a hub speaks TLS. */
export interface TlsOptions {
  /** The certificate that it shows. */
  certificate: Certificate;
  /** The port that speaks TLS, beside the other one; 0 lets the system pick one. Without it the other one does. */
  port?: number | undefined;
}

/** The settings that matter here. */
export type TlsSettings = Pick<Settings, "tls" | "tlsPort" | "tlsCert" | "tlsKey">;

/** What it takes to find a certificate. */
export interface TlsSources {
  /** The data folder, where the hub keeps the one that it makes. */
  folder: string;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** Where it is told which one is shown. */
  log: Logger;
}

/**
 * Finds out how TLS is to be spoken.
 *
 * @param settings the settings in force
 * @param sources see {@linkcode TlsSources}
 * @returns how; `undefined` where it is not
 * @throws {CertificateError} where there is no certificate to be had
 */
export async function tlsFrom(
  settings: TlsSettings,
  { folder, now, log }: TlsSources,
): Promise<TlsOptions | undefined> {
  const { tls, tlsPort, tlsCert } = settings;
  if (tls === "off" && tlsPort === "") return undefined;
  let certificate: Certificate;
  if (tlsCert !== "") certificate = await givenCertificate(settings, now);
  else {
    const { ownCertificate } = await import("./own_certificate.ts");
    const own = await ownCertificate(folder, now);
    certificate = own.certificate;
    if (own.made) log.info("made a certificate for this hub and stored it in {path}", { path: own.path });
  }
  tellOfCertificate(certificate, log);
  return { certificate, port: tlsPort === "" ? undefined : Number(tlsPort) };
}

/**
 * Reads the certificate that the settings name.
 *
 * @param settings the settings in force, which name one
 * @param now the time of day, in milliseconds since 1970
 * @returns the certificate
 * @throws {CertificateError} where it cannot be used
 */
export function givenCertificate({ tlsCert, tlsKey }: TlsSettings, now: number): Promise<Certificate> {
  return readCertificate({ cert: tlsCert, key: tlsKey }, now);
}

/**
 * Finds what is wrong with the certificate that a hub would show, without making one.
 *
 * @param settings the settings it would have
 * @param folder its data folder
 * @param now the time of day, in milliseconds since 1970
 * @throws {CertificateError} where one is there and cannot be used
 */
export async function tryCertificate(settings: TlsSettings, folder: string, now: number): Promise<void> {
  if (settings.tls === "off" && settings.tlsPort === "") return;
  if (settings.tlsCert !== "") return void await givenCertificate(settings, now);
  const { OWN_CERTIFICATE_FILE } = await import("./own_certificate.ts");
  const path = join(folder, OWN_CERTIFICATE_FILE);
  try {
    await Deno.lstat(path);
  } catch (error) {
    // It would be made.
    if (error instanceof Deno.errors.NotFound) return;
  }
  await readCertificate({ cert: path, key: path }, now);
}

/**
 * Tells which certificate is shown, and what there is to be known of it.
 *
 * @param certificate the certificate
 * @param log where it is told
 */
export function tellOfCertificate({ fingerprint, concerns }: Certificate, log: Logger): void {
  log.info("certificate {fingerprint}; in words: {words}", {
    fingerprint,
    words: fingerprintWords(fingerprint),
  });
  for (const concern of concerns) log.warn("{concern}", { concern });
}
