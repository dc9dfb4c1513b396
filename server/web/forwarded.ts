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
 * Finds the client of a proxy, by `X-Forwarded-For` and `X-Forwarded-Proto`. The last address counts: the proxy itself
 * has added it, and the client can have made up those before.
 *
 * @param headers the headers of the request
 * @param proxy what is known of the connection, which is used where a header is missing
 * @returns the client
 */
export function forwardedClient(headers: Headers, proxy: Forwarded): Forwarded {
  const last = headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
  const address = ipaddr.isValid(last) ? ipaddr.parse(last).toString() : proxy.address;
  const scheme = headers.get("x-forwarded-proto")?.trim().toLowerCase();
  return { address, secure: scheme === undefined ? proxy.secure : scheme === "https" };
}
