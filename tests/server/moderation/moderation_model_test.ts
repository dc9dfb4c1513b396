/**
 * Bans and mutes beside the simplest possible list of them: whatever is done with names, keys and bans, in whatever
 * order and over restarts, both hit the same people for the same time. The file is long because the model is in it.
 *
 * @module
 */
import fc from "fast-check";
import { publicKeyBlob, toBase64 } from "../../../identity/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import { openRegistry, type Registry } from "../../../server/registry/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";

const NAMES = ["ana", "bob", "eve"];
const KEYS = ["a", "b", "c", "d"].map((letter) =>
  toBase64(publicKeyBlob(new Uint8Array(32).fill(letter.charCodeAt(0))))
);
const ROOMS = [undefined, "den", "lab"];
/** Networks with the addresses of {@linkcode ADDRESSES} that are in them. */
const NETWORKS: readonly (readonly [string, readonly string[]])[] = [
  ["10.0.0.1", ["10.0.0.1"]],
  ["10.0.0.0/24", ["10.0.0.1", "10.0.0.2"]],
  ["10.0.0.0/8", ["10.0.0.1", "10.0.0.2", "10.9.0.1"]],
  ["2001:db8::/64", ["2001:db8::1", "2001:db8::2"]],
  ["2001:db8::/32", ["2001:db8::1", "2001:db8::2", "2001:db8:1::1"]],
];
const ADDRESSES = [
  undefined,
  "10.0.0.1",
  "10.0.0.2",
  "10.9.0.1",
  "2001:db8::1",
  "2001:db8::2",
  "2001:db8:1::1",
];

/** A step: what is done, and with which name, key, room and so on. */
interface Step {
  what:
    | "claim"
    | "add key"
    | "remove key"
    | "free"
    | "ban"
    | "end"
    | "forget"
    | "wait"
    | "restart"
    | "expire";
  kind: "ban" | "mute";
  target: "name" | "key" | "network";
  name: string;
  key: string;
  network: string;
  room: string | undefined;
  ms: number | undefined;
  address: boolean;
  operator: boolean;
}

interface SimpleOwner {
  id: number;
  name: string;
  keys: string[];
}

interface SimpleSanction {
  kind: "ban" | "mute";
  room: string | undefined;
  target: string;
  name: string | undefined;
  owner: number | undefined;
  keys: string[];
  networks: string[];
  until: number;
  operator: boolean;
}

/** Everything in two lists, which are searched from the beginning to the end. */
class SimpleModeration {
  owners: SimpleOwner[] = [];
  sanctions: SimpleSanction[] = [];

  /** All owners and keys that belong together. */
  person(keys: string[], owners: SimpleOwner[]): { keys: string[]; owners: SimpleOwner[] } {
    for (;;) {
      const moreOwners = this.owners.filter((owner) => owner.keys.some((key) => keys.includes(key)));
      const all = [...new Set([...owners, ...moreOwners])];
      const allKeys = [...new Set([...keys, ...all.flatMap((owner) => owner.keys)])];
      if (all.length === owners.length && allKeys.length === keys.length) return { keys, owners };
      [owners, keys] = [all, allKeys];
    }
  }

  hits(
    sanction: SimpleSanction,
    name: string | undefined,
    keys: string[],
    address: string | undefined,
  ): boolean {
    const own = this.owners.find((owner) => owner.name === name);
    const person = this.person(
      keys,
      own !== undefined && own.keys.some((key) => keys.includes(key)) ? [own] : [],
    );
    const isGone = !this.owners.some(({ id }) => id === sanction.owner);
    if (sanction.name !== undefined) {
      if (person.owners.some(({ id }) => id === sanction.owner)) return true;
      const namesakes = person.owners.filter((owner) => owner.name === sanction.name);
      if (namesakes.length > 0 && (sanction.owner === undefined || !isGone)) return true;
      if (name === sanction.name && namesakes.length === 0) return true;
    }
    if (person.keys.some((key) => sanction.keys.includes(key))) return true;
    return NETWORKS.some(([network, inside]) =>
      sanction.networks.includes(network) && address !== undefined && inside.includes(address)
    );
  }

  keyAdded(owner: SimpleOwner, key: string): void {
    for (const sanction of this.sanctions) {
      if (!sanction.keys.includes(key) && this.hits(sanction, owner.name, [key], undefined)) {
        sanction.keys.push(key);
      }
    }
  }

  until(
    kind: string,
    room: string | undefined,
    subject: [string, string[], string | undefined],
    now: number,
  ) {
    const ends = this.sanctions.filter((sanction) =>
      sanction.kind === kind && (sanction.room === undefined || sanction.room === room) &&
      sanction.until > now &&
      this.hits(sanction, ...subject)
    ).map(({ until }) => until);
    return ends.length === 0 ? undefined : Math.max(...ends);
  }
}

/** Both, side by side. */
class Pair {
  readonly folder = Deno.makeTempDirSync();
  readonly simple = new SimpleModeration();
  registry!: Registry;
  moderation!: Moderation;
  now = 0;
  #turn = 0;

  constructor() {
    this.open();
  }

  open(): void {
    const report = (text: string) => {
      throw new Error(text);
    };
    const { folder, now } = this;
    this.registry = openRegistry({ folder, nameMs: Infinity, skeletons: (name) => [name], now, report });
    this.moderation = openModeration({ folder, names: this.registry.names, now, report });
  }

  close(): void {
    this.moderation.close();
    this.registry.close();
  }

  take(step: Step): void {
    const { registry: { names }, moderation, simple } = this;
    const owner = names.ownerOf(step.name);
    const simpleOwner = simple.owners.find(({ name }) => name === step.name);
    const by = { name: "boss", operator: step.operator };
    switch (step.what) {
      case "claim": {
        if (owner !== undefined) return;
        // Each from an address of its own, so that none has too many.
        const claimed = names.claim(step.name, step.key, crypto.randomUUID(), this.now, this.now);
        if (typeof claimed !== "object") return;
        const added = { id: claimed.id, name: step.name, keys: [step.key] };
        simple.owners.push(added);
        return simple.keyAdded(added, step.key);
      }
      case "add key":
        if (owner === undefined || owner.keys.some(({ key }) => key === step.key)) return;
        if (names.addKey(owner, step.key, this.now) !== undefined) return;
        simpleOwner!.keys.push(step.key);
        return simple.keyAdded(simpleOwner!, step.key);
      case "remove key":
        if (owner === undefined || !names.removeKey(owner, step.key)) return;
        simpleOwner!.keys = simpleOwner!.keys.filter((key) => key !== step.key);
        return;
      case "free":
        if (owner === undefined) return;
        this.registry.free(owner, { detach: () => {}, erase: () => {} });
        simple.owners = simple.owners.filter((other) => other !== simpleOwner);
        return;
      case "ban": {
        const { kind, room } = step;
        const addresses = step.address ? ["10.0.0.1", "2001:db8::2"] : [];
        const target = step.target === "name" ? step.name : step.target === "key" ? step.key : step.network;
        const request = { target, room, durationMs: step.ms, addresses, by, now: this.now };
        if (kind === "ban") moderation.ban(request);
        else moderation.mute(request);
        const before = simple.sanctions.find((sanction) =>
          sanction.kind === kind && sanction.room === room && sanction.target === target
        );
        simple.sanctions = simple.sanctions.filter((sanction) => sanction !== before);
        // What is over leaves nothing behind.
        const old = before !== undefined && before.until > this.now ? before : undefined;
        const isName = step.target === "name";
        const own = step.target === "key"
          ? [target]
          : isName && simpleOwner
          ? simple.person([], [simpleOwner]).keys
          : [];
        const networks = addresses.map((address) => address.includes(":") ? "2001:db8::/64" : address);
        simple.sanctions.push({
          kind,
          room,
          target,
          name: isName ? target : undefined,
          owner: isName ? simpleOwner?.id ?? old?.owner : undefined,
          keys: [...old?.keys ?? [], ...own],
          networks: [...old?.networks ?? [], ...networks, ...step.target === "network" ? [target] : []],
          until: step.ms === undefined ? Infinity : this.now + step.ms,
          operator: step.operator,
        });
        return;
      }
      case "end": {
        const target = step.target === "name" ? step.name : step.target === "key" ? step.key : step.network;
        const request = { room: step.room, by, now: this.now };
        const ended = step.kind === "ban"
          ? moderation.unban(target, request)
          : moderation.unmute(target, request);
        const found = simple.sanctions.find((sanction) =>
          sanction.kind === step.kind && sanction.room === step.room && sanction.target === target &&
          sanction.until > this.now
        );
        assertEquals(ended !== undefined, found !== undefined);
        simple.sanctions = simple.sanctions.filter((sanction) => sanction !== found);
        return;
      }
      case "forget":
        if (step.room === undefined) return;
        moderation.forgetRoom(step.room);
        simple.sanctions = simple.sanctions.filter(({ room, operator }) => room !== step.room || operator);
        return;
      case "wait":
        this.now += step.ms ?? 1;
        return;
      case "expire":
        moderation.expire(this.now);
        simple.sanctions = simple.sanctions.filter(({ until }) => until > this.now);
        return;
      case "restart":
        this.close();
        this.open();
    }
  }

  /** Compares what both say about everybody. */
  compare(): void {
    const { registry: { names }, moderation, simple, now } = this;
    for (const name of NAMES) {
      const owner = names.ownerOf(name);
      // Whoever uses a name that belongs to somebody has one of its keys.
      const identities = owner === undefined ? [undefined, ...KEYS] : owner.keys.map(({ key }) => key);
      for (const identity of identities) {
        for (let i = 0; i < 2; i++) {
          // Each in turn, as to compare all of them after each step takes too long.
          const address = ADDRESSES[this.#turn++ % ADDRESSES.length];
          const room = ROOMS[this.#turn % ROOMS.length];
          const subject = { name, owner, identity, address, room };
          for (const kind of ["ban", "mute"] as const) {
            const found = kind === "ban" ? moderation.banOf(subject, now) : moderation.muteOf(subject, now);
            const until = found && (found.until ?? Infinity);
            const keys = identity === undefined ? [] : [identity];
            const expected = simple.until(kind, room, [name, keys, address], now);
            assertEquals(until, expected, JSON.stringify({ kind, ...subject, owner: owner?.name, now }));
          }
        }
      }
    }
    const count = (kind: string) => simple.sanctions.filter((sanction) => sanction.kind === kind).length;
    assertEquals(moderation.counts, { bans: count("ban"), mutes: count("mute") });
    assertEquals(moderation.restrictsSpeech, count("mute") > 0);
  }

  [Symbol.dispose](): void {
    this.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom("claim" as const, "add key" as const, "ban" as const) },
    { weight: 4, arbitrary: fc.constantFrom("remove key" as const, "free" as const, "end" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("forget" as const, "wait" as const, "restart" as const, "expire" as const),
    },
  ),
  kind: fc.constantFrom("ban", "ban", "ban", "mute"),
  target: fc.constantFrom("name", "name", "name", "name", "name", "key", "network"),
  name: fc.constantFrom(...NAMES),
  key: fc.constantFrom(...KEYS),
  network: fc.constantFrom(...NETWORKS.map(([network]) => network)),
  room: fc.constantFrom(undefined, undefined, undefined, undefined, ...ROOMS),
  ms: fc.constantFrom(undefined, undefined, 1, 5, 20),
  address: fc.boolean(),
  operator: fc.boolean(),
});

Deno.test("Bans and mutes hit whom the simplest list of them hits, over restarts and changes of keys", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) => {
      using pair = new Pair();
      for (const step of steps) {
        pair.take(step);
        pair.compare();
      }
    }),
    cases(40, 0.02),
  );
});
