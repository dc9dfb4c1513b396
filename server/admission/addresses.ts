/**
 * Limits how many connections one address may have at once and open in a minute, and the networks around it.
 *
 * PURE. An IPv6 address counts by its first 64 bits, as a device chooses the others (RFC 8981). A home or a site is
 * given a /56 or a /48 (RFC 6177), so these networks are limited, too, and so is the /24 of an IPv4 address: each may
 * have a multiple of what one address may have. An IPv4-mapped IPv6 address counts as the IPv4 address. This machine is
 * never limited, nor are the networks that the operator trusts, such as a gateway for many users.
 *
 * @module
 */
import ipaddr from "ipaddr.js";
import { NETWORK_FACTORS } from "../limits.ts";

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

/** A network that an address is in, or the address itself, for a limit. */
export interface CountedNetwork {
  /** The address or the network, such as `192.0.2.1` or `2001:db8::/48`. */
  readonly text: string;
  /** The number of its leading bits. */
  readonly bits: number;
}

/** The number of leading bits of an IPv6 address that one site has at most. */
const SITE_BITS = 48;

/** The IPv4 addresses of this machine, which count as one. */
const LOOPBACK: CountedNetwork = { text: "127.0.0.0/8", bits: 8 };

/** The counts of one address or network. */
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

  /** The number of addresses and networks in memory. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Counts a new connection, unless its address or a network of it is over a limit.
   *
   * @param address the address of the client, as the operating system reports it
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns why the connection is refused; `undefined` if it is counted, and then {@linkcode
   * Addresses.disconnected} must be called at its end
   */
  connected(address: string, now: number): AddressRefusal | undefined {
    const networks = this.#networksOf(address);
    if (networks.length === 0) return undefined;
    this.#sweep(now);
    const counted: AddressEntry[] = [];
    for (const network of networks) {
      const entry = this.#entries.get(network.text) ?? { open: 0, opened: 0, since: now };
      if (now - entry.since >= MINUTE_MS) {
        entry.opened = 0;
        entry.since = now;
      }
      const refusal = this.#refusal(network, entry, now);
      if (refusal !== undefined) return refusal;
      counted.push(entry);
    }
    for (const [index, entry] of counted.entries()) {
      entry.open++;
      entry.opened++;
      this.#entries.set(networks[index]!.text, entry);
    }
    return undefined;
  }

  #refusal({ text, bits }: CountedNetwork, entry: AddressEntry, now: number): AddressRefusal | undefined {
    const factor = NETWORK_FACTORS.get(bits) ?? 1;
    const who = factor === 1 ? "your address" : `the network of your address, ${text},`;
    const { atOnce, perMinute } = this.#limits;
    if (atOnce > 0 && entry.open >= atOnce * factor) {
      const what = factor === 1 ? "close one first" : "try again later";
      return { reason: `${who} has ${entry.open} connections already, which is the limit; ${what}` };
    }
    if (perMinute > 0 && entry.opened >= perMinute * factor) {
      const retryAfterMs = Math.ceil(entry.since + MINUTE_MS - now);
      const seconds = Math.ceil(retryAfterMs / 1000);
      return {
        reason: `${who} has connected ${entry.opened} times within a minute; try again in ${seconds} s`,
        retryAfterMs,
      };
    }
    return undefined;
  }

  /**
   * Counts the end of a connection that was counted.
   *
   * @param address the address that was passed to {@linkcode Addresses.connected}
   */
  disconnected(address: string): void {
    for (const { text } of this.#networksOf(address)) {
      const entry = this.#entries.get(text);
      if (entry !== undefined) entry.open--;
    }
  }

  /** Returns what an address counts for; nothing if it is not limited. */
  #networksOf(address: string): readonly CountedNetwork[] {
    if (parse(address).range() === "loopback" || isWithinAny(address, this.#limits.trusted)) return [];
    return networksOf(address);
  }

  /** Removes, once a minute, what had no connection in the last minute. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < MINUTE_MS) return;
    this.#sweptAt = now;
    for (const [key, { open, since }] of this.#entries) {
      if (open === 0 && now - since >= MINUTE_MS) this.#entries.delete(key);
    }
  }
}

/**
 * Returns what an address counts for where a limit goes by address: for IPv4 the address and its /24, for IPv6 its /64,
 * /56 and /48. All of 127.0.0.0/8 counts as one, since every program of this machine may use any address of it.
 *
 * @param address an address, as the operating system reports it
 * @returns from the narrowest to the widest; a text that is no address counts for itself
 */
export function networksOf(address: string): readonly [CountedNetwork, ...CountedNetwork[]] {
  if (!ipaddr.isValid(address)) return [{ text: address, bits: 0 }];
  const parsed = parse(address);
  const isIpv4 = parsed instanceof ipaddr.IPv4;
  if (parsed.range() === "loopback") return [isIpv4 ? LOOPBACK : { text: "::1", bits: 128 }];
  if (isIpv4) return [{ text: parsed.toString(), bits: 32 }, networkOf(parsed, 24)];
  return [networkOf(parsed, 64), networkOf(parsed, 56), networkOf(parsed, SITE_BITS)];
}

/**
 * Tells whether an address is one of this machine.
 *
 * @param address an address, as the operating system reports it
 * @returns whether it is
 */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && parse(address).range() === "loopback";
}

/**
 * Returns what one site may have, as far as an address shows: an IPv4 address alone, or the /48 of an IPv6 address.
 *
 * @param address an address, as the operating system reports it
 * @returns the address or the network, such as `192.0.2.1` or `2001:db8::/48`; a text that is no address as it is
 */
export function siteOf(address: string): string {
  const networks = networksOf(address);
  return (networks.find(({ bits }) => bits === SITE_BITS) ?? networks[0]).text;
}

/** Returns the network with the first `bits` bits of an address, a multiple of 8. */
function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): CountedNetwork {
  const bytes = address.toByteArray().fill(0, bits / 8);
  return { text: `${addressOf(Uint8Array.from(bytes))}/${bits}`, bits };
}

/** Parses an address; an IPv4-mapped one as IPv4. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
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
