/** Deleted, edited and answered messages with the real program: over kills, with a client of the base, on the disk. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { type Json, OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { needs, OLD_RUNTIME } from "../helpers/needs.ts";
import { HubProgram } from "../helpers/program.ts";

const SESSION = "a secret of this run";

function start(folder: DataFolder): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path]);
}

/** Connects a client of the extension. */
async function join(
  hub: HubProgram,
  username: string,
  more: Record<string, Json> = {},
): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.sendJson({ code: 102, client: "test/1", username, ...more });
  await client.nextOf(210);
  return client;
}

/** Sends a request and returns the answer. */
async function ask(client: OriginalClient, request: Record<string, Json>): Promise<Received> {
  await client.sendJson({ ...request, ref: "r" });
  return await client.until(({ ref }) => ref === "r");
}

/** The messages of `main`, as a 208 has them, without what is the same in all of them. */
async function stored(client: OriginalClient): Promise<Json[]> {
  const { messages } = await ask(client, { code: 105, room: "main" });
  return (messages as Record<string, Json>[]).map(
    ({ timestamp: _t, room: _r, verified: _v, username: _u, ...line }) => ({
      ...line,
      ...line.edited === undefined ? {} : { edited: true },
    }),
  );
}

const EXPECTED = [
  { message: "", sequence: 1, deleted: true },
  {
    message: "the second form",
    sequence: 2,
    edited: true,
    reactions: [{ reaction: "+1", count: 1, mine: true }],
  },
  { message: "an answer", sequence: 3, reply_to: 2 },
];

Deno.test({
  ...needs(
    "Changes that were acknowledged survive a kill, and a guest still proves what is theirs",
    OLD_RUNTIME,
  ),
  fn: async () => {
    using folder = new DataFolder();
    {
      await using hub = await start(folder);
      await using ana = await join(hub, "ana", { session: SESSION });
      await using base = await OriginalClient.connect(hub.port);
      await base.rename("base");
      const say = (message: string, id: string, more: Record<string, Json> = {}) =>
        ask(ana, { code: 103, room: "main", message, id, ...more });
      await say("the deleted secret", "id 1");
      await say("the first form", "id 2");
      assertEquals(
        (await ask(ana, { code: 126, room: "main", sequence: 1, id: "id 1" })).code,
        207,
      );
      const edit = { code: 127, room: "main", sequence: 2, id: "id 2" };
      assertEquals((await ask(ana, { ...edit, message: "the second form" })).code, 207);
      assertEquals((await ask(ana, { code: 128, room: "main", sequence: 2, reaction: "+1" })).code, 207);
      assertEquals((await say("an answer", "id 3", { reply_to: 2 })).sequence, 3);
      const last = await base.until(({ message }) =>
        (message as Received | undefined)?.message === "an answer"
      );
      assertEquals((last.message as Received).reply_to, 2);
      const heard = base.received.filter(({ code }) => code === 200 || code === 226).map(({ message }) => {
        const { username, message: text } = message as { username: string; message: string };
        return `${username}: ${text}`;
      });
      assertEquals(heard, [
        "ana: the deleted secret",
        "ana: the first form",
        "ana (edited): the second form",
        "ana: an answer",
      ]);
      hub.kill("SIGKILL");
      await hub.status;
    }
    {
      await using hub = await start(folder);
      await using ana = await join(hub, "ana", { session: SESSION });
      assertEquals(await stored(ana), EXPECTED);
      const { changes, last } = await ask(ana, { code: 129, after: 0 });
      assertEquals([(changes as { sequence: number }[]).map(({ sequence }) => sequence), last], [[1, 2], 3]);
      const edit = { code: 127, room: "main", sequence: 2, id: "id 2" };
      assertEquals((await ask(ana, { ...edit, message: "the third form" })).code, 207);
      const other = { code: 127, room: "main", sequence: 3, message: "x" };
      assertEquals((await ask(ana, other)).error, "not_allowed");
      assertEquals(await hub.stop(), 0);
    }
    for await (const { name } of Deno.readDir(folder.path)) {
      const bytes = new TextDecoder("latin1").decode(await Deno.readFile(`${folder.path}/${name}`));
      for (const text of ["the deleted secret", "the first form", "the second form"]) {
        assert(!bytes.includes(text), `${name} has ${text}`);
      }
    }
    await using hub = await start(folder);
    await using ana = await join(hub, "ana");
    const [, second] = EXPECTED;
    assertEquals((await stored(ana))[1], { ...second, message: "the third form" });
  },
});
