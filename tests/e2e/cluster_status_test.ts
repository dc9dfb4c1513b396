/**
 * `riftchat cluster status`, on the real NATS server.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { run } from "../helpers/program.ts";
import { VERSION } from "../../protocol/mod.ts";

natsTest(
  "cluster status shows hubs, streams and NATS, as text and as JSON; a hub that was stopped is not there",
  async () => {
    await using nats = await NatsServer.start();
    using one = new DataFolder(), two = new DataFolder();
    await using hub = await startClusterHub(nats, one);
    await using other = await startClusterHub(nats, two);
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    await ana.say("hello");
    await ana.nextOf(200);
    const status = async () => {
      const { stdout, stderr, status } = await run(["cluster", "status", "--json", "--cluster", nats.url]);
      assertEquals([stderr, status], ["", 0]);
      return JSON.parse(stdout);
    };
    const both = await status();
    assertEquals([both.cluster, both.hubs.length], ["main", 2]);
    const ids = [one, two].map(({ path }) => Deno.readTextFileSync(`${path}/hub_id`).trim()).sort();
    assertEquals(both.hubs.map(({ hub }: { hub: string }) => hub), ids);
    for (const { alive, lease_ms, shown } of both.hubs) {
      assertEquals([alive, shown.version], [true, VERSION]);
      assert(lease_ms < 10_000);
    }
    const log = both.streams.find(({ name }: { name: string }) => name === "RIFTCHAT_main_log");
    assert(log.messages > 0 && log.bytes > 0 && log.replicas === 1);
    assertEquals([log.first_sequence, log.last_sequence], [1, log.messages]);
    assert(!/"[^"]*[a-z][A-Z]\w*":/.test(JSON.stringify(both)), "all names are in snake_case");
    await other.stop();
    assertEquals((await status()).hubs.length, 1);
    const { stdout } = await run(["cluster", "status", "--cluster", nats.url]);
    assertStringIncludes(stdout, `cluster main on NATS ${both.nats.version} at 127.0.0.1:${nats.port}\n`);
    assert(
      new RegExp(`\n[\\w-]{12}  ${VERSION.replaceAll(".", "\\.")} +\\S+ +\\d+ +\\d+ +current +\\d+\\.\\d s\n`)
        .test(
          stdout,
        ),
      stdout,
    );
    assert(/\nRIFTCHAT_main_log +\d+ +\d\.\d MiB +1 +-\n/.test(stdout), stdout);
  },
);

natsTest("cluster status says when there is no such cluster, and when NATS does not answer", async () => {
  const nats = await NatsServer.start();
  {
    await using _nats = nats;
    const { stderr, status } = await run([
      "cluster",
      "status",
      "--cluster",
      nats.url,
      "--cluster-name",
      "none",
    ]);
    assertEquals(
      [stderr, status],
      [
        "riftchat: no hub has made the cluster none on these servers: check --cluster and --cluster-name\n",
        1,
      ],
    );
  }
  const { stderr, status } = await run(["cluster", "status", "--cluster", nats.url]);
  assertStringIncludes(stderr, `riftchat: no NATS server answers at ${nats.url}`);
  assertStringIncludes(stderr, ": check --cluster, and that NATS runs\n");
  assertEquals(status, 1);
});

natsTest("cluster status says what is wrong with NATS, and what to do", async () => {
  await using plain = await NatsServer.start({ jetStream: false });
  const config = `authorization { users: [
    { user: hub, password: right }
    { user: stranger, password: right, permissions: { publish: ["other"], subscribe: [">"] } }
  ] }`;
  await using guarded = await NatsServer.start({ config });
  const login = (user: string) => `nats://${user}@127.0.0.1:${guarded.port}`;
  for (
    const [url, problem] of [
      [plain.url, /^riftchat: NATS \S+ at \S+ has no JetStream: start nats-server with --jetstream/],
      [guarded.url, /^riftchat: cannot log in to NATS at .*; put a user and a password into --cluster/],
      [
        login("hub:wrong"),
        /^riftchat: cannot log in to NATS at .*; check the user and the password in --cluster/,
      ],
      [login("stranger:right"), /does not let this user see the cluster main: .*STREAM\.INFO/],
    ] as const
  ) {
    const { stderr, status } = await run(["cluster", "status", "--cluster", url]);
    assertEquals([status, problem.test(stderr)], [1, true], stderr);
  }
});

Deno.test("cluster refuses what it cannot do, and flags of another action", async () => {
  for (
    const [args, problem] of [
      [["show"], "cannot show a cluster: it must be status or import"],
      [["status"], "cannot show the status: the cluster is missing: give its NATS servers with --cluster"],
      [["import", "--json"], "cannot take --json: it is for status only"],
      [["status", "--continue"], "cannot take --continue: it is for import only"],
    ] as const
  ) {
    assertEquals(await run(["cluster", ...args]), {
      stdout: "",
      stderr: `riftchat: ${problem}\n`,
      status: 2,
    });
  }
});
