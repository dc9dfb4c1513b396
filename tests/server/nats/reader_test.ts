import { ensureStreams, JetStreamApi, type StreamMessage, StreamReader } from "../../../server/nats/mod.ts";
import { placeOf } from "../../../server/nats/message.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { LogReader, NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}

natsTest("A reader delivers each message once, in order, from the sequence after its cursor", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publishSurely(1, 10);
  using all = new LogReader(client);
  using some = new LogReader(client, { after: 7 });
  await all.count(10);
  await some.count(3);
  await client.publishSurely(11, 20);
  await all.count(20);
  await some.count(13);
  assertEquals(all.texts, numbers(1, 20));
  assertEquals(some.texts, numbers(8, 20));
  assertEquals(all.sequences, numbers(1, 20).map(Number));
  assertEquals([all.reader.sequence, all.reader.lag], [20, 0]);
});

natsTest("A reader tells when it has caught up, also with an empty stream and at its end", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  using empty = new LogReader(client);
  await empty.reader.caughtUp;
  await client.publishSurely(1, 500);
  using behind = new LogReader(client);
  await behind.reader.caughtUp;
  assertEquals(behind.texts.length, 500);
  using atEnd = new LogReader(client, { after: 500 });
  await atEnd.reader.caughtUp;
  assertEquals(atEnd.texts, []);
});

natsTest(
  "A reader reads the subjects that it is given, with headers and the time of the server",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.withStreams([server.url]);
    const { publisher, names } = client;
    const before = Date.now();
    await publisher.publish(`${names.subjects.rooms}room`, "message", {
      headers: { "Riftchat-Note": "kept" },
    });
    await publisher.publish(`${names.subjects.events}hub`, "event");
    const messages: StreamMessage[] = [];
    using reader = new LogReader(client, {
      subject: `${names.subjects.rooms}>`,
      deliver: (message) => void messages.push(message),
    });
    await reader.reader.caughtUp;
    assertEquals(messages.map(({ subject }) => subject), [`${names.subjects.rooms}room`]);
    const [{ header, timeMs }] = messages as [StreamMessage];
    assertEquals([header("Riftchat-Note"), header("Other")], ["kept", ""]);
    assert(timeMs >= before - 1 && timeMs <= Date.now() + 1, String(timeMs));
  },
);

natsTest("A reader asks the leader once whether the last messages of a stream are deleted", async () => {
  // Twice as fast; more, and the heartbeats of the server come too late.
  const clock = { ...systemClock, after: (ms: number, run: () => void) => systemClock.after(ms / 2, run) };
  await using server = await NatsServer.start();
  await using observer = await NatsClient.connect([server.url]);
  await using client = await NatsClient.withStreams([server.url], 1, { clock });
  const api = new JetStreamApi(client.connection);
  const problems: string[] = [];
  await client.publishSurely(1, 3);
  await api.call(`STREAM.MSG.DELETE.${client.names.log}`, { seq: 3 });
  using reader = new LogReader(client, { problem: (text) => void problems.push(text) });
  await reader.count(2);
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  observer.connection.subscribe("$JS.API.>", ({ subject }) => {
    const [, , kind, action] = subject.split(".");
    calls.push(`${kind} ${action}`);
    if (calls.slice(calls.indexOf("STREAM MSG")).filter((call) => call === "STREAM INFO").length === 3) {
      resolve();
    }
  });
  await withDeadline(promise, () => calls.join(", "));
  assertEquals(calls.filter((call) => call !== "STREAM INFO"), ["STREAM MSG"]);
  assertEquals(problems, []);
  await client.publishSurely(4, 4);
  await reader.count(3);
  assertEquals(reader.texts, ["1", "2", "4"]);
});

natsTest("A message without text, with headers, is delivered", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publisher.publish(`${client.names.subjects.rooms}room`, "", { id: "empty" });
  using reader = new LogReader(client);
  await reader.count(1);
  assertEquals(reader.texts, [""]);
});

natsTest("A reader goes on after each kill of the server, without gap or double", async () => {
  await using server = await NatsServer.start();
  await using writer = await NatsClient.withStreams([server.url]);
  await using client = await NatsClient.withStreams([server.url]);
  using reader = new LogReader(client);
  const writing = writer.publishSurely(1, 400);
  for (const count of [50, 150, 250]) {
    await reader.count(count);
    await server.restart();
  }
  await writing;
  await reader.count(400);
  assertEquals(reader.texts, numbers(1, 400));
  assertEquals(reader.rewound, []);
});

natsTest("A reader goes on when a stopped server goes on", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  using reader = new LogReader(client);
  await client.publishSurely(1, 5);
  await reader.count(5);
  await server.stop();
  await reader.until(({ reader }) => reader.isSilent);
  server.continue();
  await client.publishSurely(6, 10);
  await reader.count(10);
  assertEquals(reader.texts, numbers(1, 10));
  assertEquals(reader.silences.slice(0, 2), [false, true]);
});

natsTest("A consumer that is removed behind the reader's back is made again", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  using reader = new LogReader(client);
  await client.publishSurely(1, 3);
  await reader.count(3);
  const api = new JetStreamApi(client.connection);
  const { consumers } = await api.call<{ consumers: string[] }>(`CONSUMER.NAMES.${client.names.log}`);
  assertEquals(consumers.length, 1);
  await api.call(`CONSUMER.DELETE.${client.names.log}.${consumers[0]}`);
  await client.publishSurely(4, 6);
  await reader.count(6);
  assertEquals(reader.texts, numbers(1, 6));
});

natsTest("A reader whose stream does not exist says so, and begins when it does", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const api = new JetStreamApi(client.connection);
  await api.call(`STREAM.DELETE.${client.names.log}`);
  const { promise, resolve } = Promise.withResolvers<string>();
  using reader = new LogReader(client, { problem: resolve });
  assertEquals(await promise, `STREAM.INFO.${client.names.log}: stream not found`);
  await ensureStreams(client.connection, { name: "test", replicas: 1 });
  await client.publishSurely(1, 3);
  await reader.count(3);
});

natsTest("The sequence of the first message shows what was pruned behind a reader's cursor", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publishSurely(1, 10);
  const api = new JetStreamApi(client.connection);
  await api.call(`STREAM.PURGE.${client.names.log}`, { seq: 8 });
  using reader = new LogReader(client, { after: 2 });
  await reader.count(3);
  assertEquals(reader.texts, ["8", "9", "10"]);
  assertEquals(reader.starts.map(({ firstSequence }) => firstSequence), [8]);
  assertEquals(reader.rewound, []);
});

natsTest("A reader that is closed delivers nothing more and leaves no consumer", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  using reader = new LogReader(client);
  await client.publishSurely(1, 3);
  await reader.count(3);
  reader.reader.close();
  await client.publishSurely(4, 6);
  const api = new JetStreamApi(client.connection);
  await surely(async () => {
    const { total } = await api.call<{ total: number }>(`CONSUMER.NAMES.${client.names.log}`);
    assertEquals(total, 0);
  });
  assertEquals(reader.texts, numbers(1, 3));
});

natsTest("A fast stream that a reader takes slowly arrives whole", async () => {
  await using server = await NatsServer.start();
  await using writer = await NatsClient.withStreams([server.url]);
  await using client = await NatsClient.withStreams([server.url]);
  const data = new Uint8Array(100_000);
  const subject = `${client.names.subjects.rooms}room`;
  await Promise.all(Array.from({ length: 300 }, () => writer.publisher.publish(subject, data)));
  const sequences: number[] = [];
  const reader = new StreamReader({
    connection: client.connection,
    stream: client.names.log,
    after: 0,
    rewound: () => 0,
    deliver: ({ sequence, data }) => {
      assertEquals(data.length, 100_000);
      sequences.push(sequence);
      for (const until = performance.now() + 2; performance.now() < until;);
    },
  });
  reader.start();
  await reader.caughtUp;
  reader.close();
  assertEquals(sequences, numbers(1, 300).map(Number));
});

Deno.test("The place of a message is read from its reply subject, also with a domain", () => {
  const place = { sequence: 7, delivery: 3, timeMs: 1700000000123, pending: 12 };
  assertEquals(placeOf("$JS.ACK.stream.consumer.1.7.3.1700000000123456789.12"), place);
  assertEquals(placeOf("$JS.ACK.hub.ACCHASH.stream.consumer.1.7.3.1700000000123456789.12"), place);
  assertEquals(placeOf("$JS.ACK.hub.ACCHASH.stream.consumer.1.7.3.1700000000123456789.12.token"), place);
  for (const reply of ["", "_INBOX.abc", "$JS.FC.stream.consumer.x"]) assertEquals(placeOf(reply), undefined);
});
