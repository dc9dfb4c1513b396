/** `riftchat ping`, as a process, against hubs, an original server, and what is none. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";

Deno.test("ping says which hub answered and how soon, and nobody in the chat notices", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await ana.beAnnounced();
  const { stdout, stderr, status } = await run(["ping", `127.0.0.1:${hub.port}`]);
  assertEquals([stderr, status], ["", 0]);
  assertMatch(
    stdout,
    new RegExp(`^127\\.0\\.0\\.1:${hub.port}: riftchat \\S+ answered in \\d+\\.\\d ms\\n$`),
  );
  const before = ana.received.length;
  await ana.say("only me");
  await ana.nextOf(200);
  assertEquals(ana.received.slice(before).map(({ code }) => code), [200]);
});

Deno.test("ping takes the hub from HOST and PORT of the environment", async () => {
  await using hub = await HubProgram.start();
  const { stdout, status } = await run(["ping"], { env: { HOST: "127.0.0.1", PORT: String(hub.port) } });
  assertMatch(stdout, / answered in /);
  assertEquals(status, 0);
});

Deno.test("ping prints no error if nobody reads its output, and ends with status 0", async () => {
  await using hub = await HubProgram.start();
  await using ping = new Program(["ping", `127.0.0.1:${hub.port}`]);
  await ping.closeOutput();
  assertEquals([await ping.status, ping.stderr], [0, ""]);
});

Deno.test("ping knows an original server", async () => {
  await using server = new OriginalServer();
  const { stdout, status } = await run(["ping", `127.0.0.1:${server.port}`]);
  assertMatch(stdout, /: an original hub answered in \d/);
  assertEquals(status, 0);
});

Deno.test("ping of a port where nothing listens says so, with status 3", async () => {
  const port = keptPort();
  const { stdout, stderr, status } = await run(["ping", `127.0.0.1:${port}`]);
  assertEquals([stdout, status], ["", 3]);
  assertMatch(stderr, /^riftchat: cannot reach 127\.0\.0\.1:\d+: connection refused[^\n]*\n$/);
});

Deno.test("ping of what is no hub says so, with status 3", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = listener.accept().then(async (connection) => {
    await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
    connection.close();
  });
  const { stdout, stderr, status } = await run(["ping", `127.0.0.1:${port}`]);
  await serving;
  assertEquals([stdout, status], ["", 3]);
  assertMatch(
    stderr,
    /^riftchat: cannot reach a hub at 127\.0\.0\.1:\d+: the hub broke the protocol[^\n]*\n$/,
  );
});

Deno.test("ping of a hub that is full says why it was refused, with status 4", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  const { stdout, stderr, status } = await run(["ping", `127.0.0.1:${hub.port}`]);
  assertEquals([stdout, status], ["", 4]);
  assertMatch(stderr, /^riftchat: 127\.0\.0\.1:\d+ would not have this connection: the hub is full[^\n]*\n$/);
});

Deno.test("ping --alive of a hub that is full takes that for well, and RIFTCHAT_PORT for the port", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  const env = { HOST: "127.0.0.1", PORT: "1", RIFTCHAT_PORT: String(hub.port) };
  const { stderr, status } = await run(["ping", "--alive"], { env });
  assertEquals(status, 0);
  assertMatch(stderr, /would not have this connection/);
});

Deno.test("ping finds a hub by RIFTCHAT_HOST, and by the config file of RIFTCHAT_CONFIG", async () => {
  await using hub = await HubProgram.start();
  const path = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(path, `\ufeffhost = "0.0.0.0"\nport = ${hub.port}\nhistory = "off"\n`);
    const environments: Record<string, string>[] = [
      { RIFTCHAT_HOST: "127.0.0.1", RIFTCHAT_PORT: String(hub.port), HOST: "no-such-host.invalid" },
      { RIFTCHAT_CONFIG: path, HOST: "no-such-host.invalid", RIFTCHAT_PORT: "tcp://10.96.0.1:8000" },
    ];
    for (const env of environments) {
      const { stdout, stderr, status } = await run(["ping"], { env });
      assertEquals([stderr, status], ["", 0]);
      assertMatch(stdout, new RegExp(`^127\\.0\\.0\\.1:${hub.port}: riftchat `));
    }
    await Deno.writeTextFile(path, "port");
    const { stderr, status } = await run(["ping"], { env: { RIFTCHAT_CONFIG: path } });
    assertEquals(status, 2);
    assertMatch(
      stderr,
      /^riftchat: cannot read \S+, the file of RIFTCHAT_CONFIG: line 1 must be TOML: it is not; [^\n]+\n$/,
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("ping, tail and say that reach no hub name the variable that supplied the host", async () => {
  for (const args of [["ping"], ["tail"], ["say", "hi"]]) {
    const { stderr, status } = await run(args, { env: { HOST: "x86_64-conda-linux-gnu.invalid" } });
    assertEquals(status, 3, stderr);
    assertMatch(
      stderr,
      /^riftchat: cannot reach x86_64-conda-linux-gnu\.invalid:8000 \(host from HOST\): [^\n]+\n$/,
    );
  }
});
