/**
 * A terminal client and a hub that comes back with fewer messages, or with an earlier state of them.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { assert, assertEquals } from "../helpers/assert.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { joinHub, send, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";

function start(folder: DataFolder): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path]);
}

async function kill(hub: HubProgram): Promise<void> {
  hub.kill("SIGKILL");
  await hub.status;
}

function copy(from: string, to: string): void {
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
  }
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The texts of the messages of bo, in the order in which they are shown. */
const lines = (pty: Pty) =>
  pty.allRows.map((row) => /bo {2,}(.*)$/.exec(row)?.[1]).filter((text) => text !== undefined);

test("After a restored backup all new messages of all rooms are shown, and it is said once", async () => {
  using folder = new DataFolder();
  using backup = new DataFolder();
  using config = new DataFolder();
  await using first = await start(folder);
  for (const room of ["dev", "ops"]) await send(first, numbers(1, 40), "bo", room);
  await kill(first);
  copy(folder.path, backup.path);
  await using second = await start(folder);
  await using proxy = new FlakyProxy(second.port);
  {
    await using pty = await joinHub(proxy, "ana", ["dev", "ops"], { config: config.path });
    await pty.until(() => pty.cursorRow === "[#dev] > |");
    await send(second, numbers(41, 60), "bo", "dev");
    await send(second, numbers(41, 60), "bo", "ops");
    await pty.until(/bo {2,}line 60$/);
    await kill(second);
    await using restored = await start(backup);
    await send(restored, numbers(101, 140), "bo", "dev");
    await send(restored, numbers(201, 240), "bo", "ops");
    proxy.forwardTo(restored.port);
    await pty.until(/bo {2,}line 140$/);
    assertEquals(lines(pty).slice(-60), [...numbers(41, 60), ...numbers(101, 140)]);
    await pty.type(":switch #ops\r");
    await pty.until(/bo {2,}line 240$/);
    assertEquals(lines(pty).slice(-40), numbers(201, 240));
    assertEquals(pty.allRows.filter((row) => row.includes("the hub has an earlier state")).length, 1);
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
    await kill(restored);
  }
  // The read markers of the next run are those of the restored hub.
  await using last = await start(backup);
  await send(last, ["line 241"], "bo", "ops");
  await using pty = await joinHub(last, "ana", ["ops"], { config: config.path });
  await pty.until(/bo {2,}line 241$/);
  assert(!pty.allRows.some((row) => row.includes("an earlier state")), pty.allRows.join("\n"));
});

test("A stored read marker above a restored history is forgotten, so that new messages count as new", async () => {
  using folder = new DataFolder();
  using backup = new DataFolder();
  using config = new DataFolder();
  await using first = await start(folder);
  await using proxy = new FlakyProxy(first.port);
  await send(first, numbers(1, 40), "bo");
  await kill(first);
  copy(folder.path, backup.path);
  await using second = await start(folder);
  proxy.forwardTo(second.port);
  await send(second, numbers(41, 60), "bo");
  {
    await using pty = await joinHub(proxy, "ana", [], { config: config.path });
    await pty.until(/bo {2,}line 60$/);
    await pty.type("\x04");
    await pty.status;
  }
  await kill(second);
  await using restored = await start(backup);
  await send(restored, numbers(101, 140), "bo");
  proxy.forwardTo(restored.port);
  await using pty = await joinHub(proxy, "ana", [], { config: config.path });
  await pty.until(/bo {2,}line 140$/);
  assert(pty.allRows.some((row) => /^── 40 new since/.test(row)), pty.allRows.join("\n"));
});

test("Missed messages that the hub has deleted are counted", async () => {
  using folder = new DataFolder();
  await using first = await start(folder);
  await using proxy = new FlakyProxy(first.port);
  await using pty = await joinHub(proxy, "ana");
  await pty.until(() => pty.cursorRow === "> |");
  await send(first, numbers(1, 2), "bo");
  await pty.until(/bo {2,}line 2$/);
  await kill(first);
  await using second = await start(folder);
  await send(second, numbers(3, 9), "bo");
  assertEquals(await second.stop(), 0);
  {
    using db = new DatabaseSync(folder.database);
    db.exec("DELETE FROM lines WHERE sequence <= 6");
  }
  await using third = await start(folder);
  proxy.forwardTo(third.port);
  await pty.until(/bo {2,}line 9$/);
  assertEquals(lines(pty), [...numbers(1, 2), ...numbers(7, 9)]);
  assert(
    pty.allRows.join(" ").includes("up to 4 messages in #main are missing"),
    pty.allRows.join("\n"),
  );
});
