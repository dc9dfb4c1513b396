/** `riftchat join` on a terminal: input, messages, reconnecting and leaving. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, terminalTest as test, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { Pty } from "../helpers/terminal/pty.ts";

test("Messages that arrive while the user types change neither the input nor the cursor", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { columns: 40, rows: 12 });
  await using other = await bo(hub);
  const typed = "half a sentence that wraps over three rows of so narrow a window as this one is";
  await pty.type(typed + "\x1b[D");
  await pty.until(() => pty.cursorRow.startsWith("|s"));
  const { cursorRow } = pty;
  for (let i = 0; i < 200; i++) await other.say(`line ${i}`);
  await pty.until(/bo {2,}line 199$/);
  assertEquals(pty.cursorRow, cursorRow);
  const lines = pty.allRows.filter((row) => / bo {2,}line /.test(row)).map(withoutTime);
  assertEquals(lines, Array.from({ length: 200 }, (_, i) => `bo  line ${i}`));
  assertEquals(pty.allRows.filter((row) => row.startsWith("> ")).length, 1, pty.allRows.join("\n"));
  await pty.type("\x05!\r");
  await other.until(({ message }) => (message as { message?: string })?.message === typed + "!");
});

test("A paste of 20,000 characters is inserted at once, and the client asks before it is sent", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  const text = "word ".repeat(4000);
  await pty.type(`\x1b[200~${text}\x1b[201~`);
  await pty.until(/send .* as 5 messages\? .* \[y\/N\/e\]/);
  await pty.type("e");
  await pty.until(/word word/);
  await pty.type("\x03");
  await pty.until(() => pty.cursorRow === "> |");
});

test("A paste that is too long is sent as several messages, and none of them is a command", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using other = await bo(hub);
  const line = (begin: string) => begin + "x".repeat(4000);
  const lines = [line("one"), line(":quit "), line("/leave ")];
  await pty.type(`\x1b[200~${lines.join("\n")}\n\x1b[201~`);
  await pty.until(/send 3 lines \(\d+ bytes\) as 3 messages/);
  await pty.type("y");
  for (const expected of lines) {
    await other.until(({ message }) => (message as { message?: string })?.message === expected);
  }
});

test("A paste that never ends is shown, and Ctrl-C ends it", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await pty.type("\x1b[200~half a");
  await pty.until(() => pty.cursorRow === "> half a|");
  await pty.type(" line");
  await pty.until(() => pty.cursorRow === "> half a line|");
  await pty.type("\x03");
  await pty.type("\x15typed");
  await pty.until(() => pty.cursorRow === "> typed|");
});

test("An arrow key whose rest comes after the Escape was taken for one loses nothing", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await pty.type("draft");
  await pty.until(() => pty.cursorRow === "> draft|");
  await pty.type("\x1b");
  await pty.until(() => pty.cursorRow === "> |");
  await pty.type("[D");
  await pty.until(() => pty.cursorRow === "> draf|t");
  await pty.type("\x1b");
  await pty.until(() => pty.cursorRow === "> |");
  await pty.type("\x1b");
  await pty.until(() => pty.cursorRow === "> draf|t");
});

test("Backspace and the arrow keys move by grapheme clusters", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using other = await bo(hub);
  await pty.type("a\u{1F468}\u200D\u{1F469}\u200D\u{1F467}e\u0301\u{1F1F5}\u{1F1F9}b");
  await pty.type("\x1b[D\x7f\x7f\x7f\r");
  const { message } = await other.until(({ code, message }) => code === 200 && !!message);
  assertEquals((message as { message: string }).message, "ab");
});

test("After a change of its size the terminal shows the same messages and the same input", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { columns: 60, rows: 12 });
  await using other = await bo(hub);
  await other.say("before the window changes");
  await pty.until(/before the window changes/);
  await pty.type("an input that is not sent while it does");
  await pty.until(/while it does$/);
  for (const [columns, rows] of [[30, 12], [25, 8], [90, 20]] as const) {
    await pty.resize(columns, rows);
    await other.say(`at ${columns}`);
    await pty.until(new RegExp(`at ${columns}$`));
  }
  await pty.until(() => pty.cursorRow === "> an input that is not sent while it does|");
  assertEquals(
    pty.allRows.filter((row) => row.includes("an input that is")).length,
    1,
    pty.allRows.join("\n"),
  );
});

test("A restart of the hub loses neither the draft nor a message that was typed meanwhile", async () => {
  const port = keptPort();
  let hub = await HubProgram.start(["--port", String(port)]);
  await using pty = await ana(hub);
  await pty.type("a draft");
  hub.kill("SIGKILL");
  await hub[Symbol.asyncDispose]();
  await pty.until(/connection lost.*connecting again/);
  await pty.until(/connecting again in \d+ s > a draft$/);
  await pty.type("\x15sent while offline\r");
  await pty.until(/not sent yet: sent while offline/);
  await pty.type("\x19");
  hub = await HubProgram.start(["--port", String(port)]);
  await using _hub = hub;
  await pty.until(/ana {2,}sent while offline$/);
  await pty.until(() => pty.cursorRow === "> a draft|");
});

for (
  const [how, end, status] of [
    [":quit", (pty: Pty) => pty.type(":quit\r"), 0],
    ["Ctrl-D on an empty line", (pty: Pty) => pty.type("\x04"), 0],
    ["Ctrl-C on an empty line", (pty: Pty) => pty.type("\x03"), 130],
  ] as [string, (pty: Pty) => Promise<void>, number][]
) {
  test(`${how} leaves with status ${status} and restores the terminal`, async () => {
    await using hub = await HubProgram.start();
    await using pty = await ana(hub);
    assert(pty.modes.bracketedPasteMode);
    await pty.type("not yet\x03");
    await pty.until(() => pty.cursorRow === "> |");
    await end(pty);
    assertEquals(await pty.status, status);
    await pty.until(() => !pty.modes.bracketedPasteMode);
    assert(!pty.window.some((row) => row.startsWith(">")), pty.window.join("\n"));
  });
}

test("A refused join is printed on a line of its own, with status 4", async () => {
  await using hub = await HubProgram.start();
  await using _first = await ana(hub);
  await using second = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
  await second.until(/^Another name \(Enter for ana-2\):/);
  await second.type("\x04");
  assertEquals(await second.status, 4);
  assert(second.output.includes("ana is online already"));
  assert(!second.modes.bracketedPasteMode);
});

test("Invisible characters in a message do not reach the terminal", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using other = await bo(hub);
  await other.say("\u200b\u00adzero\tand\nnew line\ufeff");
  await pty.until(/new line/);
  assert(!/[\u200b\u00ad\ufeff]/.test(pty.output));
});

test("TERM=dumb gets plain lines", async () => {
  await using hub = await HubProgram.start();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], {
    env: { TERM: "dumb" },
  });
  await pty.until(/ana joined/);
  await pty.type(":quit\n");
  assertEquals(await pty.status, 0);
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(pty.output));
});
