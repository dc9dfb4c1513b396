/**
 * What an operator of a cluster does at one hub, and what it does at the others, on the real NATS server.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { outcome, TwoHubs } from "../helpers/nats/cluster_hub_program.ts";
import { natsTest } from "../helpers/nats/nats_server.ts";

/** Starts the first hub again with an operator, and connects the operator there. */
async function withOperator(two: TwoHubs, run: (op: OriginalClient) => Promise<void>): Promise<void> {
  const key = await TestKey.make();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/operators`, `ssh-ed25519 ${key.key} op\n`, { mode: 0o600 });
    await two.hubs[0]!.stop();
    await two.startHub(0, "--operators", `${folder}/operators`);
    await using op = await OriginalClient.connect(two.hubs[0]!.port);
    const offer = (await op.nextOf(202)).server as { identity: string; nonce: string };
    const proof = key.proof(offer, "op");
    await op.sendJson({ code: 102, client: "test/1", username: "op", ...proof, ref: "hello" });
    assertEquals(await outcome(op), "op");
    await run(op);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

natsTest("What an operator announces at one hub is shown at all of them", async () => {
  await using two = await TwoHubs.start();
  await withOperator(two, async (op) => {
    await using bo = await two.join(1, "bo");
    assertEquals(await outcome(bo), "bo");
    await op.sendJson({ code: 124, action: "announce", text: "tea is ready", ref: "announce" });
    await bo.until(({ code, message }) => {
      const { username, message: text } = (message ?? {}) as { username?: string; message?: string };
      return code === 200 && username === "server" && text === "tea is ready";
    });
  });
});

natsTest(
  "A ban at one hub ends the sessions at the other and keeps them out, until it is lifted",
  async () => {
    await using two = await TwoHubs.start();
    await withOperator(two, async (op) => {
      await using bo = await two.join(1, "bo");
      assertEquals(await outcome(bo), "bo");
      await op.until(({ code, new: name }) => code === 201 && name === "bo");
      await op.sendJson({ code: 124, action: "ban", target: "bo", reason: "spam", ref: "ban" });
      const { names, done } = await op.until(({ ref }) => ref === "ban");
      assertEquals([names, done], [["bo"], true]);
      assertEquals((await bo.nextOf(216)).error, "banned");
      await bo.closed;
      await op.until(({ code, username }) => code === 204 && username === "bo");
      for (const hub of [0, 1] as const) {
        await using again = await two.join(hub, "bo");
        assertEquals(await outcome(again), "banned");
      }
      await op.sendJson({ code: 124, action: "unban", target: "bo", ref: "unban" });
      await op.until(({ ref }) => ref === "unban");
      let found: unknown;
      while (found !== "bo") {
        await using again = await two.join(1, "bo");
        found = await outcome(again);
      }
    });
  },
);
