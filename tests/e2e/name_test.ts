/**
 * `riftchat name`, as a program, and owned names of a hub that is restarted and killed.
 *
 * @module
 */
import { Code, type ServerOffer } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";
import { HubProgram, run } from "../helpers/program.ts";

const [laptop, phone, thief] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

/** A hub that keeps names in a folder. */
const hubIn = (data: string) => HubProgram.start(["--history", "on", "--data", data]);

/** Connects with a key; returns the answer to the 102. */
async function comes(hub: HubProgram, key: TestKey, username: string) {
  const client = await OriginalClient.connect(hub.port);
  const { server } = await client.nextOf(Code.YourName) as unknown as { server: ServerOffer };
  const proof = key.proof({ identity: server.identity!, nonce: server.nonce }, username);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, ref: "h", ...proof });
  const answer = await client.until(({ ref }) => ref === "h");
  return {
    client,
    answer,
    identity: server.identity!,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Makes a key own a name. */
async function own(hub: HubProgram, key: TestKey, username: string): Promise<void> {
  await using user = await comes(hub, key, username);
  await user.client.say("mine");
  await user.client.nextOf(Code.Said);
}

const name = (data: string, ...args: string[]) => run(["name", ...args, "--data", data]);

Deno.test({
  ...needs("name lists, shows, moves and frees names, while the hub runs and while it does not", NO_POSIX),
  fn: async () => {
    const data = await Deno.makeTempDir();
    try {
      for (const isRunning of [true, false]) {
        await using hub = await hubIn(data);
        await own(hub, laptop, "ana");
        if (!isRunning) await hub.stop();
        const listed = await name(data, "list", "--json");
        assertEquals([listed.status, listed.stderr], [0, ""]);
        const { name: shown, keys } = JSON.parse(listed.stdout);
        assertEquals([shown, keys.map(({ key }: { key: string }) => key)], ["ana", [
          `ssh-ed25519 ${laptop.key}`,
        ]]);
        assertMatch(
          (await name(data)).stdout,
          /^ana {2}since \d{4}-\d\d-\d\d, last used [^\n]+\n {2}SHA256:[^\n]+\n$/,
        );
        const moved = await name(data, "move", "ANA", `ssh-ed25519 ${phone.key} my phone`);
        assertEquals(
          moved.stdout,
          "ana belongs to that key alone now; users see in :whois that it was moved\n",
        );
        assertMatch((await name(data, "show", "ana")).stdout, /, moved /);
        await using again = isRunning ? hub : await hubIn(data);
        assertEquals((await comes(again, laptop, "ana")).answer.error, "name_owned");
        {
          await using user = await comes(again, phone, "ana");
          assertEquals(user.answer.code, Code.Welcome);
        }
        if (!isRunning) await again.stop();
        assertEquals((await name(data, "free", "ana")).stdout, "ana is free now\n");
        assertEquals((await name(data)).stdout, "nobody owns a name\n");
      }
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  },
});

Deno.test("A name that nobody owns, a key that cannot be used, and wrong arguments are reported", async () => {
  const data = await Deno.makeTempDir();
  try {
    await using hub = await hubIn(data);
    await own(hub, laptop, "ana");
    await hub.stop();
    for (
      const [args, status, problem] of [
        [["show", "bo"], 1, /cannot show bo: nobody owns this name/],
        [["free", "bo"], 1, /cannot change bo: nobody owns this name/],
        [
          ["move", "ana", "/no/such/key"],
          1,
          /cannot use the key \/no\/such\/key: it must be a line such as ssh-ed25519/,
        ],
        [["move", "ana"], 2, /cannot move ana: the key is missing/],
        [["rename", "ana"], 2, /cannot rename a name: it must be list, show, move or free/],
        [["list", "ana"], 2, /cannot list: too many arguments/],
      ] as [string[], number, RegExp][]
    ) {
      const result = await name(data, ...args);
      assertEquals([result.status, result.stdout], [status, ""], args.join(" "));
      assertMatch(result.stderr, problem);
    }
    const empty = await Deno.makeTempDir({ dir: data });
    for (const folder of ["/no such folder", empty]) {
      const nowhere = await name(folder);
      assertEquals(nowhere.status, 1);
      assertMatch(nowhere.stderr, /cannot read names in .*: no hub stores any there; use --data /);
    }
    assertEquals(await Array.fromAsync(Deno.readDir(empty)), [], "nothing was created");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

/** What somebody has of a hub, as far as the hub has confirmed it. */
interface Holder {
  key: TestKey;
  name: string;
  /** The name of the private room, once the hub has confirmed that it is private. */
  room?: string;
}

/** Takes a name and makes a private room as fast as the hub lets it; `confirmed` is called after each step. */
async function take(hub: HubProgram, name: string, confirmed: (holder: Holder) => void): Promise<void> {
  const key = await TestKey.make();
  await using user = await comes(hub, key, name);
  const { client } = user;
  await client.sendJson({ code: Code.SayIn, room: "main", message: "mine", ref: "say" });
  await client.until(({ code, message }) =>
    code === Code.Said && (message as { username: string; verified?: boolean }).username === name
  );
  confirmed({ key, name });
  const room = `room-${name}`;
  await client.sendJson({ code: Code.Join, room, ref: "join" });
  await client.until(({ ref }) => ref === "join");
  await client.sendJson({ code: Code.SetRoom, room, mode: "private", ref: "private" });
  const { code } = await client.until(({ ref }) => ref === "private");
  if (code === Code.Done) confirmed({ key, name, room });
}

/** How often the hub is killed. */
const KILLS = Number(Deno.env.get("RIFTCHAT_KILLS") ?? 5);

Deno.test(`After ${KILLS} kills under load all confirmed names and private rooms are there`, async () => {
  const data = await Deno.makeTempDir();
  const users = 6;
  const holders = new Map<string, Holder>();
  try {
    let identity: string | undefined;
    for (let round = 0; round < KILLS; round++) {
      await using hub = await hubIn(data);
      // In each round another number of confirmations comes before the kill.
      let left = 1 + (5 * round) % (2 * users);
      const killed = Promise.withResolvers<void>();
      const confirmed = (holder: Holder) => {
        holders.set(holder.name, holder);
        if (--left === 0) {
          hub.kill("SIGKILL");
          killed.resolve();
        }
      };
      const takes = Array.from({ length: users }, (_, i) => take(hub, `u${round}n${i}`, confirmed));
      await killed.promise;
      // Those that are in the middle of something lose their connection.
      await Promise.allSettled(takes);
      await hub.status;
    }
    await using hub = await hubIn(data);
    for (const { key, name, room } of holders.values()) {
      {
        await using other = await comes(hub, thief, name);
        assertEquals(other.answer.error, "name_owned", name);
      }
      await using owner = await comes(hub, key, name);
      assertEquals(owner.answer.code, Code.Welcome, name);
      identity ??= owner.identity;
      assertEquals(owner.identity, identity);
      if (room === undefined) continue;
      await owner.client.sendJson({ code: Code.AskRoom, room, ref: "room" });
      const { mode, owner: whose } = await owner.client.until(({ ref }) => ref === "room");
      assertEquals([mode, whose], ["private", name]);
    }
    assert([...holders.values()].some(({ room }) => room !== undefined), "some rooms were made");
    const { mode } = await Deno.stat(`${data}/hub_identity`);
    if (Deno.build.os !== "windows") assertEquals(mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
