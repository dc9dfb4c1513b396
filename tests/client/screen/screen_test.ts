/**
 * The screen on a real emulator: what a person sees, how little is written for it, and how it comes and goes.
 *
 * @module
 */
import { BEGIN_UPDATE, END_UPDATE } from "../../../client/screen/ansi.ts";
import type { InputView } from "../../../client/editor/mod.ts";
import { Screen, type ScreenOptions } from "../../../client/screen/screen.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { Emulator } from "../../helpers/terminal/emulator.ts";

await loadWidths();

/** Registers a test that is allowed nothing. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** What is to be seen behind the prompt `> `, with the cursor where `|` is, or at the end. */
function typed(marked: string, more: Partial<InputView> = {}): InputView {
  const bar = marked.indexOf("|");
  return { prompt: "> ", text: marked.replace("|", ""), cursor: bar < 0 ? marked.length : bar, ...more };
}

const PLAIN_STYLES = { text: "", prompt: "", match: "", hint: "" };

/** A screen and the terminal that it is for. */
class Desk {
  readonly terminal: Emulator;
  readonly screen: Screen;

  constructor(columns: number, rows: number, options: Partial<ScreenOptions> = {}) {
    this.terminal = new Emulator(columns, rows);
    this.screen = new Screen({ columns, rows, reflow: "xterm.js", styles: PLAIN_STYLES, ...options });
  }

  async #write(written: string): Promise<string> {
    await this.terminal.write(written);
    return written;
  }

  show(marked: string, more: Partial<InputView> = {}): Promise<string> {
    return this.#write(this.screen.show(typed(marked, more)));
  }

  print(...lines: string[]): Promise<string> {
    return this.#write(this.screen.print(lines));
  }

  hide(): Promise<string> {
    return this.#write(this.screen.hide());
  }

  toBottom(): Promise<string> {
    return this.#write(this.screen.toBottom());
  }

  clear(): Promise<string> {
    return this.#write(this.screen.clear());
  }

  resize(columns: number, rows: number): Promise<string> {
    this.terminal.resize(columns, rows);
    return this.#write(this.screen.resize(columns, rows));
  }

  /** What a person sees, with `|` at the cursor, without empty rows at the bottom. */
  get sees(): string[] {
    const { row, column } = this.terminal.windowCursor;
    const rows = this.terminal.window.map((text, index) =>
      index === row ? text.padEnd(column).slice(0, column) + "|" + text.slice(column) : text
    );
    while (rows.at(-1) === "") rows.pop();
    return rows;
  }
}

pure("Chat goes above the input, and the input stays as it was", async () => {
  const desk = new Desk(20, 6);
  await desk.show("hel|lo");
  assertEquals(desk.sees, ["> hel|lo"]);
  await desk.print("14:03 ana  hi", "14:03 bo  hello to you too");
  assertEquals(desk.sees, ["14:03 ana  hi", "14:03 bo  hello to y", "ou too", "> hel|lo"]);
  await desk.print("one", "two", "three");
  assertEquals(desk.sees, ["14:03 bo  hello to y", "ou too", "one", "two", "three", "> hel|lo"]);
  assertEquals(desk.terminal.allRows.length, 7);
});

pure(
  "200 lines arrive while a text over three rows is typed, and nothing typed moves or is left behind",
  async () => {
    const desk = new Desk(20, 12);
    const input = ["> this is half a sen", "tence, and it wraps|", "over three rows"];
    await desk.show("this is half a sentence, and it wraps| over three rows");
    assertEquals(desk.sees, input);
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i} is rather long as well`);
    for (const line of lines) {
      await desk.print(line);
      assertEquals(desk.sees.slice(-3), input);
    }
    // Each line took two rows, the first of them full.
    const chat = desk.terminal.allRows.slice(0, -3);
    assertEquals(
      chat.map((row, i) => i % 2 === 0 ? row.padEnd(20) : row + "\n").join(""),
      lines.join("\n") + "\n",
    );
  },
);

pure("A key writes the least there is to write", async () => {
  const desk = new Desk(20, 6);
  await desk.show("hel");
  assertEquals(await desk.show("hell"), "l");
  assertEquals(await desk.show("hell"), "");
  assertEquals(await desk.show("hel|l"), "\b");
  assertEquals(await desk.show("helx|l"), "xl\b");
  assertEquals(await desk.show("|helxl"), "\x1b[3G");
  assertEquals(await desk.show("helxl|"), "\x1b[8G");
  assertEquals(await desk.show("helx|"), "\b\x1b[K");
  assertEquals(await desk.show("hely|"), "\by");
  assertEquals(await desk.show("helx|"), "\bx");
  assertEquals(desk.sees, ["> helx|"]);
});

pure("Rows that have not changed are not written again", async () => {
  const desk = new Desk(20, 12);
  await desk.show("this is half a sentence, and it wraps over");
  const written = await desk.show("this is half a sentence, and it wraps over three");
  assertEquals(written, " three");
  assertEquals(
    await desk.show("this is half a sentence| and it wraps over three"),
    `${BEGIN_UPDATE}\x1b[A\x1b[6G and it wraps o\r\nver three\x1b[K\x1b[A\x1b[6G${END_UPDATE}`,
  );
  assertEquals(desk.sees, ["> this is half a sen", "tence| and it wraps o", "ver three"]);
});

pure("What changes in several rows shows at once, and so does chat", async () => {
  const desk = new Desk(10, 12);
  const wrapped = (written: string) => written.startsWith(BEGIN_UPDATE) && written.endsWith(END_UPDATE);
  assert(!wrapped(await desk.show("one row")));
  assert(wrapped(await desk.show("more than one row")));
  const written = await desk.print("hi");
  assert(wrapped(written) && !written.slice(1).includes(BEGIN_UPDATE), "and not in two steps");
  assert(!desk.terminal.modes.synchronizedOutputMode);
});

pure("A row that is exactly full leaves the cursor where it belongs", async () => {
  const desk = new Desk(10, 8);
  await desk.show("12345678");
  assertEquals(desk.sees, ["> 12345678", "|"]);
  await desk.show("1234568|7");
  assertEquals(desk.sees, ["> 1234568|7"]);
  await desk.show("123456789");
  assertEquals(desk.sees, ["> 12345678", "9|"]);
  await desk.show("1234567");
  assertEquals(desk.sees, ["> 1234567|"]);
  await desk.print("1234567890");
  assertEquals(desk.sees, ["1234567890", "> 1234567|"]);
});

pure("A text that gets shorter leaves nothing behind", async () => {
  const desk = new Desk(10, 12);
  await desk.show("one\ntwo\nthree\nfour");
  await desk.show("one\ntw|");
  assertEquals(desk.sees, ["> one", "> tw|"]);
  await desk.show("");
  assertEquals(desk.sees, ["> |"]);
});

pure("An emoji that the terminal takes for wider or narrower moves nothing else", async () => {
  // This emulator shows every part of the family by itself, in one column each, and so the heart.
  const desk = new Desk(12, 8);
  await desk.show("👩‍👩‍👧");
  assertEquals(desk.terminal.window[0], "> 👩\u200d👩\u200d");
  await desk.show("👩‍👩‍👧x");
  assertEquals(desk.terminal.window[0], "> 👩\u200d👩\u200dx");
  assertEquals(desk.terminal.windowCursor.column, 5);
  await desk.show("❤\ufe0fx");
  assertEquals(desk.terminal.window[0], "> ❤\ufe0f x");
  await desk.show("12345678👩‍👩‍👧");
  assertEquals(desk.terminal.window.slice(0, 2).map((row) => row.startsWith("> 12345678") ? "first" : row), [
    "first",
    "",
  ]);
  assertEquals(desk.terminal.windowCursor, { row: 1, column: 0 });
  assert(desk.terminal.modes.wraparoundMode);
});

pure("A terminal of two columns and one row still shows where one is", async () => {
  const desk = new Desk(2, 1);
  await desk.show("漢x");
  assertEquals(desk.sees, ["x|"]);
  await desk.print("hi");
  assertEquals(desk.sees, ["x|"]);
  assertEquals(desk.terminal.allRows, ["hi", "x"]);
});

pure("The input takes at most half of the terminal", async () => {
  const desk = new Desk(20, 9);
  await desk.print("above");
  await desk.show("1\n2\n3\n4\n5\n6");
  assertEquals(desk.sees, ["above", "> 4", "> 5", "> 6|", "more above"]);
});

pure("A text of 20,000 characters writes no more than what is shown of it", async () => {
  const desk = new Desk(80, 24);
  const text = "word ".repeat(4000);
  assert((await desk.show(text)).length < 12 * 80 + 200);
  assertEquals(await desk.show(text + "x"), "x");
});

pure("The prompt, what was found and the hint are set off, and nothing else is", async () => {
  const desk = new Desk(20, 6, { styles: { text: "", prompt: "1", match: "4", hint: "2" } });
  await desk.show("a word", { match: { start: 2, end: 4 }, hint: "hint" });
  const styles = (row: number) =>
    Array.from({ length: 9 }, (_, column) => desk.terminal.styleAt(row, column) || ".").join("");
  assertEquals([styles(0), styles(1)], ["bb..uu...", "dddd....."]);
  await desk.print("chat");
  assertEquals([styles(0), styles(1), styles(2)], [".........", "bb..uu...", "dddd....."]);
});

pure("A style that a line leaves on does not reach what comes after it", async () => {
  const desk = new Desk(20, 6);
  await desk.show("x");
  await desk.print("\x1b[1mbold", "plain");
  assertEquals([0, 1, 2].map((row) => desk.terminal.styleAt(row, 0)), ["b", "", ""]);
});

pure("A line end within a line begins in the first column", async () => {
  const desk = new Desk(20, 6);
  await desk.show("x");
  await desk.print("one\ntwo\r\nthree");
  assertEquals(desk.sees, ["one", "two", "three", "> x|"]);
  assertEquals(await desk.print(), "");
});

pure("Hiding leaves an empty row, on which chat goes on; showing brings the input back", async () => {
  const desk = new Desk(10, 8);
  await desk.print("before");
  await desk.show("one\ntwo\nth|ree");
  await desk.hide();
  assertEquals(desk.sees, ["before", "|"]);
  await desk.print("meanwhile");
  assertEquals(desk.sees, ["before", "meanwhile", "|"]);
  await desk.resize(12, 8);
  assertEquals(await desk.hide(), "");
  await desk.show("one\ntw|o");
  assertEquals(desk.sees, ["before", "meanwhile", "> one", "> tw|o"]);
});

pure("Clearing leaves the input at the top, and the chat in the scrollback", async () => {
  const desk = new Desk(10, 6);
  await desk.print("1", "2", "3");
  await desk.show("a\nb|c");
  await desk.clear();
  assertEquals(desk.sees, ["> a", "> b|c"]);
  assertEquals(desk.terminal.allRows, ["1", "2", "3", "> a", "> bc"]);
  await desk.print("4", "5", "6", "7", "8");
  assertEquals(desk.terminal.allRows, ["1", "2", "3", "4", "5", "6", "7", "8", "> a", "> bc"]);
  await desk.clear();
  assertEquals(desk.sees, ["> a", "> b|c"]);
  assertEquals(desk.terminal.allRows.slice(0, 8), ["1", "2", "3", "4", "5", "6", "7", "8"]);
});

pure("A window that gets narrower or wider breaks the input anew, without leftovers", async () => {
  const desk = new Desk(20, 10);
  await desk.print("a line of chat that wraps");
  await desk.show("hello this wraps| over a few rows");
  assertEquals(desk.sees, ["a line of chat that", "wraps", "> hello this wraps| o", "ver a few rows"]);
  await desk.resize(12, 10);
  assertEquals(desk.sees, [
    "a line of ch",
    "at that wrap",
    "s",
    "> hello this",
    " wraps| over",
    "a few rows",
  ]);
  await desk.resize(30, 10);
  assertEquals(desk.sees, ["a line of chat that wraps", "> hello this wraps| over a few", "rows"]);
  await desk.resize(30, 3);
  assertEquals(desk.sees, ["a line of chat that wraps", "> hello this wraps| over a few"]);
});

pure("At the bottom of the window the input stays where it is while the first lines arrive", async () => {
  const desk = new Desk(10, 4);
  await desk.print("shell");
  await desk.toBottom();
  await desk.show("x");
  assertEquals(desk.sees, ["shell", "", "", "> x|"]);
  await desk.print("hi", "you");
  assertEquals(desk.sees, ["", "hi", "you", "> x|"]);
  assertEquals(desk.terminal.allRows, ["shell", "", "", "hi", "you", "> x"]);
});

pure("Erasing never begins in the very first place, as tmux would keep what is erased", async () => {
  const desk = new Desk(10, 8);
  await desk.show("several\nrows");
  for (
    const written of [await desk.print("hi"), await desk.resize(8, 8), await desk.clear(), await desk.hide()]
  ) {
    assert(written.includes("\x1b[J") && !written.includes("\r\x1b[J"), JSON.stringify(written));
  }
});
