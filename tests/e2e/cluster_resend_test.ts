/**
 * A message that NATS acknowledges and does not have, on the real NATS server.
 *
 * @module
 */
import { Publisher, streamNames } from "../../server/nats/mod.ts";
import { assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { nextLine, startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsClient } from "../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";

natsTest("A message that NATS acknowledges and does not have is sent again, and shown once", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder();
  await using hub = await startClusterHub(nats, folder);
  await using client = await NatsClient.connect([nats.url]);
  // Another message with the id of the first one in the room: NATS takes the room's for a duplicate.
  const publisher = new Publisher(client.connection);
  const other = `${streamNames("main").subjects.events}other`;
  await publisher.publish(other, JSON.stringify({ hub: "other", epoch: "1" }), { id: "main:1" });
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  for (const text of ["hello", "again"]) await ana.say(text);
  for (const line of ["1 hello", "2 again"]) assertEquals(await nextLine(ana), line);
  publisher.close();
});
