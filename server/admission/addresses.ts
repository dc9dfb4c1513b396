/**
 * Limits how many connections one address may have at once and open in a minute.
 *
 * PURE. An IPv6 address counts by its first 64 bits, since a home or a phone is given that many of its own (RFC 6177).
 * An IPv4-mapped IPv6 address counts as the IPv4 address. This machine is never limited, nor are the networks that the
 * operator trusts, such as a gateway for many users.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** A network: an address and the number of its leading bits that count. */
export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** The limits for one address. */
export interface AddressLimits {
  /** The largest number of connections at once; 0 for no limit. */
  atOnce: number;
  /** The largest number of new connections in a minute; 0 for no limit. */
  perMinute: number;
  /** Networks without limits, besides this machine. */
  trusted: readonly Network[];
}

/** Why an address may not connect now. */
export interface AddressRefusal {
  /** The reason, as a text for the user. */
  reason: string;
  /** When the client may try again, in milliseconds, if that is known. */
  retryAfterMs?: number;
}

const MINUTE_MS = 60_000;

/** The number of leading bits of an IPv6 address that one owner has. */
const NETWORK_BITS = 64;

/** The counts of one address. */
interface AddressEntry {
  /** The number of its open connections. */
  open: number;
  /** The number of connections that it opened since `since`, which is a time by `Clock.elapsed`. */
  opened: number;
  since: number;
}

/** Counts connections by address. */
export class Addresses {
  readonly #limits: AddressLimits;
  readonly #entries = new Map<string, AddressEntry>();
  #sweptAt = 0;

  /**
   * Starts without connections.
   *
   * @param limits the limits for one address
   */
  constructor(limits: AddressLimits) {
    this.#limits = limits;
  }

  /** The number of addresses in memory. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Counts a new connection, unless its address is over a limit.
   *
   * @param address the address of the client, as the operating system reports it
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns why the connection is refused; `undefined` if it is counted, and then {@linkcode
   * Addresses.disconnected} must be called at its end
   */
  connected(address: string, now: number): AddressRefusal | undefined {
    const key = this.#keyOf(address);
    if (key === undefined) return undefined;
    this.#sweep(now);
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, entry = { open: 0, opened: 0, since: now });
    if (now - entry.since >= MINUTE_MS) {
      entry.opened = 0;
      entry.since = now;
    }
    const { atOnce, perMinute } = this.#limits;
    if (atOnce > 0 && entry.open >= atOnce) {
      return {
        reason: `your address has ${entry.open} connections already, which is the limit; close one first`,
      };
    }
    if (perMinute > 0 && entry.opened >= perMinute) {
      const retryAfterMs = Math.ceil(entry.since + MINUTE_MS - now);
      const seconds = Math.ceil(retryAfterMs / 1000);
      return {
        reason: `your address has connected ${entry.opened} times within a minute; try again in ${seconds} s`,
        retryAfterMs,
      };
    }
    entry.open++;
    entry.opened++;
    return undefined;
  }

  /**
   * Counts the end of a connection that was counted.
   *
   * @param address the address that was passed to {@linkcode Addresses.connected}
   */
  disconnected(address: string): void {
    const key = this.#keyOf(address);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (entry !== undefined) entry.open--;
  }

  /** Returns the key of an address; `undefined` if it is not limited. */
  #keyOf(address: string): string | undefined {
    const parsed = parse(address);
    if (parsed.range() === "loopback") return undefined;
    if (isWithinAny(address, this.#limits.trusted)) return undefined;
    return keyText(parsed);
  }

  /** Removes, once a minute, the addresses without a connection in the last minute. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < MINUTE_MS) return;
    this.#sweptAt = now;
    for (const [key, { open, since }] of this.#entries) {
      if (open === 0 && now - since >= MINUTE_MS) this.#entries.delete(key);
    }
  }
}

/**
 * Returns the key by which an address is counted: the address itself for IPv4, its first 64 bits for IPv6.
 *
 * @param address an address, as the operating system reports it
 * @returns the key; a text that is no address is its own key
 */
export function networkKey(address: string): string {
  return ipaddr.isValid(address) ? keyText(parse(address)) : address;
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

function keyText(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.parts.slice(0, NETWORK_BITS / 16).map((part) => part.toString(16)).join(":");
}

/**
 * Checks whether an address is in one of some networks.
 *
 * @param address an address, as the operating system reports it
 * @param networks the networks
 * @returns whether it is
 */
export function isWithinAny(address: string, networks: readonly Network[]): boolean {
  if (networks.length === 0) return false;
  const parsed = parse(address);
  return networks.some((network) => isWithin(parsed, network));
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * Parses an address.
 *
 * @param text such as `192.0.2.1` or `2001:db8::1`
 * @param version the version of the Internet Protocol
 * @returns the address as the operating system writes it; `undefined` if the text is no such address
 */
export function readAddress(text: string, version: 4 | 6): string | undefined {
  if (version === 4) return ipaddr.IPv4.isValidFourPartDecimal(text) ? text : undefined;
  return ipaddr.IPv6.isValid(text) && !text.includes("%")
    ? ipaddr.IPv6.parse(text).toRFC5952String()
    : undefined;
}

/**
 * Writes an address as the operating system does.
 *
 * @param bytes its 4 or 16 bytes
 * @returns such as `192.0.2.1` or `2001:db8::1`
 */
export function addressOf(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/**
 * Parses a network.
 *
 * @param text such as `10.0.0.0/8` or `2001:db8::/32`, or one address
 * @returns the network
 * @throws {RangeError} if it is neither
 */
export function readNetwork(text: string): Network {
  const [address = "", bits, ...more] = text.split("/");
  // ipaddr.js also accepts 10.1 for 10.0.0.1, octal and hexadecimal numbers, which few would write on purpose.
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) ||
    (ipaddr.IPv6.isValid(address) && !address.includes("%"));
  if (isAddress && more.length === 0) {
    const parsed = ipaddr.parse(address);
    const most = parsed.kind() === "ipv4" ? 32 : 128;
    if (bits === undefined) return unmapped(parsed, most);
    if (/^\d{1,3}$/.test(bits) && Number(bits) <= most) return unmapped(parsed, Number(bits));
  }
  throw new RangeError(
    `Cannot use the network ${
      JSON.stringify(text)
    }: it must be a network such as 10.0.0.0/8 or 2001:db8::/32, or an address`,
  );
}

/** Converts an IPv4-mapped IPv6 network into the IPv4 network. */
function unmapped(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Network {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
    ? [address.toIPv4Address(), bits - 96]
    : [address, bits];
}
