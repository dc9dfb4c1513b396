/**
 * Networks that bans hold for, and a table that finds those which an address is in.
 *
 * Rules: an IPv6 address without a length stands for its /64, as a device chooses the other bits itself (RFC 8981). An
 * IPv4-mapped IPv6 address is the IPv4 address.
 *
 * PURE.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** A network. */
export interface BannedNetwork {
  /** The network as it is shown and stored, such as `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/64`. */
  readonly text: string;
  /** The version of the Internet Protocol. */
  readonly version: 4 | 6;
  /** How many leading bits count. */
  readonly bits: number;
  /** The value of these bits. */
  readonly prefix: bigint;
}

/** How many bits of an IPv6 address stand for a client. */
const CLIENT_BITS = 64;

/** The widest networks that can be banned: wider ones hit so many that a lockdown is meant. */
const FEWEST_BITS = { 4: 8, 6: 16 } as const;

/**
 * Reads an address or a network in CIDR notation.
 *
 * @param text such as `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`
 * @returns the network; `undefined` if the text is none
 * @throws {RangeError} if it is wider than can be banned
 */
export function networkOf(text: string): BannedNetwork | undefined {
  const [, address = "", length] = /^([0-9A-Fa-f:.]+)(?:%[^/]*)?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!isIpv4 && !(address.includes(":") && ipaddr.IPv6.isValid(address))) return undefined;
  let parsed: ipaddr.IPv4 | ipaddr.IPv6 = isIpv4 ? ipaddr.IPv4.parse(address) : ipaddr.IPv6.parse(address);
  const full = isIpv4 ? 32 : 128;
  let bits = length === undefined ? full : Number(length);
  if (bits > full) return undefined;
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= 96) {
    parsed = parsed.toIPv4Address();
    bits -= 96;
  } else if (!isIpv4 && length === undefined) {
    bits = CLIENT_BITS;
  }
  const version = parsed instanceof ipaddr.IPv6 ? 6 : 4;
  if (bits < FEWEST_BITS[version]) {
    throw new RangeError(
      `the network ${text} is too wide: it must have at least ${FEWEST_BITS[version]} bits: it has ${bits}`,
    );
  }
  const prefix = valueOf(parsed) >> BigInt(widthOf(version) - bits);
  return { text: textOf(version, prefix, bits), version, bits, prefix };
}

function widthOf(version: 4 | 6): 32 | 128 {
  return version === 4 ? 32 : 128;
}

/** Returns the bits of an address as a number. */
function valueOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  if (address instanceof ipaddr.IPv4) {
    const [a = 0, b = 0, c = 0, d = 0] = address.octets;
    return BigInt(a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d);
  }
  let value = 0n;
  for (const part of address.parts) value = value << 16n | BigInt(part);
  return value;
}

function textOf(version: 4 | 6, prefix: bigint, bits: number): string {
  const width = widthOf(version);
  const value = prefix << BigInt(width - bits);
  const bytes = Array.from(
    { length: width / 8 },
    (_, i) => Number(value >> BigInt(width - 8 * (i + 1)) & 0xffn),
  );
  const address = ipaddr.fromByteArray(bytes);
  const text = address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
  return version === 4 && bits === 32 ? text : `${text}/${bits}`;
}

/** Values by network. A look-up takes as many steps as there are different lengths, however many networks there are. */
export class NetworkTable<T> {
  readonly #lengths: Record<4 | 6, Map<number, Map<bigint, Set<T>>>> = { 4: new Map(), 6: new Map() };

  /**
   * Adds a value.
   *
   * @param network its network
   * @param value the value
   */
  add({ version, bits, prefix }: BannedNetwork, value: T): void {
    const lengths = this.#lengths[version];
    const prefixes = lengths.get(bits) ?? new Map<bigint, Set<T>>();
    const values = prefixes.get(prefix) ?? new Set<T>();
    values.add(value);
    prefixes.set(prefix, values);
    lengths.set(bits, prefixes);
  }

  /**
   * Removes a value.
   *
   * @param network its network
   * @param value the value
   */
  delete({ version, bits, prefix }: BannedNetwork, value: T): void {
    const lengths = this.#lengths[version];
    const prefixes = lengths.get(bits);
    const values = prefixes?.get(prefix);
    values?.delete(value);
    if (values?.size === 0) prefixes!.delete(prefix);
    if (prefixes?.size === 0) lengths.delete(bits);
  }

  /**
   * Finds the values of all networks that an address is in.
   *
   * @param address an address, as the operating system reports it; a text that is none is in no network
   * @returns the values
   */
  *at(address: string): Generator<T> {
    if (this.#lengths[4].size + this.#lengths[6].size === 0) return;
    const plain = address.replace(/%.*$/, "");
    if (!ipaddr.isValid(plain)) return;
    let parsed = ipaddr.parse(plain);
    if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) parsed = parsed.toIPv4Address();
    const version = parsed instanceof ipaddr.IPv6 ? 6 : 4;
    const value = valueOf(parsed), width = widthOf(version);
    for (const [bits, prefixes] of this.#lengths[version]) {
      yield* prefixes.get(value >> BigInt(width - bits)) ?? [];
    }
  }
}
