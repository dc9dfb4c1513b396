/**
 * An address and a port, as people write them together.
 *
 * PURE.
 *
 * @module
 */

/**
 * Writes an address as people do.
 *
 * @param host a name or an address
 * @param port a port
 * @returns such as `127.0.0.1:8000` or `[::1]:8000`
 */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Takes apart what `hostPort` puts together.
 *
 * @param text such as `127.0.0.1:8000` or `[::1]:8000`
 * @returns the two; `undefined` where it is something else
 */
export function splitHostPort(text: string): { host: string; port: number } | undefined {
  const match = text.match(/^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
