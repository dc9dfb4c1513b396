/** The flags for limits. The limits themselves have their own tests. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, run } from "../helpers/program.ts";
import { needs, NO_LINUX } from "../helpers/needs.ts";

Deno.test("serve --rate-limit delays a flood and loses no message", async () => {
  await using hub = await HubProgram.start(["--rate-limit", "2/20"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  const start = performance.now();
  for (let i = 0; i < 8; i++) await ana.say(`line ${i}`);
  await ana.until(({ message }) => (message as { message?: string })?.message === "line 7");
  assert(performance.now() - start >= 299);
});

Deno.test("By default serve accepts a burst of ten requests and then two per second", async () => {
  await using hub = await HubProgram.start([], { env: { RIFTCHAT_RATE_LIMIT: "" } });
  await using ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: 102, client: "test/1" });
  await ana.nextOf(210);
  const start = performance.now();
  // In one write: a pause between them, on a busy machine, would fill the bucket.
  await ana.sendFrames(
    Array.from({ length: 11 }, (_, i) => ({ code: 100, message: `line ${i}`, ref: `${i}` })),
  );
  const { retry_after_ms } = await ana.until(({ error }) => error === "too_fast");
  await ana.until(({ code, ref }) => code === 207 && ref === "10");
  assert(Number(retry_after_ms) > 0 && Number(retry_after_ms) <= 500, String(retry_after_ms));
  // The hello and ten messages exceed the burst by one, so the last one takes half a second.
  assert(performance.now() - start >= 499);
});

Deno.test("serve --max-connections tells a client over the limit that the hub is full, and when to retry", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await using bo = await OriginalClient.connect(hub.port);
  const { message, error, retry_after_ms } = await bo.next();
  assertEquals(
    (message as { message: string }).message,
    "the hub is full: it accepts at most 1 connections; try again later",
  );
  assertEquals([error, retry_after_ms], ["server_full", 30_000]);
  assertEquals(await bo.closed, undefined);
  const { status, stderr } = await run(["join", `127.0.0.1:${hub.port}`, "--retry", "0"]);
  assertEquals(status, 4);
  assertMatch(stderr, /cannot join .*: the hub is full/);
});

Deno.test("serve --max-rooms and --max-rooms-each limit rooms, and tell when to retry if that helps", async () => {
  await using hub = await HubProgram.start(["--max-rooms", "3", "--max-rooms-each", "2"]);
  const person = async () => {
    const client = await OriginalClient.connect(hub.port);
    await client.sendJson({ code: 102, client: "test/1" });
    await client.nextOf(210);
    return client;
  };
  await using ana = await person();
  await using bo = await person();
  const joins = async (client: OriginalClient, room: string) => {
    await client.sendJson({ code: 107, room, ref: room });
    const { error, retry_after_ms } = await client.until(({ ref }) => ref === room);
    return [error, retry_after_ms];
  };
  assertEquals(await joins(ana, "a"), [undefined, undefined]);
  assertEquals(await joins(ana, "b"), ["not_allowed", undefined]);
  assertEquals(await joins(bo, "c"), [undefined, undefined]);
  await using cy = await person();
  assertEquals(await joins(cy, "d"), ["unavailable", 30_000]);
});

Deno.test("serve --max-lag disconnects a slow reader", async () => {
  await using hub = await HubProgram.start(["--max-lag", "20000", "--log-level", "info"]);
  await using stopped = await OriginalClient.connect(hub.port);
  await stopped.nextOf(202);
  stopped.pause();
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  // More than the buffers of the system hold, and 16 times 20,000 bytes.
  const line = "x".repeat(4000);
  while (!hub.stderr.includes("you read too slowly")) {
    await ana.say(line);
    await ana.until(({ message }) => (message as { message?: string } | undefined)?.message === line);
  }
  assertMatch(hub.stderr, /you read too slowly: 3\d{5} bytes wait for you, and the limit is 20000/);
});

Deno.test("serve --frame-timeout limits the time of a frame, and off removes the limit", async () => {
  await using hub = await HubProgram.start(["--frame-timeout", "1"]);
  await using patient = await HubProgram.start(["--frame-timeout", "off"]);
  await using ana = await OriginalClient.connect(hub.port);
  await using bo = await OriginalClient.connect(patient.port);
  for (const client of [ana, bo]) {
    await client.nextOf(202);
    await client.sendRaw(new Uint8Array(5));
  }
  assertEquals(
    ((await ana.nextOf(200)).message as { message: string }).message,
    "your connection sent an incomplete frame: a frame must be complete within 1 s",
  );
  await bo.sendRaw(Uint8Array.of(0, 0, 12, ...new TextEncoder().encode('{"code":110}')));
  await bo.nextOf(200);
});

Deno.test("serve --dead-timeout disconnects a client that stops its pings, not one that promised none", async () => {
  await using hub = await HubProgram.start(["--dead-timeout", "1"]);
  await using idle = await OriginalClient.connect(hub.port);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: 102, client: "test/1", username: "ana", ping_ms: 100 });
  const { reason, retry_after_ms } = await ana.nextOf(216);
  assertMatch(String(reason), /your client sent nothing for \d+ s/);
  assertEquals(retry_after_ms, 1000);
  await idle.until(({ code, username }) => code === 204 && username === "ana");
  await idle.say("I was never asked");
  await idle.until(({ code, message }) =>
    code === 200 && (message as { message: string }).message === "I was never asked"
  );
});

Deno.test({
  ...needs("The hub turns on TCP keepalive for its connections", NO_LINUX),
  fn: async () => {
    await using hub = await HubProgram.start();
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    await ana.rename("ana");
    await ana.nextOf(201);
    const { stdout } = await new Deno.Command("cat", { args: ["/proc/net/tcp"] }).output();
    const port = hub.port.toString(16).toUpperCase().padStart(4, "0");
    // Connections (01) to this port, and the timer of each: 02 is SO_KEEPALIVE.
    const rows = new TextDecoder().decode(stdout).split("\n").map((row) => row.trim().split(/\s+/));
    const timers = rows.filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === "01")
      .map((row) => row[5]!.slice(0, 2));
    assertEquals(timers, ["02"]);
  },
});

Deno.test("The limits for addresses do not apply to this machine", async () => {
  await using hub = await HubProgram.start(["--max-per-address", "1", "--max-new-per-address", "1"]);
  await using ana = await OriginalClient.connect(hub.port);
  await using bo = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await bo.nextOf(202);
});

for (
  const [args, expected] of [
    [
      ["--rate-limit", "fast"],
      /--rate-limit.*must be BURST\/SECOND, such as 10\/2 .*it is "fast"/s,
    ],
    [["--rate-limit", "0/5"], /--rate-limit/],
    [["--rate-limit", "5/0"], /--rate-limit/],
    [["--max-connections", "-1"], /--max-connections.*whole number from 1 to 1000000, or 0 or off/s],
    [["--max-lag", "1k"], /--max-lag.*whole number from 1 to 1000000000, or 0 or off/s],
    [["--max-rooms", "many"], /--max-rooms/],
    [["--max-rooms-each", "1.5"], /--max-rooms-each/],
    [["--announce-up-to", "-1"], /--announce-up-to/],
    [["--frame-timeout", "never"], /--frame-timeout.*whole number of seconds from 1 to 86400, or 0 or off/s],
    [["--dead-timeout", "86401"], /--dead-timeout/],
    [["--max-per-address", "-1"], /--max-per-address.*whole number from 1 to 1000000, or 0 or off/s],
    [["--trust", "ten"], /--trust.*must be networks such as 10\.0\.0\.0\/8/s],
    [["--trust", "10.0.0.0/8, 10.0.0.0/33"], /--trust/],
    [["--trust", "1.2.3"], /--trust/],
    [["--trust", "::1/129"], /--trust/],
  ] as [string[], RegExp][]
) {
  Deno.test(`serve ${args.join(" ")} is a usage error`, async () => {
    const { status, stderr } = await run(["serve", ...args]);
    assertEquals(status, 2);
    assertMatch(stderr, expected);
  });
}
