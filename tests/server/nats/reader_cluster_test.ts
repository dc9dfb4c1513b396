import { ensureStreams, JetStreamApi, streamFacts } from "../../../server/nats/mod.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { LogReader, NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { keptPort } from "../../helpers/kept_ports.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}

for (const how of ["SIGKILL", "SIGTERM", "SIGSTOP"] as const) {
  natsTest(`A reader on three servers goes on when the leader of the stream gets ${how}`, async () => {
    await using cluster = await NatsCluster.start();
    await using writer = await NatsClient.withStreams(cluster.urls, 3);
    await using client = await NatsClient.withStreams(cluster.urls, 3);
    using reader = new LogReader(client);
    const writing = writer.publishSurely(1, 300);
    await reader.count(100);
    const { leader } = await surely(() => streamFacts(new JetStreamApi(client.connection), client.names.log));
    const server = cluster.server(leader!);
    if (how === "SIGSTOP") await server.stop();
    else await server.kill(how);
    await writing;
    await reader.count(300);
    assertEquals(reader.texts, numbers(1, 300));
    assertEquals(reader.rewound, []);
  });
}

natsTest(
  "A stream on three servers keeps its identity when its leader is another one, and when it is changed",
  async () => {
    await using cluster = await NatsCluster.start();
    await using client = await NatsClient.withStreams(cluster.urls, 3);
    const facts = () => surely(() => streamFacts(new JetStreamApi(client.connection), client.names.log));
    const { identity, leader } = await facts();
    // No time: each server of NATS 2.9 may have another one.
    assertMatch(identity, /^[\da-f]{8}-/);
    await cluster.server(leader!).kill();
    assertEquals((await facts()).identity, identity);
    await cluster.server(leader!).start();
    await using other = await NatsClient.connect(cluster.urls);
    const changed = await ensureStreams(other.connection, {
      name: "test",
      replicas: 3,
      maxBytes: 20_000_000,
    });
    assertEquals([changed.names.log, changed.log.identity], [client.names.log, identity]);
  },
);

natsTest("A reader on three servers goes on when all of them are killed and started again", async () => {
  await using cluster = await NatsCluster.start();
  await using client = await NatsClient.withStreams(cluster.urls, 3);
  using reader = new LogReader(client);
  await client.publishSurely(1, 50);
  await reader.count(50);
  await Promise.all(cluster.servers.map((server) => server.restart()));
  await client.publishSurely(51, 60);
  await reader.count(60);
  assertEquals(reader.texts, numbers(1, 60));
  assertEquals(reader.rewound, []);
});

natsTest(
  "A server of another test that has a port of three servers does not become one of them",
  async () => {
    await using cluster = await NatsCluster.start();
    const port = keptPort();
    await using stranger = await NatsServer.start({
      cluster: { name: "s4", port, routes: [port, cluster.ports[0]!] },
    });
    await stranger.logged(/cluster name .* does not match/);
  },
);
