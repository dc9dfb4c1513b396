import { assertEquals, assertRejects } from "../../helpers/assert.ts";
import { LogReader, NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { type NatsError } from "../../../server/nats/mod.ts";

natsTest("A message is stored, once for each id, and its sequence is returned", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  assertEquals(await client.publish(1), { sequence: 1, duplicate: false });
  assertEquals(await client.publish(2), { sequence: 2, duplicate: false });
  assertEquals(await client.publish(1), { sequence: 1, duplicate: true });
  using log = new LogReader(client);
  await log.count(2);
  assertEquals(log.texts, ["1", "2"]);
});

natsTest("Messages arrive in the order in which they are published, also without waiting", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const numbers = Array.from({ length: 2000 }, (_, index) => index + 1);
  const acks = await Promise.all(numbers.map((number) => client.publish(number)));
  assertEquals(acks.map(({ sequence }) => sequence), numbers);
  assertEquals(client.publisher.inFlight, 0);
});

natsTest("A message is refused if its subject has another last sequence than expected", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const { publisher, names } = client;
  const subject = `${names.subjects.rooms}room`;
  await publisher.publish(subject, "first", { expectLastSubjectSequence: 0 });
  const refused = publisher.publish(subject, "second", { expectLastSubjectSequence: 0 });
  const error = await assertRejects(() => refused) as NatsError;
  assertEquals([error.kind, error.outcomeUnknown], ["wrong_sequence", false]);
  await publisher.publish(subject, "second", { expectLastSubjectSequence: 1 });
});

natsTest("A message that is larger than the server accepts is refused", async () => {
  await using server = await NatsServer.start({ config: "max_payload: 600000" });
  await using client = await NatsClient.withStreams([server.url]);
  const error = await assertRejects(() =>
    client.publisher.publish(`${client.names.subjects.rooms}room`, "x".repeat(600_001))
  ) as NatsError;
  assertEquals([error.kind, error.outcomeUnknown], ["too_large", false]);
  assertEquals(client.connection.maxPayloadBytes, 600_000);
});

natsTest("A message to a subject that no stream has is refused at once", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const error = await assertRejects(() => client.publisher.publish("nobody.has.this", "x")) as NatsError;
  assertEquals(error.kind, "unavailable");
});

natsTest("A message in flight is rejected with an unknown outcome when the server is killed", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await server.stop();
  const inFlight = client.publish(1).catch((error) => error as NatsError);
  await server.kill();
  const error = await inFlight as NatsError;
  assertEquals([error.kind, error.outcomeUnknown], ["disconnected", true]);
});

natsTest("A message is rejected at once while the server is away, and stored when it is back", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await server.kill();
  await client.changed("disconnected");
  const error = await assertRejects(() => client.publish(1)) as NatsError;
  assertEquals([error.kind, error.outcomeUnknown], ["disconnected", false]);
  await server.start();
  await client.changed("connected");
  assertEquals((await surely(() => client.publish(2))).sequence, 1);
});

natsTest(
  "A message that a stopped server does not answer is rejected, and may be stored nevertheless",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.withStreams([server.url]);
    await server.stop();
    const error = await assertRejects(() => client.publish(1)) as NatsError;
    assertEquals(error.outcomeUnknown, true);
    server.continue();
    assertEquals(await surely(() => client.publish(1)), { sequence: 1, duplicate: true });
  },
);

natsTest("Closing rejects what is in flight and all later messages", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await server.stop();
  const inFlight = client.publish(1).catch((error) => error as NatsError);
  client.publisher.close();
  assertEquals((await inFlight as NatsError).kind, "closed");
  server.continue();
  await client.connection.close();
  assertEquals((await assertRejects(() => client.publish(2)) as NatsError).kind, "closed");
});
