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

const ana = await TestKey.make();

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
