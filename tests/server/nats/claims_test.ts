import { type ClaimOwner, type ClaimResult, Claims, NatsError } from "../../../server/nats/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

const ONE: ClaimOwner = { hub: "hub 1", epoch: 1, session: "a" };
const OTHER: ClaimOwner = { hub: "hub 2", epoch: 1, session: "b" };

function claimsOf({ connection, publisher, names }: NatsClient): Claims {
  return new Claims(connection, publisher, names);
}

natsTest("A name is held by the one who claims it first, and both see by whom", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await using second = await NatsClient.withStreams([server.url]);
  const won = await claimsOf(client).claim("Zoë 🦊 *.>", ONE);
  const lost = await claimsOf(second).claim("Zoë 🦊 *.>", OTHER);
  assertEquals([won.won, lost.won], [true, false]);
  assertEquals(lost.claim, { name: "Zoë 🦊 *.>", owner: ONE, sequence: won.claim.sequence });
  assertEquals(await claimsOf(second).find("Zoë 🦊 *.>"), won.claim);
  assertEquals(await claimsOf(second).find("zoë"), undefined);
});

natsTest("A name is claimed again by the same session, and not by another run of the hub", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const claims = claimsOf(client);
  const first = await claims.claim("ada", ONE);
  assertEquals(await claims.claim("ada", ONE), first);
  assertEquals((await claims.claim("ada", { ...ONE, session: "other" })).won, false);
  assertEquals((await claims.claim("ada", { ...ONE, epoch: 2 })).won, false);
});

natsTest("A name that is released can be claimed; a late release leaves the later claim", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const claims = claimsOf(client);
  const { claim: first } = await claims.claim("ada", ONE);
  await claims.release(first);
  assertEquals(await claims.find("ada"), undefined);
  const { won, claim: second } = await claims.claim("ada", OTHER);
  assertEquals(won, true);
  await claims.release(first);
  assertEquals(await claims.find("ada"), second);
  await claims.release(second);
  await claims.release(second);
  assertEquals(await claims.list(), []);
});

natsTest("All claims are listed, without those that were released", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const claims = claimsOf(client);
  assertEquals(await claims.list(), []);
  const made = await Promise.all(
    Array.from({ length: 300 }, (_, index) => claims.claim(`name ${index}`, index % 2 === 0 ? ONE : OTHER)),
  );
  for (const { claim } of made.slice(0, 100)) await claims.release(claim);
  const bySequence = (one: { sequence: number }, other: { sequence: number }) =>
    one.sequence - other.sequence;
  const expected = made.slice(100).map(({ claim }) => claim).sort(bySequence);
  assertEquals((await claims.list()).sort(bySequence), expected);
});

natsTest("A list is given up when its signal is aborted or the connection is closed", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const claims = claimsOf(client);
  assertEquals((await assertRejects(() => claims.list(AbortSignal.abort()), NatsError)).kind, "closed");
  server.stop();
  const listing = claims.list().catch((error) => error as NatsError);
  await client.connection.close();
  const error = await listing;
  assert(error instanceof NatsError && error.kind === "closed");
});

natsTest("A claim whose outcome is unknown is tried again, and is held once", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const claims = claimsOf(client);
  server.stop();
  const error = await assertRejects(() => claims.claim("ada", ONE), NatsError);
  assertEquals(error.outcomeUnknown, true);
  server.continue();
  assertEquals((await surely(() => claims.claim("ada", ONE))).won, true);
  assertEquals((await claims.list()).length, 1);
});

natsTest("Claims survive a kill of the server", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const { claim } = await claimsOf(client).claim("ada", ONE);
  await server.restart();
  assertEquals(await surely(() => claimsOf(client).find("ada")), claim);
  assertEquals((await claimsOf(client).claim("ada", OTHER)).won, false);
});

/** Has all claimants claim a name at the same moment, each round after the release of the one before. */
async function race(urls: string[], replicas: 1 | 3, rounds: number): Promise<void> {
  const clients = await Promise.all(urls.map((url) => NatsClient.withStreams([url], replicas)));
  try {
    const claimants = clients.map((client, index) => ({
      claims: claimsOf(client),
      owner: { hub: `hub ${index}`, epoch: 1, session: "s" },
    }));
    for (let round = 0; round < rounds; round++) {
      const results: ClaimResult[] = await Promise.all(
        claimants.map(({ claims, owner }) => surely(() => claims.claim("ada", owner))),
      );
      const winners = results.filter(({ won }) => won);
      assertEquals(winners.length, 1, `round ${round}: ${JSON.stringify(results)}`);
      for (const { claim } of results) assertEquals(claim, winners[0]!.claim);
      // Any hub releases it: that of a hub that is gone is released by another one.
      const { claims } = claimants[round % claimants.length]!;
      await surely(() => claims.release(winners[0]!.claim));
    }
  } finally {
    for (const client of clients) await client[Symbol.asyncDispose]();
  }
}

natsTest("One of several hubs wins each race for a name that was released, on one server", async () => {
  await using server = await NatsServer.start();
  await race([server.url, server.url, server.url, server.url], 1, 100);
});

natsTest("One of several hubs wins each race for a name that was released, on three servers", async () => {
  await using cluster = await NatsCluster.start();
  await race([...cluster.urls, ...cluster.urls], 3, 100);
});
