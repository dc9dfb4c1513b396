/**
 * Moderation of a real hub that is killed and started again, with clients of the extension and of the base.
 *
 * @module
 */
import { Code, type ServerOffer } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";
import { HubProgram } from "../helpers/program.ts";

const [opKey, trollKey, anaKey] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

/** A data folder with a file of operators. */
async function folderWithOperator() {
  const data = await Deno.makeTempDir();
  const operators = `${data}/operators`;
  await Deno.writeTextFile(operators, `ssh-ed25519 ${opKey.key} op@example.com\n`, { mode: 0o600 });
  return {
    data,
    operators,
    start: () =>
      HubProgram.start([
        "--history",
        "on",
        "--data",
        data,
        "--operators",
        operators,
        "--contact",
        "ops@example.com",
      ]),
    [Symbol.asyncDispose]: () => Deno.remove(data, { recursive: true }),
  };
}

/** Connects with a key, or without one; returns the client and the answer to its 102. */
async function comes(hub: HubProgram, username: string, key?: TestKey, rooms: string[] = []) {
  const client = await OriginalClient.connect(hub.port);
  const { server } = await client.nextOf(Code.YourName) as unknown as { server: ServerOffer };
  const proof = key?.proof({ identity: server.identity!, nonce: server.nonce }, username);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, rooms, ref: "h", ...proof });
  const answer = await client.until(({ ref }) => ref === "h");
  return { client, answer, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** Sends a request and returns the answer. */
async function ask({ client }: { client: OriginalClient }, request: Record<string, unknown>) {
  await client.sendJson({ ref: "r", ...request });
  return await client.until(({ ref }) => ref === "r");
}

Deno.test({
  ...needs("Bans, mutes, slow mode and moderators survive kill -9 of the hub", NO_POSIX),
  fn: async () => {
    await using folder = await folderWithOperator();
    {
      await using hub = await folder.start();
      await using op = await comes(hub, "op", opKey);
      await using ana = await comes(hub, "ana", anaKey, ["den"]);
      await using troll = await comes(hub, "troll", trollKey, ["den"]);
      await using guest = await comes(hub, "guest");
      for (const { client } of [ana, troll, op]) {
        await client.say("hello");
        await client.nextOf(Code.Said);
      }
      assertEquals((await ask(op, { code: 124, action: "mod", target: "ana", room: "main" })).done, true);
      assertEquals((await ask(op, { code: 124, action: "mute", target: "guest" })).names, ["guest"]);
      assertEquals((await ask(op, { code: 124, action: "slow", every_ms: 60_000, room: "den" })).done, true);
      const answer = await ask(op, {
        code: 124,
        action: "ban",
        target: "troll",
        reason: "spam",
        duration_ms: 3_600_000,
      });
      assertEquals([answer.names, answer.others, answer.done], [["troll"], 0, true]);
      const end = await troll.client.nextOf(Code.Ending);
      assertEquals(end.error, "banned");
      assertMatch(
        String(end.reason),
        /^you are banned from this hub until .* UTC \(60 min\): spam; ask ops@example\.com$/,
      );
      assertEquals(guest.answer.code, Code.Welcome);
      // Who did it is in the log; why is not.
      await hub.waitForLog(/c\d+ op moderates: ban troll\n/);
      assert(!hub.stderr.includes("spam"));
      hub.kill("SIGKILL");
      await hub.status;
    }
    await using hub = await folder.start();
    await using troll = await comes(hub, "innocent", trollKey);
    assertEquals([troll.answer.code, troll.answer.error], [Code.Refused, "banned"]);
    assertStringIncludes(String(troll.answer.message), "spam; ask ops@example.com");
    await using guest = await comes(hub, "guest");
    assertEquals((await ask(guest, { code: 100, message: "hi" })).error, "muted");
    await using ana = await comes(hub, "ana", anaKey, ["den"]);
    assertEquals((await ana.client.nextOf(Code.Powers)).rooms, ["den", "main"]);
    await using op = await comes(hub, "op", opKey);
    const { bans } = await ask(op, { code: 125 }) as unknown as { bans: { kind: string; target?: string }[] };
    assertEquals(bans.map(({ kind, target }) => [kind, target]), [["ban", "troll"], ["slow", undefined], [
      "mute",
      "guest",
    ]]);
    assertEquals((await ask(op, { code: 124, action: "unban", target: "troll" })).done, true);
    await using back = await comes(hub, "troll", trollKey);
    assertEquals(back.answer.code, Code.Welcome);
    assertEquals(await hub.stop(), 0);
  },
});

Deno.test({
  ...needs(
    "An operator who is removed by SIGHUP has no powers at once; a banned address keeps base clients out",
    NO_POSIX,
  ),
  fn: async () => {
    await using folder = await folderWithOperator();
    await using hub = await folder.start();
    await using op = await comes(hub, "op", opKey);
    assertEquals(await op.client.nextOf(Code.Powers), {
      code: Code.Powers,
      operator: true,
      rooms: [],
      contact: "ops@example.com",
    });
    await using base = await OriginalClient.connect(hub.port);
    await base.say("I am the base");
    await op.client.until(({ code }) => code === Code.Said);
    assertEquals((await ask(op, { code: 124, action: "ban", target: "127.0.0.1" })).done, true);
    const told = await base.until(({ message }) => (message as { username?: string })?.username === "server");
    assertStringIncludes(
      String((told.message as { message: string }).message),
      "you are banned from this hub",
    );
    await base.closed;
    await using again = await OriginalClient.connect(hub.port);
    await again.say("again");
    // Nothing but its name and the reason.
    await again.closed;
    assertEquals(again.received.map(({ code }) => code), [Code.YourName, Code.Said]);
    await Deno.writeTextFile(folder.operators, "");
    hub.kill("SIGHUP");
    const powers = await op.client.nextOf(Code.Powers);
    assertEquals(powers.operator, false);
    // The ban of the address holds for the former operator, too.
    assertEquals((await op.client.nextOf(Code.Ending)).error, "banned");
    assertEquals(await hub.stop(), 0);
  },
});
