/**
 * The addresses on which a hub listens, as text for users and as JSON for programs.
 *
 * PURE.
 *
 * @module
 */
import { fingerprintWords } from "../../identity/mod.ts";
import { hostPort } from "../../runtime/mod.ts";

/** The addresses on which a hub listens. */
export interface ListenAddresses {
  /** The IP address. */
  host: string;
  /** The port. */
  port: number;
  /** The TLS port, if the hub has one. */
  tls?: TlsListenAddress | undefined;
}

/** The TLS port of a hub. */
export interface TlsListenAddress {
  /** The TLS port: the same as the plain one, or another one on the same IP address. */
  port: number;
  /** The fingerprint of the certificate. */
  fingerprint: string;
}

/**
 * Describes the addresses for users.
 *
 * @param addresses the addresses
 * @returns such as `listening on 0.0.0.0:8000 with TLS, certificate SHA256:…`
 */
export function describeAddresses({ host, port, tls }: ListenAddresses): string {
  const where = `listening on ${hostPort(host, port)}`;
  if (tls === undefined) return where;
  const how = tls.port === port ? " with TLS" : `, with TLS on ${hostPort(host, tls.port)}`;
  return `${where}${how}, certificate ${tls.fingerprint}`;
}

/**
 * Describes the addresses for programs.
 *
 * @param addresses the addresses
 * @returns fields of a JSON object
 */
export function addressesJson({ host, port, tls }: ListenAddresses): object {
  if (tls === undefined) return { listening: { host, port } };
  const { fingerprint } = tls;
  return {
    listening: { host, port },
    tls: { port: tls.port, fingerprint, words: fingerprintWords(fingerprint) },
  };
}
