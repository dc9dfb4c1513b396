/**
 * Hubs in the background: `serve --daemon restart`.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { connectClient, daemonTest, kill } from "../helpers/hubs/daemon_test_tools.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { NO_PTY } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";

daemonTest(
  "restart starts another process with the same flags and variables, unless others are given",
  async (daemons) => {
    const { port } = await daemons.start("--port", String(keptPort()));
    const config = `${daemons.folder}/hub.toml`;
    await Deno.writeTextFile(config, "max_connections = 1\n");
    const env = { RIFTCHAT_LOG_LEVEL: "debug" };
    const flags = ["--host", "127.0.0.1", "--port", String(port), "--config", config, "--json"];
    const second = JSON.parse((await daemons.do(["restart", ...flags], env)).stdout);
    assertEquals(second.listening.port, port);
    const third = await daemons.restart();
    assertEquals(third.port, port);
    assert(third.pid !== second.pid);
    await using _ana = await connectClient(port);
    await using refused = await OriginalClient.connect(port);
    const { message } = await refused.nextOf(200) as unknown as { message: { message: string } };
    assertStringIncludes(message.message, "the hub is full");
    const record = JSON.parse((await Deno.readTextFile(daemons.runtime("default.pid"))).split("\n")[1]!);
    assertEquals(record.origin, {
      flags: [`--config=${config}`, "--host=127.0.0.1", `--port=${port}`],
      variables: { RIFTCHAT_HISTORY: "off", ...env },
    });
  },
);

daemonTest("Clients reconnect by themselves after a restart", async (daemons) => {
  const { port } = await daemons.start("--port", String(keptPort()));
  await using pty = await Pty.start(["join", `127.0.0.1:${port}`, "-n", "ana"]);
  await pty.until(() => pty.window.some((row) => row.startsWith("-- connected")));
  await pty.type("a draft");
  await daemons.restart("--host", "127.0.0.1", "--port", String(port));
  await pty.until(/connection lost: the hub shut down; connecting again/);
  // bo is connected before the message is sent, now or when ana is connected again.
  await using bo = await connectClient(port);
  await pty.type("\r");
  await bo.until(({ message }) => (message as { message?: string })?.message === "a draft");
}, NO_PTY);

daemonTest(
  "restart with invalid settings does not stop the running hub, and exits 1 or 2",
  async (daemons) => {
    const config = `${daemons.folder}/hub.toml`;
    await Deno.writeTextFile(config, "");
    const { port } = await daemons.start("--config", config);
    await Deno.writeTextFile(config, 'port = "http"\n');
    const again = await daemons.do(["restart"]);
    assertEquals([again.stdout, again.status], ["", 1]);
    assertMatch(
      again.stderr,
      /^riftchat: cannot restart instance default: the running hub was not stopped: .*hub\.toml, line 1/,
    );
    const other = await daemons.do(["restart", "--port", "http"]);
    assertEquals([other.stdout, other.status], ["", 2]);
    await using _ana = await connectClient(port);
  },
);

daemonTest(
  "restart with unusable files or an unusable address does not stop the running hub",
  async (daemons) => {
    const motd = `${daemons.folder}/motd`;
    await Deno.writeTextFile(motd, "welcome\n");
    const { pid, port } = await daemons.start("--motd-file", motd);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    for (
      const [words, why] of [
        [["--log-file", `${daemons.folder}/no/such/log`], /cannot open the log .*: there is no such folder/],
        [["--log-file", daemons.folder], /cannot open the log .*: it is something else/],
        [["--host", "192.0.2.1"], /cannot listen on 192\.0\.2\.1:0: /],
        [["--port", String((taken.addr as Deno.NetAddr).port)], /cannot listen on 127\.0\.0\.1:\d+: /],
        [["--motd-file", `${motd}.not`], /cannot read the message of the day/],
      ] as [string[], RegExp][]
    ) {
      const { stdout, stderr, status } = await daemons.do(["restart", ...words]);
      assertEquals([stdout, status], ["", 1]);
      assertStringIncludes(
        stderr,
        "riftchat: cannot restart instance default: the running hub was not stopped: ",
      );
      assertMatch(stderr, why);
    }
    await Deno.writeTextFile(motd, "\x1b[2J\n");
    const plain = await daemons.do(["restart"]);
    assertMatch(
      plain.stderr,
      /^riftchat: cannot restart .*: the running hub was not stopped: .*message of the day.*line 1/,
    );
    assertEquals(plain.status, 1);
    assertEquals(JSON.parse((await daemons.do(["status", "--json"])).stdout).pid, pid);
    await using _ana = await connectClient(port);
  },
);

daemonTest("After a failed restart, the next one uses the flags of the hub before", async (daemons) => {
  const { port } = await daemons.start("--port", String(keptPort()));
  await daemons.restart("--port", String(port));
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const metrics = `127.0.0.1:${(taken.addr as Deno.NetAddr).port}`;
  const failed = await daemons.do(["restart", "--metrics", metrics]);
  assertEquals([failed.stdout, failed.status], ["", 1]);
  assertStringIncludes(failed.stderr, `cannot serve metrics on ${metrics}`);
  assertEquals((await daemons.do(["status"])).status, 3);
  assertEquals((await daemons.restart()).port, port);
  await using _ana = await connectClient(port);
});

daemonTest("restart with a flag keeps the others", async (daemons) => {
  const { port } = await daemons.start("--port", String(keptPort()));
  await daemons.restart("--port", String(port), "--max-connections", "1");
  const last = await daemons.restart("--log-level", "debug");
  assertEquals(last.port, port);
  const record = JSON.parse((await Deno.readTextFile(daemons.runtime("default.pid"))).split("\n")[1]!);
  assertEquals(record.origin.flags, [
    "--host=127.0.0.1",
    `--port=${port}`,
    "--max-connections=1",
    "--log-level=debug",
  ]);
});

daemonTest(
  "restart starts a hub that is not running; after a kill -9 with its last flags",
  async (daemons) => {
    const first = await daemons.restart("--host", "127.0.0.1", "--port", "0");
    await kill(first);
    const second = await daemons.restart();
    await using _ana = await connectClient(second.port);
  },
);

daemonTest(
  "restart after the runtime folder was removed uses the flags of the last start; after stop it does not",
  async (daemons) => {
    const first = await daemons.start("--port", String(keptPort()), "--max-connections", "7");
    await daemons.restart("--port", String(first.port));
    const origin = async () =>
      JSON.parse((await Deno.readTextFile(daemons.runtime("default.pid"))).split("\n")[1]!).origin.flags;
    const flags = ["--host=127.0.0.1", `--port=${first.port}`, "--max-connections=7"];
    const { pid } = JSON.parse((await daemons.do(["status", "--json"])).stdout);
    await kill({ ...first, pid });
    await Deno.remove(`${daemons.folder}/run`, { recursive: true });
    assertEquals((await daemons.restart()).port, first.port);
    assertEquals(await origin(), flags);
    assertEquals((await daemons.do(["stop"])).status, 0);
    await daemons.restart("--host", "127.0.0.1", "--port", "0");
    assertEquals(await origin(), ["--host=127.0.0.1", "--port=0"]);
  },
);
