import {
  ClusterError,
  ensureStreams,
  JetStreamApi,
  NatsError,
  streamFacts,
  streamNames,
  type StreamSettings,
} from "../../../server/nats/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { NatsClient, surely } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

const SETTINGS: StreamSettings = { name: "test", replicas: 1 };
const names = streamNames("test");
const ALL = [names.log, names.hubs, names.state];

/** Returns the settings of a stream as the server has them. */
async function configOf(api: JetStreamApi, stream: string): Promise<Record<string, unknown>> {
  return (await api.call<{ config: Record<string, unknown> }>(`STREAM.INFO.${stream}`)).config;
}

natsTest(
  "The streams are made with the settings on which the hubs rely, and found by the next hub",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.connect([server.url]);
    const api = new JetStreamApi(client.connection);
    const made = await ensureStreams(client.connection, { ...SETTINGS, maxAgeMs: 3_600_000, maxBytes: 1e8 });
    const log = await configOf(api, names.log);
    assertEquals(
      [
        log["storage"],
        log["max_age"],
        log["max_bytes"],
        log["duplicate_window"],
        log["allow_direct"] ?? false,
      ],
      ["file", 3_600e9, 1e8, 120e9, false],
    );
    assertEquals(log["subjects"], ["riftchat.test.r.>", "riftchat.test.d.>", "riftchat.test.e.>"]);
    for (const stream of ALL.slice(1)) {
      const { max_msgs_per_subject, max_age, allow_direct, storage } = await configOf(api, stream);
      assertEquals(
        [max_msgs_per_subject, max_age, allow_direct ?? false, storage],
        [1, 0, false, "file"],
        stream,
      );
    }
    const changes: string[] = [];
    const found = await ensureStreams(
      client.connection,
      { ...SETTINGS, maxAgeMs: 3_600_000, maxBytes: 1e8 },
      {
        changed: (text) => changes.push(text),
      },
    );
    assertEquals([found.log.identity, changes], [made.log.identity, []]);
  },
);

natsTest("Hubs that start at the same moment make the streams once", async () => {
  await using server = await NatsServer.start();
  await using one = await NatsClient.connect([server.url]);
  await using other = await NatsClient.connect([server.url]);
  const clients = [one, other, one, other, one, other, one, other];
  // NATS 2.9 says now and then that the subjects belong to another stream, while it makes the one that is asked for.
  for (let round = 0; round < 30; round++) {
    const settings = { ...SETTINGS, name: `test${round}`, maxBytes: 1 << 20 };
    const made = await Promise.all(clients.map(({ connection }) => ensureStreams(connection, settings)));
    assertEquals(new Set(made.map(({ log }) => log.identity)).size, 1);
  }
});

natsTest("A short age shortens the window of duplicates, which may not be longer", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  await ensureStreams(client.connection, { ...SETTINGS, maxAgeMs: 60_000 });
  assertEquals((await configOf(new JetStreamApi(client.connection), names.log))["duplicate_window"], 60e9);
});

natsTest("A stream that exists gets the retention of the hub that starts, and this is told", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publish(1);
  const changes: string[] = [];
  const { log } = await ensureStreams(client.connection, { ...SETTINGS, maxAgeMs: 86_400_000 }, {
    changed: (text) => changes.push(text),
  });
  assertEquals(log.messages, 1);
  assertEquals((await configOf(new JetStreamApi(client.connection), names.log))["max_age"], 86_400e9);
  assertEquals(changes, [
    "the stream RIFTCHAT_test_log of NATS has the settings of this hub: age 24 h instead of without limit",
  ]);
});

natsTest("Two clusters on the same servers do not meet", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  const other = await ensureStreams(client.connection, { ...SETTINGS, name: "test2" });
  await client.publish(1);
  const api = new JetStreamApi(client.connection);
  assertEquals((await streamFacts(api, other.names.log)).messages, 0);
  assertEquals((await streamFacts(api, names.log)).messages, 1);
});

/** Other settings of an existing stream, and what the error says of them. */
const UNUSABLE: [stream: string, config: Record<string, unknown>, text: string][] = [
  [
    names.log,
    { subjects: ["riftchat.test.r.>"] },
    "its subjects are riftchat.test.r.>, expected riftchat.test.r.> ",
  ],
  [names.log, { storage: "memory" }, 'storage is "memory", expected "file"'],
  [names.log, { retention: "workqueue" }, 'retention is "workqueue", expected "limits"'],
  [names.log, { discard: "new" }, 'discard is "new", expected "old"'],
  [names.log, { max_msgs: 1000 }, "max_msgs is 1000, expected -1"],
  [names.log, { max_msg_size: 1000 }, "max_msg_size is 1000, expected no limit"],
  [names.log, { no_ack: true }, "it acknowledges nothing"],
  [names.hubs, { max_msgs_per_subject: 5 }, "max_msgs_per_subject is 5, expected 1"],
  [names.hubs, { allow_direct: true }, "allow_direct is true, expected false"],
  [names.hubs, { allow_rollup_hdrs: false }, "allow_rollup_hdrs is false, expected true"],
  [names.log, { deny_purge: true }, "deny_purge is true, expected false"],
];

for (const [stream, config, text] of UNUSABLE) {
  const field = Object.keys(config)[0];
  natsTest(`A stream with another ${field} is refused, and the error says what to do`, async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.connect([server.url]);
    const api = new JetStreamApi(client.connection);
    await ensureStreams(client.connection, SETTINGS);
    const usable = await configOf(api, stream);
    await api.call(`STREAM.DELETE.${stream}`);
    await api.call(`STREAM.CREATE.${stream}`, { ...usable, ...config });
    const error = await assertRejects(() => ensureStreams(client.connection, SETTINGS), ClusterError);
    assertStringIncludes(error.message, `Cannot use the stream ${stream} of NATS: ${text}`);
    assertStringIncludes(error.message, "choose another --cluster-name, or remove the stream");
  });
}

natsTest("A stream of somebody else that takes the subjects is refused", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  const api = new JetStreamApi(client.connection);
  await api.call("STREAM.CREATE.other", { name: "other", subjects: ["riftchat.>"], storage: "memory" });
  const error = await assertRejects(() => ensureStreams(client.connection, SETTINGS), ClusterError);
  assertStringIncludes(
    error.message,
    "another stream of NATS takes its subjects; choose another --cluster-name",
  );
});

natsTest("A server that takes only small messages is refused, and the error says what to do", async () => {
  await using server = await NatsServer.start({ config: "max_payload: 65536" });
  await using client = await NatsClient.connect([server.url]);
  const error = await assertRejects(() => ensureStreams(client.connection, SETTINGS), ClusterError);
  assertStringIncludes(error.message, "at most 65536 bytes");
  assertStringIncludes(error.message, "raise max_payload");
});

natsTest("Three replicas on a single server are refused, and the error says what to do", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  const error = await assertRejects(
    () => ensureStreams(client.connection, { ...SETTINGS, replicas: 3 }),
    ClusterError,
  );
  assertStringIncludes(error.message, `NATS at 127.0.0.1:${server.port} is a single server; `);
  assertStringIncludes(error.message, "start the hubs with --cluster-replicas 1, or run three NATS servers");
});

natsTest(
  "A log that is larger than JetStream may store is refused, and the error says what to do",
  async () => {
    await using server = await NatsServer.start({ maxFile: "1G" });
    await using client = await NatsClient.connect([server.url]);
    const large = { ...SETTINGS, maxBytes: 2e9 };
    const text =
      "JetStream reserves what the stream may store, 2000000000 bytes, on 1 of its servers; keep less by --keep";
    const refused = async () =>
      (await assertRejects(() => ensureStreams(client.connection, large), ClusterError)).message;
    assertStringIncludes(await refused(), text);
    await ensureStreams(client.connection, { ...SETTINGS, maxBytes: 1e6 });
    assertStringIncludes(await refused(), text);
  },
);

natsTest("Making streams waits for a server that is away, says why, and can be given up", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  await server.kill();
  await client.changed("disconnected");
  const abort = new AbortController();
  const reasons: string[] = [];
  const error = await assertRejects(() =>
    ensureStreams(client.connection, SETTINGS, {
      signal: abort.signal,
      waiting: (reason) => {
        reasons.push(reason);
        abort.abort();
      },
    }), NatsError);
  assertEquals([error.kind, reasons], ["closed", ["JetStream is not ready: NATS is not connected"]]);
  await server.start();
  await ensureStreams(client.connection, SETTINGS);
});

natsTest("A server without JetStream is waited for, and then named", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  let now = 0;
  await using client = await NatsClient.connect([server.url], {
    // Each time that the hub waits takes long, and no time passes.
    clock: {
      wall: () => now,
      elapsed: () => now,
      after: (ms, run) => {
        const timer = setTimeout(run, ms >= 1000 ? ms : 0);
        if (ms < 1000) now += 5000;
        return () => clearTimeout(timer);
      },
    },
  });
  const reasons: string[] = [];
  const error = await assertRejects(
    () => ensureStreams(client.connection, SETTINGS, { waiting: (reason) => reasons.push(reason) }),
    ClusterError,
  );
  assertStringIncludes(
    error.message,
    `NATS at 127.0.0.1:${server.port} has no JetStream: start nats-server with `,
  );
  assertEquals(reasons.length, 1);
});

natsTest("Streams on three servers have three replicas, can be moved from one, and stay there", async () => {
  await using cluster = await NatsCluster.start();
  await using client = await NatsClient.connect(cluster.urls);
  const api = new JetStreamApi(client.connection);
  await ensureStreams(client.connection, SETTINGS);
  assertEquals((await streamFacts(api, names.log)).followers, []);
  await ensureStreams(client.connection, { ...SETTINGS, replicas: 3 });
  for (const stream of ALL) {
    // A stream that gets replicas lists its leader among them until it has elected one.
    await surely(async () => {
      const { replicas, followers } = await streamFacts(api, stream);
      assertEquals([replicas, followers.length], [3, 2], stream);
    });
  }
  const changes: string[] = [];
  const { log } = await surely(() =>
    ensureStreams(client.connection, SETTINGS, { changed: (text) => changes.push(text) })
  );
  assertEquals(log.replicas, 3);
  assertEquals(changes.length, 3);
  assertStringIncludes(changes[0]!, "RIFTCHAT_test_log stays on 3 NATS servers");
});

natsTest("Streams are made on a cluster whose JetStream is still starting", async () => {
  await using cluster = await NatsCluster.start();
  await Promise.all(cluster.servers.map((server) => server.kill()));
  // The first of them alone has no majority.
  await cluster.servers[0]!.start();
  await using client = await NatsClient.connect(cluster.urls);
  const { promise: waits, resolve } = Promise.withResolvers<string>();
  const making = ensureStreams(client.connection, { ...SETTINGS, replicas: 3 }, { waiting: resolve });
  assertStringIncludes(await waits, "JetStream is not ready: ");
  await Promise.all(cluster.servers.slice(1).map((server) => server.start()));
  assertEquals((await making).log.replicas, 3);
});
