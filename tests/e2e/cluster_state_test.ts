/**
 * What hubs of a cluster store is the same at all of them, with the programs as they are run.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import {
  clusterFlags,
  logConfig,
  nextLine,
  startClusterHub,
  untilPrinted as until,
} from "../helpers/nats/cluster_hub_program.ts";
import { NatsClient } from "../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";
import { streamNames, StreamReader } from "../../server/nats/mod.ts";

natsTest(
  "An operator of one hub is one of the other, also after a kill -9, and both prove one key",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder(), otherFolder = new DataFolder();
    const key = await TestKey.make(), otherKey = await TestKey.make();
    await using one = await startClusterHub(nats, folder);
    {
      await using two = await startClusterHub(nats, otherFolder);
      const identities = await Promise.all([one, two].map(async ({ port }) => {
        await using client = await OriginalClient.connect(port);
        const { server } = await client.nextOf(202) as Received & { server: { identity: string } };
        return server.identity;
      }));
      assertEquals(identities[1], identities[0]);
      const added = await run(["op", "add", `ssh-ed25519 ${key.key} here`, "--data", folder.path]);
      assertEquals([added.status, added.stderr], [0, ""]);
      await until(otherFolder, ["op", "list"], "here");
      two.kill("SIGKILL");
      await two.status;
    }
    // Also one that is added while the hub does not run.
    const added = await run(["op", "add", `ssh-ed25519 ${otherKey.key} there`, "--data", otherFolder.path]);
    assertEquals([added.status, added.stderr], [0, ""]);
    await using two = await startClusterHub(nats, otherFolder);
    await until(folder, ["op", "list"], "there");
    await until(folder, ["audit"], "op add");
    await Promise.all([one.stop(), two.stop()]);
  },
);

natsTest(
  "A hub with operators of its own does not join a cluster that has others, and is imported",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder(), otherFolder = new DataFolder();
    const key = await TestKey.make();
    await using one = await startClusterHub(nats, folder);
    {
      await using alone = await HubProgram.start(["--history", "on", "--data", otherFolder.path]);
      await run(["op", "add", `ssh-ed25519 ${key.key} mine`, "--data", otherFolder.path]);
      await alone.stop();
    }
    const { status, stderr } = await run(["serve", "--port", "0", ...clusterFlags(nats, otherFolder)]);
    assert(status !== 0);
    assert(stderr.includes("riftchat cluster import"), stderr);
    await until(otherFolder, ["op", "list"], "mine");
    const flags = ["--cluster", nats.url, "--keep", "1d,16MiB", "--data", otherFolder.path];
    const imported = await run(["cluster", "import", "--without-messages", ...flags]);
    assertEquals(imported.status, 0, imported.stderr);
    await until(folder, ["op", "list"], "mine");
    await using two = await startClusterHub(nats, otherFolder);
    await until(folder, ["audit"], "op add");
    await two.stop();
    await one.stop();
  },
);

natsTest(
  "What the commands of a hub change while it is stopped reaches the others when it starts",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder(), otherFolder = new DataFolder();
    const key = await TestKey.make();
    await using one = await startClusterHub(nats, folder);
    {
      await using two = await startClusterHub(nats, otherFolder);
      await using ana = await comes(two, key, "ana");
      await ana.say("hello");
      await ana.nextOf(200);
      await two.stop();
    }
    const at = ["--data", otherFolder.path];
    assertEquals((await run(["op", "add", "ana", ...at])).status, 0);
    assert((await run(["name", ...at])).stdout.startsWith("ana "));
    // The messages of a name change at all hubs, or at none.
    const freed = await run(["name", "free", "ana", ...at]);
    assertEquals([freed.status, /in a cluster/.test(freed.stderr)], [1, true], freed.stderr);
    await using two = await startClusterHub(nats, otherFolder);
    await until(folder, ["op", "list"], "ana ");
    await using bo = await OriginalClient.connect(two.port);
    await bo.nextOf(202);
    await bo.say("again");
    assertEquals(await nextLine(bo), "2 again");
    await Promise.all([one.stop(), two.stop()]);
  },
);

/** Connects with a key; the client has its welcome. */
async function comes({ port }: HubProgram, key: TestKey, username: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  const { server } = await client.nextOf(202) as Received & { server: { identity: string; nonce: string } };
  await client.sendJson({ code: 102, client: "test/1", username, ref: "h", ...key.proof(server, username) });
  assertEquals((await client.until(({ ref }) => ref === "h")).code, 210);
  return client;
}

natsTest("A hub that cannot start leaves the settings of the log as they are", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder();
  await using hub = await startClusterHub(nats, folder);
  const before = await logConfig(nats);
  const flags = [
    "serve",
    "--port",
    "0",
    "--host",
    "127.0.0.1",
    ...clusterFlags(nats, folder),
    "--keep",
    "1h,1MiB",
  ];
  const { status, stderr } = await run(flags);
  assertEquals([status, /another hub is using it/.test(stderr)], [1, true], stderr);
  assertEquals(await logConfig(nats), before);
  await hub.stop();
  await using again = await startClusterHub(nats, folder, "--keep", "2d,32MiB");
  assertEquals((await logConfig(nats) as number[]).slice(0, 2), [2 * 86_400 * 1e9, 32 * 1024 * 1024]);
  await again.stop();
});

natsTest("A hub of a cluster becomes one on its own, as docs/scaling.md says", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder(), back = new DataFolder();
  const { key } = await TestKey.make();
  const identityOf = async (hub: HubProgram) => {
    await using client = await OriginalClient.connect(hub.port);
    const { server } = await client.nextOf(202) as Received & { server: { identity: string } };
    await client.say("hello");
    return [await nextLine(client), server.identity];
  };
  const inCluster = await startClusterHub(nats, folder);
  const [, identity] = await identityOf(inCluster);
  assertEquals((await run(["op", "add", `ssh-ed25519 ${key} mine`, "--data", folder.path])).status, 0);
  await inCluster.stop();
  const document = await Deno.readTextFile(new URL("../../docs/scaling.md", import.meta.url));
  const [, script] = /## Back to one hub[^]*?```sh\n([^]*?)```/.exec(document)!;
  const [install, copy, ...riftchat] = script!.trim().split("\n");
  const place = (text: string) =>
    text.replaceAll("/var/lib/riftchat", folder.path).replaceAll("alone", back.path);
  const made = await new Deno.Command("sh", { args: ["-ec", place(`${install}\n${copy}`)] }).output();
  assertEquals(made.code, 0, new TextDecoder().decode(made.stderr));
  assertEquals(riftchat, [
    "riftchat export --data /var/lib/riftchat > messages.jsonl",
    "riftchat import --data alone < messages.jsonl",
  ]);
  const exported = await run(["export", "--data", folder.path]);
  await using importing = new Program(["import", "--data", back.path], { stdin: "piped" });
  await importing.type(exported.stdout);
  await importing.endInput();
  assertEquals((await importing.finish()).status, 0);
  const alone = ["--data", folder.path, "--history", "on"];
  const refused = await run(["serve", "--port", "0", "--host", "127.0.0.1", ...alone]);
  assertEquals([refused.status, /only a hub with --cluster/.test(refused.stderr)], [1, true], refused.stderr);
  await using hub = await HubProgram.start(["--history", "on", "--data", back.path]);
  assertEquals(await identityOf(hub), ["2 hello", identity]);
  const { stdout } = await run(["op", "list", "--data", back.path]);
  assert(stdout.includes("mine"), stdout);
  await hub.stop();
});

natsTest("A code of one hub works at the other, and is readable in no stream and no file", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder(), otherFolder = new DataFolder();
  const [laptop, phone] = await Promise.all([TestKey.make(), TestKey.make()]);
  await using one = await startClusterHub(nats, folder);
  await using two = await startClusterHub(nats, otherFolder);
  await using ana = await comes(one, laptop, "ana");
  await ana.say("hello");
  await ana.nextOf(200);
  await ana.sendJson({ code: 117, ref: "c" });
  const { key_code: code } = await ana.until(({ ref }) => ref === "c") as Received & { key_code: string };
  assertEquals(code.split(" ").length, 6);
  await using client = await NatsClient.connect([nats.url]);
  const { state } = streamNames("main");
  const written: string[] = [];
  const { promise: isThere, resolve } = Promise.withResolvers<void>();
  const reader = new StreamReader({
    connection: client.connection,
    stream: state,
    after: 0,
    deliver: ({ subject, data }) => {
      written.push(`${subject} ${new TextDecoder().decode(data)}`);
      if (subject.includes(".names.codes.")) resolve();
    },
    rewound: () => 0,
  });
  reader.start();
  await withDeadline(isThere, () => `waiting for the code in ${written}`);
  await using guest = await comes(two, phone, "guest");
  const added = async () => {
    for (;;) {
      await guest.sendJson({ code: 114, key_code: code, ref: "a" });
      const answer = await guest.until(({ ref }) => ref === "a");
      // The other hub may not have read yet that there is a code.
      if (answer.code !== 206) return answer as Received & { username: string };
    }
  };
  const answer = await withDeadline(added(), () => "adding the key");
  assertEquals([answer.code, answer.username], [207, "ana"]);
  reader.close();
  const files = [folder, otherFolder].flatMap((one) => Object.entries(one.files()));
  for (const [where, text] of [["NATS", written.join("\n")], ...files, ["log", one.stderr + two.stderr]]) {
    assert(!text!.includes(code), where);
    assert(!text!.includes(btoa(code)), where);
  }
});
