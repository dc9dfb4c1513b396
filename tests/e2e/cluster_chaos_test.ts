/**
 * Three hubs as one chat while hubs and NATS servers are killed and stopped. `deno task cluster-soak` does the same for
 * longer, with more clients, in a random order.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { DEADLINE_MS } from "../helpers/deadline.ts";
import { ClusterRun } from "../helpers/nats/cluster_run.ts";
import { NatsCluster } from "../helpers/nats/nats_cluster.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { JetStreamApi, NatsConnection, streamFacts, streamNames } from "../../server/nats/mod.ts";

/** How many messages are acknowledged before a fault, and after it. */
const MESSAGES = 60;

/** How long something is stopped, in milliseconds: longer than it takes to notice that NATS is away. */
const STOPPED_MS = 3000;

/** How a run is started; a fault may last as long as a lease. */
const LOAD = { clients: 6, everyMs: 50, deadlineMs: 3 * DEADLINE_MS };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets clients send before, during and after a fault, and checks the results. */
async function survives(run: ClusterRun, fault: () => Promise<void>): Promise<void> {
  await run.more(MESSAGES);
  await fault();
  await run.more(MESSAGES);
  const { sent, acknowledged, lost, doubled, disordered, different, faults } = await run.finish();
  assertEquals({ lost, doubled, disordered, different, faults }, {
    lost: [],
    doubled: [],
    disordered: [],
    different: [],
    faults: [],
  });
  assertEquals(acknowledged, sent);
}

/** Declares a test with one server of NATS and three hubs. */
function chaosTest(what: string, fault: (run: ClusterRun, nats: NatsServer) => Promise<void>): void {
  natsTest(`No message is lost, doubled or reordered when ${what}`, async () => {
    await using nats = await NatsServer.start();
    await using run = await ClusterRun.start({ ...LOAD, urls: [nats.url] });
    await survives(run, () => fault(run, nats));
  });
}

chaosTest("a hub is killed", async (run) => {
  await run.endHub(1, "SIGKILL");
  await run.more(MESSAGES);
  await run.startHub(1);
});

chaosTest("a hub is stopped and continues", async (run) => {
  run.signalHub(2, "SIGSTOP");
  await Promise.all([pause(STOPPED_MS), run.more(MESSAGES)]);
  run.signalHub(2, "SIGCONT");
});

chaosTest("a hub shuts down", async (run) => {
  await run.endHub(0, "SIGTERM");
  await run.more(MESSAGES);
  await run.startHub(0);
});

chaosTest("NATS is killed and starts again", (_, nats) => nats.restart());

chaosTest("NATS is stopped and continues", async (_, nats) => {
  await nats.stop();
  await pause(STOPPED_MS);
  nats.continue();
});

chaosTest("NATS and a hub are killed at the same time", async (run, nats) => {
  await Promise.all([nats.restart(), run.endHub(1, "SIGKILL")]);
  await run.startHub(1);
});

natsTest("No message is lost, doubled or reordered when the leader of three servers is killed", async () => {
  await using nats = await NatsCluster.start();
  await using run = await ClusterRun.start({ ...LOAD, urls: nats.urls, replicas: 3 });
  await survives(run, async () => {
    const connection = await NatsConnection.connect({ servers: nats.urls, name: "test" });
    const { leader } = await streamFacts(new JetStreamApi(connection), streamNames("main").log);
    await connection.close();
    await nats.server(leader!).kill();
    await run.more(MESSAGES);
    await nats.server(leader!).start();
  });
});
