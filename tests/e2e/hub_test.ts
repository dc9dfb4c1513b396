/**
 * The real hub with real sockets: the base protocol byte for byte, many clients, and clients that misbehave.
 *
 * The file is long because each misbehaviour has a test of its own.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { HubProgram } from "../helpers/program.ts";
import { residentBytes } from "../helpers/resident_memory.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

/** Connects and waits until all clients are notified. */
async function join(hub: HubProgram, name: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.rename(name);
  await client.until(({ code, new: who }) => code === 201 && who === name);
  return client;
}

function textOf({ message }: Received): string {
  return (message as { message: string }).message;
}

function hasText(text: string): (message: Received) => boolean {
  return (message) => message.code === 200 && textOf(message) === text;
}

/** The bodies of the frames of a client. Values that differ in each run are replaced by placeholders. */
function bodies(client: OriginalClient): string[] {
  return client.frames.map((frame) => {
    const length = new DataView(frame.buffer, frame.byteOffset).getBigUint64(0);
    assertEquals(Number(length), frame.length - 8);
    return new TextDecoder().decode(frame.subarray(8))
      .replace(/"timestamp":\d{13},/, '"timestamp":MS,')
      .replace(/"server":\{"version":"[^"]+","protocol":1,"nonce":"[A-Za-z0-9+/]{22}=="\}/, '"server":OFFER');
  });
}

Deno.test("Original clients have a conversation that is byte for byte the base protocol", async () => {
  await using hub = await HubProgram.start();
  await using ana = await OriginalClient.connect(hub.port);
  const first = String((await ana.nextOf(202)).new);
  assertMatch(first, /^[a-z0-9]{10}$/);
  await ana.until(({ code }) => code === 201);
  await ana.rename("ana");
  await ana.nextOf(203);
  const bo = await OriginalClient.connect(hub.port);
  const second = String((await bo.nextOf(202)).new);
  await bo.say('hello, Ana \u00e9\u{1F600} "\\/"');
  await Promise.all([ana.nextOf(200), bo.nextOf(200)]);
  await bo.close();
  await ana.nextOf(204);
  await hub.stop();
  await ana.nextOf(205);
  const said = `{"code":200,"message":{"timestamp":MS,"username":"${second}",` +
    `"message":"hello, Ana \u00e9\u{1F600} \\"\\\\/\\"","sequence":1,"room":"main","verified":false}}`;
  assertEquals(bodies(ana), [
    `{"code":202,"new":"${first}","server":OFFER}`,
    `{"code":201,"new":"${first}"}`,
    '{"code":202,"new":"ana"}',
    `{"code":203,"old":"${first}","new":"ana"}`,
    `{"code":201,"new":"${second}"}`,
    said,
    `{"code":204,"username":"${second}"}`,
    '{"code":205}',
  ]);
  assertEquals(bodies(bo), [
    `{"code":202,"new":"${second}","server":OFFER}`,
    `{"code":201,"new":"${second}"}`,
    said,
  ]);
});

Deno.test("A request may be split anywhere, and many may arrive at once", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  const body = new TextEncoder().encode('{"code": 100, "message": "drop by drop"}');
  for (const byte of [0, 0, 0, 0, 0, 0, 0, body.length, ...body]) await ana.sendRaw(Uint8Array.of(byte));
  await ana.until(hasText("drop by drop"));
  const burst = Array.from({ length: 1000 }, (_, i) => ana.say(`line ${i}`));
  await Promise.all(burst);
  for (let i = 0; i < 1000; i++) assertEquals(textOf(await ana.nextOf(200)), `line ${i}`);
});

Deno.test("500 clients get every message of each other, in the same order", async () => {
  await using hub = await HubProgram.start(["--log-level", "error"]);
  const clients: OriginalClient[] = [];
  try {
    // In batches: if the accept queue of the system overflows, it may drop connections silently.
    for (let wave = 0; wave < 10; wave++) {
      const some = Array.from({ length: 50 }, () => OriginalClient.connect(hub.port, { deadlineMs: 60_000 }));
      clients.push(...await Promise.all(some));
      await Promise.all(clients.slice(-50).map((client) => client.nextOf(202)));
    }
    await Promise.all(clients.slice(0, 100).map((client, i) => client.say(`line ${i}`)));
    const heard = await Promise.all(clients.map(async (client) => {
      const lines: string[] = [];
      while (lines.length < 100) lines.push(textOf(await client.nextOf(200)));
      return lines;
    }));
    assertEquals(new Set(heard[0]).size, 100);
    for (const lines of heard) assertEquals(lines, heard[0]!);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
  await hub.stop();
});

Deno.test("A reader that stops does not delay others, and is disconnected when it is too far behind", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  await using bo = await join(hub, "bo");
  await using stopped = await join(hub, "cy");
  stopped.pause();
  // In pieces: after 30 MB at once, clients that read 1 KB at a time would fall behind as well.
  for (let piece = 0; piece < 80; piece++) {
    const lines = Array.from({ length: 100 }, (_, i) => `${piece}.${i} ${"x".repeat(4000)}`);
    for (const line of lines) await ana.say(line);
    for (const line of lines) assertEquals(textOf(await bo.nextOf(200)), line);
  }
  await ana.until(({ code, username }) => code === 204 && username === "cy");
  await bo.say("still here");
  await ana.until(hasText("still here"));
  stopped.resume();
  await stopped.closed;
  await hub.waitForLog(/ended after \d+ s: you read too slowly: \d+ bytes wait for you/);
});

Deno.test("A client that requests more than it reads is not read from, and its answers are not buffered", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  await using greedy = await OriginalClient.connect(hub.port);
  await greedy.sendJson({ code: 102, client: "test/1", username: "greedy" });
  await greedy.nextOf(210);
  greedy.pause();
  const before = await residentBytes(hub.pid);
  // 100,000 answers of about 200 bytes: requests beyond the buffers of the kernel stay unread.
  const requests = Promise.all(Array.from({ length: 1000 }, () => greedy.sendRaw(pings(100))));
  await ana.say("hello");
  await ana.until(hasText("hello"));
  assert(await residentBytes(hub.pid) - before < 64 * 1024 * 1024);
  greedy.resume();
  await requests;
  for (let i = 0; i < 100_000; i++) await greedy.nextOf(215);
});

function pings(count: number): Uint8Array {
  const body = new TextEncoder().encode(`{"code":110,"ref":"${"r".repeat(64)}"}`);
  const frame = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, body.length, ...body);
  const bytes = new Uint8Array(count * frame.length);
  for (let i = 0; i < count; i++) bytes.set(frame, i * frame.length);
  return bytes;
}

for (
  const [what, bytes, refusal] of [
    ["a length beyond the limit", [0, 0, 0, 0, 0, 1, 0, 1], /body of 65537 bytes: it must be 2 to 65536/],
    ["a length of 2^63", [128, 0, 0, 0, 0, 0, 0, 0], /body of 9223372036854775808 bytes/],
    [
      "something else altogether",
      [...new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n")],
      /it must be 2 to 65536/,
    ],
    ["broken JSON", [0, 0, 0, 0, 0, 0, 0, 2, 123, 123], /not JSON/],
    ["an array", [0, 0, 0, 0, 0, 0, 0, 2, 91, 93], /an array/],
  ] as [string, number[], RegExp][]
) {
  Deno.test(`A client that sends ${what} is told what is expected, and disconnected; no other one is`, async () => {
    await using hub = await HubProgram.start();
    await using ana = await join(hub, "ana");
    await using other = await OriginalClient.connect(hub.port);
    await other.nextOf(202);
    await other.sendRaw(Uint8Array.from(bytes));
    const { message } = await other.nextOf(200) as unknown as {
      message: { username: string; message: string };
    };
    assertEquals(message.username, "server");
    assertMatch(message.message, refusal);
    assertEquals(await other.closed, undefined);
    await ana.say("still here");
    await ana.until(hasText("still here"));
  });
}

Deno.test("A client with the extension that breaks the framing gets 206 bad_frame and is disconnected", async () => {
  await using hub = await HubProgram.start();
  await using other = await OriginalClient.connect(hub.port);
  await other.sendJson({ code: 102, client: "test/1" });
  await other.nextOf(210);
  await other.sendRaw(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255));
  assertEquals((await other.nextOf(206)).error, "bad_frame");
  assertEquals(await other.closed, undefined);
});

Deno.test("The final messages reach a client that keeps sending while it is being closed", async () => {
  await using hub = await HubProgram.start();
  await using other = await OriginalClient.connect(hub.port);
  await other.nextOf(202);
  await other.sendRaw(new Uint8Array(500_000)).catch(() => {});
  assertMatch(textOf(await other.nextOf(200)), /body of 0 bytes/);
});

Deno.test("1,000 malformed connections cost two other users no message, and the hub no memory", async () => {
  await using hub = await HubProgram.start(["--log-level", "error"]);
  await using ana = await join(hub, "ana");
  await using bo = await join(hub, "bo");
  // Once before measuring, so that permanent allocations are not counted.
  await Promise.all(Array.from({ length: 100 }, (_, i) => misbehave(hub.port, i)));
  const before = await residentBytes(hub.pid);
  let attacking = true;
  const talk = (async () => {
    let lines = 0;
    while (attacking) {
      const [from, to] = lines % 2 === 0 ? [ana, bo] : [bo, ana];
      await from.say(`line ${lines}`);
      assertEquals(textOf(await to.nextOf(200)), `line ${lines}`);
      await from.until(hasText(`line ${lines}`));
      lines++;
    }
    return lines;
  })();
  for (let wave = 0; wave < 10; wave++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => misbehave(hub.port, wave * 100 + i)));
  }
  attacking = false;
  assert(await talk > 10);
  const grownBytes = await residentBytes(hub.pid) - before;
  assert(grownBytes < 32 * 1024 * 1024, `the hub has grown by ${grownBytes} bytes`);
  await hub.stop();
  assertEquals((await hub.finish()).stderr, "");
});

/** Connects, sends something invalid and disconnects, in one of several ways. */
async function misbehave(port: number, seed: number): Promise<void> {
  const client = await OriginalClient.connect(port, { deadlineMs: 30_000 });
  const frame = (text: string) => {
    const body = new TextEncoder().encode(text);
    return Uint8Array.of(0, 0, 0, 0, 0, 0, body.length >> 8, body.length, ...body);
  };
  const garbage = crypto.getRandomValues(new Uint8Array(3000));
  const waysOut: [bytes: Uint8Array, closes: boolean][] = [
    [garbage, true],
    [Uint8Array.of(127, 255, 255, 255, 255, 255, 255, 255), true],
    [Uint8Array.of(0, 0, 0, 0, 0, 0, 255, 255, 123), false],
    [Uint8Array.of(0, 0, 0), false],
    [frame('{"code":100,"message":'), true],
    [frame('{"code":"100","message":"x"}'), true],
    [frame('{"code":100,"message":7}'), false],
    [frame('{"code":101}'), false],
    [frame('{"code":100,"message":"\\u001b[2J"}'), false],
    [frame(`{"code":101,"username":"${"x".repeat(500)}"}`), false],
  ];
  const [bytes, closes] = waysOut[seed % waysOut.length]!;
  try {
    await client.nextOf(202);
    await client.sendRaw(bytes);
    if (closes) await client.closed;
  } finally {
    await client.close();
  }
}

Deno.test({
  ...needs(
    "A hub without free file descriptors logs that once, refuses clients, and accepts others later",
    NO_POSIX,
  ),
  fn: async () => {
    await using hub = await HubProgram.start(["--log-level", "info"], { openFiles: 96 });
    await using ana = await join(hub, "ana");
    const crowd: OriginalClient[] = [];
    let refusal: Received;
    try {
      for (;;) {
        const client = await OriginalClient.connect(hub.port);
        crowd.push(client);
        refusal = await client.next();
        if (refusal.code === 200) break;
        await ana.say(`line ${crowd.length}`);
        await ana.until(hasText(`line ${crowd.length}`));
      }
      assert(crowd.length < 96);
      assertStringIncludes(
        (refusal.message as { message: string }).message,
        `the hub is full: it accepts at most ${crowd.length} `,
      );
      assertEquals([refusal.error, typeof refusal.retry_after_ms], ["server_full", "number"]);
      // Many others are refused as well, as long as no client leaves.
      for (let i = 0; i < 20; i++) {
        await using late = await OriginalClient.connect(hub.port);
        assertEquals((await late.next()).error, "server_full");
      }
      await hub.waitForLog(/no file descriptors are left/);
      assertEquals(hub.stderr.match(/no file descriptors are left/g)?.length, 1);
      assertEquals(hub.stderr.match(/cannot accept connections/g), null);
    } finally {
      await Promise.all(crowd.map((client) => client.close()));
    }
    // The limit goes when the descriptors are back, and comes again with the next crowd.
    await hub.waitForLog(/file descriptors are free again: the hub accepts up to 10000 connections again/);
    const again: OriginalClient[] = [];
    try {
      do again.push(await OriginalClient.connect(hub.port)); while (
        (await again.at(-1)!.next()).code === 202
      );
      assertEquals(again.length, crowd.length);
      await hub.waitForLog(/(?:no file descriptors are left[^]*){2}/);
      assertEquals(hub.stderr.match(/no file descriptors are left/g)?.length, 2);
    } finally {
      await Promise.all(again.map((client) => client.close()));
    }
    // Until the hub has noticed that the others have left.
    let bo = await OriginalClient.connect(hub.port);
    while ((await bo.next()).code !== 202) {
      await bo.close();
      bo = await OriginalClient.connect(hub.port);
    }
    await bo.say("room again");
    await ana.until(hasText("room again"));
    await bo.close();
  },
});
