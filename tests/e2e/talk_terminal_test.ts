/** What the client leaves of a terminal, however it ends or is stopped. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { ana, bo, receives, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { type Pty, quoted } from "../helpers/terminal/pty.ts";
import { Shell, SHELL_TITLE } from "../helpers/terminal/shell.ts";

const DRAFT = "a draft that takes more than one row of a terminal of sixty columns";

/** A shell that is to start the program. */
function shellFor({ port }: { port: number }): Promise<Shell> {
  return Shell.open(["join", `127.0.0.1:${port}`, "-n", "ana"], { columns: 60, rows: 16 });
}

/** Starts the program, and waits until one can type. */
async function chats({ pty }: { pty: Pty }, chatting: Promise<void>): Promise<void> {
  await chatting;
  await pty.until(() => pty.cursorRow === "> |" && pty.allRows.some((row) => row.startsWith("-- connected")));
}

/** What takes notice of the program's end: its status, and the terminal, which is to be as it was. */
async function assertRestored(
  shell: Shell,
  before: { settings: string; state: Pty["state"]; status: number },
): Promise<void> {
  const { pty } = shell;
  await shell.waitForPrompt();
  assertEquals(pty.state, before.state);
  assertEquals(await shell.run('echo "status $?"'), `status ${before.status}`);
  assertEquals(await shell.settings(), before.settings);
  assertEquals(pty.allRows.filter((row) => row.startsWith(">")), []);
}

for (
  const [how, end, status] of [
    [":quit", ({ pty }) => pty.type("\x03:quit\r"), 0],
    ["Ctrl-D", ({ pty }) => pty.type("\x03\x04"), 0],
    ["SIGTERM", (shell) => shell.kill("SIGTERM"), 143],
    ["SIGHUP", (shell) => shell.kill("SIGHUP"), 129],
    ["SIGINT", (shell) => shell.kill("SIGINT"), 130],
  ] as [string, (shell: Shell) => void | Promise<void>, number][]
) {
  test(`After ${how} in the middle of a line the terminal is as it was`, async () => {
    await using hub = await HubProgram.start();
    await using shell = await shellFor(hub);
    const { pty } = shell;
    const before = { settings: await shell.settings(), state: pty.state, status };
    assertEquals(before.state.title, SHELL_TITLE);
    await chats(shell, shell.startProgram());
    await pty.type(DRAFT + "\x1b[D\x1bb\x1bb\x1bb");
    await pty.until(/columns$/);
    const { bracketedPasteMode, sendFocusMode, title } = pty.state;
    assertEquals([bracketedPasteMode, sendFocusMode, title], [true, true, `riftchat: 127.0.0.1:${hub.port}`]);
    await end(shell);
    await assertRestored(shell, before);
  });
}

test("After the hub would not have one back the terminal is as it was", async () => {
  await using hub = new FakeHub();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const before = { settings: await shell.settings(), state: pty.state, status: 4 };
  const welcome = hub.welcome();
  await chats(shell, shell.startProgram());
  const guest = await welcome;
  await guest.send({ code: 216, reason: "out with you" });
  guest.close();
  await pty.until(/^connecting again/);
  await Promise.all([hub.refuse("banned"), pty.type(":reconnect\r")]);
  await assertRestored(shell, before);
  assert(pty.allRows.some((row) => row.startsWith("riftchat: ")), pty.allRows.join("\n"));
});

for (
  const [how, end, status] of [
    ["SIGTERM", (shell) => shell.kill("SIGTERM"), 143],
    ["Ctrl-C", ({ pty }) => pty.type("\x03"), 130],
    ["Ctrl-D", ({ pty }) => pty.type("\x04"), 0],
  ] as [string, (shell: Shell) => void | Promise<void>, number][]
) {
  test(`After ${how} while it connects for the first time the terminal is as it was`, async () => {
    // It takes the connection and says nothing.
    await using hub = new FakeHub();
    await using shell = await shellFor(hub);
    const { pty } = shell;
    const before = { settings: await shell.settings(), state: pty.state, status };
    await shell.startProgram();
    await pty.until(() => /^connecting to .+ > \|$/.test(pty.cursorRow));
    await end(shell);
    await assertRestored(shell, before);
  });
}

test("Where no hub is the terminal is as it was", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using shell = await shellFor({ port });
  const before = { settings: await shell.settings(), state: shell.pty.state, status: 3 };
  await shell.startProgram();
  await assertRestored(shell, before);
});

test("After kill -STOP and fg everything is drawn and switched on again", async () => {
  await using hub = await HubProgram.start();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const before = { settings: await shell.settings(), state: pty.state, status: 0 };
  await chats(shell, shell.startProgram());
  await using other = await bo(hub);
  await pty.type(DRAFT);
  await pty.until(/columns$/);
  const { state, cursorRow } = pty;
  shell.kill("SIGSTOP");
  await pty.until(/Stopped/);
  // Raw as it is: what a shell does that minds its terminal, and the person who gets it back.
  await pty.type(`stty ${before.settings}\n`);
  await pty.until(() => pty.cursorRow === "$ $ |");
  await shell.run("printf '\\033[?2004l\\033[?1004l'");
  await shell.run("echo somebody else was here");
  assert(!pty.state.bracketedPasteMode);
  await other.say("said meanwhile");
  await receives(other, "said meanwhile");
  await pty.type("fg\r");
  await pty.until(/bo {2}said meanwhile$/);
  await pty.until(() => pty.cursorRow === cursorRow && pty.state.bracketedPasteMode);
  assertEquals(pty.state, state);
  await pty.type(" again\r");
  assertEquals(await receives(other, DRAFT + " again"), "ana");
  assert(pty.allRows.includes("somebody else was here"));
  await pty.type(":quit\r");
  await shell.waitForPrompt();
  assertEquals(await shell.run('echo "status $?"'), "status 0");
  assertEquals(await shell.settings(), before.settings);
  assertEquals(pty.state, before.state);
});

test("After Ctrl-Z the shell has its terminal as it was, and after fg the chat goes on", async () => {
  await using hub = await HubProgram.start();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const [settings, state] = [await shell.settings(), pty.state];
  await chats(shell, shell.startProgram());
  const { title } = pty.state;
  await using other = await bo(hub);
  await pty.type(DRAFT + "\x1a");
  if (Deno.env.has("RIFTCHAT_EXE")) {
    // Versions of Deno that do not let a program stop itself leave that to the terminal, at the next Ctrl-Z.
    await pty.until(/^-- stopping/);
    await pty.type("\x1a");
  }
  await pty.until(/Stopped/);
  await shell.waitForPrompt();
  assertEquals(pty.state, state);
  assertEquals(await shell.settings(), settings);
  await other.say("said meanwhile");
  await pty.type("fg\r");
  await pty.until(/bo {2}said meanwhile$/);
  await pty.until(/columns$/);
  assert(pty.state.bracketedPasteMode && pty.state.sendFocusMode);
  await pty.until(() => pty.state.title === `(1) ${title}` || pty.state.title === title);
  await pty.type("\r");
  assertEquals(await receives(other, DRAFT), "ana");
});

test("When the terminal is closed the program ends", async () => {
  const folder = await Deno.makeTempDir();
  const fifo = `${folder}/status`;
  try {
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    await using hub = await HubProgram.start();
    await using other = await bo(hub);
    const told = Deno.readTextFile(fifo);
    {
      // The shell catches the hang-up and outlives the terminal; so it can tell through the fifo how the program ended.
      const tell = (command: string) => `trap : HUP; (exec ${command}); echo "$?" > ${quoted(fifo)}`;
      await using pty = await ana(hub, { within: tell });
      await pty.type("half a li");
      await pty.until(() => pty.cursorRow === "> half a li|");
    }
    assertEquals(await withDeadline(told, () => "the program to end"), "129\n");
    await other.until(({ code, username }) => code === 204 && username === "ana");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
