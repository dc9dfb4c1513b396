/**
 * What was said before, as people on terminals are shown it: on arrival, after a lost link, and when they ask for it.
 *
 * @module
 */
import { Link } from "../../client/link/mod.ts";
import { Code } from "../../protocol/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { terminalTest as test, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty, type PtyOptions } from "../helpers/terminal/pty.ts";

const ALT_1 = "\x1b1";

function start(folder: DataFolder, port = 0): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path, "--port", String(port)]);
}

/** Seats somebody at a terminal. */
async function seat(
  hub: { port: number },
  name: string,
  rooms: string[] = [],
  options: PtyOptions = {},
): Promise<Pty> {
  const flags = rooms.flatMap((room) => ["-r", room]);
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", name, ...flags], options);
  await pty.until(() => pty.allRows.some((row) => row.startsWith("-- connected")));
  return pty;
}

/** Has somebody say lines, and leave. */
async function says(hub: { port: number }, lines: string[], name = "bo", room = "main"): Promise<void> {
  const rooms = room === "main" ? [] : [room];
  const link = await Link.open({ hostname: "127.0.0.1", port: hub.port }, {
    name,
    rooms,
    received: () => {},
  });
  const answers = lines.map((message) => link.request({ code: Code.SayIn, room, message }));
  for (const { code } of await Promise.all(answers)) assertEquals(code, Code.Done);
  link.leave();
  await link.closed;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The texts of the lines that bo has said, in the order in which they are shown. */
const lines = (pty: Pty) =>
  pty.allRows.map((row) => /(?:bo|ana) {2}(.*)$/.exec(row)?.[1]).filter((text) => text !== undefined);

const prompts = (pty: Pty, prompt: string) => pty.until(() => pty.cursorRow === `${prompt}|`);

test("A new user sees the last 50 messages and the retention, a returning user which are new", async () => {
  using folder = new DataFolder();
  using config = new DataFolder();
  await using hub = await start(folder);
  await says(hub, numbers(1, 60), "bo");
  {
    await using pty = await seat(hub, "ana", [], { config: config.path });
    await pty.until(/bo {2}line 60$/);
    assertEquals(lines(pty), numbers(11, 60));
    assert(pty.allRows.includes("-- what is said is kept for 30 days"), pty.allRows.join("\n"));
    assert(!pty.allRows.some((row) => row.includes(" new ")), pty.allRows.join("\n"));
    await pty.type("\x04");
    assertEquals(await pty.status, 0);
  }
  await says(hub, numbers(61, 64), "bo");
  await says(hub, ["one in ops"], "bo", "ops");
  {
    await using pty = await seat(hub, "ana", [], { config: config.path });
    await pty.until(/bo {2}line 64$/);
    assertEquals(lines(pty), numbers(15, 64));
    const mark = pty.allRows.findIndex((row) => /^── 4 new since \d\d:\d\d/.test(row));
    assertEquals(
      pty.allRows.slice(mark + 1, mark + 5).map(withoutTime),
      numbers(61, 64).map((text) => `bo  ${text}`),
    );
    await pty.type("\x04");
    await pty.status;
  }
  await says(hub, numbers(65, 200), "bo");
  await using pty = await seat(hub, "ana", [], { config: config.path });
  await pty.until(/bo {2}line 200$/);
  assertEquals(lines(pty), numbers(151, 200));
  assert(pty.allRows.some((row) => /^── 136 new since \d\d:\d\d, the last 50 of them ──$/.test(row)));
  // Without the folder nothing is remembered.
  await using other = await seat(hub, "cy");
  await other.until(/bo {2}line 200$/);
  assert(!other.allRows.some((row) => row.includes("new since")));
});

test("A room that is new to the user shows its last messages, any other room the new ones", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await says(hub, numbers(1, 55), "bo", "dev");
  await using pty = await seat(hub, "ana");
  await prompts(pty, "> ");
  await pty.type(":join #dev\r");
  await pty.until(/bo {2}line 55$/);
  assertEquals(lines(pty), numbers(6, 55));
  await pty.type("mine\r");
  await pty.until(/ana {2}mine$/);
  await pty.type(":leave\r");
  await prompts(pty, "> ");
  await says(hub, ["line 56"], "bo", "dev");
  await pty.type(":join #dev\r");
  await pty.until(/bo {2}line 56$/);
  const rows = pty.allRows;
  assert(
    /^── 1 new since/.test(rows[rows.findIndex((row) => row.endsWith("bo  line 56")) - 1]!),
    rows.join("\n"),
  );
});

test("After a lost connection each room shows the missed messages once and in order", async () => {
  using folder = new DataFolder();
  await using first = await start(folder);
  const { port } = first;
  await using pty = await seat(first, "ana", ["dev"]);
  await prompts(pty, "[#dev] > ");
  await says(first, numbers(1, 3), "bo", "dev");
  await pty.until(/bo {2}line 3$/);
  first.kill("SIGKILL");
  await first.status;
  await pty.until(/^-- connection lost/);
  await pty.type("said while away\r");
  await pty.until(/^-- not sent yet: said while away$/);
  await using again = await start(folder, port);
  // More than one page of a 208.
  await says(again, numbers(4, 700), "bo", "dev");
  await says(again, ["in main, ana"], "cy");
  await pty.type(":reconnect\r");
  await pty.until(/ana {2}said while away$/);
  assertEquals(lines(pty), [...numbers(1, 700), "said while away"]);
  assert(pty.allRows.includes("── 697 while you were away ──"), pty.allRows.slice(-30).join("\n"));
  await prompts(pty, "[#dev] (#main 1 @1) > ");
  await pty.type("and on\r");
  await pty.until(/ana {2}and on$/);
  await pty.type(ALT_1);
  await pty.until(/cy {2}in main, ana$/);
  assertEquals(pty.allRows.filter((row) => row.endsWith("said while away")).length, 2);
});

test("A message whose acknowledgement is lost is shown and delivered once", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await using cable = new FlakyProxy(hub.port);
  await using bo = await seat(hub, "bo");
  await using pty = await seat(cable, "ana");
  await prompts(pty, "> ");
  await pty.type("first\r");
  await pty.until(/ana {2}first$/);
  cable.dropFromHub();
  await pty.type("heard\r");
  await bo.until(/ana {2}heard$/);
  await bo.type("after it\r");
  await bo.until(/bo {2}after it$/);
  cable.closeClients();
  await pty.until(/^-- maybe not heard, to be said again: heard$/);
  await pty.type("and then\r");
  cable.closeHubEnds();
  // The old connection may have the name for a moment.
  await pty.type(":reconnect\r");
  await pty.until(/ana {2}and then$/);
  await bo.until(/ana {2}and then$/);
  for (const side of [pty, bo]) assertEquals(lines(side), ["first", "heard", "after it", "and then"]);
});

test("What was said before is shown by number and by time, a page at a time, and only when asked for", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await says(hub, numbers(1, 70), "bo");
  await using pty = await seat(hub, "ana", [], { rows: 24 });
  await pty.until(/bo {2}line 70$/);
  await pty.type(":clear\r:history 25\r");
  await pty.until(/^-- 5 more; :more goes on$/);
  const page = () => {
    const rows = pty.window.map(withoutTime).filter((row) => row !== "");
    return rows.slice(rows.findIndex((row) => row.startsWith("── #main, ")));
  };
  assertEquals(page(), [
    "── #main, the last 25 lines ──",
    ...numbers(46, 65).map((text) => `bo  ${text}`),
    "-- 5 more; :more goes on",
    ">",
  ]);
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(lines(pty).slice(-25), numbers(46, 70));
  await pty.type(":more\r");
  await pty.until(/^-- there is no more to show/);
  await pty.type(":history 2h\r");
  await pty.until(/^── #main, the last 70 lines ──$/);
  await pty.type("\x15:history 0\r");
  await pty.until(/^! Cannot show that many messages: it must be 1 to 5000, or a time/);
});

test("What is searched for is found with all its words, the newest first, page by page", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await says(
    hub,
    [...numbers(1, 30).map((text) => `${text} with a needle`), "no needles", "Nëedle last"],
    "bo",
  );
  await using pty = await seat(hub, "ana", [], { rows: 24 });
  await pty.until(/last$/);
  await pty.type(":clear\r:search needle\r");
  await pty.until(/^── needle in #main ──$/);
  await pty.until(/^-- there are earlier ones; :more goes on$/);
  assertEquals(lines(pty).slice(-20), [
    ...numbers(12, 30).map((text) => `${text} with a needle`),
    "Nëedle last",
  ]);
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(lines(pty).slice(-11), numbers(1, 11).map((text) => `${text} with a needle`));
  await pty.type(":search haystack needle\r");
  await pty.until(/^-- nothing with haystack needle in #main$/);
  await pty.type(":search !!!\r");
  await pty.until(/^! Cannot search #main for !!!: it must have a letter or a digit in it$/);
});

test("A conversation with one person shows its last lines, to these two alone", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await using bo = await seat(hub, "bo");
  {
    await using pty = await seat(hub, "ana");
    await prompts(pty, "> ");
    await pty.type(":msg bo psst\r");
    await bo.until(/ana \(direct\) {2}psst$/);
    await bo.type(":reply yes?\r");
    await pty.until(/bo \(direct\) {2}yes\?$/);
  }
  await using pty = await seat(hub, "ana");
  await prompts(pty, "> ");
  await pty.type(":query bo\r");
  await pty.until(/bo {2}yes\?$/);
  const rows = pty.allRows.map(withoutTime);
  assertEquals(rows.slice(rows.indexOf("── @bo ──") + 1), ["ana  psst", "bo  yes?", "[@bo] >"]);
  await pty.type(":history 10\r");
  await pty.until(/^── @bo, the last 2 lines ──$/);
  await using cy = await seat(hub, "cy");
  await cy.type(":query bo\r");
  await prompts(cy, "[@bo] > ");
  await cy.type(":history\r");
  await cy.until(/^-- nothing is kept of @bo$/);
});

test("A hub that keeps nothing says so where it is asked", async () => {
  await using hub = await HubProgram.start();
  await using pty = await seat(hub, "ana");
  await pty.type(":history\r");
  await pty.until(/^! Cannot show what was said in #main: this hub keeps nothing$/);
  await pty.type(":search x\r");
  await pty.until(/^! Cannot search #main for x: this hub keeps nothing$/);
  assert(!pty.allRows.some((row) => row.includes("kept for")));
});
