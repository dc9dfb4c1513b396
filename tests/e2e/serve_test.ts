/** The command line of the hub: the real program. */
import { flagOf, SETTING_NAMES } from "../../server/settings/mod.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, Program, programCommand, run } from "../helpers/program.ts";

Deno.test("serve prints its address on the first line of stdout, and logs to stderr", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  assertEquals(await hub.stop(), 0);
  const { stdout, stderr } = await hub.finish();
  assertEquals(stdout, `listening on 127.0.0.1:${hub.port}\n`);
  assertMatch(stderr, /info c1 connected from 127\.0\.0\.1:\d+\n/);
  assertMatch(stderr, /info SIGTERM: shutting down\n/);
});

Deno.test("serve --json prints the address as JSON, and --log-format json logs one object per line", async () => {
  await using hub = new Program(
    ["serve", "--host", "127.0.0.1", "-p", "0", "--json", "--log-format", "json"],
  );
  const { listening } = JSON.parse(await hub.line() ?? "");
  assertEquals(listening.host, "127.0.0.1");
  await using ana = await OriginalClient.connect(listening.port);
  await ana.nextOf(202);
  hub.kill("SIGTERM");
  const { stderr, status } = await hub.finish();
  const records = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(records.map(({ level }) => level).filter((level) => level !== "INFO"), []);
  assert(records.some(({ connection, message }) => connection === "c1" && message.includes("connected")));
  assertEquals(status, 0);
});

Deno.test("serve --log-level leaves out lower levels", async () => {
  await using hub = await HubProgram.start(["--log-level", "error"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await hub.stop();
  assertEquals((await hub.finish()).stderr, "");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`serve that gets ${signal} sends 205 to all clients, closes, and exits 0`, async () => {
    await using hub = await HubProgram.start();
    await using ana = await OriginalClient.connect(hub.port);
    await using bo = await OriginalClient.connect(hub.port);
    await bo.nextOf(202);
    await ana.beAnnounced();
    hub.kill(signal);
    await ana.nextOf(205);
    await bo.nextOf(205);
    assertEquals([await ana.closed, await bo.closed], [undefined, undefined]);
    assertEquals(await hub.status, 0);
  });
}

Deno.test("serve that gets a second signal while it waits for a slow reader exits at once", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await using _stopped = await stoppedReader(hub.port, ana);
  hub.kill("SIGTERM");
  await ana.nextOf(205);
  hub.kill("SIGTERM");
  assertEquals(await hub.status, 143);
});

Deno.test("serve that gets SIGINT twice at once, as from npx on a terminal, still notifies all clients", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  hub.kill("SIGINT");
  hub.kill("SIGINT");
  await ana.nextOf(205);
  assertEquals(await hub.status, 0);
});

Deno.test("serve that cannot send 205 to a slow reader gives up after 5 s, logs that, and exits 0", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  await using _stopped = await stoppedReader(hub.port, ana);
  assertEquals(await hub.stop(), 0);
  assertMatch((await hub.finish()).stderr, /1 connections? did not receive the shutdown message/);
});

/** Connects a client that does not read, and fills the buffers of the kernel, so that the hub has to wait for it. */
async function stoppedReader(port: number, speaker: OriginalClient): Promise<OriginalClient> {
  const stopped = await OriginalClient.connect(port);
  await stopped.nextOf(202);
  stopped.pause();
  await fill(speaker, 9_000_000);
  return stopped;
}

/** Sends this many bytes of messages, and waits for them. */
async function fill(client: OriginalClient, bytes: number): Promise<void> {
  const heard = client.until(({ message }) => (message as { message?: string })?.message === "that was all");
  const text = "x".repeat(4000);
  for (let sent = 0; sent < bytes; sent += text.length) await client.say(text);
  await client.say("that was all");
  await heard;
}

Deno.test("serve takes its port from RIFTCHAT_PORT, then PORT", async () => {
  const args = ["serve", "--host", "127.0.0.1"];
  for (const env of [{ RIFTCHAT_PORT: "0", PORT: "1" }, { PORT: "0" }] as Record<string, string>[]) {
    await using hub = new Program(args, { env });
    assertMatch(await hub.line() ?? "", /^listening on 127\.0\.0\.1:\d{2,}$/);
  }
});

Deno.test("serve ignores a RIFTCHAT_PORT that Kubernetes has set for a service, and logs that", async () => {
  const env = { RIFTCHAT_PORT: "tcp://10.96.0.1:8000", PORT: "0" };
  await using hub = new Program(["serve", "--host", "127.0.0.1"], { env });
  assertMatch(await hub.line() ?? "", /^listening on 127\.0\.0\.1:\d+$/);
  hub.kill("SIGTERM");
  const { stderr, status } = await hub.finish();
  assertEquals(status, 0);
  assertMatch(
    stderr,
    / warning RIFTCHAT_PORT is ignored: it is tcp:\/\/10\.96\.0\.1:8000, which Kubernetes sets /,
  );
});

Deno.test("serve on a port in use prints one line and exits 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { stdout, stderr, status } = await run(["serve", "--host", "127.0.0.1", "--port", String(port)]);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(
    stderr,
    new RegExp(`^[^\\n]*cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use[^\\n]*\\n$`),
  );
});

Deno.test("serve with a closed stdout logs in one line that it cannot print its address, and exits 1", async () => {
  const [command, ...args] = programCommand();
  const hub = new Deno.Command(command!, {
    args: [...args, "serve", "--no-history", "--host", "127.0.0.1", "--port", "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await hub.stdout.cancel();
  const stderr = await new Response(hub.stderr).text();
  assertEquals((await hub.status).code, 1);
  assertMatch(stderr, /^[^\n]* listens on [^\n]*\n[^\n]* cannot print the address on stdout: [^\n]*\n$/);
});

for (
  const [args, env, expected] of [
    [["--port", "70000"], {}, /--port.* whole number from 0 to 65535: it is "70000"/],
    [["--port", "8e3"], {}, /--port.* whole number from 0 to 65535: it is "8e3"/],
    [[], { RIFTCHAT_PORT: "http" }, /RIFTCHAT_PORT.* whole number from 0 to 65535: it is "http"/],
    [
      ["--max-connections", "-1"],
      {},
      /--max-connections.* whole number from 1 to 1000000, or 0 or off for no limit/,
    ],
    [["--log-level", "loud"], {}, /--log-level.*trace, debug, info, warning, error, fatal: it is "loud"/],
    [["--log-format", "xml"], {}, /--log-format.*text, json: it is "xml"/],
    [["--prot", "1"], {}, /unknown option '--prot'[^]*--port/],
    [["extra"], {}, /too many arguments/],
  ] as [string[], Record<string, string>, RegExp][]
) {
  const line = [...Object.entries(env).map((variable) => variable.join("=")), "serve", ...args].join(" ");
  Deno.test(`${line} is a usage error`, async () => {
    const { stdout, stderr, status } = await run(["serve", ...args], { env });
    assertEquals([stdout, status], ["", 2]);
    assertMatch(stderr, expected);
  });
}

Deno.test("serve --help goes to stdout with status 0", async () => {
  const { stdout, stderr, status } = await run(["serve", "--help"]);
  assertEquals([stderr, status], ["", 0]);
  for (const flag of [...SETTING_NAMES.map(flagOf), "--config", "--print-config", "--json"]) {
    assertMatch(stdout, new RegExp(`${flag}\\b`));
  }
});

Deno.test("serve --max-connections refuses a client over the limit, and accepts others when one has left", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1"]);
  const ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await using refused = await OriginalClient.connect(hub.port);
  const { message } = await refused.nextOf(200) as unknown as {
    message: { username: string; message: string };
  };
  assertEquals(message.username, "server");
  assertMatch(message.message, /the hub is full: it accepts at most 1 connections/);
  assertEquals(await refused.closed, undefined);
  assertEquals(refused.received.length, 1);
  await ana.close();
  for (;;) {
    // The hub notices after a while that ana has left, and a refused client cannot see when.
    await using cy = await OriginalClient.connect(hub.port);
    if ((await cy.next()).code === 202) break;
  }
});
