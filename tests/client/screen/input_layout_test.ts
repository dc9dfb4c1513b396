/**
 * The input laid out: as pictures, and that laying out again after a key comes to the same as from the beginning.
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

/** Registers a test that is allowed nothing. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** What is to be seen, with the cursor where `|` is, or at the end. */
function view(prompt: string, marked: string, more: Partial<InputView> = {}): InputView {
  const bar = marked.indexOf("|");
  return { prompt, text: marked.replace("|", ""), cursor: bar < 0 ? marked.length : bar, ...more };
}

function shownIn(row: Row): string {
  return row.map(({ shown }) => shown).join("");
}

/** The rows with `|` before the column of the cursor. */
function picture({ rows, cursorRow, cursorColumn }: InputLayout): string[] {
  return rows.map((row, index) => {
    if (index !== cursorRow) return shownIn(row);
    let column = 0;
    const at = row.findIndex((cell) => (column += cell.width) > cursorColumn);
    return at < 0 ? shownIn(row) + "|" : shownIn(row.slice(0, at)) + "|" + shownIn(row.slice(at));
  });
}

/** Lays out once and draws. */
function drawn(view: InputView, columns: number, room: { maxRows?: number; ascii?: boolean } = {}): string[] {
  const { maxRows = 100, ascii = false } = room;
  return picture(new InputLayouter({ columns, maxRows, ascii }).layOut(view));
}

pure("A text that fits is one row behind its prompt", () => {
  assertEquals(drawn(view("> ", "hello"), 20), ["> hello|"]);
  assertEquals(drawn(view("> ", "he|llo"), 20), ["> he|llo"]);
  assertEquals(drawn(view("", ""), 20), ["|"]);
});

pure("A longer text goes on in the first column", () => {
  assertEquals(drawn(view("> ", "hello wor|ld, hell"), 10), ["> hello wo", "r|ld, hell"]);
});

pure("Behind a row that is exactly full the cursor is in the next", () => {
  assertEquals(drawn(view("> ", "12345678"), 10), ["> 12345678", "|"]);
  assertEquals(drawn(view("> ", "1234567|8"), 10), ["> 1234567|8", ""]);
  assertEquals(drawn(view("> ", "12345678|9"), 10), ["> 12345678", "|9"]);
});

pure("A wide character that does not fit goes to the next row, with the cursor", () => {
  assertEquals(drawn(view("> ", "1234567漢"), 10), ["> 1234567", "漢|"]);
  assertEquals(drawn(view("> ", "1234567|漢"), 10), ["> 1234567", "|漢"]);
  assertEquals(drawn(view("> ", "123456漢"), 10), ["> 123456漢", "|"]);
  assertEquals(drawn(view("", "漢"), 2), ["漢", "|"]);
  assertEquals(drawn(view("> ", "123456👩‍👩‍👧e\u0301"), 10), ["> 123456👩‍👩‍👧", "e\u0301|"]);
});

pure("A line end begins a row with a mark", () => {
  assertEquals(drawn(view("ana> ", "one\ntwo|\n\nfour"), 20), ["ana> one", "> two|", "> ", "> four"]);
  assertEquals(drawn(view("> ", "12345678|\nx"), 10), ["> 12345678", "|", "> x"]);
  assertEquals(drawn(view("> ", "a\n"), 10), ["> a", "> |"]);
  assertEquals(drawn(view("> ", "\na"), 10), ["> ", "> a|"]);
});

pure("A prompt that is longer than a row is broken like the text", () => {
  assertEquals(drawn(view("send 12 lines? [y/N/e] ", "x"), 10), ["send 12 li", "nes? [y/N/", "e] x|"]);
});

pure("A mark at the beginning of the text does not join the prompt", () => {
  assertEquals(drawn(view("> ", "\u0301a"), 10), ["> ◌\u0301a|"]);
});

pure("A tab goes to the next stop of eight, or to the end of the row", () => {
  assertEquals(drawn(view("> ", "a\tb"), 20), ["> a     b|"]);
  assertEquals(drawn(view("> ", "12345678\tb"), 12), ["> 12345678  ", "b|"]);
});

pure("What cannot be printed shows as a symbol", () => {
  assertEquals(drawn(view("> ", "a\x1b[31m\x07\u202eb"), 20), ["> a␛[31m␇\ufffdb|"]);
});

pure("A terminal that knows ASCII alone gets nothing else", () => {
  assertEquals(drawn(view("> ", "né漢👩‍👩‍👧\x1bx"), 20, { ascii: true }), ["> n????x|"]);
});

pure("What was found, the prompt and the hint are told apart", () => {
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

pure("Of a text that is too high the part around the cursor is shown, and that there is more", () => {
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
});

pure("The shown part moves only as far as the cursor makes it", () => {
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

pure("The shown part of one long line moves only as far as the cursor makes it", () => {
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

pure("A character that is made narrower by what is typed behind it goes back to the row before", () => {
  const layouter = new InputLayouter({ columns: 3, maxRows: 9, ascii: false });
  assertEquals(picture(layouter.layOut(view("", "ab⌚漢"))), ["ab", "⌚", "漢|"]);
  assertEquals(picture(layouter.layOut(view("", "ab⌚\ufe0e漢"))), ["ab⌚\ufe0e", "漢|"]);
});

pure("The shown part fills up when the text gets shorter", () => {
  const layouter = new InputLayouter({ columns: 30, maxRows: 3, ascii: false });
  layouter.layOut(view("> ", TEN));
  assertEquals(picture(layouter.layOut(view("> ", "line 0\nline 1"))), ["> line 0", "> line 1|"]);
});

const piece = fc.constantFrom(
  ..."a|bc|漢|かな|e\u0301|\u0301|👩‍👩‍👧|🇫🇷|🇫|\u200d|\t|\n|❤|\ufe0f|\x1b|            |漢漢漢漢漢漢漢漢".split(
    "|",
  ),
);
/** An edit: how much of the beginning stays, what comes in, how much of the rest goes, where the cursor goes. */
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

/** The views that a sequence of edits leads to, each with its cursor between graphemes. */
function viewsOf(edits: readonly Edit[]): InputView[] {
  let text = "";
  return edits.map(({ keep, insert, drop, cursor }) => {
    const at = Math.floor(keep * text.length);
    text = text.slice(0, at) + insert + text.slice(at + drop);
    const boundaries = [...segmenter.segment(text)].map(({ index }) => index).concat(text.length);
    return { prompt: "you> ", text, cursor: boundaries[Math.floor(cursor * (boundaries.length - 1))]! };
  });
}

pure("Laying out after any edits comes to the same as laying out from the beginning", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), fc.integer({ min: 2, max: 12 }), (edits, columns) => {
      const room = { columns, maxRows: 1000, ascii: false };
      const layouter = new InputLayouter(room);
      for (const view of viewsOf(edits)) {
        assertEquals(layouter.layOut(view), new InputLayouter(room).layOut(view));
      }
    }),
    { numRuns: 1000 },
  );
});

pure("What is shown is a part of the whole with the cursor in it, and no row is too long", () => {
  const room = fc.record({
    columns: fc.integer({ min: 2, max: 12 }),
    maxRows: fc.integer({ min: 1, max: 6 }),
    ascii: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), room, (edits, room) => {
      const layouter = new InputLayouter(room);
      for (const view of viewsOf(edits)) {
        const { rows, cursorRow, cursorColumn } = layouter.layOut(view);
        const whole = new InputLayouter({ ...room, maxRows: 1000 }).layOut(view);
        const text = rows.filter((row) => row[0]?.role !== "hint");
        const all = whole.rows.map(shownIn);
        const start = whole.cursorRow - cursorRow;
        assertEquals(text.map(shownIn), all.slice(start, start + text.length));
        assertEquals(cursorColumn, whole.cursorColumn);
        assertEquals(rows.length, Math.min(whole.rows.length, room.maxRows));
        assert(cursorRow < text.length && cursorColumn < room.columns);
        for (const row of rows) assert(row.reduce((sum, { width }) => sum + width, 0) <= room.columns);
        for (const { shown, width } of rows.flat()) assertEquals(stringWidth(shown), width);
      }
    }),
    { numRuns: 1000 },
  );
});

pure("A key in a text of 20,000 characters takes a millisecond or so", () => {
  for (
    const text of ["hello wor ".repeat(2000), "漢字かな混じり文。".repeat(2300), "👩‍👩‍👧e\u0301".repeat(2100)]
  ) {
    const layouter = new InputLayouter({ columns: 80, maxRows: 12, ascii: false });
    const timed = (work: () => void, maxMs: number) => {
      const ms = cpuMs(work);
      assert(ms < maxMs, `${ms} ms`);
    };
    // Bounds are some ten times what a slow machine needs.
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
