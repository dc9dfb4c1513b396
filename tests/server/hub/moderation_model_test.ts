/**
 * Random sequences of what an operator, the owner of a room and others do, against a simple model of bans and mutes.
 *
 * The model (`tests/helpers/hubs/reference_sanctions.ts`) knows persons by their keys and addresses and keeps lists;
 * the hub finds the same by its indexes, and must act on those who are here at once.
 *
 * @module
 */
import fc from "fast-check";
import { nameKey } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { cases } from "../../helpers/fuzz.ts";
import { ModeratedHub } from "../../helpers/hubs/moderated_hub.ts";
import { ReferenceNames } from "../../helpers/hubs/reference_names.ts";
import {
  type ReferenceSanction,
  ReferenceSanctions,
  type WantedSanction,
} from "../../helpers/hubs/reference_sanctions.ts";
import { START, type TestUser } from "../../helpers/hubs/test_hub.ts";

const KEYS = await Promise.all([1, 2, 3].map(() => TestKey.make()));
const NAMES = ["ana", "bo", "Ana", "cy"];
/** Of IPv6 the first 64 bits count, so the last two are one. */
const ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"];
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

/** The model of one hub. */
class Model {
  /** Who owns which name. */
  readonly names = new ReferenceNames();
  readonly sanctions = new ReferenceSanctions(this.names, (target) => KEYS.some(({ key }) => key === target));
  now = START;

  /** Finds what hits a user. */
  hitting(kind: ReferenceSanction["kind"], user: TestUser, room?: string): ReferenceSanction | undefined {
    const { name, identity } = user.session;
    return this.sanctions.hitting(kind, { name, identity, address: user.address }, {
      now: this.now,
      room,
    })[0];
  }

  /** Adds a ban or a mute, which holds for those who are here under the name. */
  add(wanted: WantedSanction, here: readonly TestUser[], more: boolean): void {
    const isName = !KEYS.some(({ key }) => key === wanted.target) && !/[.:]/.test(wanted.target);
    const hit = isName ? here.filter(({ name }) => nameKey(name) === nameKey(wanted.target)) : [];
    const keys = hit.flatMap(({ session: { identity } }) => identity ?? []);
    const addresses = hit.filter(({ session: { identity } }) => more || identity === undefined)
      .map(({ address }) => address!);
    this.sanctions.add({ ...wanted, keys, addresses }, this.now);
  }
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
          model.names.claim(user!.name, identity);
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
        const isOwn = identity !== undefined && model.names.ownerOf(name)?.keys.includes(identity) === true;
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
        const until = model.now + (one.duration ?? Infinity);
        model.add({ kind: one.do, target, room, until }, here, one.address);
        break;
      }
      case "unban":
      case "unmute": {
        const target = TARGETS[one.target]!;
        const room = one.inDen ? "den" : undefined;
        const kind = one.do === "unban" ? "ban" : "mute";
        const answer = chat.does({ action: one.do, target, ...(room === undefined ? {} : { room }) });
        assertEquals(
          answer.error,
          model.sanctions.end(kind, target, room, model.now) ? undefined : "no_such_user",
        );
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
