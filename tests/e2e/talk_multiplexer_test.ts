/** The client in a terminal multiplexer, if the machine has it: tmux. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, receives, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { type Pty, quoted } from "../helpers/terminal/pty.ts";

/** A terminal multiplexer. */
interface Multiplexer {
  /** Its name. */
  name: string;
  /** The arguments that check whether it is installed. */
  checkArguments: string[];
  /** Returns the command that runs another command in it, with its socket in a folder. */
  runCommand: (command: string, folder: string) => string;
  /** Returns the command that writes all rows of the pane, the scrollback first, to a file in the folder. */
  copyCommand: (folder: string) => string[];
  /** Returns the command that ends it. */
  endCommand: (folder: string) => string[];
}

const MULTIPLEXERS: Multiplexer[] = [
  {
    name: "tmux",
    checkArguments: ["-V"],
    runCommand: (command, folder) =>
      `exec tmux -S ${folder}/socket -f /dev/null new-session ${quoted(command)}`,
    copyCommand: (folder) => [
      "tmux",
      "-S",
      `${folder}/socket`,
      "capture-pane",
      "-S",
      "-",
      ";",
      "save-buffer",
      `${folder}/pane`,
    ],
    endCommand: (folder) => ["tmux", "-S", `${folder}/socket`, "kill-server"],
  },
];

async function succeeds([command, ...args]: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command!, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns the rows of the pane and its scrollback, without empty rows. */
async function copyPane(multiplexer: Multiplexer, folder: string): Promise<string[]> {
  assert(await succeeds(multiplexer.copyCommand(folder)), "the pane cannot be copied");
  const text = await Deno.readTextFile(`${folder}/pane`);
  return text.split("\n").map((row) => row.trimEnd()).filter((row) => row !== "");
}

for (const multiplexer of MULTIPLEXERS) {
  const { name, checkArguments } = multiplexer;
  const missing = NO_PTY ??
    (await succeeds([name, ...checkArguments]) ? undefined : `${name} is not installed`);
  Deno.test({
    ...needs(`In ${name} the prompt stays below the chat, and the scrollback has only the chat`, missing),
    fn: async () => {
      // The path of a socket must be short. The folder is private.
      const folder = await Deno.makeTempDir({ prefix: "rift" });
      await Deno.chmod(folder, 0o700);
      try {
        await using hub = await HubProgram.start();
        await using pty = await ana(hub, {
          columns: 60,
          rows: 16,
          env: { STY: "" },
          within: (command) => multiplexer.runCommand(command, folder),
        });
        await testConversation(pty, hub, () => copyPane(multiplexer, folder));
      } finally {
        await succeeds(multiplexer.endCommand(folder));
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Tests long messages and changes of the size, with a half-typed input. */
async function testConversation(pty: Pty, hub: HubProgram, copied: () => Promise<string[]>): Promise<void> {
  await using other = await bo(hub);
  const typed = "half a sentence that wraps over rows of so narrow a window as this one can be";
  await pty.type(typed);
  await pty.until(/can be/);
  const { cursorRow } = pty;
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i} ${"many words ".repeat(i % 12)}end`);
  for (const line of lines) await other.say(line);
  await pty.until(() => pty.window.some((row) => row.includes("line 59")));
  await pty.until(() => pty.cursorRow === cursorRow);
  assertMessages(await copied(), lines);

  for (const [columns, rows] of [[40, 16], [30, 10], [70, 20]] as const) {
    await pty.resize(columns, rows);
    // The client learns its new size later than the pane has it.
    await pty.until(() => inputOf(pty, columns) === `> ${typed}`);
    const line = `at ${columns}`;
    lines.push(line);
    await other.say(line);
    await pty.until(() => pty.window.some((row) => withoutTime(row) === `bo  ${line}`));
  }
  await pty.until(() => inputOf(pty, 70) === `> ${typed}`);
  const rows = await copied();
  assertEquals(rows.filter((row) => row.startsWith(">")).length, 1, rows.join("\n"));
  await pty.type("\r");
  assertEquals(await receives(other, typed), "ana");
  await pty.until(() => pty.cursorRow === "> |");
  await pty.type(":quit\r");
  assertEquals(await pty.status, 0);
  const { bracketedPasteMode, sendFocusMode, cursorVisible, alternateScreen } = pty.state;
  assertEquals([bracketedPasteMode, sendFocusMode, cursorVisible, alternateScreen], [
    false,
    false,
    true,
    false,
  ]);
}

/** Returns the input with its rows joined, if it is laid out for a width. The cursor is at its end. */
function inputOf({ window, cursor }: Pty, columns: number): string {
  const first = window.findIndex((row) => row.startsWith("> "));
  return window.slice(first, cursor.row + 1).map((row) => row.padEnd(columns)).join("").trimEnd();
}

/** Asserts that each message is there once, complete and in order. */
function assertMessages(rows: string[], lines: string[]): void {
  const found: string[] = [];
  for (const row of rows.map(withoutTime)) {
    const rest = row.replace(/^ +│ /, "");
    if (row.startsWith("bo  ")) found.push(row.slice("bo  ".length));
    else if (found.length > 0 && rest !== row) found.push(`${found.pop()} ${rest}`);
  }
  assertEquals(found, lines);
  assertEquals(rows.filter((row) => row.startsWith(">")).length, 1, rows.join("\n"));
}
