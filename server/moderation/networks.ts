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
  /** These bits: the same for all addresses in the network, and for no other. */
  readonly prefix: Prefix;
}

/** The leading bits of an address: of IPv4 as a number, of IPv6 as a text. */
export type Prefix = number | string;

/** An address: of IPv4 as a number, of IPv6 as its eight groups. */
type Address = number | readonly number[];

/** How many bits of an IPv6 address stand for a client. */
const CLIENT_BITS = 64;

/** The widest networks that can be banned: wider ones hit so many that a lockdown is meant. */
const FEWEST_BITS = { 4: 8, 6: 16 } as const;

/** How many groups an IPv6 address has, and how many bits a group. */
const GROUPS = 8, GROUP_BITS = 16;

/**
 * Reads an address or a network in CIDR notation.
 *
 * @param text such as `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`
 * @returns the network; `undefined` if the text is none
 * @throws {RangeError} if it is wider than can be banned
 */
export function networkOf(text: string): BannedNetwork | undefined {
  const slash = text.indexOf("/");
  const length = slash < 0 ? undefined : text.slice(slash + 1);
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const isMapped = text.includes(":") && text.includes(".");
  const address = readAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const version = typeof address === "number" ? 4 : 6;
  let bits = length === undefined ? version === 4 ? 32 : CLIENT_BITS : Number(length);
  if (length !== undefined && version === 4 && isMapped) bits -= 96;
  if (bits > widthOf(version)) return undefined;
  if (bits < FEWEST_BITS[version]) {
    throw new RangeError(
      `the network ${text} is too wide: it must have at least ${FEWEST_BITS[version]} bits: it has ${bits}`,
    );
  }
  return { text: textOf(address, bits), version, bits, prefix: prefixOf(address, bits) };
}

/**
 * Reads a network that {@linkcode networkOf} has made. It takes a tenth of the time of that.
 *
 * @param text its text
 * @returns the network
 */
export function storedNetwork(text: string): BannedNetwork {
  const slash = text.indexOf("/");
  const address = readAddress(slash < 0 ? text : text.slice(0, slash))!;
  const version = typeof address === "number" ? 4 : 6;
  const bits = slash < 0 ? widthOf(version) : Number(text.slice(slash + 1));
  return { text, version, bits, prefix: prefixOf(address, bits) };
}

function widthOf(version: 4 | 6): 32 | 128 {
  return version === 4 ? 32 : 128;
}

/** Reads an address; an IPv4-mapped IPv6 address as IPv4. Returns `undefined` if the text is none. */
function readAddress(text: string): Address | undefined {
  if (!text.includes(":")) return readIpv4(text);
  const zone = text.indexOf("%");
  let rest = zone < 0 ? text : text.slice(0, zone);
  let last: number[] = [];
  const colon = rest.lastIndexOf(":");
  if (rest.includes(".")) {
    const value = readIpv4(rest.slice(colon + 1));
    if (value === undefined) return undefined;
    last = [value >>> GROUP_BITS, value & 0xffff];
    rest = rest.slice(0, rest[colon - 1] === ":" ? colon + 1 : colon);
  }
  const gap = rest.indexOf("::");
  const first = readGroups(gap < 0 ? rest : rest.slice(0, gap));
  const end = gap < 0 ? [] : readGroups(rest.slice(gap + 2));
  if (first === undefined || end === undefined) return undefined;
  const missing = GROUPS - first.length - end.length - last.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...first, ...new Array<number>(missing).fill(0), ...end, ...last];
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isMapped ? (groups[6]! << GROUP_BITS | groups[7]!) >>> 0 : groups;
}

function readIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

function readGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  for (const group of text.split(":")) {
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined;
    groups.push(parseInt(group, 16));
  }
  return groups;
}

/** Returns the leading bits of an address. */
function prefixOf(address: Address, bits: number): Prefix {
  if (typeof address === "number") return bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0;
  let prefix = "";
  for (let i = 0; i * GROUP_BITS < bits; i++) {
    const left = bits - i * GROUP_BITS;
    const group = left >= GROUP_BITS ? address[i]! : address[i]! & (0xffff << (GROUP_BITS - left));
    prefix += String.fromCharCode(group);
  }
  return prefix;
}

/** Formats the network of an address. */
function textOf(address: Address, bits: number): string {
  const prefix = prefixOf(address, bits);
  if (typeof prefix === "number") {
    const text = [24, 16, 8, 0].map((shift) => prefix >>> shift & 255).join(".");
    return bits === 32 ? text : `${text}/${bits}`;
  }
  const groups = Array.from({ length: GROUPS }, (_, i) => prefix.charCodeAt(i) || 0);
  return `${new ipaddr.IPv6(groups).toRFC5952String()}/${bits}`;
}

/** A map with several values for a key. Almost all keys have one value, which takes no more memory than in a `Map`. */
export class Groups<K, V extends object> {
  readonly #values = new Map<K, V | V[]>();

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  /**
   * Adds a value.
   *
   * @param key its key
   * @param value the value, which is no array
   */
  add(key: K, value: V): void {
    const before = this.#values.get(key);
    if (before === undefined) this.#values.set(key, value);
    else if (Array.isArray(before)) before.push(value);
    else this.#values.set(key, [before, value]);
  }

  /**
   * Removes a value.
   *
   * @param key its key
   * @param value the value
   */
  delete(key: K, value: V): void {
    const left = this.get(key).filter((other) => other !== value);
    if (left.length === 0) this.#values.delete(key);
    else this.#values.set(key, left);
  }

  /**
   * Returns the values of a key.
   *
   * @param key the key
   * @returns the values
   */
  get(key: K): readonly V[] {
    const found = this.#values.get(key);
    return found === undefined ? [] : Array.isArray(found) ? found : [found];
  }
}

/** Values by network. A look-up takes as many steps as there are different lengths, however many networks there are. */
export class NetworkTable<T extends object> {
  readonly #lengths: Record<4 | 6, Map<number, Groups<Prefix, T>>> = { 4: new Map(), 6: new Map() };

  /**
   * Adds a value.
   *
   * @param network its network
   * @param value the value
   */
  add({ version, bits, prefix }: BannedNetwork, value: T): void {
    const lengths = this.#lengths[version];
    const prefixes = lengths.get(bits) ?? new Groups<Prefix, T>();
    prefixes.add(prefix, value);
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
    prefixes?.delete(prefix, value);
    if (prefixes?.size === 0) lengths.delete(bits);
  }

  /**
   * Finds the values of all networks that an address is in.
   *
   * @param address an address, as the operating system reports it; a text that is none is in no network
   * @returns the values
   */
  at(address: string): T[] {
    if (this.#lengths[4].size + this.#lengths[6].size === 0) return [];
    const parsed = readAddress(address);
    if (parsed === undefined) return [];
    const found: T[] = [];
    for (const [bits, prefixes] of this.#lengths[typeof parsed === "number" ? 4 : 6]) {
      found.push(...prefixes.get(prefixOf(parsed, bits)));
    }
    return found;
  }
}
