/**
 * Draws `docs/conversation.svg`, the picture in the README: a conversation that is really held, with a hub and people of
 * its own, one of them at a terminal whose screen is drawn. `deno task picture` writes it; a test draws it again and
 * compares, so that it shows what the program does now.
 *
 * What a machine happens to have is not in it: every time of day is 14:03. Nor are the first lines, whose order may differ.
 *
 * @module
 */
import type { Cell } from "../tests/helpers/terminal/emulator.ts";
import { OriginalClient } from "../tests/helpers/clients/original_client.ts";
import { ClientProgram, HubProgram } from "../tests/helpers/program.ts";
import { Pty } from "../tests/helpers/terminal/pty.ts";
import { svgOf } from "./svg.ts";

/** Where the picture is. */
export const PICTURE = new URL("../docs/conversation.svg", import.meta.url);

const COLUMNS = 76;
const ROWS = 24;

const TIME = /^\d\d:\d\d /;

const ALT_ENTER = "\x1b\r";

/**
 * Holds the conversation and draws it.
 *
 * @returns the SVG
 */
export async function drawConversation(): Promise<string> {
  await using hub = await HubProgram.start();
  await using bo = await named(hub, "bo");
  await using lena = await named(hub, "Лена");
  await using misaki = await named(hub, "美咲");
  await using ana = await Pty.start(["join", `localhost:${hub.port}`, "-n", "ana"], {
    columns: COLUMNS,
    rows: ROWS,
    env: { TZ: "UTC" },
  });
  await ana.until(() => ana.window.some((row) => row.startsWith("-- connected")) && ana.cursorRow === "> |");
  const said = async (person: OriginalClient, text: string) => {
    await person.say(text);
    const last = text.split("\n").at(-1)!;
    await ana.until(() => ana.window.some((row) => row.endsWith(last)));
  };
  await said(bo, "good morning, Ana 👋");
  await said(lena, "доброе утро! Демо в десять?");
  await ana.type(
    ["at ten it is. We show", "1. the hub", "2. a prompt that stays where it is"].join(ALT_ENTER),
  );
  await ana.type("\r");
  await ana.until(/│ 2\. a prompt/);
  await said(misaki, "了解です。資料を準備します");
  await said(bo, "καλημέρα to whoever joins from Athens 🎉");
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
  "A conversation on a terminal: lines by bo, Лена, ana and 美咲, a build server that says it is well, and below them a line that ana is typing";

/** Somebody who was there before. */
async function named(hub: HubProgram, name: string): Promise<OriginalClient> {
  const person = await OriginalClient.connect(hub.port);
  await person.nextOf(202);
  await person.rename(name);
  await person.until(({ code, new: given }) => code === 202 && given === name);
  return person;
}

/** The rows from the first that somebody said on, without what differs from run to run. */
function framed(pty: Pty): { rows: Cell[][]; cursor: { row: number; column: number }; columns: number } {
  const { cells, cursor } = pty;
  const top = pty.window.findIndex((row) => TIME.test(row));
  return {
    rows: cells.slice(top, cursor.row + 1).map(atThreeMinutesPast),
    cursor: { row: cursor.row - top, column: cursor.column },
    columns: COLUMNS,
  };
}

/** The same row at 14:03. */
function atThreeMinutesPast(row: Cell[]): Cell[] {
  if (!TIME.test(row.map(({ text }) => text).join(""))) return row;
  return row.map((cell, index) => ({ ...cell, text: "14:03"[index] ?? cell.text }));
}

if (import.meta.main) {
  await Deno.writeTextFile(PICTURE, await drawConversation());
}
