/**
 * The metrics and the readiness of a hub of a cluster.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { Scrape } from "../helpers/hubs/scrape.ts";
import {
  clusterFlags,
  nextLine,
  startClusterHub,
  untilPrinted,
} from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { NatsClient } from "../helpers/nats/log_reader.ts";
import { HubProgram, run } from "../helpers/program.ts";
import { JetStreamApi, streamNames } from "../../server/nats/mod.ts";

/** Starts a hub of a cluster that serves its metrics. */
async function measuredHub(
  nats: NatsServer,
  folder: DataFolder,
): Promise<[hub: HubProgram, metrics: string]> {
  const hub = await startClusterHub(nats, folder, "--metrics", "127.0.0.1:0");
  await hub.waitForLog(/metrics on \S+\n/);
  return [hub, hub.stderr.match(/metrics on (\S+)/)![1]!];
}

/** Changes the settings of a stream; `change` gets the bytes that it has. */
async function changeStream(
  nats: NatsServer,
  name: string,
  change: Record<string, number> | ((bytes: number) => Record<string, number>),
): Promise<void> {
  await using client = await NatsClient.connect([nats.url]);
  const api = new JetStreamApi(client.connection);
  const { config, state } = await api.call<{ config: object; state: { bytes: number } }>(
    `STREAM.INFO.${name}`,
  );
  const changes = typeof change === "function" ? change(state.bytes) : change;
  await api.call(`STREAM.UPDATE.${name}`, { ...config, ...changes });
}

/** Sets how large the bucket of names, rooms and bans may be, in bytes; `undefined` for as large as it is. */
async function limitRows(nats: NatsServer, maxBytes?: number): Promise<void> {
  await changeStream(nats, streamNames("main").state, (bytes) => ({ max_bytes: maxBytes ?? bytes }));
}

/** Waits until the line of a hub in the status of the cluster has a text. */
async function statusHas(nats: NatsServer, folder: DataFolder, text: string): Promise<void> {
  const id = (await Deno.readTextFile(`${folder.path}/hub_id`)).trim();
  let line = "";
  const asked = async () => {
    while (!line.includes(text)) {
      const { stdout } = await run(["cluster", "status", "--cluster", nats.url]);
      line = stdout.split("\n").find((line) => line.startsWith(id)) ?? stdout;
    }
  };
  await withDeadline(asked(), () => `waiting for ${text} in ${line}`);
}

/** Waits until a hub says whether it is ready as wanted; returns what it says. */
async function readiness(metrics: string, status: number): Promise<string> {
  const asked = async () => {
    for (;;) {
      const response = await fetch(new URL("/readyz", metrics));
      const text = await response.text();
      if (response.status === status) return text;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return await withDeadline(asked(), () => `/readyz with ${status}`);
}

/** Waits until a hub counts as wanted: it reads leases beside the log, and what it tells itself may be under way. */
async function countsAre(metrics: string, wanted: Record<string, number>): Promise<void> {
  let found = "";
  const asked = async () => {
    while (found !== JSON.stringify(wanted)) {
      const scrape = await Scrape.of(metrics);
      const names = Object.keys(wanted);
      found = JSON.stringify(
        Object.fromEntries(names.map((name) => [name, scrape.value(`riftchat_cluster_${name}`)])),
      );
    }
  };
  await withDeadline(asked(), () => found);
}

natsTest(
  "A hub is not ready while NATS is away; its metrics tell that, and who is at other hubs",
  async () => {
    await using nats = await NatsServer.start();
    using one = new DataFolder(), two = new DataFolder();
    const [hub, metrics] = await measuredHub(nats, one);
    await using _hub = hub;
    const [other] = await measuredHub(nats, two);
    await using _other = other;
    await using ana = await OriginalClient.connect(hub.port);
    await using bo = await OriginalClient.connect(other.port);
    await Promise.all([ana.nextOf(202), bo.nextOf(202)]);
    await bo.say("hello");
    await ana.nextOf(200);
    assertEquals(await readiness(metrics, 200), "ok\n");
    await countsAre(metrics, {
      away: 0,
      lag: 0,
      in_flight: 0,
      waiting_messages: 0,
      hubs: 2,
      remote_sessions: 1,
    });
    await nats.kill();
    await ana.say("held");
    assert(/^(?:NATS is away|nothing comes)/.test(await readiness(metrics, 503)));
    const isAway = async () => {
      for (;;) {
        const during = await Scrape.of(metrics);
        if (during.value("riftchat_cluster_away") === 1) {
          return during.value(
            "riftchat_cluster_waiting_messages",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    assertEquals(await withDeadline(isAway(), () => "NATS is away"), 1);
    const health = await fetch(new URL("/healthz", metrics));
    assertEquals([health.status, await health.text()], [200, "ok\n"]);
    await nats.start();
    assertEquals(await readiness(metrics, 200), "ok\n");
  },
);

natsTest("A hub says why NATS stores nothing, in its log and as it is not ready", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder();
  const [hub, metrics] = await measuredHub(nats, folder);
  await using _hub = hub;
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await changeStream(nats, streamNames("main").log, { max_msg_size: 1 });
  await ana.say("too large for now");
  await hub.waitForLog(
    /error NATS stores nothing: \S+: message size exceeds maximum allowed: look at the disk/,
  );
  assert(/^NATS stores nothing, and .* exceeds maximum/.test(await readiness(metrics, 503)));
  await changeStream(nats, streamNames("main").log, { max_msg_size: -1 });
  assertEquals(await nextLine(ana), "1 too large for now");
  assertEquals(await readiness(metrics, 200), "ok\n");
});

natsTest("A hub says that NATS has lost the log, and ends when it is made anew", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder(), others = new DataFolder();
  const [hub, metrics] = await measuredHub(nats, folder);
  await using _hub = hub;
  {
    await using client = await NatsClient.connect([nats.url]);
    await new JetStreamApi(client.connection).call(`STREAM.DELETE.${streamNames("main").log}`);
  }
  await hub.waitForLog(/error NATS does not have the log of the cluster main any more: restore its data/);
  const lost = /^NATS does not have the log of the cluster any more\n/;
  assert(lost.test(await readiness(metrics, 503)));
  await using other = await startClusterHub(nats, others);
  await hub.waitForLog(/fatal the log of the cluster was made anew/);
  assertEquals(await hub.status, 1);
  await other.stop();
});

natsTest("A hub that starts is not ready before it lets clients in, and says what it waits for", async () => {
  const permissions = 'publish: { deny: "$KV.RIFTCHAT_main_hubs.>" }';
  const config =
    `authorization { users: [{ user: hub, password: secret, permissions: { ${permissions} } }] }`;
  await using nats = await NatsServer.start({ config });
  using folder = new DataFolder();
  const url = nats.url.replace("nats://", "nats://hub:secret@");
  const flags = [...clusterFlags({ url }, folder), "--metrics", "127.0.0.1:0"];
  await using hub = new HubProgram(["serve", "--port", "0", "--host", "127.0.0.1", ...flags]);
  await hub.waitForLog(/warning waiting for NATS: this hub cannot show itself: no answer/);
  const metrics = hub.stderr.match(/metrics on (\S+)/)![1]!;
  assertEquals(await readiness(metrics, 503), "it is not known yet who is at the other hubs\n");
  assertEquals(hub.stdout, []);
});

natsTest(
  "A hub whose names, rooms and bans do not reach the others is not ready; metrics and status tell that",
  async () => {
    await using nats = await NatsServer.start();
    using one = new DataFolder(), two = new DataFolder();
    const [hub, metrics] = await measuredHub(nats, one);
    await using _hub = hub;
    const [other, otherMetrics] = await measuredHub(nats, two);
    await using _other = other;
    const { key } = await TestKey.make();
    assertEquals(await readiness(metrics, 200), "ok\n");
    await statusHas(nats, one, "  current  ");
    await limitRows(nats);
    const added = await run(["op", "add", `ssh-ed25519 ${key} here`, "--data", one.path]);
    assertEquals([added.status, added.stderr], [0, ""]);
    assertEquals(
      await readiness(metrics, 503),
      "names, rooms and bans cannot be changed here: NATS does not take changes\n",
    );
    assertEquals(await readiness(otherMetrics, 200), "ok\n");
    const during = await Scrape.of(metrics);
    const rows = (name: string) => during.value(`riftchat_cluster_rows_${name}`)!;
    assertEquals([rows("cut_off"), rows("lag")], [1, 0]);
    assert(rows("waiting") >= 1 && rows("late_seconds") > 1);
    // The operator, and the entry of the audit.
    await statusHas(nats, one, "cut off, 2 to send");
    await limitRows(nats, -1);
    assertEquals(await readiness(metrics, 200), "ok\n");
    await statusHas(nats, one, "  current  ");
    await untilPrinted(two, ["op", "list"], "here");
  },
);
