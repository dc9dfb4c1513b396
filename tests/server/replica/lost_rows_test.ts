/**
 * Rows that NATS has lost, and rows that a hub lacks, over the real NATS.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { pausedPort } from "../../helpers/replica/changed_port.ts";
import { ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { backUp, namesAt, own } from "../../helpers/replica/lost_state.ts";
import { portOf } from "../../helpers/replica/two_hubs.ts";

const [ana, bo] = await Promise.all([TestKey.make(), TestKey.make()]);

natsTest("Rows that NATS has lost are sent again, also if others have written in their places", async () => {
  await using nats = await NatsServer.start();
  await using first = await NatsClient.withStreams([nats.url]);
  await using second = await NatsClient.withStreams([nats.url]);
  using folder = new DataFolder(), otherFolder = new DataFolder();
  const start = (client: NatsClient, { path }: DataFolder) =>
    ClusterHub.start({ port: portOf(client), folder: path });
  {
    using one = await start(first, folder);
    using other = await start(second, otherFolder);
    own(one, ana, "ana");
    own(one, ana, "freed");
    await synced(one, other);
  }
  const restore = await backUp(nats, [first, second]);
  {
    using one = await start(first, folder);
    own(one, ana, "lost");
    one.hub.freeName(one.registry.names.ownerOf("freed")!);
    await synced(one);
  }
  await restore();
  using other = await start(second, otherFolder);
  for (const name of ["one", "two", "three"]) own(other, bo, name);
  await synced(other);
  const all = ["ana", "freed", "lost", "one", "two", "three"];
  assertEquals(namesAt(other, ...all), ["ana", "freed", "one", "two", "three"]);
  using one = await start(first, folder);
  await synced(one, other);
  await synced(one, other);
  for (const hub of [one, other]) {
    assertEquals(namesAt(hub, ...all), ["ana", "lost", "one", "two", "three"]);
    assertEquals(hub.undone, []);
  }
  assertEquals([one.mended, other.mended], [["lost"], []]);
});

/** Ten times as fast as those of the machine. */
const fast = {
  clock: { ...systemClock, elapsed: () => 10 * systemClock.elapsed() },
  timers: { ...systemTimers, after: (ms: number, run: () => void) => systemTimers.after(ms / 10, run) },
};

for (const others of [["one", "two", "three"], []]) {
  const name = "A write that NATS has lost before its own hub read it is sent again, also if " +
    (others.length > 0 ? "others have written in its place" : "nobody writes after it");
  natsTest(name, async () => {
    await using nats = await NatsServer.start();
    await using first = await NatsClient.withStreams([nats.url]);
    await using second = await NatsClient.withStreams([nats.url]);
    const { port, pause, resume } = pausedPort(portOf(first));
    using one = await ClusterHub.start({ port, ...fast });
    using other = await ClusterHub.start({ port: portOf(second) });
    own(one, ana, "ana");
    await synced(one, other);
    const restore = await backUp(nats, [first, second]);
    pause();
    own(one, ana, "lost");
    await one.replica.settled();
    other.replica.close();
    await restore();
    using again = await ClusterHub.start({ port: portOf(second) });
    for (const name of others) own(again, bo, name);
    await synced(again);
    assertEquals(namesAt(again, "ana", "lost", ...others), ["ana", ...others]);
    resume();
    await withDeadline(one.firstMended.promise, () => "noticing the loss");
    await synced(one, again);
    assertEquals(namesAt(again, "ana", "lost", ...others), ["ana", "lost", ...others]);
    assertEquals([one.mended, one.undone, again.mended, again.undone], [["lost"], [], [], []]);
  });
}

natsTest("A write that NATS has lost is sent again by a hub that ended before it read it", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const { port, pause } = pausedPort(portOf(client));
  using folder = new DataFolder();
  let restore;
  {
    using one = await ClusterHub.start({ port, folder: folder.path });
    own(one, ana, "ana");
    await synced(one);
    restore = await backUp(nats, [client]);
    pause();
    own(one, ana, "lost");
    await one.replica.settled();
  }
  await restore();
  using one = await ClusterHub.start({ port: portOf(client), folder: folder.path, ...fast });
  await withDeadline(one.firstMended.promise, () => "noticing the loss");
  await synced(one);
  using other = await ClusterHub.start({ port: portOf(client) });
  assertEquals([one.mended, namesAt(other, "ana", "lost")], [["lost"], ["ana", "lost"]]);
});

natsTest(
  "A row of the state that a hub lacks counts, and not what that hub writes over it",
  async () => {
    await using nats = await NatsServer.start();
    await using client = await NatsClient.withStreams([nats.url]);
    const port = portOf(client);
    using folder = new DataFolder();
    using other = await ClusterHub.start({ port });
    own(other, ana, "ana");
    let file;
    {
      using one = await ClusterHub.start({ port, folder: folder.path });
      await synced(one, other);
      file = one.registry.replicated.db.location()!;
    }
    const registry = new DatabaseSync(file);
    registry.exec("DELETE FROM replica_rows; DELETE FROM owners; DELETE FROM replica_outbox");
    registry.close();
    using one = await ClusterHub.start({ port, folder: folder.path });
    await synced(one, other);
    own(one, bo, "ana");
    await synced(one, other);
    for (const { registry } of [one, other]) {
      assertEquals(registry.names.ownerOf("ana")!.keys.map(({ key }) => key), [ana.key]);
    }
    assertEquals([one.undone, other.undone], [["owners"], []]);
  },
);
