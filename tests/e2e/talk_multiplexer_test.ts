/** The client within a program that is a terminal itself, where the machine has it: tmux. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, receives, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { type Pty, quoted } from "../helpers/terminal/pty.ts";

/** A program that is a terminal within a terminal. */
interface Multiplexer {
  /** Its name. */
  name: string;
  /** What asks whether it is there: its arguments. */
  asked: string[];
  /** Makes the command that runs another in it, with its socket in a folder. */
  runs: (command: string, folder: string) => string;
  /** Makes the command that writes all rows of the pane, the scrollback first, into a file of the folder. */
  copies: (folder: string) => string[];
  /** Ends it, whatever it is doing. */
  ends: (folder: string) => string[];
}

const MULTIPLEXERS: Multiplexer[] = [
  {
    name: "tmux",
    asked: ["-V"],
    runs: (command, folder) => `exec tmux -S ${folder}/socket -f /dev/null new-session ${quoted(command)}`,
    copies: (folder) => [
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
    ends: (folder) => ["tmux", "-S", `${folder}/socket`, "kill-server"],
  },
];

async function runs([command, ...args]: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command!, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Everything in the pane, without what the emulator around it shows beside it, and without empty rows. */
async function pane(multiplexer: Multiplexer, folder: string): Promise<string[]> {
  assert(await runs(multiplexer.copies(folder)), "the pane cannot be copied");
  const text = await Deno.readTextFile(`${folder}/pane`);
  return text.split("\n").map((row) => row.trimEnd()).filter((row) => row !== "");
}

for (const multiplexer of MULTIPLEXERS) {
  const { name, asked } = multiplexer;
  const missing = NO_PTY ?? (await runs([name, ...asked]) ? undefined : `${name} is not installed`);
  Deno.test({
    ...needs(`In ${name} the prompt stays below the chat, and the scrollback holds the chat alone`, missing),
    fn: async () => {
      // Short, as the path of a socket has to be; and nobody else's.
      const folder = await Deno.makeTempDir({ prefix: "rift" });
      await Deno.chmod(folder, 0o700);
      try {
        await using hub = await HubProgram.start();
        await using pty = await ana(hub, {
          columns: 60,
          rows: 16,
          env: { STY: "" },
          within: (command) => multiplexer.runs(command, folder),
        });
        await converses(pty, hub, () => pane(multiplexer, folder));
      } finally {
        await runs(multiplexer.ends(folder));
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** A conversation with all that could go wrong in a pane. */
async function converses(pty: Pty, hub: HubProgram, copied: () => Promise<string[]>): Promise<void> {
  await using other = await bo(hub);
  const typed = "half a sentence that wraps over rows of so narrow a window as this one can be";
  await pty.type(typed);
  await pty.until(/can be/);
  const { cursorRow } = pty;
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i} ${"many words ".repeat(i % 12)}end`);
  for (const line of lines) await other.say(line);
  await pty.until(() => pty.window.some((row) => row.includes("line 59")));
  await pty.until(() => pty.cursorRow === cursorRow);
  assertSaid(await copied(), lines);

  for (const [columns, rows] of [[40, 16], [30, 10], [70, 20]] as const) {
    await pty.resize(columns, rows);
    // It is told of its size later than the pane has it, and until then nothing can be right.
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

/** The input, its rows joined, where it is laid out for a width; the cursor stands at its end. */
function inputOf({ window, cursor }: Pty, columns: number): string {
  const first = window.findIndex((row) => row.startsWith("> "));
  return window.slice(first, cursor.row + 1).map((row) => row.padEnd(columns)).join("").trimEnd();
}

/** Each line has to be there once and whole, and in its order. */
function assertSaid(rows: string[], lines: string[]): void {
  const said: string[] = [];
  for (const row of rows.map(withoutTime)) {
    const rest = row.replace(/^ +│ /, "");
    if (row.startsWith("bo  ")) said.push(row.slice("bo  ".length));
    else if (said.length > 0 && rest !== row) said.push(`${said.pop()} ${rest}`);
  }
  assertEquals(said, lines);
  assertEquals(rows.filter((row) => row.startsWith(">")).length, 1, rows.join("\n"));
}
