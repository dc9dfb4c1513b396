/**
 * Runs three hubs as one chat while hubs and NATS servers are killed and stopped, and counts what was lost:
 * `deno task cluster-soak [--seconds N] [--clients N] [--rate N] [--servers 1|3] [--seed N]`.
 *
 * Every ten seconds a hub is killed, stopped for some seconds or shut down, and started again; twice NATS is killed and
 * started again, with three servers the leader of the log. Clients of a hub that is gone go to the next one. What was
 * done goes to stdout while it happens, and then the results. The exit status is 1 if a message was lost, doubled or
 * out of order, or a client or a hub has another transcript than the others.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ClusterRun, HUBS } from "../tests/helpers/nats/cluster_run.ts";
import { NatsCluster } from "../tests/helpers/nats/nats_cluster.ts";
import { NatsServer, NO_NATS } from "../tests/helpers/nats/nats_server.ts";
import { JetStreamApi, NatsConnection, streamFacts, streamNames } from "../server/nats/mod.ts";

/** The time between two faults of hubs, in milliseconds. */
const HUB_FAULT_MS = 10_000;

/** How long a hub is away, in milliseconds: at least, and at most. */
const AWAY_MS = [1000, 6000] as const;

/** How long all may take to be acknowledged and received in the end, in milliseconds. */
const DEADLINE_MS = 120_000;

/** What a run needs. */
interface Settings {
  seconds: number;
  clients: number;
  /** Messages a second of all clients together. */
  rate: number;
  servers: 1 | 3;
  seed: number;
}

const sleep = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Park and Miller's generator, so that a seed repeats the faults: numbers from 0 to below 1. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed % 2_147_483_646 + 1;;) {
    yield (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  }
}

/** Says what happens, with the time since the start. */
function story(): (text: string) => void {
  const since = performance.now();
  return (text) => print(`${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}

/** Kills, stops or shuts down a hub, and brings it back. */
async function failHub(run: ClusterRun, next: () => number, say: (text: string) => void): Promise<void> {
  const hub = Math.floor(next() * HUBS);
  const kind = (["SIGKILL", "SIGSTOP", "SIGKILL", "SIGTERM"] as const)[Math.floor(next() * 4)]!;
  const ms = AWAY_MS[0] + next() * (AWAY_MS[1] - AWAY_MS[0]);
  say(`hub ${hub}: ${kind}, for ${(ms / 1000).toFixed(1)} s`);
  if (kind === "SIGSTOP") {
    run.signalHub(hub, "SIGSTOP");
    await sleep(ms);
    run.signalHub(hub, "SIGCONT");
  } else {
    await run.endHub(hub, kind);
    await sleep(ms);
    await run.startHub(hub);
  }
  say(`hub ${hub} is back`);
}

/** Kills a server, with three the leader of the log, and starts it again. */
async function failNats(nats: NatsServer | NatsCluster, say: (text: string) => void): Promise<void> {
  let server = nats;
  if (server instanceof NatsCluster) {
    const connection = await NatsConnection.connect({ servers: server.urls, name: "cluster-soak" });
    const { leader } = await streamFacts(new JetStreamApi(connection), streamNames("main").log);
    await connection.close();
    server = leader === undefined ? server.servers[0]! : server.server(leader);
  }
  say(`NATS ${server.name ?? ""}: SIGKILL and restart`);
  await server.restart("SIGKILL");
  say("NATS is back");
}

/** Causes faults until the time is over. */
async function fail(run: ClusterRun, nats: NatsServer | NatsCluster, settings: Settings): Promise<void> {
  const numbers = random(settings.seed), next = () => numbers.next().value;
  const say = story();
  const durationMs = settings.seconds * 1000;
  const hubs = async () => {
    const since = performance.now();
    for (let at = HUB_FAULT_MS; at <= durationMs; at += HUB_FAULT_MS) {
      await sleep(Math.max(0, since + at - HUB_FAULT_MS / 2 - performance.now()));
      await failHub(run, next, say);
    }
    await sleep(Math.max(0, since + durationMs - performance.now()));
  };
  const servers = async () => {
    for (let count = 0; count < 2; count++) {
      await sleep(durationMs / 3);
      await failNats(nats, say);
    }
  };
  await Promise.all([hubs(), servers()]);
  say("all run; nothing new is sent");
}

/** Does a run; returns whether nothing was lost. */
async function soak(settings: Settings): Promise<boolean> {
  const { clients, rate, servers, seed } = settings;
  await using nats = servers === 3 ? await NatsCluster.start() : await NatsServer.start();
  await using run = await ClusterRun.start({
    urls: nats instanceof NatsCluster ? nats.urls : [nats.url],
    replicas: servers,
    clients,
    everyMs: clients / rate * 1000,
    deadlineMs: DEADLINE_MS,
  });
  await run.arrived();
  const since = performance.now();
  await fail(run, nats, settings);
  const seconds = (performance.now() - since) / 1000;
  const { sent, acknowledged, refused, lost, doubled, disordered, different, faults, ...silences } = await run
    .finish();
  print(
    `seed               ${seed}`,
    `servers of NATS    ${servers}`,
    `clients            ${clients}, at ${HUBS} hubs`,
    `time               ${seconds.toFixed(0)} s, ${(sent / seconds).toFixed(1)} messages a second`,
    `sent               ${sent}`,
    `acknowledged       ${acknowledged}; ${refused} were refused first`,
    `lost               ${lost.length}`,
    `doubled            ${doubled.length}`,
    `out of order       ${disordered.length}`,
    `other transcripts  ${different.length}`,
    `longest silence    ${(silences.silenceMs / 1000).toFixed(1)} s at a client, ` +
      `${(silences.silenceOfAllMs / 1000).toFixed(1)} s at all of them`,
    ...[...lost, ...doubled, ...disordered, ...different].slice(0, 20).map((text) =>
      `WRONG              ${text}`
    ),
    ...faults.slice(0, 20).map((fault) => `FAULT              ${fault}`),
  );
  return sent === acknowledged &&
    [lost, doubled, disordered, different, faults].every((found) => found.length === 0);
}

function print(...lines: string[]): void {
  for (const line of lines) Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      seconds: { type: "string", default: "60" },
      clients: { type: "string", default: "1000" },
      rate: { type: "string", default: "100" },
      servers: { type: "string", default: "1" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    },
  });
  const [seconds, clients, rate, servers, seed] = [
    values.seconds,
    values.clients,
    values.rate,
    values.servers,
    values.seed,
  ].map(Number) as [number, number, number, number, number];
  const isValid = seconds >= 1 && Number.isInteger(clients) && clients > 0 && rate > 0 &&
    (servers === 1 || servers === 3) && Number.isInteger(seed) && seed >= 0;
  if (!isValid) {
    print(
      "Cannot soak: --seconds, --clients and --rate must be more than 0, --servers must be 1 or 3, and --seed a " +
        "whole number",
    );
    Deno.exit(2);
  }
  if (NO_NATS !== undefined) {
    print(`Cannot soak: ${NO_NATS}`);
    Deno.exit(2);
  }
  Deno.exit(await soak({ seconds, clients, rate, servers: servers as 1 | 3, seed }) ? 0 : 1);
}
