/**
 * Where a hub is, from what a person typed: `host`, `host:port`, `[::1]:port`, `::1` or `rift://host:port`,
 * where `rifts://` stands for TLS.
 *
 * PURE. Whether the host exists is for the network to say; here it only has to look like one.
 *
 * @module
 */
import { hostPort } from "../../runtime/mod.ts";

/** The port of a hub where none is named. Fixed by the original RiftChat. */
export const DEFAULT_PORT = 8000;

/** The host where none is named. Fixed by the original RiftChat. */
export const DEFAULT_HOST = "localhost";

/** Where a hub is. */
export interface Address {
  /** A host name or an IP address, IPv6 without brackets. */
  hostname: string;
  /** 1 to 65,535. */
  port: number;
  /** Whether it speaks TLS, where that was typed. */
  tls?: boolean;
}

/** What was typed is no address of a hub. */
export class AddressError extends Error {
  /** As for any `Error`. */
  override readonly name = "AddressError";
}

/**
 * Reads the address of a hub.
 *
 * @param text what a person typed, such as `chat.example.org:9000`
 * @returns the host and the port; the port is 8000 where none was typed
 * @throws {AddressError} where it is no address, with what was expected and what came
 */
export function parseAddress(text: string): Address {
  const scheme = /^([A-Za-z][A-Za-z0-9+.\-]*):\/\/(.*)$/s.exec(text);
  if (scheme === null) return parseHostPort(text, text);
  const [, name = "", rest = ""] = scheme;
  switch (name.toLowerCase()) {
    case "rift":
    case "rifts": {
      const address = parseHostPort(rest.endsWith("/") ? rest.slice(0, -1) : rest, text);
      return { ...address, tls: name.toLowerCase() === "rifts" };
    }
    default:
      throw cannotJoin(text, `the scheme must be rift:// or rifts://: it is ${name}://`);
  }
}

/**
 * Decides which hub to join.
 *
 * @param argument the address that was typed, if any
 * @param environment gives a variable of the environment, or `undefined`; `HOST` and `PORT` are asked for, as the
 * original RiftChat does, and one that is empty counts as not set
 * @param tls whether TLS was asked for beside the address
 * @returns the argument's address; without one that of the environment; without that `localhost:8000`
 * @throws {AddressError} where the one that counts is no address
 */
export function chooseAddress(
  argument: string | undefined,
  environment: (name: string) => string | undefined,
  tls = false,
): Address {
  if (argument !== undefined) {
    const address = parseAddress(argument);
    if (!tls) return address;
    if (address.tls === false) {
      throw cannotJoin(argument, "rift:// is without encryption, and --tls with it: use rifts://");
    }
    return { ...address, tls };
  }
  const host = environment("HOST") || DEFAULT_HOST;
  const port = environment("PORT");
  return {
    hostname: parseHost(host.replace(/^\[(.*)\]$/s, "$1"), `HOST=${host}`),
    port: port ? parsePort(port, `PORT=${port}`) : DEFAULT_PORT,
    ...tls && { tls },
  };
}

/**
 * Writes an address as people do.
 *
 * @param address a host and a port
 * @returns such as `localhost:8000` or `[::1]:8000`
 */
export function formatAddress(address: Address): string {
  return hostPort(address.hostname, address.port);
}

/** @param whole what to name in an error */
function parseHostPort(text: string, whole: string): Address {
  const bracketed = /^\[([^\]]*)\](.*)$/s.exec(text);
  if (bracketed !== null) {
    const [, inside = "", after = ""] = bracketed;
    if (!isIPv6(inside)) {
      throw cannotJoin(whole, `between [ and ] must stand an IPv6 address: it is "${inside}"`);
    }
    if (after === "") return { hostname: inside, port: DEFAULT_PORT };
    if (!after.startsWith(":")) throw cannotJoin(whole, `after ] must come :PORT: it is "${after}"`);
    return { hostname: inside, port: parsePort(after.slice(1), whole) };
  }
  if (text.startsWith("[")) throw cannotJoin(whole, "the [ before an IPv6 address must be closed by a ]");
  if (isIPv6(text)) return { hostname: text, port: DEFAULT_PORT };
  const colon = text.indexOf(":");
  if (colon < 0) return { hostname: parseHost(text, whole), port: DEFAULT_PORT };
  return { hostname: parseHost(text.slice(0, colon), whole), port: parsePort(text.slice(colon + 1), whole) };
}

function parseHost(text: string, whole: string): string {
  if (text === "") {
    throw cannotJoin(whole, "it must be HOST, HOST:PORT or rift://HOST:PORT: the host is empty");
  }
  if (isIPv6(text)) return text;
  if (text.includes("@")) {
    throw cannotJoin(whole, 'the host is a name or an IP address: it has an "@"; use --name for your name');
  }
  const ascii = /^[A-Za-z0-9._\-]+$/.test(text) ? text : toAscii(text);
  if (ascii === undefined) {
    const path = text.includes("/") ? "; an address of RiftChat has no path" : "";
    throw cannotJoin(whole, `the host must be a name or an IP address: it is "${text}"${path}`);
  }
  return ascii;
}

function parsePort(text: string, whole: string): number {
  const port = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65_535) return port;
  const path = /^[0-9]*[/?#]/.test(text) ? "; an address of RiftChat has no path" : "";
  throw cannotJoin(whole, `the port must be a number from 1 to 65535: it is "${text}"${path}`);
}

/** The zone of a link-local address (`%eth0`) is for the operating system to understand, so it is set aside. */
function isIPv6(text: string): boolean {
  const [address = "", zone = "none", ...more] = text.split("%");
  return /^[0-9A-Fa-f:.]+$/.test(address) && /^[\w.\-]+$/.test(zone) && more.length === 0 &&
    URL.canParse(`http://[${address}]`);
}

/** The form in which resolvers know an international name: UTS #46, as URLs have it. */
function toAscii(host: string): string | undefined {
  return /^[A-Za-z0-9._\-\x80-\u{10FFFF}]+$/u.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined;
}

function cannotJoin(what: string, why: string): AddressError {
  return new AddressError(`Cannot join "${what}": ${why}`);
}
