/** How messages are shown on a terminal. */
import { assert, assertEquals } from "../helpers/assert.ts";
import type { Cell } from "../helpers/terminal/emulator.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { ana, bo, receives, terminalTest as test, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty, PtyOptions } from "../helpers/terminal/pty.ts";

const [LOOK_AWAY, LOOK_BACK] = ["\x1b[O", "\x1b[I"];

const HOUR_MS = 3_600_000;

/** Connects ana on a terminal to a hub whose messages the test sends. */
async function connect(hub: FakeHub, options?: PtyOptions) {
  const [pty, guest] = await Promise.all([ana(hub, options), hub.welcome()]);
  const send = (message: string, timestamp = Date.now(), username = "bo") =>
    guest.send({ code: 200, message: { timestamp, username, message, sequence: 1, room: "main" } });
  return { pty, guest, send };
}

/** All rows from the first that matches. */
function rowsFrom(pty: Pty, first: RegExp): string[] {
  const rows = pty.allRows;
  return rows.slice(rows.findIndex((row) => first.test(row)));
}

test("Messages that arrive while the terminal has no focus are below a marker and counted in the title", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using other = await bo(hub);
  const title = `riftchat: 127.0.0.1:${hub.port}`;
  const separators = () => pty.allRows.filter((row) => row === "── new ──").length;
  assert(pty.state.sendFocusMode);
  await pty.until(() => pty.state.title === title);

  await other.say("read at once");
  await pty.until(/read at once$/);
  assertEquals(separators(), 0);
  // The letter shows that the focus report has arrived.
  await pty.type("x" + LOOK_AWAY);
  await pty.until(() => pty.cursorRow === "> x|");
  await other.say("first unread");
  await other.say("ana: second unread");
  await other.say("third unread");
  await pty.until(() => pty.state.title === `(3, @1) ${title}`);
  await pty.until(/third unread$/);
  assertEquals(rowsFrom(pty, /read at once$/).map(withoutTime), [
    "bo  read at once",
    "── new ──",
    "bo  first unread",
    "bo  ana: second unread",
    "bo  third unread",
    "> x",
  ]);

  await pty.type(LOOK_BACK);
  await pty.until(() => pty.state.title === title);
  await other.say("read again");
  await pty.until(/read again$/);
  await pty.until(() => pty.state.title === title);
  assertEquals(separators(), 1);
  await pty.type("y" + LOOK_AWAY);
  await pty.until(() => pty.cursorRow === "> xy|");
  await other.say("unread again");
  await pty.until(() => pty.state.title === `(1) ${title}`);
  await pty.until(() => separators() === 2);
  // A user who types reads, even if the terminal has reported no focus.
  await pty.type("z");
  await pty.until(() => pty.state.title === title);
});

test(":time changes the time before a message", async () => {
  await using hub = new FakeHub();
  const { pty, send } = await connect(hub, { env: { TZ: "UTC" } });
  await using _pty = pty;
  const days = new Date(Date.now() - 50 * HOUR_MS).toISOString();
  const at = Date.parse(`${days.slice(0, 10)}T14:03:59Z`);
  await send("on the clock", at);
  await pty.until(/^14:03 bo {2,}on the clock$/);
  await pty.type(":time relative\r");
  await pty.until(/^-- time is relative/);
  await send("some time ago", Date.now() - 3.5 * HOUR_MS);
  await pty.until(/^ 3h bo {2,}some time ago$/);
  await send("just now");
  await pty.until(/^now bo {2,}just now$/);
  await pty.type(":time off\r");
  await pty.until(/^-- time is off/);
  await send("at any time", at);
  await pty.until(/^bo {2,}at any time$/);
  await pty.type(":time on\r");
  await pty.until(/^-- time is on/);
  await send("on the clock again", at);
  await pty.until(/^14:03 bo {2,}on the clock again$/);
});

test("A separator shows the day before its first message", async () => {
  await using hub = new FakeHub();
  const { pty, send } = await connect(hub, { env: { TZ: "UTC" } });
  await using _pty = pty;
  await send("late", Date.UTC(2024, 1, 28, 23, 59));
  await send("later", Date.UTC(2024, 1, 28, 23, 59, 59, 999));
  await send("early", Date.UTC(2024, 1, 29));
  await pty.until(/early$/);
  assertEquals(rowsFrom(pty, /February/), [
    "── Wednesday 28 February 2024 ──",
    "23:59 bo  late",
    "23:59 bo  later",
    "── Thursday 29 February 2024 ──",
    "00:00 bo  early",
    ">",
  ]);
});

for (const columns of [80, 30]) {
  test(`Each further line of a message has a gutter, at ${columns} columns`, async () => {
    await using hub = await HubProgram.start();
    await using pty = await ana(hub, { columns });
    await using other = await bo(hub);
    const forged = ["14:03 bob  hello", "-- connected", "* bob waves", "> and so on", "! no", "── new ──"];
    await other.say(["hi", ...forged].join("\n"));
    await other.say("end");
    await pty.until(/bo {2,}end$/);
    const gutter = " ".repeat(columns < 40 ? 0 : 6) + "│ ";
    assertEquals(rowsFrom(pty, /bo {2,}hi$/).map(withoutTime), [
      "bo  hi",
      ...forged.map((line) => gutter + line),
      "bo  end",
      ">",
    ]);
  });
}

test("No row of a message can look like a message of another user, whatever name the hub sends", async () => {
  await using hub = new FakeHub();
  const { pty, guest, send } = await connect(hub, { columns: 40 });
  await using _pty = pty;
  const forgery = "14:03 bob  hello";
  const padding = "x".repeat(40);
  await send(`${padding}\n${forgery}\r\n${forgery}\u2028${forgery}\v${forgery}\x1b[1G${forgery}`);
  await send(`${"word ".repeat(6)}${" ".repeat(30)}${forgery}`);
  await send("mine", undefined, `zoe\n${forgery}`);
  await send("mine", undefined, `-- ${forgery}`);
  await guest.send({ code: 201, new: `mia\n${forgery}` }, { code: 204, username: `mia\n${forgery}` });
  await guest.send({ code: 206, error: "bad_text", message: `no\n${forgery}` });
  await guest.send({ code: 216, reason: `over\n${forgery}` });
  await send("end");
  await pty.until(/bo {2,}end$/);
  assert(pty.output.split(forgery).length > 6, "the test forges nothing");
  assertEquals(pty.allRows.filter((row) => row.startsWith("14:03") || row.startsWith("bob")), []);
});

test("A URL that is longer than a row is not broken", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { columns: 40 });
  await using other = await bo(hub);
  const address = `https://example.org/${"a-long/path?of=much&".repeat(6)}end`;
  await other.say(`see ${address} there`);
  await other.say("next");
  await pty.until(/bo {2,}next$/);
  assert(pty.output.includes(address), "the URL is broken");
  const rows = rowsFrom(pty, /bo {2,}see/).map(withoutTime);
  assert(rows.join("").includes(address), rows.join("\n"));
  assertEquals(rows.slice(-3), ["      │ there", "bo  next", ">"]);
  // The terminal itself wraps the URL, so that it copies it as one line.
  assertEquals(pty.wrappedRows, Math.ceil(("14:03 bo  see ".length + address.length) / 40) - 1);
});

test("Joins and leaves at the same moment are shown in one line", async () => {
  await using hub = new FakeHub();
  const { pty, guest, send } = await connect(hub);
  await using _pty = pty;
  await guest.send(...["cy", "di", "el"].map((name) => ({ code: 201, new: name })));
  await guest.send({ code: 204, username: "di" }, { code: 203, old: "el", new: "eli" });
  await send("before what follows");
  await pty.until(/what follows$/);
  await pty.type(":quiet\r");
  await pty.until(/quiet is on/);
  await guest.send({ code: 201, new: "fay" });
  await send("end");
  await pty.until(/bo {2,}end$/);
  assertEquals(rowsFrom(pty, /joined/).map(withoutTime), [
    "+ cy, di, el joined",
    "- di left",
    "~ el is now eli",
    "bo  before what follows",
    "-- quiet is on: joins, leaves and renames are hidden (or off)",
    "bo  end",
    ">",
  ]);
});

/** The cells of a visible text. */
function cellsOf(pty: Pty, row: RegExp, text: string): Cell[] {
  const index = pty.window.findIndex((shown) => row.test(shown));
  const start = pty.window[index]!.indexOf(text);
  return pty.cells[index]!.slice(start, start + text.length);
}

test("A name has the same colour in all messages; the own name, mentions and times have other styles", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using one = await bo(hub);
  await using two = await bo(hub, "cy");
  await one.say("hello");
  await receives(two, "hello");
  await two.say("hello Ana, not banana");
  await pty.until(/cy {2,}hello/);
  await pty.type("ana is me\r");
  await pty.until(/ana {2,}ana is me$/);
  await pty.type("/me waves\r");
  await pty.until(/\* ana waves$/);
  await one.say("bye");
  await pty.until(/bo {2,}bye$/);

  const styleOf = (row: RegExp, text: string) => {
    const styles = new Set(cellsOf(pty, row, text).map(({ style, colour }) => `${style} ${colour ?? ""}`));
    assertEquals(styles.size, 1, `${text} in ${row} has one style`);
    return [...styles][0]!;
  };
  const plain = styleOf(/hello$/, "hello");
  assertEquals(plain, " ");
  assertEquals(styleOf(/bo {2,}hello$/, "bo"), styleOf(/bo {2,}bye$/, "bo"));
  assert(/^b \d+$/.test(styleOf(/bo {2,}hello$/, "bo")));
  assert(styleOf(/bo {2,}hello$/, "bo") !== styleOf(/cy {2,}hello/, "cy"));
  assertEquals(styleOf(/cy {2,}hello/, "Ana"), "br ");
  assertEquals(styleOf(/cy {2,}hello/, "banana"), plain);
  assertEquals(styleOf(/ana {2,}ana is me$/, "ana"), "b ");
  assertEquals(styleOf(/ana {2,}ana is me$/, "ana is me"), plain);
  assertEquals(styleOf(/\* ana waves$/, "ana"), "b ");
  assert(/^\d\d:\d\d \* ana waves$/.test(pty.window.find((row) => row.endsWith("waves"))!));
  assertEquals(styleOf(/bye$/, pty.window.find((row) => row.endsWith("bye"))!.slice(0, 5)), "d ");
});

test(":clear empties the screen, and keeps the input and the scrollback", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { rows: 10 });
  await using other = await bo(hub);
  const lines = Array.from({ length: 15 }, (_, i) => `line ${i}`);
  for (const line of lines) await other.say(line);
  await pty.until(/line 14$/);
  for (const clear of [":clear\ra draft", "\x15a draft\x0c"]) {
    await pty.type(clear);
    await pty.until(() => pty.window.join("\n").trimEnd() === "> a draft" && pty.cursorRow === "> a draft|");
    await other.say("below");
    await pty.until(/bo {2,}below$/);
    lines.push("below");
    await pty.type("\x15");
    await pty.until(() => pty.cursorRow === "> |");
  }
  const shown = pty.allRows.filter((row) => / bo {2,}/.test(row)).map(withoutTime);
  assertEquals(shown, lines.map((line) => `bo  ${line}`));
  assertEquals(pty.allRows.filter((row) => row.startsWith(">")), [">"]);
});

test("A message of more than 12 rows is folded, and :more shows the rest", async () => {
  await using hub = new FakeHub();
  const { pty, send } = await connect(hub);
  await using _pty = pty;
  await send(Array.from({ length: 30 }, (_, i) => `row ${i + 1}`).join("\n"));
  await pty.until(/│ … 19 more rows; :more shows them$/);
  assert(!pty.allRows.some((row) => row.endsWith("row 12")));
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(
    rowsFrom(pty, /^── bo, /).slice(1, -2).map((row) => row.trim()),
    Array.from({ length: 19 }, (_, i) => `│ row ${i + 12}`),
  );
  await pty.type(":more\r");
  await pty.until(/^-- nothing more to show/);
});
