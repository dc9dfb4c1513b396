/**
 * Guesses of the password at two hubs of a cluster, with the real program and NATS server.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import type { OriginalClient } from "../helpers/clients/original_client.ts";
import { connectFrom, outcome, TwoHubs } from "../helpers/nats/cluster_hub_program.ts";
import { natsTest } from "../helpers/nats/nats_server.ts";
import { NETWORK_GUESSES } from "../../server/limits.ts";

const PASSWORD = "correct horse battery";

natsTest("Wrong passwords at one hub count at the other, for their network and no other", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, PASSWORD);
    await Deno.chmod(file, 0o600);
    await using two = await TwoHubs.start("--proxy", "127.0.0.1", "--password-file", file);
    const comes = async (hub: 0 | 1, address: string, username: string, password: string) => {
      const client = await connectFrom(two.hubs[hub]!, address);
      await client.nextOf(202);
      await client.sendJson({ code: 102, client: "test/1", username, password });
      return client;
    };
    const enters = async (client: OriginalClient) => {
      await using one = client;
      return await outcome(one);
    };
    await using ana = await comes(0, "192.0.2.1", "ana", PASSWORD);
    await using bo = await comes(1, "192.0.2.2", "bo", PASSWORD);
    assertEquals([await outcome(ana), await outcome(bo)], ["ana", "bo"]);
    const { burst } = NETWORK_GUESSES.get(24)!;
    for (let guess = 0; guess < burst; guess++) {
      assertEquals(await enters(await comes(0, `203.0.113.${guess}`, "troll", "wrong")), "bad_password");
    }
    // The other hub has read of them when it has read this.
    await ana.say("hello");
    await bo.nextOf(200);
    assertEquals(await enters(await comes(1, "203.0.113.99", "troll", PASSWORD)), "too_fast");
    assertEquals(await enters(await comes(1, "198.51.100.5", "cy", PASSWORD)), "cy");
  } finally {
    await Deno.remove(file);
  }
});
