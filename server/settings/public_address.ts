/**
 * The address under which others reach a hub, as the operator says it with `--at`.
 *
 * PURE.
 *
 * @module
 */

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
