/**
 * The client that a proxy names in the headers of a request. Only a proxy that the operator trusts (`--proxy`) is
 * believed: anybody can send these headers.
 *
 * PURE.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** Who has sent a request to the proxy. */
export interface Forwarded {
  /** The address of the client. */
  readonly address: string;
  /** Whether it uses HTTPS. */
  readonly secure: boolean;
}

/**
 * Finds the client of a proxy, by `X-Forwarded-For` and `X-Forwarded-Proto`. Each proxy adds the address that it sees,
 * so the last one that is not that of a proxy counts: the client can have made up those before.
 *
 * @param headers the headers of the request
 * @param proxy what is known of the connection, which is used where a header is missing
 * @param isProxy whether an address is that of a proxy
 * @returns the client
 */
export function forwardedClient(
  headers: Headers,
  proxy: Forwarded,
  isProxy: (address: string) => boolean,
): Forwarded {
  let { address } = proxy;
  for (const part of headers.get("x-forwarded-for")?.split(",").reverse() ?? []) {
    const text = part.trim();
    if (!ipaddr.isValid(text)) break;
    const parsed = ipaddr.parse(text);
    const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
    address = (isMapped ? parsed.toIPv4Address() : parsed).toString();
    if (!isProxy(address)) break;
  }
  const scheme = headers.get("x-forwarded-proto")?.trim().toLowerCase();
  return { address, secure: scheme === undefined ? proxy.secure : scheme === "https" };
}
