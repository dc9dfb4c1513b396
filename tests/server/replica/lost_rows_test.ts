/**
 * Rows that NATS has lost, and rows that were removed while a hub was away, over the real NATS.
 *
 * @module
 */
import { join } from "node:path";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import type { StateEntry, StatePort } from "../../../server/replica/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { pausedPort } from "../../helpers/replica/changed_port.ts";
import { asks, ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { portOf } from "../../helpers/replica/two_hubs.ts";

const DAY_MS = 24 * 3_600_000;
const [ana, bo] = await Promise.all([TestKey.make(), TestKey.make()]);

/** Copies a folder. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** Makes a key own a name at a hub. */
function own(hub: ClusterHub, key: TestKey, name: string): void {
  const user = hub.comes(key, name);
  user.sends({ code: 100, message: "hello" });
  user.disconnects();
}

/** Which names are owned at a hub. */
function namesAt({ registry }: ClusterHub, ...names: string[]): string[] {
  return names.filter((name) => registry.names.ownerOf(name) !== undefined);
}

/** The store of NATS as it is now, which it may get back later: what it has acknowledged since is lost then. */
async function backUp(nats: NatsServer, clients: readonly NatsClient[]): Promise<() => Promise<void>> {
  const store = join(nats.folder, "store"), before = join(nats.folder, "before");
  const restart = async (change: () => Promise<void>) => {
    await nats.kill();
    await change();
    await nats.start();
    await Promise.all(clients.map((client) => client.changed("connected")));
  };
  await restart(() => copy(store, before));
  return () =>
    restart(async () => {
      await Deno.remove(store, { recursive: true });
      await copy(before, store);
    });
}

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

natsTest(
  "What remains of removed rows is purged after a week; a hub that was away does not bring them back",
  async () => {
    await using nats = await NatsServer.start();
    await using first = await NatsClient.withStreams([nats.url]);
    await using second = await NatsClient.withStreams([nats.url]);
    using folder = new DataFolder(), otherFolder = new DataFolder();
    const removed = async () =>
      (await entriesOf(first)).filter(({ value }) => /^\{"by".*"n":\d+\}$/.test(value));
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
