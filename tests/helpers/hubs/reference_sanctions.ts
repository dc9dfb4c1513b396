/**
 * Bans and mutes, as simple as possible: a list, searched from the front.
 *
 * @module
 */
import { nameKey } from "../../../protocol/mod.ts";
import type { ReferenceNames, ReferenceOwner, ReferencePerson, ReferenceSubject } from "./reference_names.ts";

/** A ban or a mute. */
export interface ReferenceSanction {
  /** Which. */
  kind: "ban" | "mute";
  /** For whom: a name, a key, an address or a network. */
  target: string;
  /** The room; `undefined` for the whole hub. */
  room: string | undefined;
  /** Until when, in milliseconds since 1970. */
  until: number;
  /** Whether an operator has made it. */
  byOperator: boolean;
  /** The key of the name, if it is for a name. */
  name: string | undefined;
  /** Who owned that name then. */
  owner: ReferenceOwner | undefined;
  /** The keys that it holds for. */
  keys: Set<string>;
  /** The networks that it holds for. */
  networks: Set<string>;
}

/** A ban or a mute that somebody wants. */
export interface WantedSanction extends Pick<ReferenceSanction, "kind" | "target" | "room" | "until"> {
  /** Whether an operator wants it; by default so. */
  byOperator?: boolean;
  /** The keys of those who are here under the name. */
  keys?: Iterable<string>;
  /** The addresses that it holds for, too. */
  addresses?: Iterable<string>;
}

/** All bans and mutes. */
export class ReferenceSanctions {
  /** The bans and mutes, also those that are over. */
  all: ReferenceSanction[] = [];
  readonly #names: ReferenceNames;
  readonly #isKey: (target: string) => boolean;

  /**
   * None are in force yet.
   *
   * @param names who owns which name
   * @param isKey tells whether a target is a key
   */
  constructor(names: ReferenceNames, isKey: (target: string) => boolean) {
    this.#names = names;
    this.#isKey = isKey;
  }

  /** Finds all that hit somebody: those of the hub and of a room; of operators only, if they moderate it. */
  hitting(
    kind: ReferenceSanction["kind"],
    subject: ReferenceSubject,
    { now, room, moderates = false }: { now: number; room?: string | undefined; moderates?: boolean },
  ): ReferenceSanction[] {
    const person = this.#names.personOf(subject);
    return this.all.filter((one) =>
      one.kind === kind && one.until > now && (one.room === undefined || one.room === room) &&
      (!moderates || one.byOperator) && this.holdsFor(one, person, subject.address)
    );
  }

  /** Tells whether one holds for somebody. */
  holdsFor(one: ReferenceSanction, { names, keys }: ReferencePerson, address?: string): boolean {
    return [...names].some(([name, owner]) =>
      one.name === name && !this.#isOfEarlierOwner(one, owner) ||
      owner !== undefined && owner === one.owner
    ) || [...keys].some((key) => one.keys.has(key)) ||
      address !== undefined && [...one.networks].some((network) => isInNetwork(address, network));
  }

  /** Tells whether one is for somebody who owned the name once, and the name belongs to somebody else now. */
  #isOfEarlierOwner({ owner: then }: ReferenceSanction, owner: ReferenceOwner | undefined): boolean {
    return then !== undefined && owner !== undefined && then !== owner && !this.#names.all.includes(then);
  }

  /** Makes what a ban or a mute would be. */
  make(wanted: WantedSanction, now: number): ReferenceSanction {
    const { kind, target, room, until, byOperator = true, keys = [], addresses = [] } = wanted;
    const old = this.find(kind, target, room, now);
    const isKey = this.#isKey(target), isNetwork = !isKey && /[.:]/.test(target);
    const name = isKey || isNetwork ? undefined : nameKey(target);
    const owner = name === undefined ? undefined : this.#names.ownerOf(name);
    return {
      ...{ kind, target, room, until, byOperator, name, owner: owner ?? old?.owner },
      keys: new Set([
        ...old?.keys ?? [],
        ...owner === undefined ? [] : this.#names.personOf({ owner }).keys,
        ...isKey ? [target] : [],
        ...keys,
      ]),
      networks: new Set([
        ...old?.networks ?? [],
        ...isNetwork ? [networkOf(target)] : [],
        ...[...addresses].map(networkOf),
      ]),
    };
  }

  /** Adds a ban or a mute, which replaces that of the same target. */
  add(wanted: WantedSanction, now: number): ReferenceSanction {
    const made = this.make(wanted, now);
    const isSame = this.#isOf(wanted.kind, wanted.target, wanted.room);
    this.all = [...this.all.filter((one) => !isSame(one)), made];
    return made;
  }

  /** Finds the ban or mute of a target that is in force. */
  find(
    kind: ReferenceSanction["kind"],
    target: string,
    room: string | undefined,
    now: number,
  ): ReferenceSanction | undefined {
    const isSame = this.#isOf(kind, target, room);
    return this.all.find((one) => isSame(one) && one.until > now);
  }

  /** Ends a ban or a mute; returns whether there was one. */
  end(kind: ReferenceSanction["kind"], target: string, room: string | undefined, now: number): boolean {
    const found = this.find(kind, target, room, now);
    this.all = this.all.filter((one) => one !== found);
    return found !== undefined;
  }

  /** Makes what holds for an owner hold for a key, too, that the owner has from now on. */
  learn(owner: ReferenceOwner, key: string): void {
    const person = this.#names.personOf({ name: owner.name, owner, identity: key });
    for (const one of this.all) if (this.holdsFor(one, person)) one.keys.add(key);
  }

  /** Ends what no operator has done in a room. */
  forgetRoom(room: string): void {
    this.all = this.all.filter((one) => one.room !== room || one.byOperator);
  }

  #isOf(kind: ReferenceSanction["kind"], target: string, room: string | undefined) {
    const key = this.#targetKey(target);
    return (one: ReferenceSanction) =>
      one.kind === kind && one.room === room && this.#targetKey(one.target) === key;
  }

  #targetKey(target: string): string {
    if (this.#isKey(target)) return target;
    return /[.:]/.test(target) ? networkOf(target) : nameKey(target);
  }
}

/** The network of an address: of IPv6 the first 64 bits count. */
function networkOf(address: string): string {
  return address.includes("/") || !address.includes(":")
    ? address
    : `${address.split("::")[0]!.split(":").slice(0, 4).join(":")}::/64`;
}

/** Tells whether an address is in a network: of 24 bits of IPv4, or as `networkOf` returns. */
function isInNetwork(address: string, network: string): boolean {
  return networkOf(address) === network ||
    network.endsWith("/24") && address.startsWith(network.replace(/0\/24$/, ""));
}
