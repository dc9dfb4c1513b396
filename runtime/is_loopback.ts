/**
 * Recognizes loopback addresses.
 *
 * PURE.
 *
 * @module
 */

/**
 * Tells whether an address is a loopback address.
 *
 * @param hostname a host name or IP address, IPv6 without brackets
 * @returns whether it is `localhost` (RFC 6761), ::1 or in 127.0.0.0/8. A name that only resolves to such an address is
 * none.
 */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|(.+\.)?localhost\.?|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(
    hostname,
  );
}
