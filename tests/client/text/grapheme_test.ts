/**
 * Graphemes: the fast paths give the same results as `Intl.Segmenter` and `string-width`, and all output is safe.
 *
 * @module
 */
import fc from "fast-check";
import stringWidth from "string-width";
import {
  boundariesAfter,
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  cellOf,
  nextBoundary,
  previousBoundary,
} from "../../../client/text/grapheme.ts";
import { loadWidths, simpleWidth } from "../../../client/text/width.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

await loadWidths();

const segmenter = new Intl.Segmenter("und");

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

const part = fc.oneof(
  fc.constantFrom(
    ..."a b é e\u0301 漢 かﾞ 한 \u1112\u1161\u11ab 👩‍👩‍👧 👍🏽 🇫🇷 🇫 ❤ ❤\ufe0f 1\ufe0f\u20e3 \u200d \u0301 กำ " +
      "क्षि \u0600 1 ©\ufe0f \ud800 \udc00 \u200b \ufeff \u202e \x1b \x9b 🏴󠁧󠁢󠁥󠁮󠁧󠁿"
        .split(" "),
  ),
  fc.constantFrom(" ", "\n", "\t"),
  fc.string({ unit: "grapheme", maxLength: 3 }),
  fc.string({ unit: "binary", maxLength: 3 }),
);
// Intl.Segmenter sees no boundary inside of `\r\n`. Texts in the editor have no `\r`.
const text = fc.array(part, { maxLength: 20 }).map((parts) => parts.join("").replaceAll("\r", ""));

/** The grapheme boundaries by `Intl.Segmenter`. */
function boundaries(text: string): number[] {
  return [...segmenter.segment(text)].map(({ index }) => index).concat(text.length);
}

pure("Boundaries are those of Intl.Segmenter: forwards, backwards and from any position", () => {
  fc.assert(
    fc.property(text, (text) => {
      const expected = boundaries(text);
      assertEquals([...boundariesAfter(text, 0)], expected.slice(1).filter((at) => at > 0));
      for (const [i, at] of expected.entries()) {
        if (i > 0) assertEquals(previousBoundary(text, at), expected[i - 1]);
        if (at < text.length) assertEquals(nextBoundary(text, at), expected[i + 1]);
      }
      for (let at = 0; at <= text.length; at++) {
        assertEquals(boundaryAtOrBefore(text, at), expected.findLast((boundary) => boundary <= at));
        assertEquals(boundaryAtOrAfter(text, at), expected.find((boundary) => boundary >= at));
      }
    }),
    { numRuns: 2000 },
  );
});

pure("A grapheme longer than the first window is still one grapheme", () => {
  for (
    const long of ["e" + "\u0301".repeat(5000), "👩" + "\u200d👩".repeat(500), "x".repeat(63) + "e\u0301"]
  ) {
    assertEquals(nextBoundary(long, 0), boundaries(long)[1]);
    assertEquals([...boundariesAfter(long + long, 0)], boundaries(long + long).slice(1));
    assertEquals(nextBoundary(long + "z", 0), boundaries(long)[1]);
    assertEquals(previousBoundary(long, long.length), boundaries(long).at(-2));
  }
});

pure("Simple characters never join and have the width of string-width", () => {
  let count = 0;
  for (let code = 0; code <= 0xffff; code++) {
    const width = simpleWidth(code);
    if (width === 0) continue;
    count++;
    const character = String.fromCharCode(code);
    if (stringWidth(character) !== width) {
      throw new Error(`U+${code.toString(16)} is ${stringWidth(character)} wide`);
    }
    if (boundaries(`a漢${character}é가${character}©`).length !== 8) {
      throw new Error(`U+${code.toString(16)} joins its neighbours`);
    }
  }
  assert(count > 30_000);
});

pure("The text of a cell is printable and as wide as the cell, or each letter of it is", () => {
  fc.assert(
    fc.property(text, (text) => {
      for (const { segment } of segmenter.segment(text.replaceAll(/[\n\t]/g, ""))) {
        const { shown, width } = cellOf(segment);
        assert(!/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(shown), JSON.stringify(segment));
        const letters = [...shown].map((one) => stringWidth(one)).reduce((sum, width) => sum + width, 0);
        const widths = /^\p{L}.*\u200d/u.test(shown) ? [stringWidth(shown), letters] : [stringWidth(shown)];
        assert(shown.isWellFormed() && width > 0 && widths.includes(width), JSON.stringify(segment));
      }
    }),
    { numRuns: 2000 },
  );
});

pure("Cells show letters, emoji, controls and marks", () => {
  const table: [grapheme: string, shown: string, width: number, exact: boolean][] = [
    ["a", "a", 1, true],
    ["漢", "漢", 2, true],
    ["e\u0301", "e\u0301", 1, true],
    ["ж\u0306", "ж\u0306", 1, true],
    ["😀", "😀", 2, false],
    ["👩‍👩‍👧", "👩‍👩‍👧", 2, false],
    ["🇫🇷", "🇫🇷", 2, false],
    ["❤\ufe0f", "❤\ufe0f", 2, false],
    ["\x1b", "␛", 1, true],
    ["\x00", "␀", 1, true],
    ["\x7f", "␡", 1, true],
    ["\x9b", "\ufffd", 1, true],
    ["\u202e", "\ufffd", 1, true],
    ["\u200b", "\ufffd", 1, true],
    ["\ud800", "\ufffd", 1, true],
    ["\u0301", "◌\u0301", 1, false],
    // A terminal draws both letters that a joiner joins.
    ["क्\u200dष", "क्\u200dष", 2, false],
    ["র\u200d্য", "র\u200d্য", 2, false],
    ["ക്\u200dഷ", "ക്\u200dഷ", 2, false],
    ["e" + "\u0301".repeat(1000), "e" + "\u0301".repeat(15), 1, true],
  ];
  for (const [grapheme, shown, width, exact] of table) {
    assertEquals(cellOf(grapheme), { shown, width, exact }, JSON.stringify(grapheme).slice(0, 40));
  }
});
