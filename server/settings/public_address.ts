/**
 * The address under which others reach a hub, as the operator says it with `--at`, and those of the other hubs of the
 * same chat (`--peers`).
 *
 * PURE.
 *
 * @module
 */

import { MAX_PEER_CHARS, MAX_PEERS } from "../limits.ts";

/** What `--at` says. */
export interface PublicAddress {
  /** Whether clients use TLS; `undefined` if it was not said. */
  tls: boolean | undefined;
  /** A host name or an IP address, IPv6 without brackets. */
  host: string;
  /** The port; `undefined` if it was not said. */
  port: number | undefined;
}

/** What `--at` must be. */
export const PUBLIC_ADDRESS_RULE =
  "HOST or HOST:PORT, such as chat.example.org:8000; rifts:// may stand before it";

/** What `--peers` must be. */
export const PEERS_RULE: string =
  `at most ${MAX_PEERS} addresses such as rifts://b.example.org:8000 for programs and https://b.example.org:8000 for ` +
  "the page, separated by commas";

/**
 * Reads the value of `--peers`.
 *
 * @param text the value
 * @returns the addresses; `undefined` if it is invalid
 */
export function readPeers(text: string): string[] | undefined {
  if (text === "") return [];
  const peers = text.split(",").map((peer) => peer.trim());
  return peers.length <= MAX_PEERS && peers.every(isPeer) ? peers : undefined;
}

function isPeer(text: string): boolean {
  const [, rest] = /^(?:rifts?|https?):\/\/(?!rifts?:)(.+)$/i.exec(text) ?? [];
  return rest !== undefined && text.length <= MAX_PEER_CHARS && readPublicAddress(rest) !== undefined;
}

/**
 * Reads the value of `--at`.
 *
 * @param text the value
 * @returns what it says; `undefined` if it is invalid
 */
export function readPublicAddress(text: string): PublicAddress | undefined {
  const [, scheme, rest = ""] = /^(?:(rifts?):\/\/)?(.*?)\/?$/i.exec(text) ?? [];
  const [, ipv6, name, digits] =
    /^(?:\[([\da-f:.]+)\]|([a-z\d](?:[a-z\d._-]*)))(?::(\d{1,5}))?$/i.exec(rest) ?? [];
  const host = ipv6 ?? name;
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (ipv6 !== undefined && !URL.canParse(`http://[${ipv6}]`))) return undefined;
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { tls: scheme === undefined ? undefined : scheme.toLowerCase() === "rifts", host, port };
}
