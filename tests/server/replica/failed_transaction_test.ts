/**
 * A hub that cannot store what it reads, as its disk is full, over the real NATS: what it knows of its own changes in
 * memory stays what its databases say.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { transaction } from "../../../server/sqlite/mod.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { changedPort } from "../../helpers/replica/changed_port.ts";
import { ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { own } from "../../helpers/replica/lost_state.ts";
import { portOf } from "../../helpers/replica/two_hubs.ts";

const [ana, bo] = await Promise.all([TestKey.make(), TestKey.make()]);

/** Has the next transaction that stores how far a database was read fail at its end, as SQLite does on a full disk. */
function failOnce({ registry }: ClusterHub): void {
  const { db } = registry.replicated;
  let isFull = true;
  db.function("is_full", () => {
    const result = Number(isFull);
    isFull = false;
    return result;
  });
  db.exec(`
    CREATE TEMP TRIGGER full BEFORE INSERT ON main.replica_facts WHEN NEW.name = 'last_read' AND is_full()
    BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END
  `);
}

/** How many changes are recorded at a hub that the state has not confirmed. */
function recordedAt({ registry }: ClusterHub): number {
  return Number(registry.replicated.db.prepare("SELECT count(*) AS count FROM replica_outbox").get()!.count);
}

natsTest("An own change whose answer was lost is confirmed once the disk has space again", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const port = portOf(client);
  using folder = new DataFolder();
  let isLost = false;
  const put = async (key: string, value: string, last: number) => {
    const revision = await port.put(key, value, last);
    if (isLost) throw new Error("no answer");
    return revision;
  };
  {
    using one = await ClusterHub.start({ port: changedPort(port, { put }), folder: folder.path });
    await synced(one);
    failOnce(one);
    isLost = true;
    own(one, ana, "ana");
    await synced(one);
    assertEquals(one.storageEvents.map(String).sort(), [
      "Error: database or disk is full",
      "Error: no answer",
    ]);
    assertEquals([recordedAt(one), one.undone], [0, []]);
  }
  isLost = false;
  const { last } = await port.facts();
  using again = await ClusterHub.start({ port, folder: folder.path });
  await synced(again);
  // It is not sent again.
  assertEquals((await port.facts()).last, last);
});

natsTest("A change that another hub was faster with is undone once, also with a full disk", async () => {
  await using nats = await NatsServer.start();
  await using first = await NatsClient.withStreams([nats.url]);
  await using second = await NatsClient.withStreams([nats.url]);
  const port = portOf(first);
  let gate = Promise.resolve();
  const put = (key: string, value: string, last: number) => gate.then(() => port.put(key, value, last));
  using one = await ClusterHub.start({ port: changedPort(port, { put }) });
  using other = await ClusterHub.start({ port: portOf(second) });
  await synced(one, other);
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  own(one, ana, "ana");
  failOnce(one);
  own(other, bo, "ana");
  await synced(other);
  await one.replica.reached((await port.facts()).last);
  resolve();
  await synced(one, other);
  assertEquals([one.undone, recordedAt(one), one.replica.waiting], [["owners"], 0, 0]);
  for (const { registry } of [one, other]) {
    assertEquals(registry.names.ownerOf("ana")!.keys.map(({ key }) => key), [bo.key]);
  }
});

Deno.test("A transaction that SQLite has undone by itself fails with the reason of SQLite", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(
    "CREATE TABLE rows (id INTEGER); CREATE TRIGGER full BEFORE INSERT ON rows BEGIN " +
      "SELECT RAISE(ROLLBACK, 'database or disk is full'); END",
  );
  const error = assertThrows(() => transaction(db, () => db.exec("INSERT INTO rows VALUES (1)")), Error);
  assertEquals(error.message, "database or disk is full");
  db.close();
});
