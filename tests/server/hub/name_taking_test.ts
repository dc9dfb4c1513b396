/**
 * Names in a cluster: what a hub asks the others for, and when.
 *
 * @module
 */
import type { Registry } from "../../../server/registry/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import {
  ADDRESS,
  type Door,
  outcome,
  PASSWORD,
  PeopleHub,
  PeopleLog,
} from "../../helpers/hubs/people_hub.ts";
import { START, type TestUser } from "../../helpers/hubs/test_hub.ts";

const BY = { name: "op", operator: true };

const anaKey = await TestKey.make(), trollKey = await TestKey.make();

/** Makes a registry where `ana` belongs to a key. */
function registryOfAna(): Registry {
  const registry = registryIn(undefined);
  new OwnedHub(registry).owns(anaKey, "ana");
  return registry;
}

/** Requests that a hub refuses by itself. */
const REFUSED: [
  what: string,
  door: Door,
  error: string,
  asks: (hub: PeopleHub) => TestUser | Promise<TestUser>,
][] = [
  [
    "A hello with the key of an owner and the signature of another key",
    {},
    "bad_signature",
    (hub) => hub.comes("ana", trollKey, { key: anaKey.key }),
  ],
  [
    "A hello for a name that belongs to another key",
    {},
    "name_owned",
    (hub) => hub.comes("ana", trollKey),
  ],
  [
    "A hello with a wrong password",
    { password: true },
    "bad_password",
    (hub) => hub.comes("bo", undefined, { password: "wrong" }),
  ],
  ["A rename before the password", { password: true }, "bad_password", async (hub) => {
    const user = await hub.comes("bo", undefined, { password: "wrong" });
    assertEquals(outcome(user), "bad_password");
    user.sends({ code: 101, username: "bo" });
    return user;
  }],
  ["A hello without an invite", { inviteOnly: true }, "not_allowed", (hub) => hub.comes("bo")],
  ["A hello from a banned address", {}, "banned", async (hub) => {
    hub.moderation.ban({ target: ADDRESS, by: BY, now: START });
    return await hub.comes("bo");
  }],
  ["A hello for a name that somebody has at this hub", {}, "name_taken", async (hub) => {
    await hub.has("bo");
    return hub.comes("bo");
  }],
  ["A rename to a name that belongs to another key", {}, "name_owned", async (hub) => {
    const user = await hub.has("bo");
    user.sends({ code: 101, username: "ana", ref: "rename" });
    return user;
  }],
];

for (const [what, door, error, asks] of REFUSED) {
  Deno.test(`${what} takes no name in a cluster`, async () => {
    const log = new PeopleLog();
    using hub = new PeopleHub("one", log, registryOfAna(), door);
    const user = await asks(hub);
    assertEquals(outcome(user), error);
    assertEquals(log.taken, hub.given);
  });
}

Deno.test("A client gets a name once its hub has read that it has taken it", async () => {
  const log = new PeopleLog();
  using hub = new PeopleHub("one", log, registryOfAna(), { password: true });
  const user = hub.comes("bo", undefined, { password: PASSWORD });
  assertEquals([outcome(user), log.taken], [undefined, ["bo"]]);
  await hub.reads();
  assertEquals(outcome(user), "bo");
});

Deno.test("Whoever a hub refuses does not keep the owner of a name from it at another hub", async () => {
  const log = new PeopleLog(), registry = registryOfAna();
  using one = new PeopleHub("one", log, registry);
  using two = new PeopleHub("two", log, registry);
  for (const key of [undefined, trollKey]) {
    const troll = two.comes("ana", key);
    const forger = two.comes("ana", trollKey, { key: anaKey.key });
    const ana = one.comes("ana", anaKey);
    await Promise.all([one.reads(), two.reads()]);
    assertEquals([troll, forger, ana].map(outcome), ["name_owned", "bad_signature", "ana"]);
    ana.disconnects();
    await Promise.all([one.reads(), two.reads()]);
  }
});

Deno.test("A client whose key is banned while its hub asks the others is not let in, and keeps no name", async () => {
  const log = new PeopleLog(), registry = registryOfAna();
  using one = new PeopleHub("one", log, registry);
  using two = new PeopleHub("two", log, registry);
  const troll = one.comes("bo", trollKey);
  one.moderation.ban({ target: trollKey.key, by: BY, now: START });
  await one.reads();
  assertEquals(outcome(troll), "banned");
  const bo = two.comes("bo");
  await two.reads();
  assertEquals(outcome(bo), "bo");
});

Deno.test("All sessions of a hub are told in messages that NATS takes, also with long names of rooms", async () => {
  const log = new PeopleLog();
  using hub = new PeopleHub("one", log, registryIn(undefined));
  const rooms = Array.from({ length: 63 }, (_, n) => "漢".repeat(30) + (n + 10));
  const names = Array.from({ length: 300 }, (_, n) => `user${n}`);
  for (const name of names) hub.comes(name, undefined, { rooms });
  await hub.reads();
  log.events.length = 0;
  hub.hub.tellAll();
  const told = log.events.flatMap(({ event }) => event.kind === "all" ? [event] : []);
  const bytes = told.map((event) => new TextEncoder().encode(JSON.stringify(event)).length);
  assert(Math.max(...bytes) < 512 * 1024, String(bytes));
  assertEquals(told.map(({ begin, end }) => [begin, end]), [
    [true, false],
    ...told.slice(2).map(() => [false, false]),
    [false, true],
  ]);
  assertEquals(told.flatMap(({ sessions }) => sessions.map(({ name }) => name)).sort(), names.sort());
});
