import {
  type HubLease,
  JetStreamApi,
  type LeaseEvents,
  LeaseWatcher,
  OwnLease,
  streamFacts,
} from "../../../server/nats/mod.ts";
import { DEAD_MS, RENEWAL_MS } from "../../../server/nats/leases.ts";
import { assertEquals, assertRejects } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A watcher on a clock of the test, and what it reported. */
class Watch implements AsyncDisposable {
  readonly events: string[] = [];
  readonly clock: ManualClock;
  readonly client: NatsClient;
  readonly watcher: LeaseWatcher;
  #changed: (() => void) | undefined;

  private constructor(client: NatsClient, clock: ManualClock) {
    this.client = client;
    this.clock = clock;
    const note = (text: string) => {
      this.events.push(text);
      this.#changed?.();
    };
    const events: LeaseEvents = {
      alive: ({ hub, epoch }) => note(`${hub}/${epoch} alive`),
      gone: ({ hub, epoch }, why) => note(`${hub}/${epoch} ${why}`),
    };
    this.watcher = new LeaseWatcher(client.connection, client.names, events, clock);
  }

  static async start(server: NatsServer): Promise<Watch> {
    const clock = new ManualClock();
    const watch = new Watch(await NatsClient.withStreams([server.url]), clock);
    await watch.watcher.start();
    return watch;
  }

  /** Waits for a number of events. */
  async count(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed = () => this.events.length >= count && resolve();
    this.#changed();
    await withDeadline(promise, () => this.events.join(", "));
  }

  /** Waits until the watcher has seen a renewal that shows a value. */
  async seen(hub: string, value: number): Promise<void> {
    await surely(() => {
      const found = this.watcher.leases.find(({ lease }) => lease.hub === hub);
      return found?.lease.shown["value"] === value
        ? Promise.resolve()
        : Promise.reject(new Error("not seen"));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watcher.close();
    await this.client[Symbol.asyncDispose]();
  }
}

/** The lease of a hub, renewed when the test says so. */
async function lease(
  client: NatsClient,
  hub: string,
  epoch = 1,
): Promise<{ renew(value: number): void } & OwnLease> {
  let shown: HubLease["shown"] = {};
  const { connection, publisher, names } = client;
  const own = new OwnLease(connection, publisher, names, () => ({ hub, epoch, shown }), new ManualClock());
  await own.start();
  return Object.assign(own, {
    renew(value: number) {
      shown = { value };
      OwnLease.prototype.renew.call(own);
    },
  });
}

natsTest("A hub is alive from its first lease, and dead ten seconds after its last renewal", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  await using watch = await Watch.start(server);
  const own = await lease(hub, "hub 1");
  await watch.count(1);
  watch.clock.advance(DEAD_MS - 1);
  own.renew(1);
  await watch.seen("hub 1", 1);
  watch.clock.advance(DEAD_MS - 1);
  assertEquals(watch.events, ["hub 1/1 alive"]);
  assertEquals(watch.watcher.leases.map(({ lease, ageMs }) => [lease.hub, ageMs]), [["hub 1", DEAD_MS - 1]]);
  own.stop();
  watch.clock.advance(1000);
  assertEquals([watch.events, watch.watcher.leases], [["hub 1/1 alive", "hub 1/1 dead"], []]);
});

natsTest("A lease is renewed every three seconds, and at once when the connection is back", async () => {
  await using server = await NatsServer.start();
  const clock = new ManualClock();
  await using hub = await NatsClient.withStreams([server.url]);
  let value = 0;
  const next = () => ({ hub: "hub 1", epoch: 1, shown: { value: value++ } });
  const own = new OwnLease(hub.connection, hub.publisher, hub.names, next, clock);
  await own.start();
  await using watch = await Watch.start(server);
  const first = watch.watcher.leases[0]!.lease.shown["value"] as number;
  for (let renewal = 1; renewal <= 3; renewal++) {
    clock.advance(RENEWAL_MS);
    await watch.seen("hub 1", first + renewal);
  }
  clock.advance(RENEWAL_MS - 1);
  await server.restart();
  await watch.seen("hub 1", first + 4);
  own.stop();
});

natsTest("A hub that leaves is gone at once, and nothing is left of its lease", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  await using watch = await Watch.start(server);
  const own = await lease(hub, "hub 1");
  // The stream has the last lease of each hub only: a reader does not see all of them.
  await watch.count(1);
  await own.resign();
  await watch.count(2);
  assertEquals(watch.events, ["hub 1/1 alive", "hub 1/1 left"]);
  const api = new JetStreamApi(hub.connection);
  await surely(async () => assertEquals((await streamFacts(api, hub.names.hubs)).messages, 0));
});

natsTest("A hub that starts again is gone and alive, with another epoch", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  await using watch = await Watch.start(server);
  (await lease(hub, "hub 1", 1)).stop();
  await watch.count(1);
  (await lease(hub, "hub 1", 2)).stop();
  await watch.count(3);
  assertEquals(watch.events, ["hub 1/1 alive", "hub 1/1 restarted", "hub 1/2 alive"]);
});

natsTest("Each watcher sees each hub, also those that were there before it, and one that died", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  const own = await lease(hub, "hub 1");
  (await lease(hub, "hub 2")).stop();
  await using watch = await Watch.start(server);
  assertEquals(watch.events, ["hub 1/1 alive", "hub 2/1 alive"]);
  watch.clock.advance(DEAD_MS - 1000);
  own.renew(1);
  await watch.seen("hub 1", 1);
  watch.clock.advance(2000);
  assertEquals(watch.events.slice(2), ["hub 2/1 dead"]);
  own.stop();
  const api = new JetStreamApi(hub.connection);
  await surely(async () => assertEquals((await streamFacts(api, hub.names.hubs)).messages, 1));
  await using late = await Watch.start(server);
  assertEquals(late.events, ["hub 1/1 alive"]);
});

natsTest("A watcher that was cut off declares nobody dead before it has read for ten seconds", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  await using watch = await Watch.start(server);
  const own = await lease(hub, "hub 1");
  await watch.count(1);
  await server.kill();
  await watch.client.changed("disconnected");
  watch.clock.advance(3 * DEAD_MS);
  await server.start();
  await watch.client.changed("connected");
  // The hub has a connection of its own, which may be back later.
  await surely(() => streamFacts(new JetStreamApi(hub.connection), hub.names.hubs));
  own.renew(1);
  await watch.seen("hub 1", 1);
  watch.clock.advance(DEAD_MS - 1000);
  assertEquals(watch.events, ["hub 1/1 alive"]);
  watch.clock.advance(2000);
  assertEquals(watch.events, ["hub 1/1 alive", "hub 1/1 dead"]);
  own.stop();
});

natsTest("A watcher whose process was stopped gives all hubs their whole time again", async () => {
  await using server = await NatsServer.start();
  await using hub = await NatsClient.withStreams([server.url]);
  await using watch = await Watch.start(server);
  const own = await lease(hub, "hub 1");
  await watch.count(1);
  watch.clock.stop(3 * DEAD_MS);
  assertEquals(watch.events, ["hub 1/1 alive"]);
  watch.clock.advance(DEAD_MS + 1000);
  assertEquals(watch.events, ["hub 1/1 alive", "hub 1/1 dead"]);
  own.stop();
});

natsTest(
  "A hub whose lease cannot be written yet, as its stream has no leader, waits until it can",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.withStreams([server.url]);
    const api = new JetStreamApi(client.connection);
    await api.call(`STREAM.DELETE.${client.names.hubs}`);
    const lease = new OwnLease(client.connection, client.publisher, client.names, () => ({
      hub: "one",
      epoch: 1,
      shown: {},
    }));
    try {
      const started = lease.start();
      // The answer to the lease has come with this one.
      await assertRejects(() => client.publisher.publish(`${client.names.subjects.hubs}b3RoZXI`, ""));
      await using other = await NatsClient.withStreams([server.url]);
      await withDeadline(started, () => "the lease");
      assertEquals((await streamFacts(new JetStreamApi(other.connection), client.names.hubs)).messages, 1);
    } finally {
      lease.stop();
    }
  },
);
