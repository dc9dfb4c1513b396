/**
 * Invites that people show at two hubs at once, over the real NATS: each is used as often as it may be.
 *
 * @module
 */
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { natsTest } from "../../helpers/nats/nats_server.ts";
import { ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { clusterTest, portOf, type TwoHubs } from "../../helpers/replica/two_hubs.ts";

const ana = await TestKey.make();

/** Lets people at both hubs show one invite at once, each round another invite; returns who got in, by round. */
async function race(
  { one, other }: Pick<TwoHubs, "one" | "other">,
  { rounds, uses, people }: { rounds: number; uses: number; people: number },
): Promise<{ admitted: number; recorded: number }[]> {
  const results: { admitted: number; recorded: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const made = one.invites.handle({ do: "make invite", uses });
    assert(made !== undefined && "link" in made);
    await synced(one, other);
    const guests = await Promise.all(
      Array.from({ length: people }, (_, index) => [one, other][index % 2]!.ready(made.link, `g${index}`)),
    );
    for (const guest of guests) guest.arrives();
    const users = await Promise.all(guests.map((guest) => guest.settled()));
    const answers = users.map((user) => user.receives().find(({ ref }) => ref === "hello"));
    for (const answer of answers) {
      assert(answer?.code === 210 || answer?.error === "bad_invite", JSON.stringify(answer));
      if (answer.code !== 210) assert(String(answer.message).includes("used up"), String(answer.message));
    }
    await synced(one, other);
    for (const user of users) user.disconnects();
    const stored = [one, other].map(({ stores: { invites: { invites } } }) => {
      const invite = invites.find(made.invite.id)!;
      return { left: invite.usesLeft, uses: invites.usesOf(invite) };
    });
    assertEquals(stored[1], stored[0]);
    assertEquals(stored[0]!.left, uses - stored[0]!.uses.length);
    const admitted = answers.filter((answer) => answer?.code === 210).length;
    results.push({ admitted, recorded: stored[0]!.uses.length });
  }
  return results;
}

natsTest("An invite that is taken at two hubs of three servers of NATS at once is used once", async () => {
  await using cluster = await NatsCluster.start();
  await using first = await NatsClient.withStreams(cluster.urls.slice(0, 1), 3);
  await using second = await NatsClient.withStreams(cluster.urls.slice(1, 2), 3);
  using one = await ClusterHub.start({ port: portOf(first) });
  using other = await ClusterHub.start({ port: portOf(second) });
  const once = await race({ one, other }, { rounds: 100, uses: 1, people: 2 });
  assertEquals(once, Array(100).fill({ admitted: 1, recorded: 1 }));
});

clusterTest(
  "Who shows an invite while NATS is away is refused with a time to try again, and uses it once in the end",
  async ({ nats, one, other, clients: [client] }) => {
    const made = one.invites.handle({ do: "make invite", uses: 2 });
    assert(made !== undefined && "link" in made);
    await synced(one, other);
    client!.connection.onChange((change) => one.replica.setAway(change !== "connected"));
    const guest = await one.ready(made.link, "ana", ana);
    await nats.stop();
    guest.arrives();
    assertEquals(one.stores.invites.invites.all[0]!.usesLeft, 1);
    assert(!one.stores.invites.invites.isInvited({ identity: ana.key, person: undefined }));
    // The use waits: what was sent has no answer, and never will have one.
    await nats.kill();
    await client!.changed("disconnected");
    const refused = (await guest.settled()).receives().find(({ ref }) => ref === "hello");
    assertEquals([refused?.error, refused?.retry_after_ms], ["unavailable", 5000]);
    const again = await one.shows(made.link, "ana", ana);
    assertEquals(again.receives().find(({ ref }) => ref === "hello")?.error, "unavailable");
    await nats.start();
    await client!.changed("connected");
    const admitted = await one.shows(made.link, "ana", ana);
    assertEquals(admitted.receives().find(({ ref }) => ref === "hello")?.code, 210);
    await synced(one, other);
    for (const { stores: { invites: { invites } } } of [one, other]) {
      assertEquals([invites.all[0]!.usesLeft, invites.usesOf(invites.all[0]!).length], [1, 1]);
    }
  },
);

clusterTest(
  "An invite that is taken at both hubs at once is used as often as it may be, and never once more",
  async (cluster) => {
    const once = await race(cluster, { rounds: 100, uses: 1, people: 2 });
    assertEquals(once, Array(100).fill({ admitted: 1, recorded: 1 }));
    const thrice = await race(cluster, { rounds: 30, uses: 3, people: 8 });
    assertEquals(thrice, Array(30).fill({ admitted: 3, recorded: 3 }));
  },
);
