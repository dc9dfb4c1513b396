/**
 * `tail`, `log` and the line-by-line `join` on a real terminal: the rows of one message never look like another
 * message, however wide the terminal is. A pipe gets the same lines unbroken.
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { send, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram, run } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";

/** What a row of eve looks like, for `tail` and `join` and for `log`. */
const EVE = /^(\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (#main )?eve/;

/**
 * A message that begins a row with a line of eve on a terminal of this width, if nothing breaks it before.
 *
 * @param columns the width of the terminal
 * @param prefix the width of what stands before the text: the time and the name
 */
function forgery(columns: number, prefix: number): string {
  return "x".repeat(5) + " ".repeat(columns - prefix - 5) + "14:03 eve  I quit";
}

/** The same at the widths of the texts of `tail` and `log`, and for characters of two columns. */
const FORGERIES = [
  forgery(80, "14:03 bo  ".length),
  forgery(80, "2026-11-23 14:03:07 #main bo  ".length).replace("14:03", "2026-11-23 14:03:07"),
  "字".repeat(35) + "14:03 eve  I quit",
  `${"x".repeat(75)}\t14:03 eve  I quit`,
  "two lines\n" + "y".repeat(72) + "14:03 eve  I quit",
];

function assertNoForgery(pty: Pty): void {
  assert(!pty.allRows.some((row) => EVE.test(row)), pty.allRows.join("\n"));
  assertEquals(pty.wrappedRows, 0, pty.allRows.join("\n"));
}

test("A padded message does not look like one of another user in tail on a terminal", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await send(hub, FORGERIES);
  await using pty = await Pty.start(["tail", `127.0.0.1:${hub.port}`]);
  await pty.until(() => pty.allRows.filter((row) => row.includes("I quit")).length === FORGERIES.length);
  assertNoForgery(pty);
  assert(pty.allRows.some((row) => row === "      │ 14:03 eve  I quit"), pty.allRows.join("\n"));
});

test("tail follows the width of the terminal, and a narrow one gets a short gutter", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using pty = await Pty.start(["tail", `127.0.0.1:${hub.port}`, "--time", "iso"], { columns: 120 });
  const said = async (text: string) => {
    await send(hub, [text]);
    await pty.until(() => pty.allRows.some((row) => row.includes(text.slice(-4))));
  };
  await said(forgery(120, 29) + " one.");
  await pty.resize(40, 24);
  await said(forgery(40, 29) + " two.");
  assert(!pty.allRows.some((row) => EVE.test(row)), pty.allRows.join("\n"));
  assertEquals(pty.allRows.findLast((row) => row.endsWith("two.")), "│ 14:03 eve  I quit two.");
});

test("A padded message does not look like one of another user in log on a terminal", async () => {
  using folder = new DataFolder();
  {
    await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
    await send(hub, FORGERIES);
  }
  await using pty = await Pty.start(["log", "--data", folder.path], { config: folder.path });
  await pty.status;
  assertEquals(pty.allRows.filter((row) => row.includes("I quit")).length, FORGERIES.length);
  assertNoForgery(pty);
  assert(
    pty.allRows.some((row) => row === `${" ".repeat(19)} │ 2026-11-23 14:03:07 eve  I quit`),
    pty.allRows.join("\n"),
  );
});

for (const [how, env] of [["typed, with TERM=dumb", { TERM: "dumb" }], ["piped", {}]] as const) {
  test(`A padded message does not look like one of another user in a join that is ${how}`, async () => {
    await using hub = await HubProgram.start();
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], {
      env,
      within: (command) => how === "piped" ? `(cat; sleep 100) | ${command}` : `exec ${command}`,
    });
    await pty.until(/your name is ana/);
    await send(hub, FORGERIES);
    await pty.until(() => pty.allRows.filter((row) => row.includes("I quit")).length === FORGERIES.length);
    assertNoForgery(pty);
  });
}

test("A pipe gets long lines of tail and log unbroken", async () => {
  using folder = new DataFolder();
  const long = forgery(80, 10).padEnd(300, " yes");
  {
    await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
    await send(hub, [long]);
    const { stdout } = await run(["tail", `127.0.0.1:${hub.port}`, "--count", "1"]);
    assertEquals(stdout.split("\n").map((line) => line.replace(/^.*?bo {2}/, "")), [long, ""]);
  }
  const { stdout } = await run(["log", "--data", folder.path]);
  assertEquals(stdout.split("\n").map((line) => line.replace(/^.*?bo {2}/, "")), [long, ""]);
});
