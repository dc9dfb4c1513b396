/** `:who` and `:rooms` on a hub with many users and rooms. */
import { Link } from "../../client/link/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { joinHub, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";

/** Users, and how they leave. */
type Users = AsyncDisposable;

/** Connects users, each in some rooms. */
async function users(hub: HubProgram, rooms: Record<string, string[]>): Promise<Users> {
  const links = await Promise.all(
    Object.entries(rooms).map(([name, rooms]) =>
      Link.open({ hostname: "127.0.0.1", port: hub.port }, { name, rooms, received: () => {} })
    ),
  );
  return {
    async [Symbol.asyncDispose]() {
      for (const link of links) link.leave();
      await Promise.all(links.map(({ closed }) => closed));
    },
  };
}

/** The rows after the last one that starts with a text. */
function rowsAfter(pty: Pty, start: string): string[] {
  const rows = pty.allRows;
  return rows.slice(rows.findLastIndex((row) => row.startsWith(start)) + 1);
}

/** Runs a command, and returns the rows between a heading and the prompt, or a note. */
async function lists(pty: Pty, command: string, heading: string, end = "> |"): Promise<string[]> {
  await pty.type(`${command}\r`);
  await pty.until(() =>
    pty.allRows.some((row) => row.startsWith(heading)) &&
    (end === "> |" ? pty.cursorRow === end : pty.window.some((row) => row.startsWith(end)))
  );
  return rowsAfter(pty, heading).slice(0, -1);
}

test(":who shows the names of many users in columns, and describes one, a part of them or a room", async () => {
  await using hub = await HubProgram.start();
  const names = Array.from({ length: 60 }, (_, i) => `user-${i}`);
  await using _ = await users(hub, Object.fromEntries(names.map((name, i) => [name, i < 3 ? ["dev"] : []])));
  await using pty = await joinHub(hub, "ana");
  const all = await lists(pty, ":who", "-- 61 online; :who NAME describes one");
  assertEquals(all.join(" ").trim().split(/ +/), ["ana", ...names.toSorted()]);
  assert(all.length < 10, all.join("\n"));

  const described = (name: string, rooms = "#main") =>
    new RegExp(`^  ${name} +${rooms} +here \\d+s +idle \\d+s$`);
  await pty.type(":who USER-7\r");
  await pty.until(described("user-7"));
  await pty.type(":who @user-1\r");
  await pty.until(described("user-1", "#main #dev"));
  await pty.type(":who er-5\r");
  await pty.until(/^-- 11 online with er-5 in the name$/);
  await pty.until(described("user-59"));
  for (const command of [":who dev", ":who #dev"]) {
    const rows = await lists(pty, command, "-- 3 in #dev");
    assertEquals(rows.map((row) => row.trim().split(" ")[0]).toSorted(), ["user-0", "user-1", "user-2"]);
    await pty.type(":clear\r");
    await pty.until(() => !pty.window.some((row) => row.startsWith("-- 3 in #dev")));
  }
  await pty.type(":who nobody\r");
  await pty.until(/^-- no user online has nobody in the name, and no room is called #nobody$/);
  await pty.type(":who @user\r");
  await pty.until(/^-- no user called user is online$/);
});

test(":rooms shows all rooms, page by page, or those with a text in their names", async () => {
  await using hub = await HubProgram.start();
  const rooms = Array.from({ length: 50 }, (_, i) => `room-${i}`);
  await using _ = await users(hub, { bo: rooms, cy: ["room-9"] });
  await using pty = await joinHub(hub, "ana");
  const namesIn = (rows: string[]) =>
    rows.flatMap((row) => /#(\S+) +\d+ (?:person|people)/.exec(row)?.[1] ?? []);
  const first = await lists(pty, ":rooms", "-- 51 rooms", "-- 31 more; :more shows them");
  assertEquals(namesIn(first).slice(0, 2), ["main", "room-9"]);
  const second = await lists(pty, ":more", "-- 31 more; :more shows them", "-- 11 more; :more shows them");
  const third = await lists(pty, ":more", "-- 11 more; :more shows them", "── end ──");
  const listed = [first, second, third].map(namesIn);
  assertEquals(listed.map(({ length }) => length), [20, 20, 11]);
  assertEquals(listed.flat().toSorted(), ["main", ...rooms].toSorted());

  const found = await lists(pty, ":rooms OOM-1", "-- 11 of 51 rooms with OOM-1 in the name");
  assertEquals(namesIn(found).toSorted(), rooms.filter((name) => name.includes("om-1")).toSorted());
  await pty.type(":rooms nothing\r");
  await pty.until(/^-- no room has nothing in its name; :join #nothing creates it$/);
});
