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
 * @returns whether it is `localhost`, ::1 or in 127.0.0.0/8. A name that only resolves to such an address is none, nor
 * is one below `localhost`, which not every resolver keeps on this machine.
 */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(
    hostname,
  );
}
