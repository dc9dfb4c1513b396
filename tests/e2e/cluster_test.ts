/**
 * Several hubs as one chat, on the real NATS server.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { nextLine, startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { HubProgram, Program } from "../helpers/program.ts";
import { JetStreamApi, NatsConnection, streamNames } from "../../server/nats/mod.ts";

natsTest(
  "What is said at one hub is shown at the other, with the same number, and is stored at both",
  async () => {
    await using nats = await NatsServer.start();
    using folders = new DataFolder(), others = new DataFolder();
    await using one = await startClusterHub(nats, folders);
    await using two = await startClusterHub(nats, others);
    await using ana = await OriginalClient.connect(one.port);
    await using bo = await OriginalClient.connect(two.port);
    await Promise.all([ana.nextOf(202), bo.nextOf(202)]);
    await ana.say("hello");
    assertEquals([await nextLine(ana), await nextLine(bo)], ["1 hello", "1 hello"]);
    await bo.say("hi ana");
    assertEquals([await nextLine(ana), await nextLine(bo)], ["2 hi ana", "2 hi ana"]);
    await Promise.all([one.stop(), two.stop()]);
    for (const folder of [folders, others]) {
      assertEquals(
        folder.query("SELECT sequence, message FROM lines ORDER BY sequence").map(({ sequence, message }) =>
          `${sequence} ${message}`
        ),
        ["1 hello", "2 hi ana"],
      );
    }
  },
);

natsTest("A hub that was killed has what was said meanwhile once it is back, each message once", async () => {
  await using nats = await NatsServer.start();
  using folders = new DataFolder(), others = new DataFolder();
  await using one = await startClusterHub(nats, folders);
  await using ana = await OriginalClient.connect(one.port);
  await ana.nextOf(202);
  {
    await using two = await startClusterHub(nats, others);
    await using bo = await OriginalClient.connect(two.port);
    await bo.nextOf(202);
    for (let number = 1; number <= 20; number++) await ana.say(`before ${number}`);
    await bo.until(({ message }) => (message as { message?: string })?.message === "before 20");
    two.kill("SIGKILL");
    await two.status;
  }
  for (let number = 1; number <= 20; number++) await ana.say(`after ${number}`);
  await ana.until(({ message }) => (message as { message?: string })?.message === "after 20");
  await using two = await startClusterHub(nats, others);
  await using bo = await OriginalClient.connect(two.port);
  await bo.nextOf(202);
  await ana.say("now");
  assertEquals(await nextLine(bo), "41 now");
  await two.stop();
  const texts = others.query("SELECT message FROM lines ORDER BY id").map(({ message }) => String(message));
  const range = (what: string) => Array.from({ length: 20 }, (_, index) => `${what} ${index + 1}`);
  assertEquals(texts, [...range("before"), ...range("after"), "now"]);
});

natsTest(
  "A hub that starts when the log has lost its first messages goes on with the same numbers",
  async () => {
    await using nats = await NatsServer.start();
    using folders = new DataFolder(), others = new DataFolder();
    await using one = await startClusterHub(nats, folders);
    await using ana = await OriginalClient.connect(one.port);
    await ana.nextOf(202);
    await ana.sendJson({ code: 102, client: "test/1", rooms: ["quiet"], ref: "hello" });
    await ana.nextOf(210);
    await ana.sendJson({ code: 103, room: "quiet", message: "long ago", ref: "quiet" });
    await ana.nextOf(207);
    for (let number = 1; number <= 5; number++) await ana.say(`line ${number}`);
    await ana.until(({ message }) => (message as { message?: string })?.message === "line 5");
    await purgeLog(nats);
    await using two = await startClusterHub(nats, others);
    await using bo = await OriginalClient.connect(two.port);
    await bo.nextOf(202);
    await bo.sendJson({ code: 102, client: "test/1", rooms: ["quiet"], ref: "hello" });
    await bo.nextOf(210);
    await bo.sendJson({ code: 103, room: "quiet", message: "and now", ref: "quiet" });
    assertEquals((await bo.nextOf(207)).sequence, 2);
    assertEquals(await nextLine(ana), "2 and now");
    await bo.say("line 6");
    assertEquals(await nextLine(ana), "6 line 6");
  },
);

natsTest(
  "riftchat cluster import brings the messages of a hub into the cluster, with their numbers and changes",
  async () => {
    await using nats = await NatsServer.start();
    using folders = new DataFolder(), others = new DataFolder();
    {
      await using alone = await HubProgram.start(["--history", "on", "--data", folders.path]);
      await using ana = await OriginalClient.connect(alone.port);
      await ana.nextOf(202);
      await ana.sendJson({
        code: 102,
        client: "test/1",
        session: "a-secret-of-ana-only",
        username: "ana",
        ref: "hello",
      });
      await ana.nextOf(210);
      await ana.sendJson({ code: 103, room: "main", message: "one", id: "1", ref: "1" });
      await ana.sendJson({ code: 103, room: "main", message: "two", id: "2", ref: "2" });
      await ana.until(({ code, ref }) => code === 207 && ref === "2");
      await ana.sendJson({ code: 127, room: "main", sequence: 1, message: "one!", id: "1", ref: "edit" });
      await ana.until(({ code, ref }) => code === 207 && ref === "edit");
      await alone.stop();
    }
    const flags = ["--cluster", nats.url, "--keep", "1d,16MiB", "--data", folders.path];
    await using refused = new Program(["serve", "--port", "0", "--history", "on", ...flags]);
    const { stderr, status: refusal } = await refused.finish();
    assertEquals([refusal, /riftchat cluster import/.test(stderr)], [1, true], stderr);
    // A cluster needs the history.
    assertEquals(/no-history/.test(stderr), false, stderr);
    await using imported = new Program(["cluster", "import", ...flags]);
    const { stderr: text, status } = await imported.finish();
    assertEquals(status, 0, text);
    await using again = new Program(["cluster", "import", "--cluster", nats.url, "--data", others.path]);
    assertEquals((await again.finish()).status, 1);
    await using one = await startClusterHub(nats, folders);
    await using two = await startClusterHub(nats, others);
    await using ana = await OriginalClient.connect(one.port);
    await using bo = await OriginalClient.connect(two.port);
    await Promise.all([ana.nextOf(202), bo.nextOf(202)]);
    await bo.say("three");
    assertEquals([await nextLine(ana), await nextLine(bo)], ["3 three", "3 three"]);
    await Promise.all([one.stop(), two.stop()]);
    for (const folder of [folders, others]) {
      const lines = folder.query(
        "SELECT sequence, message, edited FROM lines LEFT JOIN changes ON changes.line = lines.id ORDER BY sequence",
      );
      assertEquals(lines.map(({ sequence, message, edited }) => [sequence, message, edited !== null]), [
        [1, "one!", true],
        [2, "two", false],
        [3, "three", false],
      ]);
    }
  },
);

/** Deletes all messages of the log, as its age does. */
async function purgeLog(nats: NatsServer): Promise<void> {
  const connection = await NatsConnection.connect({ servers: [nats.url], name: "test" });
  try {
    await new JetStreamApi(connection).call(`STREAM.PURGE.${streamNames("main").log}`);
  } finally {
    await connection.close();
  }
}
