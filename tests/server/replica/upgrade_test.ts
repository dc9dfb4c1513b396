/**
 * Hubs of two versions in one cluster, over the real NATS: a hub gets what its older version passed over.
 *
 * @module
 */
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import { Replica } from "../../../server/replica/mod.ts";
import type { StatePort } from "../../../server/replica/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { asks, ClusterHub, databasesOf, openStores, synced } from "../../helpers/replica/cluster_hub.ts";
import { portOf } from "../../helpers/replica/two_hubs.ts";

const [ana, bo] = await Promise.all([TestKey.make(), TestKey.make()]);

/** Reads the state with the data folder of a hub, as a version does that does not know some tables. */
async function runOlder(folder: string, port: StatePort, unknown: readonly string[]): Promise<void> {
  const stores = await openStores(folder);
  const replica = new Replica({
    databases: databasesOf(stores).map((spec) => ({
      ...spec,
      tables: spec.tables.filter(({ name }) => !unknown.includes(name)),
    })),
    port,
    timers: systemTimers,
    clock: systemClock,
    failed: (error) => {
      throw error;
    },
  });
  await replica.start();
  await replica.reached((await port.facts()).last);
  replica.close();
  for (const store of [stores.registry, stores.moderation, stores.invites.invites, stores.tokens]) {
    store.close();
  }
}

natsTest(
  "A hub gets the rows of tables that its older version did not know, also after going back",
  async () => {
    await using nats = await NatsServer.start();
    await using client = await NatsClient.withStreams([nats.url]);
    const port = portOf(client);
    using folder = new DataFolder();
    using other = await ClusterHub.start({ port });
    const owner = other.comes(ana, "ana");
    owner.sends({ code: 100, message: "hello" });
    const rooms: string[] = [];
    for (const room of ["den", "attic"]) {
      // The version of the second round has an older one after it.
      asks(owner, { code: 107, room });
      asks(owner, { code: 119, room, topic: "secrets" });
      await synced(other);
      rooms.push(room);
      await runOlder(folder.path, port, ["rooms", "members"]);
      using one = await ClusterHub.start({ port, folder: folder.path });
      await synced(one, other);
      assertEquals(rooms.map((name) => one.registry.rooms.find(name)?.topic), rooms.map(() => "secrets"));
      assertEquals([one.undone, one.mended, one.storageEvents], [[], [], []]);
    }
  },
);

/** Adds columns to the registry in a data folder, as the migration of a newer version does. */
async function migrate(folder: string): Promise<void> {
  const { registry, moderation, invites, tokens } = await openStores(folder);
  registry.replicated.db.exec(`
    ALTER TABLE rooms ADD COLUMN colour TEXT NOT NULL DEFAULT 'none';
    ALTER TABLE keys ADD COLUMN device TEXT NOT NULL DEFAULT 'none';
  `);
  for (const store of [registry, moderation, invites.invites, tokens]) store.close();
}

/** What a hub of the newer version has in the columns that only it knows. */
function newColumns({ registry: { replicated: { db } } }: ClusterHub): unknown[] {
  return [
    ...db.prepare("SELECT name AS what, colour AS value FROM rooms ORDER BY name").all(),
    ...db.prepare("SELECT key AS what, device AS value FROM keys ORDER BY device").all(),
  ].map(({ value }) => value);
}

natsTest(
  "Columns that an older version does not know keep their values when it changes the row",
  async () => {
    await using nats = await NatsServer.start();
    await using client = await NatsClient.withStreams([nats.url]);
    const port = portOf(client);
    using folder = new DataFolder(), olderFolder = new DataFolder();
    await migrate(folder.path);
    using newer = await ClusterHub.start({ port, folder: folder.path });
    const owner = newer.comes(ana, "ana");
    owner.sends({ code: 100, message: "hello" });
    for (const room of ["attic", "den"]) {
      asks(owner, { code: 107, room });
      asks(owner, { code: 119, room, topic: "secrets" });
    }
    newer.registry.replicated.db.exec("UPDATE rooms SET colour = 'red'; UPDATE keys SET device = 'laptop'");
    await synced(newer);
    {
      using older = await ClusterHub.start({ port, folder: olderFolder.path });
      const elsewhere = older.comes(ana, "ana");
      asks(elsewhere, { code: 107, room: "den" });
      for (const topic of ["once", "twice"]) {
        assertEquals(asks(elsewhere, { code: 119, room: "den", topic })[0]!.code, 207);
        await synced(newer, older);
      }
      assertEquals(asks(elsewhere, { code: 114, key: bo.key })[0]!.code, 207);
      await synced(newer, older);
      assertEquals([older.undone, newer.undone], [[], []]);
    }
    assertEquals(newer.registry.rooms.find("den")!.topic, "twice");
    assertEquals(newColumns(newer), ["red", "red", "laptop", "none"]);
    // Once it has the columns, it has the values.
    await migrate(olderFolder.path);
    const { last } = await port.facts();
    using upgraded = await ClusterHub.start({ port, folder: olderFolder.path });
    await synced(newer, upgraded);
    assertEquals(newColumns(upgraded), newColumns(newer));
    assertEquals((await port.facts()).last, last);
  },
);
