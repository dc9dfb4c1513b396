/**
 * The layout of the input, as pictures; and a repeated layout equals a layout from scratch.
 *
 * This file is long because each rule of the layout has its pictures here.
 *
 * @module
 */
import fc from "fast-check";
import stringWidth from "string-width";
import { type InputLayout, InputLayouter } from "../../../client/screen/input_layout.ts";
import type { InputView } from "../../../client/editor/mod.ts";
import type { Row } from "../../../client/screen/line_layout.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

await loadWidths();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Makes a view with the cursor at `|`, or at the end. */
function view(prompt: string, marked: string, more: Partial<InputView> = {}): InputView {
  const bar = marked.indexOf("|");
  return { prompt, text: marked.replace("|", ""), cursor: bar < 0 ? marked.length : bar, ...more };
}

function shownIn(row: Row): string {
  return row.map(({ shown }) => shown).join("");
}

/** The rows, with `|` before the column of the cursor. */
function picture({ rows, cursorRow, cursorColumn }: InputLayout): string[] {
  return rows.map((row, index) => {
    if (index !== cursorRow) return shownIn(row);
    let column = 0;
    const at = row.findIndex((cell) => (column += cell.width) > cursorColumn);
    return at < 0 ? shownIn(row) + "|" : shownIn(row.slice(0, at)) + "|" + shownIn(row.slice(at));
  });
}

/** Lays out once and returns the picture. */
function drawn(view: InputView, columns: number, size: { maxRows?: number; ascii?: boolean } = {}): string[] {
  const { maxRows = 100, ascii = false } = size;
  return picture(new InputLayouter({ columns, maxRows, ascii }).layOut(view));
}

pure("A short text is one row after its prompt", () => {
  assertEquals(drawn(view("> ", "hello"), 20), ["> hello|"]);
  assertEquals(drawn(view("> ", "he|llo"), 20), ["> he|llo"]);
  assertEquals(drawn(view("", ""), 20), ["|"]);
});

pure("Right-to-left names in the prompt and in a hint are isolated, and the columns stay the same", () => {
  const prompt = "[#חדר] (@דני 2) > ";
  assertEquals(drawn(view(prompt, "ab|c", { hint: "דני, ana" }), 30), [
    "\u200e[#חדר]\u200e \u200e(@דני\u200e 2) > ab|c",
    "\u200eדני,\u200e ana",
  ]);
  assertEquals(drawn(view(prompt, "|"), 30, { ascii: true }), ["[#???] (@??? 2) > |"]);
  // What is typed has its own order.
  assertEquals(drawn(view("> ", "שלום|"), 30), ["> שלום|"]);
});

pure("A longer text continues in the first column of the next row", () => {
  assertEquals(drawn(view("> ", "hello wor|ld, hell"), 10), ["> hello wo", "r|ld, hell"]);
});

/** The text with `|` where the cursor goes by some moves up (-1) and down (1). */
function moved(prompt: string, marked: string, columns: number, ...steps: (1 | -1)[]): string {
  const layouter = new InputLayouter({ columns, maxRows: 100, ascii: false });
  let at = view(prompt, marked);
  let towards: number | undefined;
  for (const step of steps) {
    const next = layouter.moveByRow(at, step, towards);
    if (next === undefined) return "no such row";
    at = { ...at, cursor: next.cursor };
    towards = next.column;
  }
  return at.text.slice(0, at.cursor) + "|" + at.text.slice(at.cursor);
}

pure("The cursor moves by the rows of a wrapped line, towards its column", () => {
  // Rows: `> 12345678`, `abcdefghij`, `xyz`.
  assertEquals(moved("> ", "12345678abcdefghijxy|z", 10, -1), "12345678ab|cdefghijxyz");
  assertEquals(moved("> ", "12345678abcdefghijxy|z", 10, -1, -1), "|12345678abcdefghijxyz");
  assertEquals(moved("> ", "12345678abcdefghijxy|z", 10, -1, -1, -1), "no such row");
  assertEquals(moved("> ", "1234567|8abcdefghijxyz", 10, 1), "12345678abcdefghi|jxyz");
  assertEquals(moved("> ", "1234567|8abcdefghijxyz", 10, 1, 1), "12345678abcdefghijxyz|");
  assertEquals(moved("> ", "1234567|8abcdefghijxyz", 10, 1, 1, -1), "12345678abcdefghi|jxyz");
  assertEquals(moved("> ", "12345678abcdefghijxyz|", 10, 1), "no such row");
  assertEquals(moved("> ", "|12345678", 10, 1), "12345678|");
  // A line of its own begins after `> `; a wide character is not entered.
  assertEquals(moved("> ", "12345678ab\nx|y", 10, -1), "12345678ab|\nxy");
  assertEquals(moved("> ", "12345678ab\nx|y", 10, -1, -1), "1|2345678ab\nxy");
  assertEquals(moved("> ", "漢字漢字abcde|f", 10, -1), "漢|字漢字abcdef");
  assertEquals(moved("> ", "1234567\n|y", 10, -1), "|1234567\ny");
});

pure("After a row that is exactly full, the cursor is in the next row", () => {
  assertEquals(drawn(view("> ", "12345678"), 10), ["> 12345678", "|"]);
  assertEquals(drawn(view("> ", "1234567|8"), 10), ["> 1234567|8", ""]);
  assertEquals(drawn(view("> ", "12345678|9"), 10), ["> 12345678", "|9"]);
});

pure("A wide character that does not fit goes to the next row, and so does the cursor before it", () => {
  assertEquals(drawn(view("> ", "1234567漢"), 10), ["> 1234567", "漢|"]);
  assertEquals(drawn(view("> ", "1234567|漢"), 10), ["> 1234567", "|漢"]);
  assertEquals(drawn(view("> ", "123456漢"), 10), ["> 123456漢", "|"]);
  assertEquals(drawn(view("", "漢"), 2), ["漢", "|"]);
  assertEquals(drawn(view("> ", "123456👩‍👩‍👧e\u0301"), 10), ["> 123456👩‍👩‍👧", "e\u0301|"]);
});

pure("The row after a line end begins with the continuation prompt", () => {
  assertEquals(drawn(view("ana> ", "one\ntwo|\n\nfour"), 20), ["ana> one", "> two|", "> ", "> four"]);
  assertEquals(drawn(view("> ", "12345678|\nx"), 10), ["> 12345678", "|", "> x"]);
  assertEquals(drawn(view("> ", "a\n"), 10), ["> a", "> |"]);
  assertEquals(drawn(view("> ", "\na"), 10), ["> ", "> a|"]);
});

pure("A prompt that is longer than a row is wrapped like the text", () => {
  assertEquals(drawn(view("send 12 lines? [y/N/e] ", "x"), 10), ["send 12 li", "nes? [y/N/", "e] x|"]);
});

pure("A combining mark at the beginning of the text does not join the prompt", () => {
  assertEquals(drawn(view("> ", "\u0301a"), 10), ["> ◌\u0301a|"]);
});

pure("A tab extends to the next multiple of eight columns, or to the end of the row", () => {
  assertEquals(drawn(view("> ", "a\tb"), 20), ["> a     b|"]);
  assertEquals(drawn(view("> ", "12345678\tb"), 12), ["> 12345678  ", "b|"]);
});

pure("A character that cannot be printed is shown as a symbol", () => {
  assertEquals(drawn(view("> ", "a\x1b[31m\x07\u202eb"), 20), ["> a␛[31m␇\ufffdb|"]);
});

pure("A terminal that shows ASCII only gets nothing else", () => {
  assertEquals(drawn(view("> ", "né漢👩‍👩‍👧\x1bx"), 20, { ascii: true }), ["> n????x|"]);
});

pure("The match, the prompt and the hint have their own roles", () => {
  const { rows } = new InputLayouter({ columns: 20, maxRows: 5, ascii: false })
    .layOut(view("> ", "a word", { match: { start: 2, end: 4 }, hint: "h" }));
  const roles = rows.map((row) => row.map(({ role }) => role[0]).join(""));
  assertEquals(roles, ["ppttmmtt", "h"]);
});

pure("A hint is one row, cut before the last column", () => {
  assertEquals(drawn(view("> ", "a", { hint: "ana  anatol  andrea" }), 10), ["> a|", "ana  anat"]);
  assertEquals(drawn(view("> ", "a", { hint: "12345678漢" }), 10), ["> a|", "12345678"]);
  assertEquals(drawn(view("> ", "a", { hint: "one\ntwo" }), 10), ["> a|", "one␊two"]);
  assertEquals(drawn(view("> ", "a", { hint: "h" }), 10, { maxRows: 1 }), ["> a|"]);
});

const TEN = Array.from({ length: 10 }, (_, i) => `line ${i}`).join("\n");

pure(
  "Of a text with too many rows, the part around the cursor is shown, with a hint that there is more",
  () => {
    assertEquals(drawn(view("> ", TEN), 20, { maxRows: 4 }), [
      "> line 7",
      "> line 8",
      "> line 9|",
      "more above",
    ]);
    assertEquals(drawn(view("> ", "|" + TEN), 20, { maxRows: 4 }), [
      "> |line 0",
      "> line 1",
      "> line 2",
      "more below",
    ]);
    assertEquals(drawn(view("> ", TEN), 20, { maxRows: 2 }), ["> line 8", "> line 9|"]);
    assertEquals(drawn(view("> ", TEN), 20, { maxRows: 1 }), ["> line 9|"]);
    assertEquals(drawn(view("> ", TEN, { hint: "h" }), 20, { maxRows: 3 }), ["> line 8", "> line 9|", "h"]);
  },
);

pure("The shown rows scroll only as far as the cursor needs", () => {
  const layouter = new InputLayouter({ columns: 30, maxRows: 4, ascii: false });
  const at = (line: number) =>
    picture(layouter.layOut(view("> ", TEN.replace(`line ${line}`, `|line ${line}`))));
  assertEquals(at(9), ["> line 7", "> line 8", "> |line 9", "more above"]);
  assertEquals(at(8), ["> line 7", "> |line 8", "> line 9", "more above"]);
  assertEquals(at(7), ["> |line 7", "> line 8", "> line 9", "more above"]);
  assertEquals(at(6), ["> |line 6", "> line 7", "> line 8", "more above and below"]);
  assertEquals(at(7), ["> line 6", "> |line 7", "> line 8", "more above and below"]);
  assertEquals(at(0), ["> |line 0", "> line 1", "> line 2", "more below"]);
  assertEquals(at(2), ["> line 0", "> line 1", "> |line 2", "more below"]);
  assertEquals(at(3), ["> line 1", "> line 2", "> |line 3", "more above and below"]);
});

pure("The shown rows of one long line scroll only as far as the cursor needs", () => {
  const layouter = new InputLayouter({ columns: 20, maxRows: 3, ascii: false });
  const text = "2".repeat(18) + "3".repeat(20) + "4".repeat(20) + "5".repeat(20) + "6";
  const at = (cursor: number) =>
    layouter.layOut({ prompt: "1 ", text, cursor }).rows.map((row) => shownIn(row)[5] ?? "");
  assertEquals(at(text.length), ["5", "", "a"]);
  assertEquals(at(60), ["5", "", "a"]);
  assertEquals(at(50), ["4", "5", "a"]);
  assertEquals(at(60), ["4", "5", "a"]);
  assertEquals(at(0), ["2", "3", "b"]);
});

pure("A character that becomes narrower by the next one moves back to the previous row", () => {
  const layouter = new InputLayouter({ columns: 3, maxRows: 9, ascii: false });
  assertEquals(picture(layouter.layOut(view("", "ab⌚漢"))), ["ab", "⌚", "漢|"]);
  assertEquals(picture(layouter.layOut(view("", "ab⌚\ufe0e漢"))), ["ab⌚\ufe0e", "漢|"]);
});

pure("When the text gets shorter, more of it is shown", () => {
  const layouter = new InputLayouter({ columns: 30, maxRows: 3, ascii: false });
  layouter.layOut(view("> ", TEN));
  assertEquals(picture(layouter.layOut(view("> ", "line 0\nline 1"))), ["> line 0", "> line 1|"]);
});

const piece = fc.constantFrom(
  ..."a|bc|漢|かな|e\u0301|\u0301|👩‍👩‍👧|🇫🇷|🇫|\u200d|\t|\n|❤|\ufe0f|\x1b|            |漢漢漢漢漢漢漢漢".split(
    "|",
  ),
);
/**
 * An edit: `insert` replaces `drop` UTF-16 units at the fraction `keep` of the text; the cursor moves to the fraction
 * `cursor`.
 */
interface Edit {
  readonly keep: number;
  readonly insert: string;
  readonly drop: number;
  readonly cursor: number;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  insert: fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join("")),
  drop: fc.integer({ min: 0, max: 3 }),
  cursor: fc.double({ min: 0, max: 1, noNaN: true }),
});
const segmenter = new Intl.Segmenter("und");

/** The views after each of the edits, with the cursor between graphemes. */
function viewsOf(edits: readonly Edit[]): InputView[] {
  let text = "";
  return edits.map(({ keep, insert, drop, cursor }) => {
    const at = Math.floor(keep * text.length);
    text = text.slice(0, at) + insert + text.slice(at + drop);
    const boundaries = [...segmenter.segment(text)].map(({ index }) => index).concat(text.length);
    return { prompt: "you> ", text, cursor: boundaries[Math.floor(cursor * (boundaries.length - 1))]! };
  });
}

pure("A layout after any edits equals a layout from scratch", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), fc.integer({ min: 2, max: 12 }), (edits, columns) => {
      const size = { columns, maxRows: 1000, ascii: false };
      const layouter = new InputLayouter(size);
      for (const view of viewsOf(edits)) {
        assertEquals(layouter.layOut(view), new InputLayouter(size).layOut(view));
      }
    }),
    { numRuns: 1000 },
  );
});

pure("The shown rows are a part of the whole with the cursor in it, and no row is too long", () => {
  const size = fc.record({
    columns: fc.integer({ min: 2, max: 12 }),
    maxRows: fc.integer({ min: 1, max: 6 }),
    ascii: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), size, (edits, size) => {
      const layouter = new InputLayouter(size);
      for (const view of viewsOf(edits)) {
        const { rows, cursorRow, cursorColumn } = layouter.layOut(view);
        const whole = new InputLayouter({ ...size, maxRows: 1000 }).layOut(view);
        const text = rows.filter((row) => row[0]?.role !== "hint");
        const all = whole.rows.map(shownIn);
        const start = whole.cursorRow - cursorRow;
        assertEquals(text.map(shownIn), all.slice(start, start + text.length));
        assertEquals(cursorColumn, whole.cursorColumn);
        assertEquals(rows.length, Math.min(whole.rows.length, size.maxRows));
        assert(cursorRow < text.length && cursorColumn < size.columns);
        for (const row of rows) assert(row.reduce((sum, { width }) => sum + width, 0) <= size.columns);
        for (const { shown, width } of rows.flat()) assertEquals(stringWidth(shown), width);
      }
    }),
    { numRuns: 1000 },
  );
});

pure("A key in a text of 20,000 characters takes about a millisecond", () => {
  for (
    const text of ["hello wor ".repeat(2000), "漢字かな混じり文。".repeat(2300), "👩‍👩‍👧e\u0301".repeat(2100)]
  ) {
    const layouter = new InputLayouter({ columns: 80, maxRows: 12, ascii: false });
    const timed = (work: () => void, maxMs: number) => {
      const ms = cpuMs(work);
      assert(ms < maxMs, `${ms} ms`);
    };
    // The limits are about ten times the time of a slow machine.
    timed(() => layouter.layOut(view("> ", text)), 1000);
    timed(() => {
      for (let i = 1; i <= 100; i++) layouter.layOut(view("> ", text + "x".repeat(i)));
    }, 1000);
    const middle = segmenter.segment(text).containing(10_000)!.index;
    timed(() => {
      for (let i = 1; i <= 100; i++) {
        const edited = text.slice(0, middle) + "x".repeat(i) + "|" + text.slice(middle);
        layouter.layOut(view("> ", edited));
      }
    }, 1500);
  }
});
