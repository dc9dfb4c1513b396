import fc from "fast-check";
import { type Line, LineDecoder } from "../../../client/pipe/lines.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const utf8 = new TextEncoder();

/** The lines of some reads. The memory of each read is overwritten after it, as a reader may do. */
function linesOf(...reads: (string | Uint8Array)[]): Line[] {
  const decoder = new LineDecoder();
  const lines: Line[] = [];
  for (const read of reads) {
    const bytes = typeof read === "string" ? utf8.encode(read) : read.slice();
    lines.push(...decoder.push(bytes));
    bytes.fill(0x21);
  }
  const last = decoder.finish();
  return last === undefined ? lines : [...lines, last];
}

function textsOf(...reads: (string | Uint8Array)[]): (string | undefined)[] {
  return linesOf(...reads).map((line) => "text" in line ? line.text : undefined);
}

Deno.test({
  name: "Lines end with LF, CRLF or the end of the input",
  permissions: "none",
  fn() {
    assertEquals(textsOf("a\nb\r\n\nc"), ["a", "b", "", "c"]);
    assertEquals(textsOf("a\n"), ["a"]);
    assertEquals(textsOf(""), []);
    assertEquals(textsOf("a\r", "\nb"), ["a", "b"]);
    assertEquals(textsOf("a\rb\r\r\n"), ["a\rb\r"]);
  },
});

Deno.test({
  name: "Lines are numbered",
  permissions: "none",
  fn() {
    assertEquals(linesOf("a\n\nb").map((line) => line.number), [1, 2, 3]);
  },
});

Deno.test({
  name: "A line that is not UTF-8 costs no other line",
  permissions: "none",
  fn() {
    assertEquals(linesOf(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a, 0xc3), Uint8Array.of(0xa9, 0x0a, 0xc3)), [
      { number: 1, text: "a" },
      { number: 2, problem: "Cannot send a line that is not UTF-8" },
      { number: 3, text: "é" },
      { number: 4, problem: "Cannot send a line that is not UTF-8" },
    ]);
  },
});

Deno.test({
  name: "A line without an end is counted, not stored, and costs no other line",
  permissions: "none",
  fn() {
    const decoder = new LineDecoder();
    const chunk = new Uint8Array(1 << 20).fill(0x61);
    for (let i = 0; i < 100; i++) assertEquals([...decoder.push(chunk)], []);
    assertEquals([...decoder.push(utf8.encode("\nnext\n"))], [
      { number: 1, problem: `Cannot send a line of ${100 * (1 << 20)} bytes: it must have at most 4096` },
      { number: 2, text: "next" },
    ]);
  },
});

Deno.test({
  name: "The longest line is returned whole, and one byte more is refused",
  permissions: "none",
  fn() {
    const longest = "a".repeat(65_536);
    assertEquals(textsOf(longest + "\n", longest), [longest, longest]);
    assert("problem" in linesOf(longest + "a\n")[0]!);
  },
});

Deno.test({
  name: "A byte order mark is not text at the beginning, and is text elsewhere",
  permissions: "none",
  fn() {
    assertEquals(textsOf("\ufeffa\n\ufeffb"), ["a", "\ufeffb"]);
  },
});

Deno.test({
  name: "The lines do not depend on how the bytes are split",
  permissions: "none",
  fn() {
    const text = fc.array(fc.constantFrom("a", "é", "👍", "\n", "\r\n", "\r", "\xff"), { maxLength: 30 })
      .map((parts) => parts.join(""));
    fc.assert(fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (text, cuts) => {
      // Latin-1, so that some of it is no UTF-8.
      const bytes = text.includes("\xff")
        ? Uint8Array.from(text, (unit) => unit.charCodeAt(0))
        : utf8.encode(text);
      const edges = [
        0,
        ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
        bytes.length,
      ];
      const reads = edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
      assertEquals(linesOf(...reads), linesOf(bytes));
    }));
  },
});
