/**
 * Two hubs that are one chat on the real NATS server, whose clocks are apart.
 *
 * @module
 */
import type { Clock } from "../../../runtime/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { type Json, OriginalClient, type Received } from "../../helpers/clients/original_client.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

const [opKey, anaKey] = await Promise.all([TestKey.make(), TestKey.make()]);

/** How long each user waits between two messages, in milliseconds. */
const EVERY_MS = 10_000;

/** Connects a client that proves a key. */
async function comes(port: number, key: TestKey, username: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  const { server } = await client.nextOf(202) as Received & { server: { identity: string; nonce: string } };
  await asks(client, { code: 102, client: "test/1", username, ...key.proof(server, username) });
  return client;
}

async function asks(client: OriginalClient, request: Record<string, Json>): Promise<Received> {
  await client.sendJson({ ...request, ref: "asked" });
  return await client.until(({ ref }) => ref === "asked");
}

for (const [what, aheadMs] of [["is ahead", 7000], ["is right", 0], ["is behind", -7000]] as const) {
  natsTest(
    `Slow mode is as long at a hub whose clock ${what} as at the one where somebody spoke`,
    async () => {
      await using nats = await NatsServer.start();
      using hubs = new TwoLiveHubs(nats.url, "main", [opKey.key]);
      let time = 0, count = 0;
      const clockOf = (aheadMs: number): Clock => ({
        wall: () => START + aheadMs + time,
        // Two connections never come at the same time.
        elapsed: () => time + (count += 1e-6),
      });
      await using _stopped = {
        [Symbol.asyncDispose]: async () => {
          for (const hub of [0, 1]) await hubs.stop(hub);
        },
      };
      const ports = [await hubs.start(0, clockOf(0)), await hubs.start(1, clockOf(aheadMs))] as const;
      await using op = await comes(ports[0], opKey, "op");
      await using here = await comes(ports[0], anaKey, "ana");
      const says = (client: OriginalClient, message: string) =>
        asks(client, { code: 103, room: "main", message });
      const hears = (client: OriginalClient, text: string) =>
        client.until(({ message }) => JSON.stringify(message ?? "").includes(text));
      // The other hub must know whose the name is.
      await says(here, "hello");
      await using there = await comes(ports[1], anaKey, "ana");
      while ((await asks(there, { code: 123, username: "ana" })).since === undefined);
      await asks(op, { code: 124, action: "slow", every_ms: EVERY_MS });
      await Promise.all([hears(here, "Slow mode is on"), hears(there, "Slow mode is on")]);
      for (const [speaker, other] of [[here, there], [there, here]] as const) {
        time += EVERY_MS;
        const text = `one at ${time}`;
        assertEquals((await says(speaker, text)).code, 207);
        await hears(other, text);
        time += 1000;
        const { error, retry_after_ms: waitMs } = await says(other, "two");
        assertEquals([error, waitMs], ["too_fast", EVERY_MS - 1000]);
      }
      for (const hub of [0, 1]) await hubs.stop(hub);
    },
  );
}
