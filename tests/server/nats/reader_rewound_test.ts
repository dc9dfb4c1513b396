import { systemClock } from "../../../runtime/mod.ts";
import { ensureStreams, JetStreamApi, streamFacts } from "../../../server/nats/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { LogReader, NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}

natsTest("A stream that is made anew while it is read is recognized and read from its start", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const { connection, names } = client;
  using reader = new LogReader(client);
  await client.publishSurely(1, 5);
  await reader.count(5);
  const api = new JetStreamApi(connection);
  await api.call(`STREAM.DELETE.${names.log}`);
  await ensureStreams(connection, { name: "test", replicas: 1 });
  // As many messages as before: the sequence alone shows nothing.
  await client.publishSurely(101, 110);
  await reader.count(15);
  assertEquals(reader.texts, [...numbers(1, 5), ...numbers(101, 110)]);
  assertEquals(reader.rewound.map(({ reason, sequence }) => [reason, sequence]), [["recreated", 5]]);
  assertEquals(reader.reader.identity, (await streamFacts(api, names.log)).identity);
});

natsTest(
  "A stream that is made anew while nobody reads is recognized by the time of its creation",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.withStreams([server.url]);
    const { connection, names } = client;
    await client.publishSurely(1, 5);
    const api = new JetStreamApi(connection);
    const { identity } = await streamFacts(api, names.log);
    using same = new LogReader(client, { after: 5, identity });
    await same.reader.caughtUp;
    await api.call(`STREAM.DELETE.${names.log}`);
    await ensureStreams(connection, { name: "test", replicas: 1 });
    await client.publishSurely(101, 110);
    using other = new LogReader(client, { after: 5, identity });
    await other.count(10);
    assertEquals(other.texts, numbers(101, 110));
    assertEquals([same.rewound.length, other.rewound.map(({ reason }) => reason)], [0, ["recreated"]]);
  },
);

natsTest(
  "A stream that is shorter than the cursor is recognized, and its reader says where to go on",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.withStreams([server.url]);
    await client.publishSurely(1, 5);
    // Ten seconds pass in one.
    await using fast = await NatsClient.withStreams([server.url], 1, {
      clock: { ...systemClock, elapsed: () => 10 * performance.now() },
    });
    const rewound: unknown[] = [];
    using reader = new LogReader(fast, {
      after: 9,
      rewound: ({ reason, sequence, stream }) => {
        rewound.push([reason, sequence, stream.lastSequence]);
        return 3;
      },
    });
    await reader.count(2);
    assertEquals(rewound, [["shorter", 9, 5]]);
    assertEquals(reader.texts, ["4", "5"]);
  },
);

natsTest("A stream that is shorter for a moment only is read on", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publishSurely(1, 5);
  const { promise, resolve } = Promise.withResolvers<string>();
  using reader = new LogReader(client, { after: 7, problem: resolve });
  assertEquals(await promise, "a server of NATS does not have yet what was read before");
  await client.publishSurely(6, 9);
  await reader.count(2);
  assertEquals([reader.texts, reader.rewound], [["8", "9"], []]);
});

natsTest("A stream that lost its last messages and has others now is recognized by them", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await using writer = await NatsClient.withStreams([server.url]);
  const { promise, resolve } = Promise.withResolvers<string>();
  using reader = new LogReader(client, { problem: resolve });
  await client.publishSurely(1, 5);
  await server.kill();
  const store = `${server.folder}/store`;
  const copy = (from: string, to: string) => new Deno.Command("cp", { args: ["-a", from, to] }).output();
  await copy(store, `${store}.before`);
  await server.start();
  await client.publishSurely(6, 9);
  await reader.count(9);
  await server.kill();
  await Deno.remove(store, { recursive: true });
  await copy(`${store}.before`, store);
  await server.start();
  await promise;
  await writer.publishSurely(106, 112);
  await reader.until(({ rewound }) => rewound.length > 0);
  await reader.count(9 + 12);
  assertEquals(reader.rewound.map(({ reason, sequence }) => [reason, sequence]), [["shorter", 9]]);
  assertEquals(reader.texts.slice(9), [...numbers(1, 5), ...numbers(106, 112)]);
});

natsTest("A gap in a stream is read over when the leader has the messages of it no longer", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const api = new JetStreamApi(client.connection);
  await client.publishSurely(1, 10);
  for (const seq of [4, 5, 6, 9]) await api.call(`STREAM.MSG.DELETE.${client.names.log}`, { seq });
  await api.call(`STREAM.PURGE.${client.names.log}`, { seq: 3 });
  const problems: string[] = [];
  const problem = (text: string) => void problems.push(text);
  using reader = new LogReader(client, { isGapless: true, problem });
  await reader.reader.caughtUp;
  assertEquals(reader.texts, ["3", "7", "8", "10"]);
  await client.publishSurely(11, 12);
  await reader.count(6);
  assertEquals([reader.texts.slice(4), problems], [["11", "12"], []]);
});
