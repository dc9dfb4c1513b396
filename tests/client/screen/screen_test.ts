/**
 * The screen on a real terminal emulator: what it shows, how few bytes it writes, hiding, clearing and resizing.
 *
 * This file is long because it covers every operation of the screen on one kind of test terminal.
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

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Makes a view with the prompt `> ` and the cursor at `|`, or at the end. */
function typed(marked: string, more: Partial<InputView> = {}): InputView {
  const bar = marked.indexOf("|");
  return { prompt: "> ", text: marked.replace("|", ""), cursor: bar < 0 ? marked.length : bar, ...more };
}

const PLAIN_STYLES = { text: "", prompt: "", unread: "", mention: "", match: "", hint: "" };

/** A screen and its terminal. */
class TestScreen {
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

  rebuild(...lines: string[]): Promise<string> {
    return this.#write(this.screen.rebuild(lines));
  }

  resize(columns: number, rows: number): Promise<string> {
    this.terminal.resize(columns, rows);
    return this.#write(this.screen.resize(columns, rows));
  }

  /** The rows of the window, with `|` at the cursor and without empty rows at the bottom. */
  get shows(): string[] {
    const { row, column } = this.terminal.windowCursor;
    const rows = this.terminal.window.map((text, index) =>
      index === row ? text.padEnd(column).slice(0, column) + "|" + text.slice(column) : text
    );
    while (rows.at(-1) === "") rows.pop();
    return rows;
  }
}

pure("Chat is written above the input, and the input stays unchanged", async () => {
  const test = new TestScreen(20, 6);
  await test.show("hel|lo");
  assertEquals(test.shows, ["> hel|lo"]);
  await test.print("14:03 ana  hi", "14:03 bo  hello to you too");
  assertEquals(test.shows, ["14:03 ana  hi", "14:03 bo  hello to y", "ou too", "> hel|lo"]);
  await test.print("one", "two", "three");
  assertEquals(test.shows, ["14:03 bo  hello to y", "ou too", "one", "two", "three", "> hel|lo"]);
  assertEquals(test.terminal.allRows.length, 7);
});

pure(
  "A rebuilt window has the new rows alone, at the bottom, and nothing of the old ones is saved",
  async () => {
    const test = new TestScreen(20, 6);
    await test.show("hel|lo");
    await test.print("one", "a secret", "two");
    await test.rebuild("one", "two");
    assertEquals(test.shows, ["", "", "", "one", "two", "> hel|lo"]);
    assertEquals(test.terminal.allRows.filter((row) => row.includes("secret")), []);
    await test.print("three");
    assertEquals(test.shows.slice(-4), ["one", "two", "three", "> hel|lo"]);
    await test.rebuild("1", "2", "3", "4", "5");
    assertEquals(test.shows, ["1", "2", "3", "4", "5", "> hel|lo"]);
    await test.rebuild("1", "2", "3", "4", "5", "6", "7");
    assertEquals(test.shows, ["3", "4", "5", "6", "7", "> hel|lo"]);
    await test.show("an input of three rows, which takes them from the chat|");
    await test.rebuild("1", "2", "3", "4");
    assertEquals(test.shows.slice(0, 3), ["2", "3", "4"]);
    await test.rebuild();
    assertEquals(test.shows.slice(0, 3), ["", "", ""]);
  },
);

pure(
  "200 chat lines arrive above an input of three rows, and the input stays intact",
  async () => {
    const test = new TestScreen(20, 12);
    const input = ["> this is half a sen", "tence, and it wraps|", "over three rows"];
    await test.show("this is half a sentence, and it wraps| over three rows");
    assertEquals(test.shows, input);
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i} is rather long as well`);
    for (const line of lines) {
      await test.print(line);
      assertEquals(test.shows.slice(-3), input);
    }
    // Each line took two rows, the first of them full.
    const chat = test.terminal.allRows.slice(0, -3);
    assertEquals(
      chat.map((row, i) => i % 2 === 0 ? row.padEnd(20) : row + "\n").join(""),
      lines.join("\n") + "\n",
    );
  },
);

pure("A key writes the fewest bytes", async () => {
  const test = new TestScreen(20, 6);
  await test.show("hel");
  assertEquals(await test.show("hell"), "l");
  assertEquals(await test.show("hell"), "");
  assertEquals(await test.show("hel|l"), "\b");
  assertEquals(await test.show("helx|l"), "xl\b");
  assertEquals(await test.show("|helxl"), "\x1b[3G");
  assertEquals(await test.show("helxl|"), "\x1b[8G");
  assertEquals(await test.show("helx|"), "\b\x1b[K");
  assertEquals(await test.show("hely|"), "\by");
  assertEquals(await test.show("helx|"), "\bx");
  assertEquals(test.shows, ["> helx|"]);
});

pure("Unchanged rows are not written again", async () => {
  const test = new TestScreen(20, 12);
  await test.show("this is half a sentence, and it wraps over");
  const written = await test.show("this is half a sentence, and it wraps over three");
  assertEquals(written, " three");
  assertEquals(
    await test.show("this is half a sentence| and it wraps over three"),
    `${BEGIN_UPDATE}\x1b[A\x1b[6G and it wraps o\r\nver three\x1b[K\x1b[A\x1b[6G${END_UPDATE}`,
  );
  assertEquals(test.shows, ["> this is half a sen", "tence| and it wraps o", "ver three"]);
});

pure("A change of several rows is one synchronized update, and so is chat", async () => {
  const test = new TestScreen(10, 12);
  const wrapped = (written: string) => written.startsWith(BEGIN_UPDATE) && written.endsWith(END_UPDATE);
  assert(!wrapped(await test.show("one row")));
  assert(wrapped(await test.show("more than one row")));
  const written = await test.print("hi");
  assert(wrapped(written) && !written.slice(1).includes(BEGIN_UPDATE), "and not in two steps");
  assert(!test.terminal.modes.synchronizedOutputMode);
});

pure("After a row that is exactly full the cursor is in the right place", async () => {
  const test = new TestScreen(10, 8);
  await test.show("12345678");
  assertEquals(test.shows, ["> 12345678", "|"]);
  await test.show("1234568|7");
  assertEquals(test.shows, ["> 1234568|7"]);
  await test.show("123456789");
  assertEquals(test.shows, ["> 12345678", "9|"]);
  await test.show("1234567");
  assertEquals(test.shows, ["> 1234567|"]);
  await test.print("1234567890");
  assertEquals(test.shows, ["1234567890", "> 1234567|"]);
});

pure("A text that gets shorter leaves no old characters", async () => {
  const test = new TestScreen(10, 12);
  await test.show("one\ntwo\nthree\nfour");
  await test.show("one\ntw|");
  assertEquals(test.shows, ["> one", "> tw|"]);
  await test.show("");
  assertEquals(test.shows, ["> |"]);
});

pure("An emoji with another width in the terminal moves no other character", async () => {
  // This emulator shows every part of the family separately, in one column each, and the heart in one column.
  const test = new TestScreen(12, 8);
  await test.show("👩‍👩‍👧");
  assertEquals(test.terminal.window[0], "> 👩\u200d👩\u200d");
  await test.show("👩‍👩‍👧x");
  assertEquals(test.terminal.window[0], "> 👩\u200d👩\u200dx");
  assertEquals(test.terminal.windowCursor.column, 5);
  await test.show("❤\ufe0fx");
  assertEquals(test.terminal.window[0], "> ❤\ufe0f x");
  await test.show("12345678👩‍👩‍👧");
  assertEquals(test.terminal.window.slice(0, 2).map((row) => row.startsWith("> 12345678") ? "first" : row), [
    "first",
    "",
  ]);
  assertEquals(test.terminal.windowCursor, { row: 1, column: 0 });
  assert(test.terminal.modes.wraparoundMode);
});

pure("A terminal of two columns and one row still shows the text at the cursor", async () => {
  const test = new TestScreen(2, 1);
  await test.show("漢x");
  assertEquals(test.shows, ["x|"]);
  await test.print("hi");
  assertEquals(test.shows, ["x|"]);
  assertEquals(test.terminal.allRows, ["hi", "x"]);
});

pure("The input takes at most half of the terminal", async () => {
  const test = new TestScreen(20, 9);
  await test.print("above");
  await test.show("1\n2\n3\n4\n5\n6");
  assertEquals(test.shows, ["above", "> 4", "> 5", "> 6|", "more above"]);
});

pure("A text of 20,000 characters writes only its shown part", async () => {
  const test = new TestScreen(80, 24);
  const text = "word ".repeat(4000);
  assert((await test.show(text)).length < 12 * 80 + 200);
  assertEquals(await test.show(text + "x"), "x");
});

pure("Only the prompt, its parts, the match and the hint have a style", async () => {
  const test = new TestScreen(20, 6, {
    styles: { ...PLAIN_STYLES, prompt: "1", unread: "2", mention: "7", match: "4", hint: "2" },
  });
  await test.show("a word", { match: { start: 2, end: 4 }, hint: "hint" });
  const styles = (row: number) =>
    Array.from({ length: 9 }, (_, column) => test.terminal.styleAt(row, column) || ".").join("");
  assertEquals([styles(0), styles(1)], ["bb..uu...", "dddd....."]);
  await test.print("chat");
  assertEquals([styles(0), styles(1), styles(2)], [".........", "bb..uu...", "dddd....."]);
  const promptParts = [{ start: 1, end: 3, role: "unread" }, { start: 3, end: 5, role: "mention" }] as const;
  // The second line has a continuation prompt, which has no parts.
  await test.show("ab\ncd", { prompt: "[x @1] > ", promptParts });
  assertEquals([styles(1), styles(2)], ["bddrrbbbb", "bb......."]);
});

pure("A style that a line does not end does not affect the next lines", async () => {
  const test = new TestScreen(20, 6);
  await test.show("x");
  await test.print("\x1b[1mbold", "plain");
  assertEquals([0, 1, 2].map((row) => test.terminal.styleAt(row, 0)), ["b", "", ""]);
});

pure("The text after a line end in a chat line begins in the first column", async () => {
  const test = new TestScreen(20, 6);
  await test.show("x");
  await test.print("one\ntwo\r\nthree");
  assertEquals(test.shows, ["one", "two", "three", "> x|"]);
  assertEquals(await test.print(), "");
});

pure("Hiding leaves an empty row for chat, and showing draws the input again", async () => {
  const test = new TestScreen(10, 8);
  await test.print("before");
  await test.show("one\ntwo\nth|ree");
  await test.hide();
  assertEquals(test.shows, ["before", "|"]);
  await test.print("meanwhile");
  assertEquals(test.shows, ["before", "meanwhile", "|"]);
  await test.resize(12, 8);
  assertEquals(await test.hide(), "");
  await test.show("one\ntw|o");
  assertEquals(test.shows, ["before", "meanwhile", "> one", "> tw|o"]);
});

pure("Clearing moves the input to the top and the chat to the scrollback", async () => {
  const test = new TestScreen(10, 6);
  await test.print("1", "2", "3");
  await test.show("a\nb|c");
  await test.clear();
  assertEquals(test.shows, ["> a", "> b|c"]);
  assertEquals(test.terminal.allRows, ["1", "2", "3", "> a", "> bc"]);
  await test.print("4", "5", "6", "7", "8");
  assertEquals(test.terminal.allRows, ["1", "2", "3", "4", "5", "6", "7", "8", "> a", "> bc"]);
  await test.clear();
  assertEquals(test.shows, ["> a", "> b|c"]);
  assertEquals(test.terminal.allRows.slice(0, 8), ["1", "2", "3", "4", "5", "6", "7", "8"]);
});

pure("A change of the width wraps the input again, without leftovers", async () => {
  const test = new TestScreen(20, 10);
  await test.print("a line of chat that wraps");
  await test.show("hello this wraps| over a few rows");
  assertEquals(test.shows, ["a line of chat that", "wraps", "> hello this wraps| o", "ver a few rows"]);
  await test.resize(12, 10);
  assertEquals(test.shows, [
    "a line of ch",
    "at that wrap",
    "s",
    "> hello this",
    " wraps| over",
    "a few rows",
  ]);
  await test.resize(30, 10);
  assertEquals(test.shows, ["a line of chat that wraps", "> hello this wraps| over a few", "rows"]);
  await test.resize(30, 3);
  assertEquals(test.shows, ["a line of chat that wraps", "> hello this wraps| over a few"]);
});

pure("At the bottom of the window the input does not move when the first lines arrive", async () => {
  const test = new TestScreen(10, 4);
  await test.print("shell");
  await test.toBottom();
  await test.show("x");
  assertEquals(test.shows, ["shell", "", "", "> x|"]);
  await test.print("hi", "you");
  assertEquals(test.shows, ["", "hi", "you", "> x|"]);
  assertEquals(test.terminal.allRows, ["shell", "", "", "hi", "you", "> x"]);
});

pure("Erasing never begins at the top left, where tmux would copy the screen to its scrollback", async () => {
  const test = new TestScreen(10, 8);
  await test.show("several\nrows");
  for (
    const written of [await test.print("hi"), await test.resize(8, 8), await test.clear(), await test.hide()]
  ) {
    assert(written.includes("\x1b[J") && !written.includes("\r\x1b[J"), JSON.stringify(written));
  }
});
