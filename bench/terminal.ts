/**
 * How long a user waits at the terminal: until the prompt accepts keys, until a key is echoed while messages arrive,
 * until a long paste is in the input line. `deno task wait` prints the least, median and worst times. No test depends
 * on them, since a busy machine is slow.
 *
 * The program runs on a real pty. All times end when the emulator shows the expected screen, including the work of the
 * emulator.
 *
 * @module
 */
import { frame } from "../tests/helpers/hubs/original_server.ts";
import { HubProgram } from "../tests/helpers/program.ts";
import { Pty } from "../tests/helpers/terminal/pty.ts";
import { OFFER, ScriptedHub, WELCOME } from "../tests/helpers/hubs/scripted_hub.ts";

/** The number of measured starts. */
const STARTS = 15;

/** The number of messages that arrive each second, and the number of batches in which they do. */
const MESSAGES = 2000, BATCHES = 100;

const KEYS = 200;
const PASTES = 10;
const PASTED = 20_000;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function report(what: string, times: number[], mark: string): void {
  const sorted = times.toSorted((one, other) => one - other);
  const shown = [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!]
    .map((ms) => ms.toFixed(1).padStart(7)).join("");
  print(`${shown} ms  ${what} (${mark})`);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

async function starts(): Promise<void> {
  const empty = await Deno.makeTempFile({ suffix: ".ts" });
  const nothing: number[] = [], pties: number[] = [], prompts: number[] = [], connected: number[] = [];
  await using hub = await HubProgram.start();
  for (let i = 0; i < STARTS; i++) {
    nothing.push(
      await timed(() => new Deno.Command(Deno.execPath(), { args: ["run", "--quiet", empty] }).output()),
    );
    // The time to open a pty is not part of the program.
    const opening = await timed(() =>
      new Deno.Command("script", {
        args: ["--quiet", "--return", "--command", "stty cols 80 rows 24; tty; exec true", "/dev/null"],
      }).output()
    );
    pties.push(opening);
    const start = performance.now() + opening;
    await using pty = await Pty.start(["join", `localhost:${hub.port}`]);
    await pty.until(() => /^(connecting.*)?> \|/.test(pty.cursorRow));
    prompts.push(performance.now() - start);
    await pty.until(() => pty.cursorRow === "> |");
    connected.push(performance.now() - start);
    await pty.type(":quit\r");
    await pty.status;
  }
  await Deno.remove(empty);
  report("deno run of an empty file", nothing, "the baseline");
  report("to open a pty", pties, "subtracted from the next two");
  report("from the command to the prompt", prompts, "at most 5 times that");
  report("from the command to the prompt, connected", connected, "at most 5 times that");
}

async function busy(): Promise<void> {
  await using hub = new ScriptedHub();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
  await hub.send(OFFER);
  await hub.receive();
  await hub.send(WELCOME);
  await pty.until(() => pty.cursorRow === "> |");

  const text = "a line as people write them, of some sixty characters or so";
  const line = frame({ code: 200, message: { timestamp: 0, username: "bo", message: text } });
  const batch = new Uint8Array(line.length * MESSAGES / BATCHES);
  for (let at = 0; at < batch.length; at += line.length) batch.set(line, at);
  let over = false;
  let sent = 0;
  const start = performance.now();
  const pouring = (async () => {
    while (!over) {
      const due = Math.floor((performance.now() - start) * BATCHES / 1000);
      for (; sent < due; sent++) await hub.send(batch);
      await new Promise((resolve) => setTimeout(resolve, 1000 / BATCHES));
    }
  })();
  const echoes: number[] = [];
  let draft = "";
  for (let i = 0; i < KEYS; i++) {
    const key = "abcdefghij"[i % 10]!;
    // Keep it in one row, so that the cursor shows its length.
    if (draft.length === 70) {
      await pty.type("\x15");
      await pty.until(() => pty.cursorRow === "> |");
      draft = "";
    }
    draft += key;
    echoes.push(
      await timed(async () => {
        await pty.type(key);
        await pty.until(() => pty.cursorRow === `> ${draft}|`);
      }),
    );
    // Keys are not typed in step with the messages.
    await new Promise((resolve) => setTimeout(resolve, 17));
  }
  over = true;
  await pouring;
  const seconds = (performance.now() - start) / 1000;
  report(
    `a key's echo, ${Math.round(sent * MESSAGES / BATCHES / seconds)} messages a second arriving`,
    echoes,
    "under 50 ms",
  );
}

async function pastes(): Promise<void> {
  await using hub = await HubProgram.start();
  await using pty = await Pty.start(["join", `localhost:${hub.port}`, "-n", "ana"]);
  await pty.until(() => pty.cursorRow === "> |");
  const asked: number[] = [], inLine: number[] = [];
  const text = "word ".repeat(PASTED / 5 - 1) + "end.!";
  for (let i = 0; i < PASTES; i++) {
    asked.push(
      await timed(async () => {
        await pty.type(`\x1b[200~${text}\x1b[201~`);
        await pty.until(/send .* as (?:one message|\d+ messages)\?/);
      }),
    );
    inLine.push(
      await timed(async () => {
        await pty.type("e");
        await pty.until(() => pty.cursorRow.endsWith(".!|"));
      }),
    );
    await pty.type("\x03");
    await pty.until(() => pty.cursorRow === "> |");
  }
  report(`a paste of ${PASTED} characters, until it is asked about`, asked, "under 200 ms");
  report("and with e, until it is in the line", inLine, "both together under 200 ms");
}

if (import.meta.main) {
  print("  least median  worst");
  await starts();
  await busy();
  await pastes();
}
