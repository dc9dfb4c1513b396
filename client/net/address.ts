/**
 * The address of a hub, as the user types it: `host`, `host:port`, `[::1]:port`, `::1` or `rift://host:port`.
 * `rifts://` means TLS. The link of an invite has its secret part after a `#`, which no error shows. Several addresses
 * are separated by commas.
 *
 * The file is long because half of it is documentation and texts of errors.
 *
 * PURE. It checks only the syntax, not whether the host exists.
 *
 * @module
 */
import { type InviteSecret, KeyError, parseInviteSecret } from "../../identity/mod.ts";
import { hostPort, isServiceLink } from "../../runtime/mod.ts";

/** The default port. Fixed by the original RiftChat. */
export const DEFAULT_PORT = 8000;

/** The default host. Fixed by the original RiftChat. */
export const DEFAULT_HOST = "localhost";

/** The most addresses that a user may give at once. */
export const MAX_ADDRESSES = 32;

/** Where a hub is. */
export interface Address {
  /** A host name or an IP address, IPv6 without brackets. */
  hostname: string;
  /** 1 to 65,535. */
  port: number;
  /** Whether to use TLS; `undefined` if the user did not say. */
  tls?: boolean;
  /** The secret part of the invite, if the user gave the link of one. */
  invite?: InviteSecret;
  /** Which variables or file the host and the port come from, for errors; `undefined` if the user typed them. */
  origin?: string;
  /** The IP addresses of the host that are tried, in this order, if it has several; else it is connected to by name. */
  ips?: readonly string[];
  /** Called with the one of them that a connection was opened to. */
  connected?: (ip: string) => void;
  /** The public key that the hub must prove to have, if this address comes from a hub. */
  identity?: string;
}

/** Where a host or a port of the config file of a hub comes from. */
export interface HubSettings {
  /** The path of the file. */
  path: string;
  /** The address on which the hub listens. */
  host?: string | undefined;
  /** The port on which the hub listens, as text. */
  port?: string | undefined;
}

/** The text is not the address of a hub. */
export class AddressError extends Error {
  /** As for any `Error`. */
  override readonly name = "AddressError";
}

/**
 * Parses the address of a hub.
 *
 * @param text what the user typed, such as `chat.example.org:9000`, or the link of an invite
 * @returns the host and the port; without a port 8000
 * @throws {AddressError} if it is not an address; the message says what is expected and what was given, without the
 * secret part of an invite
 */
export function parseAddress(text: string): Address {
  const [shown = "", ...secret] = text.split("#");
  if (secret.length === 0) return parseWithoutSecret(shown);
  if (!/^rifts?:\/\//i.test(shown)) {
    throw cannotJoin(shown, "the link of an invite begins with rifts:// or rift://");
  }
  const address = parseWithoutSecret(shown);
  try {
    return { ...address, invite: parseInviteSecret(secret.join("#")) };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw cannotJoin(shown, `this is not the whole link of an invite: ${error.message}; copy all of it`);
  }
}

/**
 * Parses the addresses of hubs that form one chat.
 *
 * A scheme counts also for the addresses after it, until another one. So `rifts://a,b` never joins `b` without TLS. A
 * port counts for its own address alone. The secret part of an invite counts for all.
 *
 * @param text what the user typed, such as `a.example.org,b.example.org:9000`
 * @returns the addresses, each once, at least one
 * @throws {AddressError} if one of them is no address, or there are more than {@linkcode MAX_ADDRESSES}
 */
export function parseAddresses(text: string): [Address, ...Address[]] {
  const [list = "", ...secret] = text.split("#");
  // The link of an invite may have a slash before its secret part.
  const parts = (secret.length > 0 ? list.replace(/\/$/, "") : list).split(",").map((part) => part.trim());
  if (parts.length === 1) return [parseAddress(text.trim())];
  if (parts.length > MAX_ADDRESSES) {
    throw cannotJoin(list, `there may be at most ${MAX_ADDRESSES} addresses: there are ${parts.length}`);
  }
  const after = secret.length > 0 ? `#${secret.join("#")}` : "";
  const addresses = new Map<string, Address>();
  let scheme = "";
  for (const part of parts) {
    if (part === "") throw cannotJoin(list, "between two commas there must be an address: it is empty");
    const [own] = /^[A-Za-z][A-Za-z0-9+.\-]*:\/\//.exec(part) ?? [];
    scheme = own ?? scheme;
    const address = parseAddress((own === undefined ? scheme : "") + part + after);
    const key = formatAddress(address).toLowerCase();
    if (!addresses.has(key)) addresses.set(key, address);
  }
  return [...addresses.values()] as [Address, ...Address[]];
}

function parseWithoutSecret(text: string): Address {
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
 * Decides which hubs to join. The variables are `RIFTCHAT_HOST` and `RIFTCHAT_PORT`, which are settings of a hub, then
 * `HOST` and `PORT`, as in the original RiftChat. An empty one counts as not set, and so does a `RIFTCHAT_PORT` that
 * Kubernetes has set for a service.
 *
 * @param argument the addresses on the command line, if there are any
 * @param environment gives an environment variable, or `undefined`
 * @param tls whether the user gave `--tls`
 * @param hub the config file of a hub on this machine, if it counts
 * @returns the addresses of the argument; else that of the environment and of `hub`; else `localhost:8000`
 * @throws {AddressError} if that is not an address
 */
export function chooseAddresses(
  argument: string | undefined,
  environment: (name: string) => string | undefined,
  tls = false,
  hub?: HubSettings,
): [Address, ...Address[]] {
  if (argument === undefined) return [defaultAddress(environment, tls, hub)];
  const addresses = parseAddresses(argument);
  if (!tls) return addresses;
  if (addresses.some((address) => address.tls === false)) {
    throw cannotJoin(
      argument.split("#")[0]!,
      "rift:// means no encryption, and --tls means encryption: use rifts://",
    );
  }
  return addresses.map((address) => ({ ...address, tls })) as [Address, ...Address[]];
}

/**
 * Decides which hub to use, for a command that uses one, as {@linkcode chooseAddresses} does.
 *
 * @param argument the address on the command line, if there is one
 * @param environment gives an environment variable, or `undefined`
 * @returns the address
 * @throws {AddressError} if that is not one address
 */
export function chooseAddress(
  argument: string | undefined,
  environment: (name: string) => string | undefined,
): Address {
  const [address, ...others] = chooseAddresses(argument, environment);
  if (others.length === 0) return address;
  throw cannotJoin(
    argument!.split("#")[0]!,
    `this command takes one address: there are ${others.length + 1}`,
  );
}

function defaultAddress(
  environment: (name: string) => string | undefined,
  tls: boolean,
  hub: HubSettings | undefined,
): Address {
  const file = hub?.path ?? "";
  const host = firstSet([
    ["RIFTCHAT_HOST", environment("RIFTCHAT_HOST")],
    [file, hub?.host],
    ["HOST", environment("HOST")],
  ]);
  const linked = environment("RIFTCHAT_PORT");
  const ignored = linked !== undefined && isServiceLink("RIFTCHAT_PORT", linked);
  const port = firstSet([
    ["RIFTCHAT_PORT", ignored ? undefined : linked],
    ["PORT", environment("PORT")],
    [file, hub?.port],
  ]);
  const notes = [
    ...host === undefined ? [] : [`host from ${host.source}`],
    ...port === undefined ? [] : [`port from ${port.source}`],
    ...ignored ? [`RIFTCHAT_PORT=${linked} is ignored: it is no port`] : [],
  ];
  return {
    hostname: host === undefined
      ? DEFAULT_HOST
      : reachableHost(parseHost(host.value.replace(/^\[(.*)\]$/s, "$1"), quoted("host", host, file))),
    port: port === undefined ? DEFAULT_PORT : parsePort(port.value, quoted("port", port, file)),
    ...tls && { tls },
    ...notes.length > 0 && { origin: notes.join(", ") },
  };
}

/**
 * Tells whether variables of the environment name a hub, as {@linkcode chooseAddresses} reads them.
 *
 * @param environment gives an environment variable, or `undefined`
 * @returns whether `RIFTCHAT_HOST`, `RIFTCHAT_PORT`, `HOST` or `PORT` is set and counts
 */
export function environmentNamesHub(environment: (name: string) => string | undefined): boolean {
  return ["RIFTCHAT_HOST", "RIFTCHAT_PORT", "HOST", "PORT"].some((name) => {
    const value = environment(name);
    return value !== undefined && value !== "" && !(name === "RIFTCHAT_PORT" && isServiceLink(name, value));
  });
}

/** A value, and the variable or the file that it comes from. */
interface Sourced {
  source: string;
  value: string;
}

/** Quotes a setting for an error. */
function quoted(key: string, { source, value }: Sourced, file: string): string {
  return source === file ? `${key} = ${value} of ${file}` : `${source}=${value}`;
}

/** Returns the first value that is not empty, with the variable or the file that has it. */
function firstSet(
  candidates: readonly (readonly [source: string, value: string | undefined])[],
): Sourced | undefined {
  for (const [source, value] of candidates) if (value) return { source, value };
  return undefined;
}

/** A hub that listens on every address of this machine is reached on the loopback address. */
function reachableHost(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
}

/**
 * Formats an address.
 *
 * @param address a host and a port
 * @returns such as `localhost:8000` or `[::1]:8000`
 */
export function formatAddress(address: Address): string {
  return hostPort(address.hostname, address.port);
}

/**
 * Formats the addresses of hubs that form one chat.
 *
 * @param addresses hosts and ports
 * @returns such as `localhost:8000` or `a:8000,b:8000`
 */
export function formatAddresses(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(",");
}

/**
 * Formats an address for an error, with what it comes from if the user did not type it.
 *
 * @param address a host and a port
 * @returns such as `localhost:8000`, or `build:8000 (host from HOST)`
 */
export function describeAddress(address: Address): string {
  return address.origin === undefined
    ? formatAddress(address)
    : `${formatAddress(address)} (${address.origin})`;
}

/** @param whole the text to quote in an error */
function parseHostPort(text: string, whole: string): Address {
  const bracketed = /^\[([^\]]*)\](.*)$/s.exec(text);
  if (bracketed !== null) {
    const [, inside = "", after = ""] = bracketed;
    if (!isIPv6(inside)) {
      throw cannotJoin(whole, `between [ and ] there must be an IPv6 address: it is "${inside}"`);
    }
    if (after === "") return { hostname: inside, port: DEFAULT_PORT };
    if (!after.startsWith(":")) throw cannotJoin(whole, `after ] there must be :PORT: it is "${after}"`);
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
    const path = text.includes("/") ? "; the address of a hub has no path" : "";
    throw cannotJoin(whole, `the host must be a name or an IP address: it is "${text}"${path}`);
  }
  return ascii;
}

function parsePort(text: string, whole: string): number {
  const port = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65_535) return port;
  const path = /^[0-9]*[/?#]/.test(text) ? "; the address of a hub has no path" : "";
  throw cannotJoin(whole, `the port must be a number from 1 to 65535: it is "${text}"${path}`);
}

/** The zone of a link-local address (`%eth0`) is not checked: only the operating system knows the zones. */
function isIPv6(text: string): boolean {
  const [address = "", zone = "none", ...more] = text.split("%");
  return /^[0-9A-Fa-f:.]+$/.test(address) && /^[\w.\-]+$/.test(zone) && more.length === 0 &&
    URL.canParse(`http://[${address}]`);
}

/** Converts an international host name to the ASCII form that resolvers use (UTS #46, as in URLs). */
function toAscii(host: string): string | undefined {
  return /^[A-Za-z0-9._\-\x80-\u{10FFFF}]+$/u.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined;
}

function cannotJoin(what: string, why: string): AddressError {
  return new AddressError(`Cannot join "${what}": ${why}`);
}
