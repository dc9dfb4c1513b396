/** `riftchat bench`, as a program. */
import { assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";

Deno.test("bench without an address starts a hub, and every message reaches every client", async () => {
  const { status, stdout, stderr } = await run([
    "bench",
    "--clients",
    "20",
    "--senders",
    "3",
    "--seconds",
    "1",
  ]);
  assertEquals([status, stderr], [0, ""]);
  assertMatch(stdout, /^20 clients, 3 of them senders/);
  assertMatch(stdout, /^every message reached every client: [\d,]+ deliveries$/m);
  assertMatch(stdout, /^latency {2}p50 /m);
});

Deno.test("bench sends at the given rate to a running hub, and counts only its own messages", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await ana.say("I was here before");
  const args = [
    "--clients",
    "5",
    "--senders",
    "2",
    "--rate",
    "50",
    "--seconds",
    "1",
    "--size",
    "200",
    "--json",
  ];
  const { status, stdout } = await run(["bench", `127.0.0.1:${hub.port}`, ...args]);
  const result = JSON.parse(stdout);
  assertEquals(status, 0);
  assertEquals([result.lines, result.deliveries, result.missing, result.size], [50, 250, 0, 200]);
  const received = await ana.until(({ message }) =>
    (message as { message?: string })?.message?.startsWith("load-") ?? false
  );
  assertEquals((received.message as { message: string }).message.length, 200);
});

Deno.test("bench without an address measures the hub that the environment names", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  const args = ["--clients", "2", "--senders", "1", "--rate", "5", "--seconds", "1"];
  const { status, stderr } = await run(["bench", ...args], {
    env: { HOST: "127.0.0.1", RIFTCHAT_PORT: `${hub.port}` },
  });
  assertEquals([status, stderr], [0, ""]);
  await ana.until(({ message }) => (message as { message?: string })?.message?.startsWith("load-") ?? false);
});

Deno.test("bench names the variable with a host that is not this machine", async () => {
  const { status, stderr } = await run(["bench"], { env: { HOST: "x86_64-conda-linux-gnu" } });
  assertEquals(status, 2);
  assertStringIncludes(
    stderr,
    "x86_64-conda-linux-gnu:8000 (host from HOST) is not this machine, and a load disturbs all users of a hub",
  );
});

Deno.test("bench reports once on stderr that the rate limit of the hub is part of the latencies", async () => {
  await using hub = await HubProgram.start(["--rate-limit", "5/20"]);
  const args = ["--clients", "4", "--senders", "3", "--rate", "90", "--seconds", "1", "--json"];
  const { status, stdout, stderr } = await run(["bench", `127.0.0.1:${hub.port}`, ...args]);
  const { missing, throttled } = JSON.parse(stdout);
  assertEquals([status, missing, throttled], [0, 0, true]);
  assertEquals(
    stderr,
    "riftchat: the rate limit of the hub delays the messages, and the latencies contain that delay; " +
      "to measure the hub itself, start it with --rate-limit off\n",
  );
});

Deno.test("bench reports a hub that shuts down, and exits 1", async () => {
  await using hub = await HubProgram.start();
  await using watcher = await OriginalClient.connect(hub.port);
  await using bench = new Program(
    ["bench", `127.0.0.1:${hub.port}`, "--clients", "3", "--senders", "1", "--rate", "100", "--seconds", "3"],
  );
  await watcher.until(({ message }) =>
    (message as { message?: string })?.message?.startsWith("load-") ?? false
  );
  hub.kill("SIGKILL");
  const { status, stdout } = await bench.finish();
  assertEquals(status, 1);
  assertMatch(stdout, /the hub disconnected clients/);
});

Deno.test("bench without a hub at the address exits 3", async () => {
  const port = keptPort();
  const { status, stderr } = await run(["bench", `127.0.0.1:${port}`]);
  assertEquals(status, 3);
  assertMatch(stderr, /^riftchat: cannot reach 127\.0\.0\.1:\d+: connection refused/);
});

Deno.test("bench that is interrupted while it connects exits 130, even if the hub sends nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using bench = new Program([
    "bench",
    `127.0.0.1:${listener.addr.port}`,
    "--clients",
    "1",
    "--senders",
    "1",
  ]);
  using _client = await listener.accept();
  bench.kill("SIGINT");
  const { status, stderr } = await bench.finish();
  assertEquals(status, 130);
  assertMatch(stderr, /interrupted while connecting/);
});

Deno.test("bench that is interrupted while it sends prints the result so far, and exits 130", async () => {
  await using hub = await HubProgram.start();
  await using watcher = await OriginalClient.connect(hub.port);
  const args = ["--clients", "2", "--senders", "1", "--rate", "50", "--seconds", "60", "--json"];
  await using bench = new Program(["bench", `127.0.0.1:${hub.port}`, ...args]);
  await watcher.until(({ message }) =>
    (message as { message?: string })?.message?.startsWith("load-") ?? false
  );
  bench.kill("SIGINT");
  const { status, stdout } = await bench.finish();
  const { lines, missing } = JSON.parse(stdout);
  assertEquals([status, missing, lines > 0 && lines < 3000], [130, 0, true]);
});

Deno.test("bench works with an original server, which writes JSON with spaces", async () => {
  await using server = new OriginalServer();
  // One message: of two that arrive together such a server leaves the second until more arrives.
  const args = ["--clients", "2", "--senders", "1", "--rate", "1", "--seconds", "1"];
  const { status, stdout } = await run(["bench", `127.0.0.1:${server.port}`, ...args]);
  assertMatch(stdout, /^every message reached every client: 2 deliveries$/m);
  assertEquals(status, 0);
});

for (
  const [args, expected] of [
    [
      ["example.org"],
      "example.org:8000 is not this machine, and a load disturbs all users of a hub; add --yes if the hub is yours",
    ],
    [["--clients", "5", "--senders", "6"], "--senders must be at most --clients, which is 5: it is 6"],
    [["--size", "10"], "It must be a whole number from 48 to 4096"],
    [["nowhere:http"], "the port must be a number"],
  ] as [string[], string][]
) {
  Deno.test(`bench ${args.join(" ")} is a usage error`, async () => {
    const { status, stdout, stderr } = await run(["bench", ...args]);
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(stderr, expected);
  });
}

Deno.test("bench --web needs a running hub, and has neither TLS nor a password", async () => {
  const cases: [args: string[], error: string][] = [
    [["--web"], "--web needs the address of a running hub"],
    [["localhost:1", "--web", "--fingerprint", "x"], "leave out --fingerprint"],
    [["localhost:1", "--web", "--password-file", "x"], "leave out --password-file"],
  ];
  for (const [args, error] of cases) {
    const { status, stderr } = await run(["bench", ...args]);
    assertEquals(status, 2);
    assertStringIncludes(stderr, error);
  }
});

Deno.test("bench --web says that a port is not the one for browsers", async () => {
  await using hub = await HubProgram.start();
  const { status, stderr } = await run([
    "bench",
    `127.0.0.1:${hub.port}`,
    "--web",
    "--clients",
    "1",
    "--senders",
    "1",
  ]);
  assertEquals(status, 3);
  assertStringIncludes(stderr, "as a WebSocket");
});
