/** The terminal client in many rooms and over a slow link: typed lines overtake what the client fetches. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { joinHub, receives, send, terminalTest as test } from "../helpers/terminal/users.ts";
import { SlowRelay } from "../helpers/wire/slow_relay.ts";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The texts of the messages of bo and ana, in the order in which they are shown. */
const lines = (pty: Pty) =>
  pty.allRows.map((row) => /(?:bo|ana) {2,}(.*)$/.exec(row)?.[1]).filter((text) => text !== undefined);

const untilPrompt = (pty: Pty, prompt: RegExp) => pty.until(() => prompt.test(pty.cursorRow));

test("In 63 rooms a typed line is heard within the rate limit, in the first run and in the next one", async () => {
  using folder = new DataFolder();
  using config = new DataFolder();
  await using hub = await HubProgram.start(["--data", folder.path, "--rate-limit", "10/2"], {
    env: { RIFTCHAT_HISTORY: "on" },
  });
  const rooms = Array.from({ length: 62 }, (_, i) => `r${i}`);
  for (const room of rooms) await send(hub, ["old"], "bo", room);
  await using watcher = await OriginalClient.connect(hub.port);
  await watcher.sendJson({ code: 102, client: "test/1", username: "watcher", rooms: ["r0"] });
  await watcher.nextOf(210);
  for (const run of ["first", "second"]) {
    await using pty = await joinHub(hub, "ana", rooms, { config: config.path });
    // With one request for each room, this line would come after a minute, later than the test waits.
    await pty.type(`said in the ${run} run\r`);
    assertEquals(await receives(watcher, `said in the ${run} run`), "ana");
    await pty.until(new RegExp(`ana {2,}said in the ${run} run$`));
    await pty.type("\x1b3");
    await untilPrompt(pty, /^\[#r1\] /);
    await pty.until(/bo {2,}old$/);
    await pty.type("\x04");
    assertEquals(await pty.status, 0);
  }
});

test("Over a slow link the newest missed messages are shown first, and :more shows the others", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using relay = new SlowRelay(hub.port);
  await using watcher = await OriginalClient.connect(hub.port);
  await watcher.sendJson({ code: 102, client: "test/1", username: "watcher", rooms: ["dev"] });
  await watcher.nextOf(210);
  // A list of so many users would take as long as what is missed.
  const crowd = await Promise.all(Array.from({ length: 200 }, () => OriginalClient.connect(hub.port)));
  await using _ended = {
    [Symbol.asyncDispose]: async () => void await Promise.all(crowd.map((one) => one.close())),
  };
  await Promise.all(crowd.map((one) => one.beAnnounced()));
  await using pty = await joinHub(relay, "ana", ["dev"], { rows: 24 });
  await pty.type("before\r");
  await pty.until(/ana {2,}before$/);
  relay.cut();
  await pty.until(/^-- connection lost/);
  await send(hub, numbers(1, 1500), "bo", "dev");
  // The newest page, of some 8 kB, takes more than a second, and all pages take more than a minute.
  relay.bytesPerSecond = 2000;
  const before = relay.delivered;
  await pty.type(":reconnect\rI am back\r");
  // The typed line does not wait for what is missed.
  await receives(watcher, "I am back");
  await pty.until(/ana {2,}I am back$/);
  await pty.until(/^-- up to 1450 messages before these are not shown; :more shows them$/);
  // The answer to this comes after all that the client has asked for by itself.
  await pty.type("later\r");
  await pty.until(/ana {2,}later$/);
  const bytes = relay.delivered - before;
  assert(bytes < 20_000, `${bytes} bytes were fetched`);
  assertEquals(lines(pty), ["before", ...numbers(1451, 1500), "I am back", "later"]);
  for (const first of [1, 21]) {
    await pty.type(":more\r");
    await pty.until(() => lines(pty).at(-1) === `line ${first + 19}`);
    assertEquals(lines(pty).slice(-20), numbers(first, first + 19));
  }
});
