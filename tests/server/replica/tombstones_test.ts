/**
 * What remains of removed rows, and hubs that were away while it was purged, over the real NATS.
 *
 * @module
 */
import { systemClock } from "../../../runtime/mod.ts";
import type { StateEntry, StatePort } from "../../../server/replica/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { changedPort, pausedPort } from "../../helpers/replica/changed_port.ts";
import { asks, ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { backUp, namesAt, own } from "../../helpers/replica/lost_state.ts";
import { portOf } from "../../helpers/replica/two_hubs.ts";

const DAY_MS = 24 * 3_600_000;
const [ana, bo] = await Promise.all([TestKey.make(), TestKey.make()]);

/** Reads all keys of the state. */
async function entriesOf(client: NatsClient): Promise<StateEntry[]> {
  const entries: StateEntry[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = portOf(client).watch(0, undefined, {
    started: () => {},
    deliver: (entry) => entries.push(entry),
    rewound: () => {},
    caughtUp: resolve,
  });
  await promise;
  watch.close();
  return entries;
}

/** Owns names at a hub and frees them, and purges what remains of them as if it were a week later. */
async function purgeSome(port: StatePort, rounds: number): Promise<void> {
  const clock = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
  using hub = await ClusterHub.start({ port, clock });
  for (let round = 0; round < rounds; round++) {
    own(hub, bo, `brief${round}`);
    await synced(hub);
    hub.hub.freeName(hub.registry.names.ownerOf(`brief${round}`)!);
    await synced(hub);
  }
  assertEquals(await hub.replica.purge(), rounds);
}

/** What the state has of rows that were removed. */
async function tombstones(client: NatsClient): Promise<StateEntry[]> {
  return (await entriesOf(client)).filter(({ value }) => /^\{"by".*"n":\d+\}$/.test(value));
}

natsTest(
  "What remains of removed rows is purged after a week; a hub that was away does not bring them back",
  async () => {
    await using nats = await NatsServer.start();
    await using first = await NatsClient.withStreams([nats.url]);
    await using second = await NatsClient.withStreams([nats.url]);
    using folder = new DataFolder(), otherFolder = new DataFolder();
    const removed = () => tombstones(first);
    const later = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
    using one = await ClusterHub.start({ port: portOf(first), folder: folder.path, clock: later });
    {
      using other = await ClusterHub.start({ port: portOf(second), folder: otherFolder.path });
      own(one, ana, "ana");
      own(one, ana, "kept");
      await synced(one, other);
    }
    one.hub.freeName(one.registry.names.ownerOf("ana")!);
    await synced(one);
    assertEquals((await removed()).length, 1);
    {
      using young = await ClusterHub.start({ port: portOf(second) });
      assertEquals([await young.replica.purge(), (await removed()).length], [0, 1]);
    }
    assertEquals([await one.replica.purge(), (await removed()).length], [1, 0]);
    using other = await ClusterHub.start({ port: portOf(second), folder: otherFolder.path });
    await synced(one, other);
    assertEquals([namesAt(one, "ana", "kept"), namesAt(other, "ana", "kept")], [["kept"], ["kept"]]);
    assertEquals([other.mended, one.mended], [["away"], []]);
    // Whoever comes first has it now, at all hubs.
    own(one, bo, "ana");
    await synced(one, other);
    assert(other.registry.names.ownerOf("ana")!.keys.some(({ key }) => key === bo.key));
    assertEquals(await one.replica.purge(), 0);
    assertEquals([one.undone, other.undone], [[], []]);
  },
);

natsTest("What one hub fails to purge is purged by another one", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const clock = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
  const port = portOf(client);
  let left = 1;
  const forget = async (key: string, upTo: number) => {
    if (left-- === 0) throw new Error("no answer");
    await port.forget(key, upTo);
  };
  using other = await ClusterHub.start({ port, clock });
  {
    using one = await ClusterHub.start({ port: changedPort(port, { forget }), clock });
    for (const name of ["ana", "bo", "cy"]) {
      own(one, ana, name);
      await synced(one);
      one.hub.freeName(one.registry.names.ownerOf(name)!);
      await synced(one, other);
    }
    assertEquals((await tombstones(client)).length, 3);
    await assertRejects(() => one.replica.purge(), Error, "no answer");
    await synced(one, other);
  }
  assertEquals([await other.replica.purge(), (await tombstones(client)).length], [2, 0]);
  assertEquals(await other.replica.purge(), 0);
});

natsTest("A hub that was away purges what was removed shortly before it came back", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const clock = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
  const port = portOf(client);
  using folder = new DataFolder();
  {
    using _one = await ClusterHub.start({ port, folder: folder.path });
  }
  await purgeSome(port, 1);
  {
    using other = await ClusterHub.start({ port });
    own(other, ana, "ana");
    await synced(other);
    other.hub.freeName(other.registry.names.ownerOf("ana")!);
    await synced(other);
  }
  using one = await ClusterHub.start({ port, folder: folder.path, clock });
  await synced(one);
  assertEquals(one.mended, ["away"]);
  assertEquals([await one.replica.purge(), (await tombstones(client)).length], [1, 0]);
});

natsTest("A hub that reads on while others purge changes nothing, and goes on writing", async () => {
  await using nats = await NatsServer.start();
  await using first = await NatsClient.withStreams([nats.url]);
  await using second = await NatsClient.withStreams([nats.url]);
  const later = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
  using one = await ClusterHub.start({ port: portOf(first), clock: later });
  using other = await ClusterHub.start({ port: portOf(second), clock: later });
  for (let round = 0; round < 10; round++) {
    const [at, elsewhere] = round % 2 === 0 ? [one, other] : [other, one];
    own(at, ana, "ana");
    await synced(one, other);
    elsewhere.hub.freeName(elsewhere.registry.names.ownerOf("ana")!);
    await synced(one, other);
    // At once, and while the name is taken again.
    await Promise.all([one.replica.purge(), other.replica.purge()]);
  }
  own(one, bo, "ana");
  await synced(one, other);
  assertEquals([namesAt(one, "ana"), namesAt(other, "ana")], [["ana"], ["ana"]]);
  assertEquals([one.mended, other.mended], [[], []]);
});

natsTest(
  "A hub that was away has what the state has, also if NATS has lost what the hub had read",
  async () => {
    await using nats = await NatsServer.start();
    await using client = await NatsClient.withStreams([nats.url]);
    const port = portOf(client);
    using folder = new DataFolder();
    const start = () => ClusterHub.start({ port, folder: folder.path });
    let restore;
    {
      using one = await start();
      own(one, ana, "ana");
      await synced(one);
    }
    {
      restore = await backUp(nats, [client]);
      using one = await start();
      const user = one.comes(ana, "ana");
      assertEquals(asks(user, { code: 114, key: bo.key })[0]!.code, 207);
      await synced(one);
    }
    await restore();
    await purgeSome(port, 3);
    using one = await start();
    using other = await ClusterHub.start({ port });
    await synced(one, other);
    assertEquals(one.mended, ["away"]);
    for (const { registry } of [one, other]) {
      assertEquals(registry.names.ownerOf("ana")!.keys.map(({ key }) => key), [ana.key]);
    }
  },
);

natsTest("A hub that was away sends what the state can only have lost", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const port = portOf(client);
  using folder = new DataFolder();
  let restore;
  {
    const paused = pausedPort(port);
    using one = await ClusterHub.start({ port: paused.port, folder: folder.path });
    own(one, ana, "ana");
    await synced(one);
    restore = await backUp(nats, [client]);
    paused.pause();
    const { last } = await port.facts();
    // The last of them, which it has not read, is one that the state does not reach.
    for (let made = last; made < last + 9; made = (await port.facts()).last) {
      own(one, bo, `some${made}`);
      await one.replica.settled();
      one.hub.freeName(one.registry.names.ownerOf(`some${made}`)!);
      await one.replica.settled();
    }
    own(one, ana, "lost");
    await one.replica.settled();
  }
  await restore();
  await purgeSome(port, 2);
  using one = await ClusterHub.start({ port, folder: folder.path });
  using other = await ClusterHub.start({ port });
  await synced(one, other);
  assertEquals([one.mended, one.undone], [["away"], []]);
  assertEquals([namesAt(one, "ana", "lost"), namesAt(other, "ana", "lost")], [["ana", "lost"], [
    "ana",
    "lost",
  ]]);
});

natsTest("A hub that starts while others purge does not bring removed rows back", async () => {
  await using nats = await NatsServer.start();
  await using first = await NatsClient.withStreams([nats.url]);
  await using second = await NatsClient.withStreams([nats.url]);
  const clock = { ...systemClock, wall: () => systemClock.wall() + 8 * DAY_MS };
  using folder = new DataFolder();
  using one = await ClusterHub.start({ port: portOf(first), clock });
  {
    using other = await ClusterHub.start({ port: portOf(second), folder: folder.path });
    for (const name of ["kept", "ana"]) {
      own(one, ana, name);
      await synced(one, other);
    }
  }
  one.hub.freeName(one.registry.names.ownerOf("ana")!);
  await synced(one);
  const port = portOf(second);
  let purging: Promise<number> | undefined;
  // The first thing that a hub asks for to find lost writes.
  const at = async (revision: number) => {
    await (purging ??= one.replica.purge());
    return await port.at(revision);
  };
  using other = await ClusterHub.start({ port: changedPort(port, { at }), folder: folder.path });
  assertEquals(await purging, 1);
  await synced(one, other);
  assertEquals([namesAt(one, "ana", "kept"), namesAt(other, "ana", "kept")], [["kept"], ["kept"]]);
  assertEquals([one.mended, other.mended], [[], ["away"]]);
});
