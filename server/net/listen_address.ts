/**
 * Where a hub listens, for people and for programs.
 *
 * PURE.
 *
 * @module
 */
import { fingerprintWords } from "../../protocol/mod.ts";
import { hostPort } from "../../runtime/mod.ts";

/** Where a hub listens. */
export interface ListenAddresses {
  /** The address. */
  host: string;
  /** The port. */
  port: number;
  /** How it speaks TLS, if it does. */
  tls?: TlsListenAddress | undefined;
}

/** How a hub speaks TLS. */
export interface TlsListenAddress {
  /** The port that does: the same one, or another one of the same address. */
  port: number;
  /** The fingerprint of the certificate. */
  fingerprint: string;
}

/**
 * Says where a hub listens.
 *
 * @param places where
 * @returns such as `listening on 0.0.0.0:8000 with TLS, certificate SHA256:…`
 */
export function describeAddresses({ host, port, tls }: ListenAddresses): string {
  const where = `listening on ${hostPort(host, port)}`;
  if (tls === undefined) return where;
  const how = tls.port === port ? " with TLS" : `, with TLS on ${hostPort(host, tls.port)}`;
  return `${where}${how}, certificate ${tls.fingerprint}`;
}

/**
 * Says where a hub listens, for programs.
 *
 * @param places where
 * @returns what becomes fields of an object in JSON
 */
export function addressesJson({ host, port, tls }: ListenAddresses): object {
  if (tls === undefined) return { listening: { host, port } };
  const { fingerprint } = tls;
  return {
    listening: { host, port },
    tls: { port: tls.port, fingerprint, words: fingerprintWords(fingerprint) },
  };
}
