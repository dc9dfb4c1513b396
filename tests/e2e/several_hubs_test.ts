/** Clients with the addresses of several hubs, as processes: their hub is killed, and they go on at another one. */
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { needs, OLD_RUNTIME } from "../helpers/needs.ts";
import { ClientProgram, HubProgram, Program, run } from "../helpers/program.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { terminalTest } from "../helpers/terminal/users.ts";
import { Pty } from "../helpers/terminal/pty.ts";

const at = (...ports: number[]) => ports.map((port) => `127.0.0.1:${port}`).join(",");

/** Sends a message to one hub. */
async function says(port: number, name: string, text: string): Promise<void> {
  const { status, stderr } = await run(["say", "--hub", at(port), "-n", name, text]);
  assertEquals([status, stderr], [0, ""]);
}

Deno.test("A pipe goes on at another hub when its hub is killed, and loses no line", async () => {
  await using hub = await HubProgram.start(["--no-history"]);
  const other = keptPort();
  await using client = new Program(["join", at(other, hub.port), "-n", "ana", "--no-config"], {
    stdin: "piped",
  });
  await client.type("one\n");
  await client.lineWhere((line) => line.endsWith("ana  one"));
  await using again = await HubProgram.start(["--no-history", "--port", String(other)]);
  await using bo = new ClientProgram(again.port, ["-n", "bo"]);
  await bo.waitForArrival("bo");
  hub.kill("SIGKILL");
  await client.waitForLog(/connected again, to /);
  await client.type("two\n");
  await bo.waitForShown("00:00 ana  two");
  await client.endInput();
  assertEquals(await client.status, 0);
  assertMatch(
    client.stderr,
    new RegExp(
      `^riftchat: connection lost: [^\\n]+; connecting again\\nriftchat: connected again, to ${
        at(other)
      }\\n$`,
    ),
  );
});

Deno.test("After the move exactly the missed messages are printed, each once", async () => {
  using data = new DataFolder();
  const args = ["--history", "on", "--data", data.path];
  await using hub = await HubProgram.start(args);
  const other = keptPort();
  await says(hub.port, "bo", "before");
  await using tail = new Program(["tail", at(other, hub.port), "--no-presence", "--no-config"]);
  await tail.lineWhere((line) => line.endsWith("bo  before"));
  await says(hub.port, "bo", "seen");
  await tail.lineWhere((line) => line.endsWith("bo  seen"));
  hub.kill("SIGKILL");
  await hub.status;
  await tail.waitForLog(/connection lost/);
  // The same history at another address, as each hub of a cluster has it.
  await using again = await HubProgram.start([...args, "--port", String(other)]);
  for (let number = 1; number <= 5; number++) await says(other, "bo", `missed ${number}`);
  await tail.lineWhere((line) => line.endsWith("bo  missed 5"));
  await says(again.port, "bo", "after");
  await tail.lineWhere((line) => line.endsWith("bo  after"));
  const texts = tail.stdout.map((line) => line.replace(/^.*bo {2}/, ""));
  assertEquals(texts, ["before", "seen", ...[1, 2, 3, 4, 5].map((number) => `missed ${number}`), "after"]);
  await tail.waitForLog(new RegExp(`connected again, to ${at(other)}\\n$`));
});

terminalTest("On a terminal the user sees where the client has gone, and how much was missed", async () => {
  using data = new DataFolder();
  const args = ["--history", "on", "--data", data.path];
  await using hub = await HubProgram.start(args);
  const other = keptPort();
  await using pty = await Pty.start(["join", at(hub.port, other), "-n", "ana"]);
  await pty.until(new RegExp(`^-- connected to ${at(hub.port)}; :help lists the commands$`));
  await pty.type("hello\r");
  await pty.until(/ana {2,}hello$/);
  hub.kill("SIGKILL");
  await hub.status;
  await pty.until(/^-- connection lost: .*; connecting again$/);
  {
    // The same history at an address that ana does not know.
    await using elsewhere = await HubProgram.start(args);
    await says(elsewhere.port, "bo", "missed");
    await says(elsewhere.port, "bo", "missed too");
    await elsewhere.stop();
  }
  await using _again = await HubProgram.start([...args, "--port", String(other)]);
  await pty.until(new RegExp(`^-- reconnected to ${at(other)}, 2 missed$`));
  assertEquals(pty.allRows.filter((row) => /bo {2,}missed/.test(row)).length, 2);
});

Deno.test("If no hub answers, the errors name each, and the status is 3", async () => {
  const hubs = at(keptPort(), keptPort());
  const [one, other] = hubs.split(",");
  const none = new RegExp(
    `^riftchat: none of the 2 hubs can be joined: (?=.*cannot reach ${one}: connection refused)` +
      `(?=.*cannot reach ${other}: connection refused).*\\n$`,
  );
  const env = { HOME: "/nonexistent" };
  for (
    const args of [
      ["join", hubs, "--retry", "0", "--no-config"],
      ["say", "--hub", hubs, "--no-config", "hello"],
      ["tail", hubs, "--no-config"],
    ]
  ) {
    await using program = new Program(args, { stdin: "piped", env });
    await program.endInput();
    const { status, stderr } = await program.finish();
    assertEquals(status, 3, stderr);
    assertMatch(stderr, none);
  }
  const { status, stderr, stdout } = await run(["ping", hubs]);
  assertEquals([status, stdout], [3, ""]);
  assertMatch(
    stderr,
    new RegExp(`^riftchat: cannot reach ${one}: .*\\nriftchat: cannot reach ${other}: .*\\n$`),
  );
  const empty = await run(["join", "a,,b"]);
  assertEquals(empty.status, 2);
  assertMatch(empty.stderr, /between two commas there must be an address/);
  const bench = await run(["bench", hubs]);
  assertEquals(bench.status, 2);
  assertMatch(bench.stderr, /this command takes one address: there are 2/);
});

Deno.test("One of several hubs is enough for say and ping", async () => {
  await using hub = await HubProgram.start(["--no-history"]);
  const dead = keptPort();
  const said = await run(["say", "--hub", at(dead, hub.port), "--no-config", "hello"]);
  assertEquals([said.status, said.stderr], [0, ""]);
  const pinged = await run(["ping", at(dead, hub.port)]);
  assertEquals(pinged.status, 0);
  assertMatch(pinged.stdout, new RegExp(`^${at(hub.port)}: riftchat \\S+ answered in [\\d.]+ ms\\n$`));
  assertMatch(pinged.stderr, new RegExp(`^riftchat: cannot reach ${at(dead)}: connection refused`));
});

/** Starts a hub with TLS, a certificate of its own, and the identity of another one, as hubs of one chat have it. */
async function sameIdentity(
  home: Home,
  name: string,
  port: number,
  identity?: string,
  flags: string[] = [],
): Promise<TlsHub> {
  const data = join(home.path, name);
  await Deno.mkdir(data, { mode: 0o700 });
  if (identity !== undefined) await Deno.copyFile(join(home.path, identity), join(data, "hub_identity"));
  return await TlsHub.start(["--port", String(port), "--tls", "--history", "on", "--data", data, ...flags], {
    env: { ...home.env, XDG_STATE_HOME: join(home.path, `state-${name}`) },
  });
}

Deno.test({
  ...needs(
    "Over TLS a hub with the same identity needs no question, and another one is refused",
    OLD_RUNTIME,
  ),
  async fn() {
    using home = new Home();
    await using hub = await sameIdentity(home, "one", 0);
    const other = keptPort();
    await using tail = new Program(
      ["tail", `rifts://${hub.address},127.0.0.1:${other}`, "--fingerprint", hub.fingerprint],
      { env: home.env },
    );
    await home.saysUntilPrinted(tail, hub.address, ["--fingerprint", hub.fingerprint]);
    // Whoever is in the middle has no key of the hub.
    await using stranger = await sameIdentity(home, "two", other);
    assert(stranger.fingerprint !== hub.fingerprint);
    hub.kill("SIGKILL");
    await tail.waitForLog(
      new RegExp(
        `cannot join 127\\.0\\.0\\.1:${other}: its certificate is unknown: ${
          stranger.fingerprint.replaceAll("+", "\\+")
        } .*does not prove that it is a hub of the same chat`,
      ),
    );
    stranger.kill("SIGKILL");
    await stranger.status;
    await using again = await sameIdentity(home, "three", other, join("one", "hub_identity"));
    assert(again.fingerprint !== hub.fingerprint);
    await tail.waitForLog(new RegExp(`connected again, to 127\\.0\\.0\\.1:${other}\\n`));
    assertEquals(
      home.known.some((line) => line.startsWith(`${again.address} ${again.fingerprint} identity:`)),
      true,
    );
  },
});

Deno.test({
  ...needs(
    "Behind one known address there may be hubs with other certificates of the same identity",
    OLD_RUNTIME,
  ),
  async fn() {
    using home = new Home();
    let hub = await sameIdentity(home, "one", 0);
    const { address, port } = hub;
    const says = (...args: string[]) => home.says(address, ["--retry", "0", ...args]);
    assertEquals((await says("--accept-new")).status, 0);
    const { known } = home;
    await hub.stop();
    await hub[Symbol.asyncDispose]();
    hub = await sameIdentity(home, "two", port, join("one", "hub_identity"));
    assertEquals(await says().then(({ status, stderr }) => [status, stderr]), [0, ""]);
    const { status, stdout } = await run(["ping", address], { env: home.env });
    assertEquals(status, 0);
    assert(stdout.includes(`certificate ${hub.fingerprint}`) && !stdout.includes("not known"), stdout);
    assertEquals(home.known, known);
    await hub.stop();
    await hub[Symbol.asyncDispose]();
    await using stranger = await sameIdentity(home, "three", port);
    for (const end of [await says(), await run(["ping", address], { env: home.env })]) {
      assertEquals(end.status, 6);
      assertMatch(
        end.stderr,
        /its certificate has changed: SHA256:\S{43} is known, but it shows SHA256:\S{43}/,
      );
    }
    assertEquals(stranger.port, port);
  },
});

Deno.test({
  ...needs(
    "A client that knows one hub goes to the one that it names, over TLS without a question",
    OLD_RUNTIME,
  ),
  async fn() {
    using home = new Home();
    const other = keptPort();
    await using hub = await sameIdentity(home, "one", 0, undefined, [
      "--peers",
      `rift://127.0.0.1:1,rifts://127.0.0.1:${other}`,
    ]);
    await using tail = new Program(["tail", hub.address, "--fingerprint", hub.fingerprint], {
      env: home.env,
    });
    await home.saysUntilPrinted(tail, hub.address, ["--fingerprint", hub.fingerprint]);
    await using again = await sameIdentity(home, "two", other, join("one", "hub_identity"));
    hub.kill("SIGKILL");
    await tail.waitForLog(new RegExp(`connected again, to ${again.address}\\n`));
    // A hub without TLS is not tried after one with it.
    assert(!tail.stderr.includes("127.0.0.1:1 "), tail.stderr);
  },
});
