/**
 * The time of day jumps an hour either way, as after setting the clock. Only displayed times may follow it.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { systemClock } from "../../runtime/clock.ts";
import { startHub } from "../../server/serve/serve.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";

const HOUR_MS = 3_600_000;

for (const jump of [HOUR_MS, -HOUR_MS]) {
  Deno.test(`A clock that jumps ${jump / HOUR_MS} h delays nothing and loses no message, number or name`, async () => {
    using folder = new DataFolder();
    let offset = 0;
    const clock = { wall: () => systemClock.wall() + offset, elapsed: () => systemClock.elapsed() };
    const rate = { burst: 10, perSecond: 20 };
    const options = { host: "127.0.0.1", port: 0, maxConnections: 0, rate };
    const open = () => folder.open({ keep: "12h", now: clock.wall() });
    const hub = startHub({ ...options, history: open() }, getLogger("silent"), { clock, announceMs: 250 });
    const port = hub.address.port;
    await using ana = await OriginalClient.connect(port);
    await ana.sendJson({ code: 102, client: "test/1", username: "ana" });
    let refs = 0;
    const say = async (message: string, id = message): Promise<Received> => {
      const ref = String(++refs);
      await ana.sendJson({ code: 103, room: "main", message, id, ref });
      return await ana.until((answer) => answer.ref === ref);
    };
    for (let i = 1; i <= 5; i++) assertEquals((await say(`line ${i}`)).sequence, i);
    // A client has connected and is not announced yet when the clock jumps.
    await using silent = await OriginalClient.connect(port);
    await silent.nextOf(202);
    offset = jump;
    await silent.nextOf(201);
    // Numbers continue, and a message that is sent again is recognized.
    assertEquals((await say("line 6")).sequence, 6);
    assertEquals((await say("line 3")).sequence, 3);
    // The rate limit does not change: neither a burst for an hour that did not pass, nor a wait of an hour.
    const since = systemClock.elapsed();
    for (let i = 7; i <= 26; i++) assertEquals((await say(`line ${i}`)).sequence, i);
    const took = systemClock.elapsed() - since;
    assert(took >= 400 && took < 8000, `20 messages took ${took} ms`);
    await ana.sendJson({ code: 105, room: "main", after: 0, limit: 100 });
    const { messages } = await ana.nextOf(208);
    const lines = messages as { sequence: number; timestamp: number }[];
    assertEquals(lines.map(({ sequence }) => sequence), Array.from({ length: 26 }, (_, i) => i + 1));
    assert(Math.abs(lines[25]!.timestamp - lines[0]!.timestamp - jump) < 10_000);
    await hub.stop();

    // After a restart.
    const again = startHub({ ...options, history: open() }, getLogger("silent"), { clock });
    await using bo = await OriginalClient.connect(again.address.port);
    await bo.sendJson({ code: 102, client: "test/1", username: "bo", after: { main: 20 } });
    const missed = (await bo.nextOf(208)).messages as { sequence: number }[];
    assertEquals(missed.map(({ sequence }) => sequence), [21, 22, 23, 24, 25, 26]);
    await again.stop();
  });
}

Deno.test("Only the clock module reads the time of the machine", async () => {
  const allowed = new Map([
    ["runtime/clock.ts", 2],
  ]);
  // Commands that run only briefly, and the load, which compares its own times only.
  const exempt = /^(?:server\/daemon\/|load\/)/;
  const root = new URL("../../", import.meta.url);
  const found = new Map<string, number>();
  const search = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${name}`;
      if (isDirectory) await search(path);
      else if (name.endsWith(".ts") && !exempt.test(path)) {
        const text = await Deno.readTextFile(new URL(path, root));
        const times = [...text.matchAll(/\b(?:Date\.now\(|performance\.now\(|new Date\(\))/g)].length;
        if (times > 0) found.set(path, times);
      }
    }
  };
  for (const folder of ["runtime", "server", "client", "protocol", "load"]) await search(folder);
  assertEquals(Object.fromEntries(found), Object.fromEntries(allowed));
});
