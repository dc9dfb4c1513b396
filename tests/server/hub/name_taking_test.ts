/**
 * Names in a cluster: what a hub asks the others for, and when.
 *
 * @module
 */
import type { ClientMessage } from "../../../protocol/mod.ts";
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import type { History } from "../../../server/history/mod.ts";
import type { HubCluster } from "../../../server/hub/mod.ts";
import { InviteManager, loadInviteParts } from "../../../server/invites/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import type { Registry } from "../../../server/registry/mod.ts";
import type { HubStart, PeopleEvent } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { silentLog } from "../../helpers/hubs/silent_log.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { offerOf, OWNED_HUB_IDENTITY, OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

/** Where everybody is who comes. */
const ADDRESS = "192.0.2.9";

const BY = { name: "op", operator: true };

const PASSWORD = "the password";

const inviteParts = await loadInviteParts({
  folder: undefined,
  now: START,
  report: (text) => assertEquals(text, ""),
});

/** What the hubs have told, which they read when the test wants it. */
class PeopleLog {
  readonly events: { event: PeopleEvent; from: HubStart }[] = [];

  /** The names that were taken. */
  get taken(): string[] {
    return this.events.flatMap(({ event }) => event.kind === "take" ? [event.by.name] : []);
  }
}

/** What a hub lets in. */
interface Door {
  password?: boolean;
  inviteOnly?: boolean;
}

/** A hub of a cluster, as far as its people go. */
class PeopleHub extends TestHub implements Disposable {
  readonly moderation: Moderation;
  /** The names that it has given by `has`. */
  readonly given: string[] = [];
  readonly #log: PeopleLog;
  readonly #folder: DataFolder;
  readonly #history: History;
  #read = 0;

  constructor(id: string, log: PeopleLog, registry: Registry, { password, inviteOnly }: Door = {}) {
    const folder = new DataFolder();
    const history = folder.open();
    const from: HubStart = { hub: id, epoch: "1" };
    const cluster: HubCluster = {
      log: silentLog(from),
      tell: (event) => log.events.push({ event: structuredClone(event), from }) > 0,
      announce() {},
    };
    const moderation = openModeration({
      folder: undefined,
      names: registry.names,
      now: START,
      report: (text) => assertEquals(text, ""),
    });
    const gate = password ? new PasswordGate((given) => given === PASSWORD) : undefined;
    super(history, gate, { registry, identity: OWNED_HUB_IDENTITY }, moderation, (clock) => ({
      cluster,
      ...inviteOnly
        ? {
          invites: new InviteManager({
            ...inviteParts,
            registry,
            identity: OWNED_HUB_IDENTITY,
            clock,
            only: true,
            failed: (error) => {
              throw error;
            },
          }).desk,
        }
        : {},
    }));
    this.moderation = moderation;
    this.#log = log;
    this.#folder = folder;
    this.#history = history;
  }

  /** Reads what the hubs have told, until nobody tells more. */
  async reads(): Promise<void> {
    for (;;) {
      while (this.#read < this.#log.events.length) {
        const { event, from } = this.#log.events[this.#read++]!;
        this.hub.tellPeople(event, from);
      }
      // Requests go on in tasks of their own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.#read === this.#log.events.length) return;
    }
  }

  /** Connects somebody who asks for a name, with a key or without one. */
  comes(username: string, key?: TestKey, more: Partial<ClientMessage & { code: 102 }> = {}): TestUser {
    const user = this.connect(ADDRESS);
    const proof = key?.proof(offerOf(user), username);
    user.sends({ code: 102, client: "test/1", username, ref: "hello", ...proof, ...more });
    return user;
  }

  /** Connects somebody who gets a name; what it has received is discarded. */
  async has(username: string): Promise<TestUser> {
    const user = this.comes(username);
    await this.reads();
    assertEquals(outcome(user), username);
    this.given.push(username);
    return user;
  }

  [Symbol.dispose](): void {
    this.#history.close();
    this.#folder[Symbol.dispose]();
  }
}

/** How a request was answered: the name that its user has got, or why not. */
function outcome(user: TestUser): unknown {
  const answer = user.receives().find(({ code }) => code === 210 || code === 206);
  return answer?.["code"] === 210 ? answer["username"] : answer?.["error"];
}

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
