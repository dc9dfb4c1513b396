/** Clients over a slow link: nobody sees more of them than of others. */
import { assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";
import { SlowRelay } from "../helpers/wire/slow_relay.ts";

/** What a client has received since, up to a message of its own that it sends now. */
async function seenBy(client: OriginalClient, from: number): Promise<string[]> {
  await client.say("the end");
  await client.until(({ code, message }) => code === 200 && JSON.stringify(message).includes("the end"));
  const received = client.received.slice(from, -1);
  return received.map(({ code, new: name, username }) => `${code} ${name ?? username}`);
}

Deno.test("Over a link whose first bytes are late nobody sees a random name, a probe or a ping", async () => {
  await using hub = await HubProgram.start();
  await using relay = new SlowRelay(hub.port, { delayMs: 400 });
  await using watcher = await OriginalClient.connect(hub.port);
  await watcher.beAnnounced();
  const from = watcher.received.length;
  {
    await using ana = new ClientProgram(relay.port, ["-n", "ana"]);
    await watcher.until(({ code }) => code === 201);
    assertEquals(await ana.typeAndFinish(), 0);
  }
  await watcher.until(({ code }) => code === 204);
  // As a client asks whether the hub speaks TLS, if nothing came within 0.3 s.
  await using probe = await OriginalClient.connect(relay.port);
  await probe.sendRaw(Uint8Array.of(22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3));
  await probe.closed;
  assertEquals((await run(["ping", `127.0.0.1:${relay.port}`])).status, 0);
  assertEquals(await seenBy(watcher, from), ["201 ana", "204 ana"]);
});

Deno.test("rift:// opens one connection, however late the first bytes are", async () => {
  await using hub = await HubProgram.start();
  await using relay = new SlowRelay(hub.port, { delayMs: 400 });
  const { status, stdout } = await run(["ping", `rift://127.0.0.1:${relay.port}`]);
  assertEquals(status, 0, stdout);
  assertEquals(relay.connections, 1);
});
