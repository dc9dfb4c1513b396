/** Keys for reading: PageUp, PageDown, Alt-A, Alt-0; `:more` after a reconnect; `:help keys`. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { joinHub, send, terminalTest as test, untilPrompt, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

const ALT_0 = "\x1b0";
const ALT_1 = "\x1b1";
const ALT_A = "\x1ba";
const PAGE_UP = "\x1b[5~";
const PAGE_DOWN = "\x1b[6~";

function start(folder: DataFolder): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path]);
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The rows after the last separator with a text, without times of day and empty rows. */
function rowsAfter(pty: Pty, separator: string): string[] {
  const rows = pty.allRows.map(withoutTime).filter((row) => row !== "");
  return rows.slice(rows.lastIndexOf(`── ${separator} ──`) + 1);
}

/** The texts of messages of bo. */
const texts = (rows: string[]) => rows.map((row) => /bo {2,}(.*)$/.exec(row)?.[1]).filter(Boolean);

test("PageUp shows the messages before those on the screen, page by page, and PageDown the newest", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await send(hub, numbers(1, 85));
  await using pty = await joinHub(hub, "ana", [], { rows: 24 });
  await pty.until(/bo {2,}line 85$/);
  await pty.type("a draft" + PAGE_UP);
  await pty.until(() => texts(rowsAfter(pty, "#main, earlier")).at(-1) === "line 35");
  assertEquals(texts(rowsAfter(pty, "#main, earlier")), numbers(16, 35));
  await pty.type(PAGE_UP);
  await pty.until(() => texts(rowsAfter(pty, "#main, earlier")).at(-1) === "line 15");
  assertEquals(texts(rowsAfter(pty, "#main, earlier")), numbers(1, 15));
  await pty.until(/^── PageUp shows earlier messages, PageDown the newest ──$/);
  await pty.type(PAGE_UP);
  await pty.until(/^-- there are no earlier messages in #main$/);
  await pty.type(PAGE_DOWN);
  await pty.until(() => texts(rowsAfter(pty, "#main, the last 20 messages")).at(-1) === "line 85");
  await pty.type(PAGE_UP);
  await pty.until(() => texts(rowsAfter(pty, "#main, earlier")).at(-1) === "line 35");
  assertEquals(pty.cursorRow, "> a draft|");
});

test("PageUp on a hub without a history says that there is none", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana");
  await pty.type(PAGE_UP);
  await pty.until(/^! Cannot show the history of #main: this hub stores no history$/);
});

test("Alt-A goes to the next room with unread messages, mentions first, and Alt-0 back", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", ["dev", "ops", "lab"]);
  await pty.type(ALT_1);
  await untilPrompt(pty, "[#main] > ");
  await pty.type(ALT_A);
  await pty.until(() => pty.output.includes("\x07"));
  await send(hub, ["one"], "bo", "dev");
  await send(hub, ["two"], "bo", "ops");
  await send(hub, ["three, ana"], "bo", "lab");
  await pty.until(() => /^\[#main\] .*#lab 1 @1/.test(pty.cursorRow));
  await pty.type(ALT_A);
  await pty.until(() => /^\[#lab\]/.test(pty.cursorRow));
  await pty.type(ALT_A);
  await pty.until(() => /^\[#dev\]/.test(pty.cursorRow));
  await pty.type(ALT_0);
  await pty.until(() => /^\[#lab\]/.test(pty.cursorRow));
  await pty.type("0\t");
  await pty.until(() => /^\[#dev\]/.test(pty.cursorRow));
  await pty.type(":switch\r");
  await untilPrompt(pty, "[#ops] > ");
  await pty.type(":switch\r");
  await pty.until(/^-- there are no unread messages in other rooms$/);
});

test(":more goes on where it was after the connection was lost", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await send(hub, numbers(1, 60));
  await using proxy = new FlakyProxy(hub.port);
  await using pty = await joinHub(proxy, "ana", [], { rows: 24 });
  await pty.until(/bo {2,}line 60$/);
  await pty.type(":search line\r");
  await pty.until(/^-- there are earlier messages; :more shows them$/);
  assertEquals(texts(rowsAfter(pty, "line in #main")), numbers(41, 60));
  proxy.hold();
  proxy.closeClients();
  proxy.closeHubEnds();
  await pty.until(/^-- connection lost/);
  await pty.type(":reconnect\r:more\r");
  await pty.until(/^! not connected/);
  proxy.release();
  await untilPrompt(pty, "> ");
  await pty.type(":more\r");
  await pty.until(() => texts(rowsAfter(pty, "line in #main, earlier")).at(-1) === "line 40");
  assertEquals(texts(rowsAfter(pty, "line in #main, earlier")), numbers(21, 40));
});

test(":help keys lists the keys", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", [], { rows: 60 });
  await pty.type(":help keys\r");
  await pty.until(/^ {2}Alt-A +to the next room with unread messages/);
  for (const key of ["PageUp", "Ctrl-Z", "Alt-1 to Alt-9", "Ctrl-_, Ctrl-/"]) {
    assert(pty.allRows.some((row) => row.startsWith(`  ${key} `)), key);
  }
  await pty.type(":help\r");
  await pty.until(/:help keys lists the keys/);
});
