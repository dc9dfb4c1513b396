/**
 * Codes for further devices at two hubs, over the real NATS: each is of use at every hub, once.
 *
 * @module
 */
import { GuessGate } from "../../../server/admission/password_gate.ts";
import { codeHash } from "../../../server/registry/mod.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";
import { OwnedHub } from "../../helpers/hubs/owned_hub.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { natsTest } from "../../helpers/nats/nats_server.ts";
import { asks, ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { clusterTest, portOf, type TwoHubs } from "../../helpers/replica/two_hubs.ts";

const [laptop, phone, tablet] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

/** Makes a user own the name under which it is here. */
function speaks(user: TestUser): TestUser {
  user.sends({ code: 100, message: "hello" });
  user.receives();
  return user;
}

/** Has a user make a code for another device. */
function codeOf(user: TestUser): string {
  return String(asks(user, { code: 117 })[0]!.key_code);
}

/** Gives codes to hubs, all at once; returns the answers. */
async function give(codes: readonly (readonly [user: TestUser, code: string])[]) {
  for (const [user, code] of codes) {
    user.receives();
    user.sends({ code: 114, key_code: code, ref: "code" });
  }
  return await Promise.all(codes.map(async ([{ session }, _], index) => {
    while (session.busy !== undefined) await session.busy;
    return codes[index]![0].receives().find(({ ref }) => ref === "code")!;
  }));
}

clusterTest("A code of one hub adds a key at the other one, once at all hubs", async ({ one, other }) => {
  const ana = speaks(one.comes(laptop, "ana"));
  const code = codeOf(ana);
  await synced(one, other);
  const guest = other.comes(phone, "guest"), late = one.comes(tablet, "late");
  ana.receives();
  assertEquals(await give([[guest, code]]), [{ code: 207, username: "ana", ref: "code" }]);
  await synced(one, other);
  for (const { registry } of [one, other]) {
    assertEquals(
      registry.names.ownerOf("ana")!.keys.map(({ key }) => key).sort(),
      [laptop.key, phone.key].sort(),
    );
  }
  assert(JSON.stringify(ana.receives()).includes("A key was added to the name ana"));
  for (const [hub, user] of [[one, late], [other, other.comes(tablet, "later")]] as const) {
    assertEquals((await give([[user, code]]))[0]!.error, "not_allowed");
    assertEquals([...hub.registry.names.ownersOf(tablet.key)], []);
  }
});

clusterTest(
  "A code of one hub is of no use at the other after ten minutes, after a newer one, and without a key",
  async ({ one, other }) => {
    const ana = speaks(one.comes(laptop, "ana"));
    await give([[one.comes(phone, "guest"), codeOf(ana)]]);
    await synced(one, other);
    const user = other.comes(tablet, "user");
    const former = codeOf(ana);
    await synced(one, other);
    const newer = codeOf(other.comes(phone, "ana"));
    assertEquals((await give([[user, former]]))[0]!.error, "not_allowed");
    await synced(one, other);
    // The phone, which has made it, loses the name at the other hub.
    assertEquals(asks(ana, { code: 115, key: phone.key })[0]!.code, 207);
    await synced(one, other);
    assertEquals((await give([[user, newer]]))[0]!.error, "not_allowed");
    const old = codeOf(ana);
    await synced(one, other);
    other.advance(600_000);
    assertEquals((await give([[user, old]]))[0]!.error, "not_allowed");
    assertEquals(one.registry.names.ownerOf("ana")!.keys.length, 1);
  },
);

/** Lists the keys that a hub has of the name. */
function keysAt({ registry }: ClusterHub): string[] {
  return registry.names.ownerOf("ana")!.keys.map(({ key }) => key).sort();
}

/** Tells what a hub has read and what NATS has: whether the hub reads too late or missed a write, or NATS lost it. */
async function storyOf(name: string, hub: ClusterHub, round: number): Promise<string> {
  const { replica: { revision, flow }, undone, mended, storageEvents, registry, port } = hub;
  const known = registry.replicated.db.prepare("SELECT * FROM replica_rows WHERE tbl = 'owners'").all();
  const [facts, owner] = await Promise.all([port.facts(), port.get(String(known[0]?.key))]);
  const events = storageEvents.map(String), later = keysAt(hub);
  return JSON.stringify({ name, round, revision, flow, undone, mended, events, known, facts, owner, later });
}

/** Lets two devices give one code to two hubs at once, many times. */
async function race({ one, other }: Pick<TwoHubs, "one" | "other">, rounds: number): Promise<void> {
  const ana = speaks(one.comes(laptop, "ana"));
  const users = [one.comes(phone, "guest"), other.comes(tablet, "user")] as const;
  for (let round = 0; round < rounds; round++) {
    // A name gets 20 codes within an hour.
    for (const hub of [one, other]) hub.advance(180_000);
    const code = codeOf(ana);
    await synced(one, other);
    const answers = await give([[users[0], code], [users[1], code]]);
    assertEquals(answers.map(({ error }) => error ?? "added").sort(), ["added", "not_allowed"]);
    await synced(one, other);
    const added = answers[0]!.error === undefined ? phone.key : tablet.key;
    const expected = [laptop.key, added].sort();
    for (const [name, hub] of Object.entries({ one, other })) {
      if (keysAt(hub).join() !== expected.join()) {
        assertEquals(keysAt(hub), expected, await storyOf(name, hub, round));
      }
    }
    assertEquals(asks(ana, { code: 115, key: added })[0]!.code, 207);
  }
}

clusterTest("A code that two devices give to two hubs at once adds one key", async (hubs) => {
  await race(hubs, 60);
});

natsTest("A code that two devices give at once with three servers of NATS adds one key", async () => {
  await using cluster = await NatsCluster.start();
  await using first = await NatsClient.withStreams(cluster.urls.slice(0, 1), 3);
  await using second = await NatsClient.withStreams(cluster.urls.slice(1, 2), 3);
  using one = await ClusterHub.start({ port: portOf(first) });
  using other = await ClusterHub.start({ port: portOf(second) });
  await race({ one, other }, 60);
});

clusterTest(
  "Who gives a code while NATS is away is refused with a time to try again, and gets the name then",
  async ({ nats, one, other, clients: [client] }) => {
    const code = codeOf(speaks(other.comes(laptop, "ana")));
    await synced(one, other);
    client!.connection.onChange((change) => one.replica.setAway(change !== "connected"));
    const guest = one.comes(phone, "guest");
    await nats.stop();
    const given = give([[guest, code]]);
    await nats.kill();
    await client!.changed("disconnected");
    const [refused] = await given;
    assertEquals([refused!.error, refused!.retry_after_ms], ["unavailable", 5000]);
    await nats.start();
    await client!.changed("connected");
    assertEquals((await give([[guest, code]]))[0]!.code, 207);
  },
);

Deno.test("Guessing codes costs time, and the right one is not checked meanwhile", () => {
  const chat = new OwnedHub(undefined, undefined, undefined, new GuessGate());
  const code = codeOf(chat.owns(laptop, "ana"));
  const thief = chat.comes(tablet, "thief", {}, "192.0.2.66");
  const guess = (key_code: string) => asks(thief, { code: 114, key_code })[0]!;
  for (const wrong of ["a", "b", "c"]) assertEquals(guess(wrong).error, "not_allowed");
  const refused = guess(code);
  assertEquals([refused.error, refused.retry_after_ms], ["too_fast", 1000]);
  chat.advance(1000);
  assertEquals(guess(code).code, 207);
  chat.registry.close();
});

Deno.test("The hash of a code differs by hub, and takes a while", () => {
  const began = performance.now();
  const hashes = ["abbey lynx", "abbey lynx ", "abbey lynx"].map((code) => codeHash(code, "one"));
  assert(performance.now() - began > 3);
  assertEquals(hashes[2], hashes[0]);
  assertEquals(new Set([...hashes, codeHash("abbey lynx", "other")]).size, 3);
  assertMatch(hashes[0]!, /^[\w+/]{32}$/);
});
