/**
 * Draws `docs/conversation.svg`, the picture in the README: a real conversation of several clients on a hub. It shows
 * the terminal of one of them. `deno task picture` writes it; a test checks that it is up to date. An argument names
 * another file to write.
 *
 * The picture is the same on each machine: every time of day is 14:03, and the first lines, whose order may differ, are
 * left out.
 *
 * @module
 */
import type { Cell } from "../tests/helpers/terminal/emulator.ts";
import { OriginalClient } from "../tests/helpers/clients/original_client.ts";
import { ClientProgram, HubProgram } from "../tests/helpers/program.ts";
import { Pty } from "../tests/helpers/terminal/pty.ts";
import { svgOf } from "./svg.ts";

/** The picture. */
export const PICTURE = new URL("../docs/conversation.svg", import.meta.url);

const COLUMNS = 76;
const ROWS = 24;

const TIME = /^\d\d:\d\d /;

const ALT_ENTER = "\x1b\r";

/**
 * Runs the conversation and draws the terminal.
 *
 * @returns the SVG
 */
async function drawConversation(): Promise<string> {
  await using hub = await HubProgram.start();
  await using bo = await connect(hub, "bo");
  await using lena = await connect(hub, "Лена");
  await using misaki = await connect(hub, "美咲");
  await using ana = await Pty.start(["join", `localhost:${hub.port}`, "-n", "ana"], {
    columns: COLUMNS,
    rows: ROWS,
    env: { TZ: "UTC" },
  });
  // The hub tells last who is there. On a busy machine that would come below the first message.
  await ana.until(() => /^-- #main: also in it: /m.test(ana.window.join("\n")) && ana.cursorRow === "> |");
  const say = async (client: OriginalClient, text: string) => {
    await client.say(text);
    const last = text.split("\n").at(-1)!;
    await ana.until(() => ana.window.some((row) => row.endsWith(last)));
  };
  await say(bo, "good morning, Ana 👋");
  await say(lena, "доброе утро! Демо в десять?");
  await ana.type(
    ["at ten it is. We show", "1. the hub", "2. a prompt that stays where it is"].join(ALT_ENTER),
  );
  await ana.type("\r");
  await ana.until(/│ 2\. a prompt/);
  await say(misaki, "了解です。資料を準備します");
  await say(bo, "καλημέρα to whoever joins from Athens 🎉");
  await ana.type("coming, I only have to rea");
  await ana.until(/> coming, .* rea$/);
  await using build = new ClientProgram(hub.port, ["-n", "build"]);
  await ana.until(/\+ build joined$/);
  await build.typeAndFinish("512 is green: https://ci.example.org/builds/512\n");
  await ana.until(() =>
    ana.window.some((row) => row.endsWith("- build left")) && /^> .+\|$/.test(ana.cursorRow)
  );
  return svgOf({ ...framed(ana), title: "riftchat join localhost:8000 -n ana", description: DESCRIPTION });
}

const DESCRIPTION =
  "A conversation on a terminal: messages by bo, Лена, ana and 美咲, a build server that reports success, " +
  "and below them a message that ana is typing";

/** Connects a client with a name. */
async function connect(hub: HubProgram, name: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.rename(name);
  await client.until(({ code, new: given }) => code === 202 && given === name);
  return client;
}

/** The rows from the first message to the prompt, without what differs from run to run. */
function framed(pty: Pty): { rows: Cell[][]; cursor: { row: number; column: number }; columns: number } {
  const { cells, cursor } = pty;
  const top = pty.window.findIndex((row) => TIME.test(row));
  return {
    rows: cells.slice(top, cursor.row + 1).map(atThreeMinutesPast),
    cursor: { row: cursor.row - top, column: cursor.column },
    columns: COLUMNS,
  };
}

/** Replaces the time of day in a row by 14:03. */
function atThreeMinutesPast(row: Cell[]): Cell[] {
  if (!TIME.test(row.map(({ text }) => text).join(""))) return row;
  return row.map((cell, index) => ({ ...cell, text: "14:03"[index] ?? cell.text }));
}

if (import.meta.main) {
  await Deno.writeTextFile(Deno.args[0] ?? PICTURE, await drawConversation());
}
