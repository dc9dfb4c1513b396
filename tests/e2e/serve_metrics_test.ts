/**
 * The metrics of the hub, as a process.
 */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, run } from "../helpers/program.ts";
import { needs, NO_LINUX } from "../helpers/needs.ts";
import { Scrape } from "../helpers/hubs/scrape.ts";

/** Waits until the hub has logged the address of its metrics. */
async function metricsOf(hub: HubProgram): Promise<string> {
  await hub.waitForLog(/ info metrics on \S+\n/);
  return hub.stderr.match(/ info metrics on (\S+)\n/)![1]!;
}

Deno.test("serve --metrics with port 0 logs the address, serves metrics and health, and stops", async () => {
  await using hub = await HubProgram.start(["--metrics", "127.0.0.1:0"]);
  const url = await metricsOf(hub);
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await ana.say("hello");
  await ana.nextOf(200);
  const scrape = await Scrape.of(url);
  assertEquals(scrape.value("riftchat_connections"), 1);
  assertEquals(scrape.value('riftchat_messages_received_total{code="100"}'), 1);
  const health = await fetch(new URL("/healthz", url));
  assertEquals([health.status, await health.text()], [200, "ok\n"]);
  assertEquals(await hub.stop(), 0);
  assertEquals((await hub.finish()).stdout, `listening on 127.0.0.1:${hub.port}\n`);
});

Deno.test({
  ...needs("The metrics say how many file descriptors the hub may open", NO_LINUX),
  fn: async () => {
    await using hub = await HubProgram.start(["--metrics", "127.0.0.1:0"], { openFiles: 200 });
    const scrape = await Scrape.of(await metricsOf(hub));
    assertEquals(scrape.value("riftchat_descriptors_allowed"), 200);
  },
});

Deno.test("serve --metrics answers 503 while a slow reader delays the shutdown", async () => {
  await using hub = await HubProgram.start(["--metrics", "127.0.0.1:0"]);
  const url = new URL("/healthz", await metricsOf(hub));
  await using ana = await OriginalClient.connect(hub.port);
  await using stopped = await OriginalClient.connect(hub.port);
  await stopped.nextOf(202);
  stopped.pause();
  // More than the kernel buffers for a reader that has stopped, so that the hub has to wait for it.
  for (let sent = 0; sent < 9_000_000; sent += 4000) await ana.say("x".repeat(4000));
  await ana.say("that was all");
  await ana.until(({ message }) => (message as { message?: string })?.message === "that was all");
  hub.kill("SIGTERM");
  await ana.nextOf(205);
  const health = await fetch(url);
  assertEquals([health.status, await health.text()], [503, "the hub is shutting down\n"]);
  hub.kill("SIGTERM");
  assertEquals(await hub.status, 143);
});

Deno.test("serve --metrics on a port in use or a foreign address prints one line and exits 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (
    const [address, wanted] of [
      [`127.0.0.1:${taken.addr.port}`, /the port is in use; choose another with --metrics$/],
      ["192.0.2.1:9100", /this machine has no such address$/],
    ] as [string, RegExp][]
  ) {
    const args = [
      "serve",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--log-level",
      "fatal",
      "--metrics",
      address,
    ];
    const { stderr, status } = await run(args);
    assertEquals(status, 1);
    assertMatch(stderr, /^\S+ fatal cannot serve metrics on [^\n]+\n$/);
    assertMatch(stderr.trimEnd(), wanted);
  }
});

Deno.test("serve --metrics with an invalid address is a usage error", async () => {
  const { stderr, status } = await run(["serve", "--port", "0", "--metrics", "9100"]);
  assertEquals(status, 2);
  assertMatch(stderr, /cannot use --metrics: it must be HOST:PORT or \[IPV6\]:PORT, .*: it is "9100"\n$/);
});
