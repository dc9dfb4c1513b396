/** `:copy` puts messages on the clipboard of the terminal as they were written (OSC 52), also in tmux. */
import { MAX_CLIPBOARD_BYTES } from "../../client/render/mod.ts";
import { assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { OFFER, ScriptedHub, WELCOME } from "../helpers/hubs/scripted_hub.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { HubProgram } from "../helpers/program.ts";
import { ana, send, terminalTest as test } from "../helpers/terminal/users.ts";
import { Pty, quoted } from "../helpers/terminal/pty.ts";

const CODE = 'for (const row of rows) {\n\tif (row.length > 80) console.log("a long line that the terminal ' +
  'breaks into rows", row);\n\n    return "déjà vu \u{1F44B}";\n}';

/** The texts that the terminal was asked to put on its clipboard, in order. */
function clipboards({ output }: Pty): string[] {
  // deno-lint-ignore no-control-regex
  return [...output.matchAll(/\x1b\]52;c;([A-Za-z0-9+/=]*)\x07/g)].map(([, base64 = ""]) =>
    new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)))
  );
}

/** Runs `:copy`; returns what is on the clipboard after a row that matches. */
async function copies(pty: Pty, command: string, wanted: RegExp): Promise<string | undefined> {
  const before = pty.allRows.filter((row) => wanted.test(row)).length;
  await pty.type(`${command}\r`);
  await pty.until(() => pty.allRows.filter((row) => wanted.test(row)).length > before);
  return clipboards(pty).at(-1);
}

test(":copy copies a message exactly: the last one, one further up, some together, or that of a user", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { columns: 100, rows: 50 });
  await pty.type(":copy\r");
  await pty.until(/^! Cannot copy: no message was shown yet$/);
  await pty.type("\x15");
  await send(hub, ["one", CODE], "bo");
  await send(hub, ["three"], "cy");
  await pty.until(/three$/);
  assertEquals(
    await copies(pty, ":copy", /^-- copied the message of cy of \d\d:\d\d: 1 line, 5 characters$/),
    "three",
  );
  await pty.until(/^-- if pasting gives something else, allow OSC 52/);
  const note = new RegExp(
    `^-- copied the message of bo of \\d\\d:\\d\\d: 5 lines, ${[...CODE].length} characters$`,
  );
  assertEquals(await copies(pty, ":copy 2", note), CODE);
  assertEquals(await copies(pty, ":copy BO", note), CODE);
  assertEquals(
    await copies(
      pty,
      ":copy 3-1",
      /^-- copied 3 messages of bo, cy (of|from) \d\d:\d\d.*: 7 lines, \d+ characters$/,
    ),
    `one\n${CODE}\nthree`,
  );
  assertEquals(clipboards(pty).length, 4);
  assertEquals(pty.allRows.filter((row) => row.startsWith("-- if pasting")).length, 1);
  for (
    const [command, error] of [
      [":copy 4", /^! Cannot copy message 4, counted from the last: it must be 1 to 3;/],
      [
        ":copy dan",
        /^! Cannot copy a message of dan: none of the last 3 messages on the screen is of this user$/,
      ],
    ] as const
  ) {
    await pty.type(`${command}\r`);
    await pty.until(error);
    await pty.type("\x15");
  }
  await pty.type(":help copy\r");
  await pty.until(/^ +3-1 +the last three messages, in order$/);
  assertEquals(clipboards(pty).length, 4);
});

test("A message that :search shows again is the last one, and that of another room is not", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await send(hub, ["the needle", "something else"]);
  await using pty = await ana(hub);
  await pty.until(/something else$/);
  await pty.type(":join #dev\r");
  await pty.until(() => pty.cursorRow === "[#dev] > |");
  await pty.type(":switch #main\r");
  await pty.until(() => pty.cursorRow === "[#main] > |");
  await send(hub, ["elsewhere"], "bo", "dev");
  await pty.until(() => pty.cursorRow === "[#main] (#dev 1) > |");
  const copied = /^-- copied the message of bo of/;
  assertEquals(await copies(pty, ":copy", copied), "something else");
  await pty.type(":search needle\r");
  await pty.until(/^── end ──$/);
  assertEquals(await copies(pty, ":copy", copied), "the needle");
});

test("Characters that the screen replaces are copied as they are shown", async () => {
  await using hub = new ScriptedHub();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
  await hub.send(OFFER);
  await hub.receive();
  await hub.send(WELCOME);
  const message = "rm\x1b[201~ -rf\u202e\r\n\tdone";
  await hub.send({ code: 200, message: { timestamp: 0, username: "bo", message, sequence: 1 } });
  await pty.until(/done$/);
  assertEquals(
    await copies(
      pty,
      ":copy",
      /^-- copied the message of bo of \d\d:\d\d: 2 lines, 27 characters; control and hidden$/,
    ),
    "rm␛[201~ -rf<U+202E>␍\n\tdone",
  );
});

test("A text that is too long for the clipboard is refused, and says how long it may be", async () => {
  await using hub = await HubProgram.start(["--rate-limit", "off"]);
  await using pty = await ana(hub, { columns: 150 });
  const text = "x".repeat(4000);
  const count = Math.ceil(MAX_CLIPBOARD_BYTES / text.length);
  await send(hub, Array.from({ length: count }, () => text));
  await pty.until(/^- bo left$/);
  await pty.type(`:copy 1-${count}\r`);
  await pty.until(
    /^! Cannot copy 19 messages: a terminal takes at most 74,994 bytes at once: they have 76,018; copy fewer$/,
  );
  assertEquals(clipboards(pty), []);
  await pty.type("\x15");
  assertEquals((await copies(pty, `:copy 1-${count - 1}`, /^-- copied 18 messages/))?.length, 18 * 4001 - 1);
});

test("A terminal that is known to have no clipboard gets no sequence, and :copy says what to do", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub, { env: { TERM_PROGRAM: "Apple_Terminal" }, columns: 150 });
  await send(hub, ["one"]);
  await pty.until(/one$/);
  await pty.type(":copy\r");
  await pty.until(
    /^! Cannot copy: this terminal is known to have no clipboard .* riftchat tail --json prints/,
  );
  assertEquals(clipboards(pty), []);
});

async function tmux(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("tmux", { args: ["-S", socket, ...args], stderr: "null" })
    .output();
  return new TextDecoder().decode(stdout);
}

async function hasTmux(): Promise<boolean> {
  try {
    return (await tmux("/dev/null", "-V")).startsWith("tmux");
  } catch {
    return false;
  }
}

Deno.test({
  ...needs(
    "In tmux :copy reaches the buffer of tmux exactly, and says which setting that needs",
    NO_PTY ?? (await hasTmux() ? undefined : "tmux is not installed"),
  ),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "rift" });
    await Deno.chmod(folder, 0o700);
    const socket = `${folder}/socket`;
    try {
      await using hub = await HubProgram.start();
      await using pty = await ana(hub, {
        columns: 120,
        env: { STY: "" },
        within: (command) => `exec tmux -S ${socket} -f /dev/null new-session ${quoted(command)}`,
      });
      await tmux(socket, "set", "-g", "set-clipboard", "on");
      await send(hub, [CODE]);
      await pty.until(/^ +│ }$/);
      await pty.type(":copy\r");
      await pty.until(/^-- if pasting gives something else, run: tmux set -g set-clipboard on;/);
      assertEquals(await tmux(socket, "show-buffer"), CODE);
    } finally {
      await tmux(socket, "kill-server").catch(() => "");
      await Deno.remove(folder, { recursive: true });
    }
  },
});
