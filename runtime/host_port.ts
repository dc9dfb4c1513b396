/**
 * Formats and parses HOST:PORT.
 *
 * PURE.
 *
 * @module
 */

/**
 * Formats a host and a port.
 *
 * @param host a host name or IP address, IPv6 without brackets
 * @param port the port
 * @returns such as `127.0.0.1:8000` or `[::1]:8000`
 */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Parses HOST:PORT.
 *
 * @param text such as `127.0.0.1:8000` or `[::1]:8000`
 * @returns host and port; `undefined` if the text is something else
 */
export function splitHostPort(text: string): { host: string; port: number } | undefined {
  const match = text.match(/^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
