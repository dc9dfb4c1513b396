/**
 * Random sequences of what an operator, the owner of a room and others do, against a simple model of bans and mutes.
 *
 * The model knows persons by their keys and addresses and keeps lists; the hub finds the same by its indexes, and must
 * act on those who are here at once. The file is long because the model knows each action.
 *
 * @module
 */
import fc from "fast-check";
import { nameKey } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { cases } from "../../helpers/fuzz.ts";
import { ModeratedHub } from "../../helpers/hubs/moderated_hub.ts";
import { START, type TestUser } from "../../helpers/hubs/test_hub.ts";

const KEYS = await Promise.all([1, 2, 3].map(() => TestKey.make()));
const NAMES = ["ana", "bo", "Ana", "cy"];
const ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"];
/** Of IPv6 the first 64 bits count, so the last two are one. */
const network = (address: string) => address.includes(":") ? "2001:db8::/64" : address;
const TARGETS = [...NAMES, ...KEYS.map(({ key }) => key), ...ADDRESSES, "192.0.2.0/24"];

type Step =
  | { do: "connect"; key: number; name: number; address: number }
  | { do: "say" | "sayInDen" | "join" | "leave" | "disconnect"; who: number }
  | { do: "rename"; who: number; name: number }
  | {
    do: "ban" | "mute" | "unban" | "unmute";
    target: number;
    inDen: boolean;
    address: boolean;
    duration: number | undefined;
    preview: boolean;
  }
  | { do: "wait"; ms: number };

const who = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      key: fc.integer({ min: -1, max: KEYS.length - 1 }),
      name: fc.nat(NAMES.length - 1),
      address: fc.nat(ADDRESSES.length - 1),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("say" as const, "sayInDen" as const, "join" as const, "leave" as const),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disconnect" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("rename" as const), who, name: fc.nat(NAMES.length - 1) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("ban" as const, "mute" as const, "unban" as const, "unmute" as const),
      target: fc.nat(TARGETS.length - 1),
      inDen: fc.boolean(),
      address: fc.boolean(),
      duration: fc.constantFrom(undefined, 1000, 5000),
      preview: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(500, 1000, 5000) }),
  },
);

/** A ban or mute of the model. */
interface Held {
  kind: "ban" | "mute";
  target: string;
  room: string | undefined;
  until: number;
  names: Set<string>;
  keys: Set<string>;
  networks: Set<string>;
}

/** The model of one hub. */
class Model {
  readonly held: Held[] = [];
  /** The owners of names, by the keys of the names. */
  readonly owners = new Map<string, string>();
  now = START;

  /** Finds what hits a user. */
  hitting(kind: Held["kind"], user: TestUser, room?: string): Held | undefined {
    const { name, identity } = user.session;
    return this.held.find((held) =>
      held.kind === kind && held.until > this.now && (held.room === undefined || held.room === room) &&
      (held.names.has(nameKey(name)) || identity !== undefined && this.#holdsForKey(held, identity) ||
        this.#holdsForAddress(held, user.address!))
    );
  }

  /** A ban holds for a key, for all its names, and so does that of one of its names. */
  #holdsForKey({ keys, names }: Held, key: string): boolean {
    return keys.has(key) || [...this.owners].some(([name, owner]) => owner === key && names.has(name));
  }

  #holdsForAddress({ networks }: Held, address: string): boolean {
    return networks.has(network(address)) || networks.has("192.0.2.0/24") && address.startsWith("192.0.2.");
  }

  /** Adds a ban or a mute, which replaces that of the same target. */
  add(
    kind: Held["kind"],
    target: string,
    room: string | undefined,
    until: number,
    here: readonly TestUser[],
    more: boolean,
  ) {
    const key = targetKey(target);
    const old = this.held.find((held) =>
      held.kind === kind && held.room === room && targetKey(held.target) === key
    );
    const holdsOn = old !== undefined && old.until > this.now ? old : undefined;
    const held: Held = {
      kind,
      target,
      room,
      until,
      names: new Set(),
      keys: new Set(holdsOn?.keys),
      networks: new Set(holdsOn?.networks),
    };
    if (old !== undefined) this.held.splice(this.held.indexOf(old), 1);
    if (KEYS.some((one) => one.key === target)) held.keys.add(target);
    else if (/[.:]/.test(target)) held.networks.add(target.includes("/") ? target : network(target));
    else {
      held.names.add(nameKey(target));
      const owner = this.owners.get(nameKey(target));
      if (owner !== undefined) held.keys.add(owner);
      for (const { name, address, session } of here) {
        if (nameKey(name) !== nameKey(target)) continue;
        if (session.identity !== undefined) held.keys.add(session.identity);
        if (more || session.identity === undefined) held.networks.add(network(address!));
      }
    }
    this.held.push(held);
  }

  /** Ends a ban or a mute; returns whether there was one. */
  end(kind: Held["kind"], target: string, room: string | undefined): boolean {
    const index = this.held.findIndex((held) =>
      held.kind === kind && held.room === room && held.until > this.now &&
      targetKey(held.target) === targetKey(target)
    );
    if (index >= 0) this.held.splice(index, 1);
    return index >= 0;
  }
}

function targetKey(target: string): string {
  if (KEYS.some(({ key }) => key === target)) return target;
  if (/[.:]/.test(target)) return target.includes("/") ? target : network(target);
  return nameKey(target);
}

/** Runs a sequence on a hub and on the model. */
async function runSteps(steps: readonly Step[]): Promise<void> {
  const chat = await ModeratedHub.open();
  const model = new Model();
  let users: TestUser[] = [];
  chat.op.sends({ code: 107, room: "den" });
  const check = () => {
    // Whom the model bans is gone, and everybody else is here.
    for (const user of users) {
      const ban = model.hitting("ban", user);
      assertEquals(
        [user.name, user.endReason !== undefined],
        [user.name, ban !== undefined],
        JSON.stringify(ban),
      );
      if (ban !== undefined) continue;
      const isInDen = user.session.memberships.some(({ room }) => room.name === "den");
      if (isInDen) assertEquals([user.name, model.hitting("ban", user, "den")], [user.name, undefined]);
    }
    users = users.filter(({ endReason }) => endReason === undefined);
    assertEquals(chat.hub.sessionCount, users.length + 1);
  };
  for (const one of steps) {
    const user = "who" in one ? users[one.who % Math.max(1, users.length)] : undefined;
    if ("who" in one && user === undefined) continue;
    chat.op.receives();
    switch (one.do) {
      case "connect": {
        const key = KEYS[one.key], name = NAMES[one.name]!, address = ADDRESSES[one.address]!;
        const before = users.length;
        const came = key === undefined ? chat.guest(name, address) : chat.comes(key, name, {}, address);
        const seen = chat.op.receives();
        if (came.endReason !== undefined) {
          // Nobody has seen anything of it.
          assertEquals(seen, []);
          const probe = { name, address, session: { name, identity: key?.key } } as unknown as TestUser;
          assert(model.hitting("ban", probe) !== undefined, `${name} at ${address} must be in`);
        } else users.push(came);
        assert(users.length >= before);
        break;
      }
      case "say":
      case "sayInDen": {
        const { identity, choseName } = user!.session;
        const room = one.do === "say" ? "main" : "den";
        const isThere = user!.session.memberships.some(({ room: { name } }) => name === room);
        const mute = model.hitting("mute", user!, room);
        user!.receives();
        user!.sends({ code: 103, room, message: "hi", ref: "s" });
        const answer = user!.receives().find(({ ref }) => ref === "s")!;
        const expected = !isThere ? "not_in_room" : mute === undefined ? undefined : "muted";
        assertEquals([user!.name, answer.error], [user!.name, expected], JSON.stringify(mute));
        assertEquals(chat.op.receives().some(({ code }) => code === 200), expected === undefined);
        if (expected === undefined && identity !== undefined && choseName) {
          const key = nameKey(user!.name);
          if (!model.owners.has(key)) model.owners.set(key, identity);
        }
        break;
      }
      case "join": {
        user!.receives();
        user!.sends({ code: 107, room: "den", ref: "j" });
        const answer = user!.receives().find(({ ref }) => ref === "j")!;
        assertEquals(answer.error, model.hitting("ban", user!, "den") === undefined ? undefined : "banned");
        break;
      }
      case "leave":
        user!.sends({ code: 108, room: "den" });
        break;
      case "disconnect":
        user!.disconnects();
        users.splice(users.indexOf(user!), 1);
        break;
      case "rename": {
        const { identity, choseName, memberships } = user!.session;
        const name = NAMES[one.name]!;
        // Whoever is muted by key or address takes only names of their own.
        const nameless = { address: user!.address, session: { name: "", identity } } as unknown as TestUser;
        const isMuted = choseName && [undefined, ...memberships.map(({ room }) => room.name)]
          .some((room) => model.hitting("mute", nameless, room) !== undefined);
        const isOwn = identity !== undefined && model.owners.get(nameKey(name)) === identity;
        user!.receives();
        user!.sends({ code: 101, username: name, ref: "r" });
        const answer = user!.receives().find(({ ref }) => ref === "r");
        assertEquals([user!.name, answer?.error === "muted"], [user!.name, isMuted && !isOwn]);
        break;
      }
      case "wait":
        chat.advance(one.ms);
        model.now += one.ms;
        break;
      case "ban":
      case "mute": {
        const target = TARGETS[one.target]!;
        const room = one.inDen ? "den" : undefined;
        const here = users.filter(({ session: { memberships } }) =>
          room === undefined || memberships.some(({ room: { name } }) => name === room)
        );
        const answer = chat.does({
          action: one.do,
          target,
          address: one.address,
          preview: one.preview,
          ...(room === undefined ? {} : { room }),
          ...(one.duration === undefined ? {} : { duration_ms: one.duration }),
        });
        assertEquals([answer.code, answer.done], [224, !one.preview]);
        if (one.preview) break;
        model.add(one.do, target, room, model.now + (one.duration ?? Infinity), here, one.address);
        break;
      }
      case "unban":
      case "unmute": {
        const target = TARGETS[one.target]!;
        const room = one.inDen ? "den" : undefined;
        const kind = one.do === "unban" ? "ban" : "mute";
        const answer = chat.does({ action: one.do, target, ...(room === undefined ? {} : { room }) });
        assertEquals(answer.error, model.end(kind, target, room) ? undefined : "no_such_user");
      }
    }
    check();
  }
}

Deno.test("Bans and mutes hit whom the model says, whatever anybody does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), runSteps),
    {
      ...cases(100),
      // A name that is banned in a room gets an owner, whose other session is there.
      examples: [[[
        { do: "connect", key: 2, name: 0, address: 0 },
        { do: "connect", key: 2, name: 3, address: 0 },
        { do: "join", who: 0 },
        { do: "ban", target: 3, inDen: true, address: false, duration: undefined, preview: false },
        { do: "say", who: 3 },
      ]]],
    },
  );
});
