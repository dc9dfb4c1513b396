/**
 * `riftchat cluster import` of hubs that go on, of clusters with others, and with servers that fail meanwhile.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals } from "../helpers/assert.ts";
import { type Json, OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { logConfig, nextLine, startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";

natsTest(
  "An import goes on with what the hub has got since, when it ran alone again after an interrupted one",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder(), others = new DataFolder();
    await sayAlone(folder, ["one", "two"]);
    assertEquals((await importFolder(nats, folder)).status, 0);
    // As after Ctrl-C: the messages are in the cluster, and the database has its name.
    renameBack(folder);
    await sayAlone(folder, ["three"]);
    const { status, stderr } = await importFolder(nats, folder, "--continue");
    assertEquals([status, /\b3 messages/.test(stderr)], [0, true], stderr);
    await using hub = await startClusterHub(nats, others);
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    await ana.say("four");
    assertEquals(await nextLine(ana), "4 four");
    await hub.stop();
    assertEquals(textsOf(others), ["one", "two", "three", "four"]);
  },
);

natsTest("An import says so if somebody else has messages where those of the folder belong", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder(), others = new DataFolder();
  await sayAlone(folder, ["one", "two"]);
  {
    await using hub = await startClusterHub(nats, others);
    await using bo = await OriginalClient.connect(hub.port);
    await bo.nextOf(202);
    await bo.say("of the cluster");
    await nextLine(bo);
    await hub.stop();
  }
  const { status, stderr } = await importFolder(nats, folder, "--continue");
  assertEquals([status, /#main: somebody else has written there/.test(stderr)], [1, true], stderr);
  const without = await importFolder(nats, folder, "--without-messages");
  assertEquals(
    [without.status, /give it another folder with --data/.test(without.stderr)],
    [0, true],
    without.stderr,
  );
  // The folder is as it was.
  assertEquals(textsOf(folder), ["one", "two"]);
});

natsTest("An import brings the identity of the hub, unless the cluster has another one", async () => {
  await using nats = await NatsServer.start();
  using first = new DataFolder(), second = new DataFolder(), others = new DataFolder();
  await sayAlone(first, ["one"]);
  await sayAlone(second, ["two"]);
  const identityOf = ({ path }: DataFolder) => Deno.readTextFile(join(path, "hub_identity"));
  const [one, two] = [await identityOf(first), await identityOf(second)];
  const imported = await importFolder(nats, first);
  assertEquals([imported.status, /another identity/.test(imported.stderr)], [0, false], imported.stderr);
  // A hub without a history comes first.
  await using hub = await startClusterHub(nats, others);
  await hub.stop();
  assertEquals(await identityOf(others), one);
  const { status, stderr } = await importFolder(nats, second, "--without-messages");
  assertEquals([status, /another identity/.test(stderr)], [0, true], stderr);
  assertEquals(await identityOf(second), two);
});

natsTest("An import that is interrupted says how to go on", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder();
  await sayAlone(folder, ["one"]);
  await nats.kill();
  await using importing = new Program(["cluster", "import", "--cluster", nats.url, "--data", folder.path]);
  await importing.waitForLog(/no NATS server answers/);
  importing.kill("SIGINT");
  const { status, stderr } = await importing.finish();
  assertEquals([status, /interrupted: .*--continue goes on/.test(stderr)], [130, true], stderr);
  await nats.start();
  assertEquals((await importFolder(nats, folder, "--continue")).status, 0);
});

natsTest("What a hub has comes back to a cluster whose NATS has lost everything", async () => {
  using folder = new DataFolder(), restored = new DataFolder(), others = new DataFolder();
  const key = await TestKey.make();
  {
    await using nats = await NatsServer.start();
    await using hub = await startClusterHub(nats, folder);
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    await ana.say("one");
    await nextLine(ana);
    assertEquals((await run(["op", "add", `ssh-ed25519 ${key.key} mine`, "--data", folder.path])).status, 0);
    await hub.stop();
  }
  await using nats = await NatsServer.start();
  const exported = await run(["export", "--data", folder.path]);
  await using importing = new Program(["import", "--data", restored.path], { stdin: "piped" });
  await importing.type(exported.stdout);
  await importing.endInput();
  assertEquals((await importing.finish()).status, 0);
  assertEquals((await importFolder(nats, restored)).status, 0);
  await using hub = await startClusterHub(nats, folder);
  await using other = await startClusterHub(nats, others);
  await using ana = await OriginalClient.connect(other.port);
  await using bo = await OriginalClient.connect(hub.port);
  await Promise.all([ana.nextOf(202), bo.nextOf(202)]);
  await ana.say("two");
  assertEquals([await nextLine(ana), await nextLine(bo)], ["2 two", "2 two"]);
  await Promise.all([hub.stop(), other.stop()]);
  for (const one of [folder, others]) {
    assertEquals(textsOf(one), ["one", "two"]);
    const { stdout, stderr } = await run(["op", "list", "--data", one.path]);
    assert(stdout.includes("mine"), stdout + stderr);
  }
});

natsTest("An import leaves the streams of a cluster that exists as they are", async () => {
  await using nats = await NatsServer.start();
  using folder = new DataFolder(), others = new DataFolder();
  await sayAlone(folder, ["one"]);
  {
    await using hub = await startClusterHub(nats, others);
    await hub.stop();
  }
  const before = await logConfig(nats);
  const { status, stderr } = await importFolder(nats, folder, "--keep", "2d,32MiB");
  assertEquals(status, 0, stderr);
  assertEquals(await logConfig(nats), before);
});

natsTest(
  "Messages that were sent before an import are known by their ids after it: sent again, and edited",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder();
    const sends = async (hub: HubProgram, ...requests: { [field: string]: Json }[]) => {
      await using _hub = hub;
      await using ana = await OriginalClient.connect(hub.port);
      await ana.nextOf(202);
      const hello = {
        code: 102,
        client: "test/1",
        username: "ana",
        session: "0123456789abcdef",
        rooms: ["dev"],
      };
      await ana.sendJson({ ...hello, ref: "hello" });
      const answers: unknown[] = [];
      for (const request of requests) {
        await ana.sendJson({ code: 103, room: "main", ref: "say", ...request });
        const { code, sequence } = await ana.until(({ ref }) => ref === "say");
        answers.push([code, sequence]);
      }
      await hub.stop();
      return answers;
    };
    const messages = [
      { message: "one", id: "1" },
      { message: "two", id: "2" },
      { message: "there", id: "3", room: "dev" },
      { code: 104, message: "to me", id: "4", to: "ana" },
    ];
    const changes = [
      { code: 126, sequence: 1, id: "1" },
      { code: 127, sequence: 2, id: "2", message: "changed" },
    ];
    const alone = await HubProgram.start(["--history", "on", "--data", folder.path]);
    const before = await sends(alone, ...messages, ...changes);
    assertEquals((await importFolder(nats, folder)).status, 0);
    const later = { code: 127, room: "dev", sequence: 1, id: "3", message: "changed later" };
    const after = await sends(await startClusterHub(nats, folder), ...messages, changes[1]!, later);
    assertEquals(after, [...before.slice(0, 4), before[5], [207, 1]]);
    assertEquals(textsOf(folder).sort(), ["", "changed", "changed later", "to me"]);
  },
);

/** Says texts at a hub that is in no cluster. */
async function sayAlone(folder: DataFolder, texts: readonly string[]): Promise<void> {
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  for (const text of texts) {
    await ana.say(text);
    await ana.until(({ message }) => (message as { message?: string })?.message === text);
  }
  await hub.stop();
}

function importFolder(nats: NatsServer, folder: DataFolder, ...flags: string[]): ReturnType<typeof run> {
  return run(["cluster", "import", "--cluster", nats.url, "--data", folder.path, ...flags]);
}

function renameBack(folder: DataFolder): void {
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  const imported = names.find((name) => name.includes(".imported-"));
  assert(imported !== undefined, names.join());
  Deno.renameSync(`${folder.path}/${imported}`, `${folder.path}/${imported.replace(/\.imported-.*/, "")}`);
}

function textsOf(folder: DataFolder): string[] {
  return folder.query("SELECT message FROM lines ORDER BY sequence").map(({ message }) => String(message));
}
