/**
 * The IP addresses of a host, for hubs of one chat that share a name.
 *
 * @module
 */
import { isLoopback, isOldRuntime } from "../../runtime/mod.ts";

/** The most IP addresses of one name that are tried. */
const MAX_IPS = 32;

/**
 * Looks up all IP addresses of a host, as the operating system knows them.
 *
 * @param hostname a host name or an IP address
 * @returns the addresses, in the order in which the system prefers them; none if it is not a name, the name of this
 * machine, or not known: then whoever connects by the name gets the error
 */
export async function resolveHost(hostname: string): Promise<readonly string[]> {
  if (isLoopback(hostname) || /^[\d.]+$/.test(hostname) || hostname.includes(":")) return [];
  // There the module of Node prints a warning when it is loaded; the system tries the addresses one after the other.
  if (isOldRuntime()) return [];
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(hostname, { all: true, verbatim: true });
    return [...new Set(found.map(({ address }) => address))].slice(0, MAX_IPS);
  } catch {
    return [];
  }
}
