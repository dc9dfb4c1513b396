/**
 * How many connections one address may have at once and make in a minute.
 *
 * PURE. An IPv6 address counts by its first 64 bits, since a home or a phone is given that many of its own (RFC 6177); an
 * IPv4 address written as IPv6 is the IPv4 address. This machine itself is never limited, nor are the networks that the
 * one who runs the hub trusts, such as a gateway through which everyone comes.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** A network, as an address and the number of its leading bits that count. */
export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** What one address may do. */
export interface AddressLimits {
  /** How many connections it may have at once; 0 for any number. */
  atOnce: number;
  /** How many it may make in a minute; 0 for any number. */
  perMinute: number;
  /** Networks that are not limited, beside this machine. */
  trusted: readonly Network[];
}

/** Why an address may not connect now. */
export interface AddressRefusal {
  /** Why, for people. */
  reason: string;
  /** After how many milliseconds it is worth trying again, where that is known. */
  retryAfterMs?: number;
}

const MINUTE_MS = 60_000;

/** How many leading bits of an IPv6 address are whose it is. */
const OWNER_BITS = 64;

/** What is remembered of one address. */
interface AddressEntry {
  /** How many connections it has. */
  open: number;
  /** How many it has made since `since`, by `Clock.elapsed`. */
  made: number;
  since: number;
}

/** Who has come from where. */
export class Addresses {
  readonly #limits: AddressLimits;
  readonly #visitors = new Map<string, AddressEntry>();
  #sweptAt = 0;

  /**
   * Begins with nobody.
   *
   * @param limits what one address may do
   */
  constructor(limits: AddressLimits) {
    this.#limits = limits;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#visitors.size;
  }

  /**
   * Counts a connection, unless it may not be.
   *
   * @param address where it comes from, as the system says it
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns why it may not, or `undefined` where it may: then {@linkcode Addresses.disconnected} is to be called at its end
   */
  connected(address: string, now: number): AddressRefusal | undefined {
    const key = this.#ownerOf(address);
    if (key === undefined) return undefined;
    this.#sweep(now);
    let visitor = this.#visitors.get(key);
    if (visitor === undefined) this.#visitors.set(key, visitor = { open: 0, made: 0, since: now });
    if (now - visitor.since >= MINUTE_MS) {
      visitor.made = 0;
      visitor.since = now;
    }
    const { atOnce, perMinute } = this.#limits;
    if (atOnce > 0 && visitor.open >= atOnce) {
      return { reason: `your address has ${visitor.open} connections here already, as many as it may have` };
    }
    if (perMinute > 0 && visitor.made >= perMinute) {
      const retryAfterMs = Math.ceil(visitor.since + MINUTE_MS - now);
      const seconds = Math.ceil(retryAfterMs / 1000);
      return {
        reason: `your address has connected ${visitor.made} times within a minute; try again in ${seconds} s`,
        retryAfterMs,
      };
    }
    visitor.open++;
    visitor.made++;
    return undefined;
  }

  /**
   * Counts the end of a connection that was let in.
   *
   * @param address as it was given to {@linkcode Addresses.connected}
   */
  disconnected(address: string): void {
    const key = this.#ownerOf(address);
    const visitor = key === undefined ? undefined : this.#visitors.get(key);
    if (visitor !== undefined) visitor.open--;
  }

  /** Whose address it is; nobody's where it is not limited. */
  #ownerOf(address: string): string | undefined {
    const parsed = parse(address);
    if (parsed.range() === "loopback") return undefined;
    if (this.#limits.trusted.some((network) => isWithin(parsed, network))) return undefined;
    return ownerText(parsed);
  }

  /** Forgets, once a minute, whoever is not here and has not come within a minute. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < MINUTE_MS) return;
    this.#sweptAt = now;
    for (const [key, { open, since }] of this.#visitors) {
      if (open === 0 && now - since >= MINUTE_MS) this.#visitors.delete(key);
    }
  }
}

/**
 * Says whose an address is: itself for IPv4, its first 64 bits for IPv6.
 *
 * @param address an address as the system says it
 * @returns the owner, as a key; anything else than an address is its own
 */
export function networkKey(address: string): string {
  return ipaddr.isValid(address) ? ownerText(parse(address)) : address;
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

function ownerText(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.parts.slice(0, OWNER_BITS / 16).map((part) => part.toString(16)).join(":");
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * Reads a network.
 *
 * @param text such as `10.0.0.0/8` or `2001:db8::/32`, or one address
 * @returns the network
 * @throws {RangeError} where it is neither
 */
export function readNetwork(text: string): Network {
  const [address = "", bits, ...more] = text.split("/");
  // The package also reads what few would write on purpose: 10.1 for 10.0.0.1, octal and hexadecimal numbers.
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) ||
    (ipaddr.IPv6.isValid(address) && !address.includes("%"));
  if (known && more.length === 0) {
    const parsed = ipaddr.parse(address);
    const most = parsed.kind() === "ipv4" ? 32 : 128;
    if (bits === undefined) return plain(parsed, most);
    if (/^\d{1,3}$/.test(bits) && Number(bits) <= most) return plain(parsed, Number(bits));
  }
  throw new RangeError(
    `Cannot trust ${
      JSON.stringify(text)
    }: it must be a network such as 10.0.0.0/8 or 2001:db8::/32, or an address`,
  );
}

/** An IPv4 network written as IPv6 is the IPv4 network. */
function plain(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Network {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
    ? [address.toIPv4Address(), bits - 96]
    : [address, bits];
}
