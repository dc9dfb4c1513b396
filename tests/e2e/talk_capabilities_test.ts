/** The client on narrow and wide terminals, and on those with fewer capabilities. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, receives, terminalTest as test, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";

/** Numbered words, so that a lost, doubled or swapped one is found. */
function words(count: number): string {
  return Array.from({ length: count }, (_, i) => `w${i}`).join(" ");
}

/** The words of each message of bo, whichever rows they are on. */
function wordsOf(rows: string[]): string[] {
  const lines: string[] = [];
  let isInMessage = false;
  for (const row of rows.map(withoutTime)) {
    const rest = row.replace(/^ *│ /, "");
    if (row.startsWith("bo  ")) lines.push(row.slice("bo  ".length));
    else if (isInMessage && rest !== row) lines.push(`${lines.pop()} ${rest}`);
    isInMessage = row.startsWith("bo  ") || isInMessage && rest !== row;
  }
  return lines;
}

for (const columns of [20, 200]) {
  test(`At ${columns} columns no part of the input and of the messages is lost`, async () => {
    await using hub = await HubProgram.start();
    await using pty = await ana(hub, { columns, rows: 60 });
    await using other = await bo(hub);
    const typed = words(140);
    await pty.type(typed);
    await pty.until(/w139$/);
    const { cursorRow } = pty;
    const input = () => {
      const rows = pty.window;
      return rows.slice(rows.findIndex((row) => row.startsWith("> ")));
    };
    const shown = input();
    assertEquals(shown.map((row) => row.padEnd(columns)).join("").trimEnd(), `> ${typed}`);
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i} ${words(30)}`);
    for (const line of lines) await other.say(line);
    await other.say("end");
    await pty.until(/bo {2,}end$/);
    assertEquals(pty.cursorRow, cursorRow);
    assertEquals(input(), shown);
    assertEquals(wordsOf(pty.allRows), [...lines, "end"]);
    assertEquals(pty.allRows.filter((row) => row.startsWith(">")).length, 1);
    for (const row of pty.allRows) assert(row.length <= columns, row);

    await pty.type("\r");
    assertEquals(await receives(other, typed), "ana");
    await pty.until(() => pty.cursorRow === "> |");
    assertEquals(pty.allRows.filter((row) => row.startsWith(">")).length, 1);
  });
}

test("At 20 columns commands, completion and questions can be read and answered", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { columns: 20 });
  await using other = await bo(hub);
  await pty.type(":help\r");
  await pty.until(/:quit/);
  for (const row of pty.allRows) assert(row.length <= 20, row);
  await pty.until(() => pty.cursorRow === "> |");
  await pty.type(":u\t");
  await pty.until(/^1\/2 {2,}:unignore/);
  await pty.until(() => pty.cursorRow === "> :unignore |");
  await pty.type("\x15\x1b[200~one\ntwo\nthree\nfour\x1b[201~");
  await pty.until(/^send 4 lines as one/);
  await pty.type("y");
  assertEquals(await receives(other, "one\ntwo\nthree\nfour"), "ana");
  await pty.until(() => pty.cursorRow === "> |");
});

/** Shows everything that uses colours, or letters beyond ASCII. */
async function showAll(pty: Pty, hub: HubProgram): Promise<void> {
  await using other = await bo(hub);
  await pty.type("x\x1b[O");
  await pty.until(() => pty.cursorRow === "> x|");
  await other.say("ana: déjà vu… \u{1F44B}\nsecond │ row");
  await pty.until(/second . row$/);
  await pty.until(/^(──|--) new \1$/);
  await pty.type("ça va → \u{1F1F5}\u{1F1F9}\x12zz");
  await pty.until(/^not found 'zz'/);
  await pty.type("\x1b");
  await pty.until(() => pty.cursorRow.startsWith("> "));
  await pty.type("\x15:ignore zoë\r:set\r:nonsense\r");
  await pty.until(/no such command/);
  await pty.type("\x15:username anaïs\r");
  await pty.until(/^-- your name is ana/);
  await pty.type("that is me\r");
  await pty.until(/that is me$/);
  hub.kill("SIGTERM");
  await pty.until(/^-- connection lost/);
  await pty.type("not yet né\r");
  await pty.until(/not sent yet/);
  await pty.type("\x04");
  await pty.status;
}

/** The colour parameters of all SGR sequences in an output. */
function coloursIn(output: string): string[] {
  // deno-lint-ignore no-control-regex
  const parameters = [...output.matchAll(/\x1b\[([\d;:]*)m/g)].flatMap(([, all]) => all!.split(/[;:]/));
  return parameters.filter((parameter) => /^([349]|10)\d$/.test(parameter));
}

// deno-lint-ignore no-control-regex
const BEYOND_ASCII = /[^\x00-\x7f]/g;

for (
  const [env, colours, letters] of [
    [{}, true, true],
    [{ TERM: "xterm" }, true, true],
    [{ NO_COLOR: "1" }, false, true],
    [{ NO_COLOR: "1", COLORTERM: "truecolor" }, false, true],
    [{ LANG: "C" }, true, false],
    [{ LC_ALL: "C" }, true, false],
    [{ LC_CTYPE: "POSIX", LANG: "C.UTF-8" }, true, false],
    [{ LANG: "C", NO_COLOR: "1" }, false, false],
  ] as [Record<string, string>, boolean, boolean][]
) {
  const where = Object.entries(env).map(([name, value]) => `${name}=${value}`).join(" ") || "xterm-256color";
  const what = `${colours ? "" : "no "}colours and ${letters ? "all letters" : "only ASCII"}`;
  test(`With ${where} the terminal gets ${what}`, async () => {
    await using hub = await HubProgram.start();
    await using pty = await ana(hub, { env });
    await showAll(pty, hub);
    assertEquals(coloursIn(pty.output).length > 0, colours, coloursIn(pty.output).join(" "));
    assertEquals(pty.output.match(BEYOND_ASCII) !== null, letters, pty.output.match(BEYOND_ASCII)?.join(" "));
    assert(
      pty.allRows.some((row) => row.includes(letters ? "déjà vu… \u{1F44B}" : "d\\u00e9j\\u00e0 vu...")),
    );
  });
}

test("TERM=dumb gets plain lines without escape sequences", async () => {
  await using hub = await HubProgram.start();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], {
    env: { TERM: "dumb" },
  });
  await pty.until(/ana joined/);
  await using other = await bo(hub);
  await other.say("ana: hello\nand more");
  await pty.until(/and more$/);
  await pty.type("hello to you\n");
  assertEquals(await receives(other, "hello to you"), "ana");
  await pty.type(":nonsense\n:help\n");
  await pty.until(/:quit/);
  await pty.type(":quit\n");
  await pty.status;
  assertEquals(pty.output.match(/[^\n\r\t\x20-\x7e│]/g), null);
});

test("With :bell notify a message for the user is a desktop notification while the window has no focus", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { env: { TERM_PROGRAM: "WezTerm" } });
  await using user = await bo(hub);
  await pty.type(":bell notify\r");
  await pty.until(/^-- bell is notify: /);
  await pty.type("\x1b[O");
  // The separator shows that the client knows about the focus.
  for (let i = 0; !pty.allRows.includes("── new ──"); i++) {
    await user.say(`message ${i}`);
    await pty.until(new RegExp(`bo {2,}message ${i}$`));
  }
  await user.say("ana; lunch?");
  await pty.until(/bo {2,}ana; lunch\?$/);
  await pty.until(() => pty.output.includes("\x1b]777;notify;bo in #main;ana; lunch?\x1b\\"));
});

test(":bell notify says when the terminal shows no notifications", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await pty.type(":bell notify\r");
  await pty.until(/^-- this terminal is not known to show notifications, so the bell rings instead$/);
});

test("Where letters are shown as escapes the reason is given once", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { env: { LANG: "C", LC_ALL: "" }, columns: 200 });
  await using user = await bo(hub);
  await user.say("plain");
  await pty.until(/bo {2,}plain$/);
  const notes = () => pty.allRows.filter((row) => row.includes("is not UTF-8"));
  assertEquals(notes(), []);
  await user.say("déjà vu");
  await pty.until(
    /^-- letters that are not ASCII are shown as escapes such as \\u00e9, because LANG=C is not UTF-8;/,
  );
  await pty.type("né\r");
  await pty.until(/ana {2,}n\\u00e9$/);
  assertEquals(notes().length, 1);
});

test("On a plain terminal without UTF-8 the reason is printed once, too", async () => {
  await using hub = await HubProgram.start();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], {
    env: { TERM: "dumb", LANG: "C", LC_ALL: "" },
    columns: 200,
  });
  await pty.until(/ana joined/);
  await using user = await bo(hub);
  await user.say("plain");
  await user.say("déjà vu");
  await user.say("né");
  await pty.until(/bo {2,}n\\u00e9$/);
  await pty.until(/^riftchat: letters that are not ASCII are shown as escapes .* LANG=C is not UTF-8/);
  assertEquals(pty.allRows.filter((row) => row.includes("is not UTF-8")).length, 1);
});
