/**
 * Loopback addresses.
 *
 * PURE.
 *
 * @module
 */

/**
 * Says whether an address is this machine's alone.
 *
 * @param hostname a name or an IP address, IPv6 without brackets
 * @returns whether it is `localhost` (RFC 6761), or in 127.0.0.0/8 or ::1; a name that only resolves to one is not
 */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|(.+\.)?localhost\.?|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(
    hostname,
  );
}
