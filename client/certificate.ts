/**
 * A certificate that no authority vouches for, and by which name it can be held to.
 *
 * The runtime verifies certificates, and adds ours to the authorities that it knows; it can not be told to believe in one
 * alone. So the name decides which others would do: it has to be one for which no authority vouches, or the very host
 * that was typed, for which an authority may. Any other certificate is refused by the runtime.
 *
 * PURE.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";

/** What is to be known of a certificate before it is relied on. */
export interface CertificateFacts {
  /** The certificate as PEM. */
  pem: string;
  /** The name under which it is to be asked for; nothing where no name is safe. */
  name: string | undefined;
  /** The names that it has, for people. */
  names: string[];
}

/** Ends of names that authorities must not vouch for: RFC 2606, 6762, 8375 and 9476, and those that ICANN keeps free. */
const PRIVATE = /(^|\.)(invalid|test|example|localhost|local|internal|lan|home|corp|mail|alt|home\.arpa)$/i;

/** Addresses that are nobody's in particular: RFC 1918, 3927, 4193 and 4291, and loopback. */
const PRIVATE_ADDRESS =
  /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|0*:0*:0*:0*:0*:0*:0*:0*1$|::1$)/i;

/**
 * Reads a certificate.
 *
 * @param der its bytes
 * @param hostname the host that was typed
 * @returns what is to be known of it; nothing where it is none
 */
export function readCertificate(der: Uint8Array, hostname: string): CertificateFacts | undefined {
  const pem = pemOf(der);
  let alternatives: string;
  try {
    alternatives = new X509Certificate(pem).subjectAltName ?? "";
  } catch {
    return undefined;
  }
  const found = alternatives.split(/,\s*/).map((text) => /^(DNS|IP Address):([\w.:*\-]+)$/.exec(text));
  const names = found.flatMap((match) => match?.[2] === undefined ? [] : [match[2]]);
  const host = hostname.replace(/\.$/, "").toLowerCase();
  const own = names.find((name) => covers(name.toLowerCase(), host));
  const nobodys = found.find((match) => match !== null && isNobodys(match[1] === "DNS", match[2]!))?.[2];
  return { pem, name: own === undefined ? nobodys : host, names };
}

function covers(name: string, host: string): boolean {
  if (name === host) return true;
  return name.startsWith("*.") && host.includes(".") && host.slice(host.indexOf(".")) === name.slice(1);
}

function isNobodys(isName: boolean, name: string): boolean {
  if (!isName) return PRIVATE_ADDRESS.test(name);
  return !name.includes("*") && (!name.includes(".") || PRIVATE.test(name));
}

/**
 * Writes a certificate as text.
 *
 * @param der its bytes
 * @returns PEM
 */
export function pemOf(der: Uint8Array): string {
  const text = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`;
}
