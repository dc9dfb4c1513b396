/**
 * A hub of a cluster that is behind the others, as it reaches NATS slowly: a client that has read more already comes to
 * it.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { Program } from "../helpers/program.ts";
import { SlowRelay } from "../helpers/wire/slow_relay.ts";

/** How late a hub gets what is in the log, in milliseconds. */
const LATE_MS = 700;

natsTest("A client that comes to a hub which is behind gets no message twice", async () => {
  await using nats = await NatsServer.start();
  await using relay = new SlowRelay(nats.port);
  using folder = new DataFolder(), other = new DataFolder();
  await using one = await startClusterHub(nats, folder);
  await using bo = await OriginalClient.connect(one.port);
  await bo.nextOf(202);
  // It begins with any of the hubs: with the only one that is there.
  const later = keptPort();
  await using tail = new Program([
    ...["tail", `127.0.0.1:${one.port},127.0.0.1:${later}`],
    ...["--no-presence", "--no-config"],
  ]);
  await bo.say("before");
  await tail.lineWhere((line) => line.endsWith("before"));
  const slow = { url: `nats://127.0.0.1:${relay.port}` };
  await using two = await startClusterHub(slow, other, "--port", String(later));
  relay.delayMs = LATE_MS;
  for (let number = 1; number <= 5; number++) await bo.say(`line ${number}`);
  await tail.lineWhere((line) => line.endsWith("line 5"));
  one.kill("SIGKILL");
  await tail.waitForLog(/connected again/);
  await using cy = await OriginalClient.connect(two.port);
  await cy.nextOf(202);
  await cy.say("after");
  await tail.lineWhere((line) => line.endsWith("after"));
  assertEquals(tail.stdout.map((line) => line.replace(/^.*? {2}/, "")), [
    "before",
    ...[1, 2, 3, 4, 5].map((number) => `line ${number}`),
    "after",
  ]);
});

natsTest("A hub which is behind shows a client nothing that the client says it has", async () => {
  await using nats = await NatsServer.start();
  await using relay = new SlowRelay(nats.port);
  using folder = new DataFolder(), other = new DataFolder();
  await using one = await startClusterHub(nats, folder);
  await using two = await startClusterHub({ url: `nats://127.0.0.1:${relay.port}` }, other);
  await using bo = await OriginalClient.connect(one.port);
  await bo.nextOf(202);
  relay.delayMs = LATE_MS;
  for (let number = 1; number <= 5; number++) await bo.say(`line ${number}`);
  await bo.until(({ message }) => (message as { message?: string })?.message === "line 5");
  await using ana = await OriginalClient.connect(two.port);
  await ana.nextOf(202);
  await ana.sendJson({ code: 102, client: "test/1", username: "ana", after: { main: 5 }, ref: "hello" });
  await ana.nextOf(208);
  await ana.sendJson({ code: 103, room: "main", message: "now", ref: "now" });
  await ana.until(({ code, message }) => code === 200 && (message as { message: string }).message === "now");
  const numbers = ana.received.filter(({ code }) => code === 200).map(({ message }) =>
    (message as { sequence: number }).sequence
  );
  assertEquals(numbers, [6]);
});
