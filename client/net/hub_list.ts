/**
 * The hubs that form one chat: those whose addresses the user has given, and those that a hub has named. Decides in
 * which order a link tries them.
 *
 * Rules:
 * - The order is random, so that clients spread over the hubs. The hubs that a hub has named come after the user's.
 * - A host with several IP addresses stands for several hubs. Those of the family that the system prefers are tried
 *   first, in a random order.
 * - In one round each hub is tried once. {@linkcode HubList.startRound} begins the next one, and a hub that has proved
 *   to be good makes all others worth another attempt ({@linkcode HubList.currentIsGood}).
 *
 * @module
 */
import { type Address, formatAddress } from "./address.ts";

/** Dependencies of {@linkcode HubList}. */
export interface HubListOptions {
  /** Gives random numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Looks up the IP addresses of a host; without it, or if it finds less than two, hosts are connected to by name. */
  resolve?: ((hostname: string) => Promise<readonly string[]>) | undefined;
}

/** An address, and what of it is left to try in this round. */
interface Entry {
  readonly address: Address;
  /** Whether nothing is left. */
  isTried: boolean;
  /** Its IP addresses, if it has several; `undefined` before they are looked up. */
  ips?: readonly string[] | undefined;
  /** The IP address of the last connection. */
  connectedTo?: string | undefined;
  /** The IP addresses that are left. */
  left?: readonly string[] | undefined;
}

/** The hubs of one chat, in the order in which they are tried. */
export class HubList {
  readonly #options: HubListOptions;
  readonly #given: readonly Entry[];
  #entries: readonly Entry[];
  #current: Entry;

  /**
   * Puts the addresses into a random order.
   *
   * @param addresses the addresses that the user has given, at least one
   * @param options see {@linkcode HubListOptions}
   */
  constructor(addresses: readonly Address[], options: HubListOptions) {
    this.#options = options;
    this.#given = this.#entries = shuffled(addresses, options.random).map(entryOf);
    const [first] = this.#entries;
    if (first === undefined) throw new RangeError("a link needs an address");
    this.#current = first;
  }

  /** The address that was tried last; at first the one that is tried first. */
  get address(): Address {
    return this.#current.address;
  }

  /** How many addresses there are. */
  get size(): number {
    return this.#entries.length;
  }

  /** Whether a hub is left to try in this round. */
  get hasNext(): boolean {
    return this.#entries.some(({ isTried }) => !isTried);
  }

  /**
   * Takes the next hub of this round. A host with several IP addresses is left for later as far as the `connected` of
   * its address says so.
   *
   * @returns its address; `undefined` if all were tried
   */
  async next(): Promise<Address | undefined> {
    const at = this.#entries.indexOf(this.#current);
    const entry = [...this.#entries.slice(at), ...this.#entries.slice(0, at)].find(({ isTried }) => !isTried);
    if (entry === undefined) return undefined;
    this.#current = entry;
    entry.isTried = true;
    const { address } = entry;
    if (entry.ips === undefined) {
      const found = await this.#options.resolve?.(address.hostname) ?? [];
      entry.ips = entry.left = found.length > 1 ? this.#inOrder(found) : [];
    }
    const { left: ips = [] } = entry;
    if (ips.length === 0) return address;
    return {
      ...address,
      ips,
      connected: (ip) => {
        entry.connectedTo = ip;
        entry.left = ips.slice(ips.indexOf(ip) + 1);
        entry.isTried = entry.left.length === 0;
      },
    };
  }

  /** Begins a round, with the hub after the one that was tried last. */
  startRound(): void {
    for (const entry of this.#entries) forget(entry);
    this.#current = this.#entries[(this.#entries.indexOf(this.#current) + 1) % this.#entries.length]!;
  }

  /** Notes that the hub that was tried last is good: the others may be tried again when it is lost. */
  currentIsGood(): void {
    for (const entry of this.#entries) if (entry !== this.#current) forget(entry);
    const { ips = [], connectedTo } = this.#current;
    this.#current.left = ips.filter((ip) => ip !== connectedTo);
    this.#current.isTried = this.#current.left.length === 0;
  }

  /**
   * Replaces the hubs that a hub has named. Those of the user stay.
   *
   * @param addresses their addresses; the user's own may be among them
   */
  setNamed(addresses: readonly Address[]): void {
    const known = new Map([...this.#entries, ...this.#given].map((entry) => [keyOf(entry.address), entry]));
    const given = new Set(this.#given.map(({ address }) => keyOf(address)));
    const named = new Map(
      addresses.filter((address) => !given.has(keyOf(address))).map((address) => [keyOf(address), address]),
    );
    const current = keyOf(this.#current.address);
    // The link is open to it, though its own list may lack it.
    if (!given.has(current)) named.set(current, this.#current.address);
    this.#entries = [
      ...this.#given,
      ...shuffled([...named.values()], this.#options.random).map((address) =>
        known.get(keyOf(address)) ?? entryOf(address)
      ),
    ];
  }

  /** Orders IP addresses: the preferred family first, each family in a random order. */
  #inOrder(ips: readonly string[]): string[] {
    const isV6 = (ip: string) => ip.includes(":");
    const first = isV6(ips[0]!);
    const { random } = this.#options;
    return [
      ...shuffled(ips.filter((ip) => isV6(ip) === first), random),
      ...shuffled(ips.filter((ip) => isV6(ip) !== first), random),
    ];
  }
}

function entryOf(address: Address): Entry {
  return { address, isTried: false };
}

function forget(entry: Entry): void {
  entry.isTried = false;
  entry.ips = entry.left = undefined;
}

function keyOf(address: Address): string {
  return formatAddress(address).toLowerCase();
}

/** Returns the values in a random order (Fisher–Yates). */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [result[last], result[at]] = [result[at]!, result[last]!];
  }
  return result;
}
