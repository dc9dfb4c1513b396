/** Clients of several hubs that form one chat on the real NATS server: their hub is killed, and nothing is lost. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { startClusterHub } from "../helpers/nats/cluster_hub_program.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { Program, run } from "../helpers/program.ts";

const at = (...ports: number[]) => ports.map((port) => `127.0.0.1:${port}`).join(",");

natsTest("At another hub of the cluster a client gets exactly what it missed", async () => {
  await using nats = await NatsServer.start();
  using first = new DataFolder(), second = new DataFolder(), third = new DataFolder();
  await using one = await startClusterHub(nats, first);
  await using two = await startClusterHub(nats, second);
  const later = keptPort();
  const says = async (text: string) => {
    const { status, stderr } = await run(["say", "--hub", at(two.port), "-n", "bo", "--no-config", text]);
    assertEquals([status, stderr], [0, ""]);
  };
  await using tail = new Program(["tail", at(one.port, later), "--no-presence", "--no-config"]);
  await says("before");
  await tail.lineWhere((line) => line.endsWith("bo  before"));
  one.kill("SIGKILL");
  await tail.waitForLog(/connection lost/);
  for (let number = 1; number <= 5; number++) await says(`missed ${number}`);
  await using _three = await startClusterHub(nats, third, "--port", String(later));
  await tail.lineWhere((line) => line.endsWith("bo  missed 5"));
  await says("after");
  await tail.lineWhere((line) => line.endsWith("bo  after"));
  assertEquals(
    tail.stdout.map((line) => line.replace(/^.*bo {2}/, "")),
    ["before", ...[1, 2, 3, 4, 5].map((number) => `missed ${number}`), "after"],
  );
  assertMatch(tail.stderr, new RegExp(`connected again, to ${at(later)}\n$`));
});

natsTest(
  "A pipe whose hub is killed sends the rest to another hub: each line arrives once, in order",
  async () => {
    await using nats = await NatsServer.start();
    using first = new DataFolder(), second = new DataFolder();
    await using one = await startClusterHub(nats, first);
    const other = keptPort();
    const sent = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
    await using pipe = new Program(["join", at(one.port, other), "-n", "ci", "--no-config"], {
      stdin: "piped",
    });
    // It is at the only hub that is there.
    await pipe.lineWhere((line) => / ci( joined)?$/.test(line));
    await using _two = await startClusterHub(nats, second, "--port", String(other));
    await using tail = new Program(["tail", at(other), "--no-presence", "--no-config", "--json"]);
    for (const [index, line] of sent.entries()) {
      await pipe.type(`${line}\n`);
      if (index % 10 === 0) await pipe.lineWhere((shown) => shown.includes(line));
      if (index === 30) one.kill("SIGKILL");
    }
    await pipe.endInput();
    const { status, stderr } = await pipe.finish();
    assertEquals(status, 0, stderr);
    await tail.lineWhere((line) => line.includes("line 60"));
    const received = tail.stdout.flatMap((line) => {
      const { username, message } = JSON.parse(line);
      return username === "ci" ? String(message).split("\n") : [];
    });
    assertEquals(received, sent);
  },
);

natsTest(
  "A pipe keeps what its hub refuses while NATS is away, and sends it in order afterwards",
  async () => {
    await using nats = await NatsServer.start();
    using folder = new DataFolder();
    await using hub = await startClusterHub(nats, folder);
    await using tail = new Program(["tail", at(hub.port), "--no-presence", "--no-config", "--json"]);
    const startPipe = (name: string, ...options: string[]) =>
      new Program(["join", at(hub.port), "-n", name, "--quiet", "--no-config", ...options], {
        stdin: "piped",
      });
    await using pipe = startPipe("ci");
    await using hasty = startPipe("hasty", "--retry", "0");
    for (const one of [pipe, hasty]) {
      await one.type("before\n");
      await tail.lineWhere((line) => line.includes('"before"'));
    }
    await nats.kill();
    // This one is on its way to NATS when the others are refused, and counts when NATS is back.
    await hasty.type("on its way\n");
    await hub.waitForLog(/NATS is away/);
    for (const one of [pipe, hasty]) await one.type("first\nsecond\n");
    await pipe.waitForLog(/the hub takes no messages now: they wait for as long as --retry says/);
    await pipe.type("third\n");
    await nats.start();
    await tail.lineWhere((line) => line.includes('third"'));
    for (const one of [pipe, hasty]) await one.endInput();
    assertEquals([(await pipe.finish()).status, (await hasty.finish()).status], [0, 4]);
    const said = tail.stdout.map((line) => JSON.parse(line)).filter(({ username }) => username === "ci");
    // Lines that come together are one message.
    assertEquals(said.flatMap(({ message }) => message.split("\n")), ["before", "first", "second", "third"]);
  },
);
