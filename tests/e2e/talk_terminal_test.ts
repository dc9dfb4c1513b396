/** The terminal is restored, however the client ends or is stopped. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { ana, bo, receives, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { type Pty, quoted } from "../helpers/terminal/pty.ts";
import { Shell, SHELL_TITLE } from "../helpers/terminal/shell.ts";

const DRAFT = "a draft that takes more than one row of a terminal of sixty columns";

/** Opens a shell that can start the client. */
function shellFor({ port }: { port: number }): Promise<Shell> {
  return Shell.open(["join", `127.0.0.1:${port}`, "-n", "ana"], { columns: 60, rows: 16 });
}

/** Waits until the client has started and the user can type. */
async function untilConnected({ pty }: { pty: Pty }, started: Promise<void>): Promise<void> {
  await started;
  await pty.until(() => pty.cursorRow === "> |" && pty.allRows.some((row) => row.startsWith("-- connected")));
}

/** Asserts that the client has ended with a status and has restored the terminal. */
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
  test(`After ${how} in the middle of an input the terminal is restored`, async () => {
    await using hub = await HubProgram.start();
    await using shell = await shellFor(hub);
    const { pty } = shell;
    const before = { settings: await shell.settings(), state: pty.state, status };
    assertEquals(before.state.title, SHELL_TITLE);
    await untilConnected(shell, shell.startProgram());
    await pty.type(DRAFT + "\x1b[D\x1bb\x1bb\x1bb");
    await pty.until(/columns$/);
    const { bracketedPasteMode, sendFocusMode, title } = pty.state;
    assertEquals([bracketedPasteMode, sendFocusMode, title], [true, true, `riftchat: 127.0.0.1:${hub.port}`]);
    await end(shell);
    await assertRestored(shell, before);
  });
}

test("After the hub refuses a reconnect, the terminal is restored", async () => {
  await using hub = new FakeHub();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const before = { settings: await shell.settings(), state: pty.state, status: 4 };
  const welcome = hub.welcome();
  await untilConnected(shell, shell.startProgram());
  const guest = await welcome;
  await guest.send({ code: 216, reason: "out with you" });
  guest.close();
  await pty.until(/^connecting (?:again|to) /);
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
  test(`After ${how} during the first connect the terminal is restored`, async () => {
    // The hub accepts the connection and sends nothing.
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

test("If there is no hub, the terminal is restored", async () => {
  const port = keptPort();
  await using shell = await shellFor({ port });
  const before = { settings: await shell.settings(), state: shell.pty.state, status: 3 };
  await shell.startProgram();
  await assertRestored(shell, before);
});

test("After kill -STOP and fg the modes are set and the screen is drawn again", async () => {
  await using hub = await HubProgram.start();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const before = { settings: await shell.settings(), state: pty.state, status: 0 };
  await untilConnected(shell, shell.startProgram());
  await using other = await bo(hub);
  await pty.type(DRAFT);
  await pty.until(/columns$/);
  const { state, cursorRow } = pty;
  shell.kill("SIGSTOP");
  await pty.until(/Stopped/);
  // The terminal is still raw. Some shells restore it themselves; here the user does.
  await pty.type(`stty ${before.settings}\n`);
  await pty.until(() => pty.cursorRow === "$ $ |");
  await shell.run("printf '\\033[?2004l\\033[?1004l'");
  await shell.run("echo another program ran");
  assert(!pty.state.bracketedPasteMode);
  await other.say("sent meanwhile");
  await receives(other, "sent meanwhile");
  await pty.type("fg\r");
  await pty.until(/bo {2,}sent meanwhile$/);
  await pty.until(() => pty.cursorRow === cursorRow && pty.state.bracketedPasteMode);
  assertEquals(pty.state, state);
  await pty.type(" again\r");
  assertEquals(await receives(other, DRAFT + " again"), "ana");
  assert(pty.allRows.includes("another program ran"));
  await pty.type(":quit\r");
  await shell.waitForPrompt();
  assertEquals(await shell.run('echo "status $?"'), "status 0");
  assertEquals(await shell.settings(), before.settings);
  assertEquals(pty.state, before.state);
});

test("Ctrl-Z restores the terminal for the shell, and fg continues the chat", async () => {
  await using hub = await HubProgram.start();
  await using shell = await shellFor(hub);
  const { pty } = shell;
  const [settings, state] = [await shell.settings(), pty.state];
  await untilConnected(shell, shell.startProgram());
  const { title } = pty.state;
  await using other = await bo(hub);
  await pty.type(DRAFT + "\x1a");
  if (Deno.env.has("RIFTCHAT_EXE")) {
    // Some versions of Deno do not let a program stop itself. Then the terminal does it, at the next Ctrl-Z.
    await pty.until(/^-- stopping/);
    await pty.type("\x1a");
  }
  await pty.until(/Stopped/);
  await shell.waitForPrompt();
  assertEquals(pty.state, state);
  assertEquals(await shell.settings(), settings);
  await other.say("sent meanwhile");
  await pty.type("fg\r");
  await pty.until(/bo {2,}sent meanwhile$/);
  await pty.until(/columns$/);
  assert(pty.state.bracketedPasteMode && pty.state.sendFocusMode);
  await pty.until(() => pty.state.title === `(1) ${title}` || pty.state.title === title);
  await pty.type("\r");
  assertEquals(await receives(other, DRAFT), "ana");
});

test("When the terminal is closed, the client ends", async () => {
  const folder = await Deno.makeTempDir();
  const fifo = `${folder}/status`;
  try {
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    await using hub = await HubProgram.start();
    await using other = await bo(hub);
    const status = Deno.readTextFile(fifo);
    {
      // The shell ignores SIGHUP and outlives the terminal, so it can write the exit status of the client to the FIFO.
      const within = (command: string) => `trap : HUP; (exec ${command}); echo "$?" > ${quoted(fifo)}`;
      await using pty = await ana(hub, { within });
      await pty.type("half a li");
      await pty.until(() => pty.cursorRow === "> half a li|");
      await pty.hangUp();
    }
    assertEquals(await withDeadline(status, () => "the program to end"), "129\n");
    await other.until(({ code, username }) => code === 204 && username === "ana");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
