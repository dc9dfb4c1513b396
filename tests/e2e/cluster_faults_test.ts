/**
 * Faults of NATS servers together with those of hubs, in an order that a seed determines: three hubs are one chat on
 * one server or three. In the tests each kind of fault of NATS is tried once with one server, and one or two with
 * three.
 * `RIFTCHAT_FUZZ` is the number of faults of each run, which then has all pairs; `RIFTCHAT_SEED` repeats a run.
 *
 * Three servers before 2.10 do not stand many faults in a row (`docs/scaling.md`, "Versions"): they get one in a long
 * run, too; the variable `NATS_SERVER` names a newer one.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { DEADLINE_MS } from "../helpers/deadline.ts";
import { howMany, SEED } from "../helpers/fuzz.ts";
import { ClusterRun, HUBS } from "../helpers/nats/cluster_run.ts";
import { NatsCluster } from "../helpers/nats/nats_cluster.ts";
import { IS_FRAIL, NatsServer, natsTest } from "../helpers/nats/nats_server.ts";

/** What happens to servers of NATS: to one, to each in turn, or to all at once. */
const NATS_FAULTS = ["SIGKILL", "SIGSTOP", "SIGTERM", "rolling", "all"] as const;

/** What happens to a hub meanwhile. */
const HUB_FAULTS = ["SIGKILL", "SIGSTOP"] as const;

/** How many messages are acknowledged between two faults. */
const MESSAGES = 30;

/** How long something is stopped, in milliseconds: longer than it takes to notice that NATS is away. */
const STOPPED_MS = 2500;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** All pairs of faults, in an order that the seed determines. */
function pairs(seed: number): [nats: typeof NATS_FAULTS[number], hub: typeof HUB_FAULTS[number]][] {
  let state = seed >>> 0;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return NATS_FAULTS.flatMap((nats) =>
    HUB_FAULTS.map((hub) => ({ pair: [nats, hub] as const, at: random() }))
  )
    .sort((a, b) => a.at - b.at).map(({ pair: [nats, hub] }) => [nats, hub]);
}

/** Lets servers of NATS fail, until they are back. */
async function failNats(servers: readonly NatsServer[], fault: typeof NATS_FAULTS[number]): Promise<void> {
  const [server] = servers as [NatsServer];
  if (fault === "all") await Promise.all(servers.map((each) => each.restart()));
  else if (fault === "rolling") {
    for (const each of servers) {
      await each.restart("SIGTERM");
      // As whoever runs NATS does: a server that still catches up counts as failed too.
      await Promise.all(servers.map((one) => one.ready()));
    }
  } else if (fault === "SIGSTOP") {
    await server.stop();
    await pause(STOPPED_MS);
    server.continue();
  } else await server.restart(fault);
  await Promise.all(servers.map((each) => each.ready()));
}

/** Lets a hub fail, until it is back. */
async function failHub(run: ClusterRun, hub: number, fault: typeof HUB_FAULTS[number]): Promise<void> {
  if (fault === "SIGSTOP") {
    run.signalHub(hub, "SIGSTOP");
    await pause(STOPPED_MS);
    return run.signalHub(hub, "SIGCONT");
  }
  await run.endHub(hub, "SIGKILL");
  await run.startHub(hub);
}

for (const [count, faults] of [[1, 5], [3, IS_FRAIL ? 1 : 2]] as const) {
  natsTest(
    `No message is lost, doubled or reordered while ${count} of NATS and hubs fail at once (seed ${SEED})`,
    async () => {
      await using nats = count === 3 ? await NatsCluster.start() : await NatsServer.start();
      const servers = nats instanceof NatsCluster ? nats.servers : [nats];
      await using run = await ClusterRun.start({
        ...{ urls: servers.map(({ url }) => url), replicas: count, clients: 6, everyMs: 50 },
        deadlineMs: 3 * DEADLINE_MS,
      });
      await run.arrived();
      const story: string[] = [];
      const all = pairs(SEED + count);
      // In the tests each fault of NATS comes once.
      const few = all.filter(([fault], index) => all.findIndex(([other]) => other === fault) === index)
        .filter(([fault]) => count === 1 || !IS_FRAIL || fault !== "all");
      const total = count === 3 && IS_FRAIL ? faults : howMany(faults);
      for (let fault = 0; fault < total; fault++) {
        const chosen = total > faults ? all : few;
        const [ofNats, ofHub] = chosen[fault % chosen.length]!;
        story.push(`${ofNats} of NATS, ${ofHub} of hub ${fault % HUBS}`);
        await run.more(MESSAGES);
        await Promise.all([failNats(servers, ofNats), failHub(run, fault % HUBS, ofHub)]);
      }
      await run.more(MESSAGES);
      const { sent, acknowledged, lost, doubled, disordered, different, faults: others } = await run.finish();
      assertEquals(
        { lost, doubled, disordered, different, others },
        { lost: [], doubled: [], disordered: [], different: [], others: [] },
        story.join("; "),
      );
      assertEquals(acknowledged, sent);
    },
  );
}
