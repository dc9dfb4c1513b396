/**
 * Tests with two hubs of a cluster and the NATS between them.
 *
 * @module
 */
import { NatsError } from "../../../server/nats/mod.ts";
import { NatsState } from "../../../server/replica/mod.ts";
import { assertEquals } from "../assert.ts";
import { NatsClient } from "../nats/log_reader.ts";
import { NatsServer, natsTest } from "../nats/nats_server.ts";
import { ClusterHub } from "./cluster_hub.ts";

/** Two hubs and their NATS. */
export interface TwoHubs {
  nats: NatsServer;
  one: ClusterHub;
  other: ClusterHub;
  clients: NatsClient[];
}

/** Declares a test with two hubs. */
export function clusterTest(name: string, run: (hubs: TwoHubs) => Promise<void>): void {
  natsTest(name, async () => {
    await using nats = await NatsServer.start();
    await using first = await NatsClient.withStreams([nats.url]);
    await using second = await NatsClient.withStreams([nats.url]);
    using one = await ClusterHub.start({ port: portOf(first) });
    using other = await ClusterHub.start({ port: portOf(second) });
    await run({ nats, one, other, clients: [first, second] });
    // While NATS starts it may refuse what is tried again.
    const isFault = (event: unknown) => !(event instanceof NatsError);
    assertEquals([...one.storageEvents, ...other.storageEvents].filter(isFault), []);
  });
}

/** The shared state as a client of NATS reaches it. */
export function portOf({ connection, publisher, names }: NatsClient): NatsState {
  return new NatsState(connection, publisher, names);
}
