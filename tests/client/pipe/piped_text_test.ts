/** What a program writes into a pipe, as lines that may be said. Pure. */
import fc from "fast-check";
import { type Piece, PipedText } from "../../../client/pipe/piped_text.ts";
import { checkText } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const utf8 = new TextEncoder();

/** Returns the lines made from bytes that arrive in reads of a size, and the reports about them. */
function linesOf(input: string | Uint8Array, size = Infinity): { lines: string[]; notes: string[] } {
  const bytes = typeof input === "string" ? utf8.encode(input) : input;
  const notes: string[] = [];
  const text = new PipedText((note) => notes.push(note));
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(...text.push(bytes.subarray(at, at + size)));
  pieces.push(...text.finish());
  const lines: string[] = [];
  for (const { number, text } of pieces) lines[number - 1] = (lines[number - 1] ?? "") + text;
  return { lines, notes };
}

for (
  const [name, input, lines] of [
    ["plain lines, with and without an end", "one\ntwo\r\n\n three", ["one", "two", "", " three"]],
    ["nothing", "", []],
    ["colours", "\x1b[1;31merror\x1b[0m: \x1b[38;2;1;2;3mred\x1b[m", ["error: red"]],
    ["sequences of C1", "\x9b31mred\x9b0m \x9d0;title\x9c\x90q\x9ctext\x84\x85", ["red text"]],
    ["a title with either terminator", "\x1b]0;make\x07a\x1b]0;make\x1b\\b\n", ["ab"]],
    ["a link", "\x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\\n", ["here"]],
    ["a title without an end", "a\x1b]0;make\nb\n", ["a", "b"]],
    ["an image", "a\x1bPq#0;2;0\n#1~~@@\n-\x1b\\b\n", ["ab"]],
    ["what tmux passes on", "a\x1bPtmux;\x1b\x1b]0;t\x07\x1b\\b\n", ["ab"]],
    ["other strings", "a\x1b_Gf=100;AAAA\x1b\\b\x1bXs\x1b\\c\x1b^p\x1b\\d\n", ["abcd"]],
    ["a string that is cancelled", "a\x1bPxyz\x18b\x1b]0;xyz\x1ac\n", ["abc"]],
    ["single escapes", "\x1b7a\x1b8b\x1bcc\x1b(Bd\x1b=e\x1b#8f\n", ["abcdef"]],
    ["a sequence without its end", "a\x1b[31\nb\x1b\nc\x1b(\nd", ["a", "b", "c", "d"]],
    ["a sequence cut short by a letter of another alphabet", "a\x1b[3éb\x1bñ\n", ["aébñ"]],
    ["a progress bar", " 10%\r 50%\r100%\r\ndone\n", ["100%", "done"]],
    ["a progress bar that erases", "50%\r\x1b[Kdone\n50%\r\x1b[2K\n50%\x1b[1G\x1b[0K\nx\x1b[K\n", [
      "done",
      "",
      "",
      "x",
    ]],
    ["a line that is erased where it stands", "50%\x1b[2K\rdone\n", ["done"]],
    ["backspaces", "|\b/\b-\b\n10%\b\b\b20%\na\b \b\nx\b\x1b[Kyz\n", ["-", "20%", " ", "yz"]],
    ["backspaces over emoji", "a👋\bb\n", ["ab"]],
    ["other controls", "a\x07b\x0bc\x0cd\x0ee\x0ff\x7fg\tz\n", ["abcdefg\tz"]],
    ["what reorders", "a\u202eb\u2066c\u2069\u202a\n", ["abc"]],
    ["what only belongs to writing", "👩‍👩‍👧 \u200f\u200e é\n", ["👩‍👩‍👧 \u200f\u200e é"]],
    ["a byte order mark", "\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]],
  ] as [string, string, string[]][]
) {
  Deno.test({
    name: `Of ${name} stays what one would see, however it is cut`,
    permissions: "none",
    fn() {
      for (const size of [Infinity, 1, 2, 3, 5]) assertEquals(linesOf(input, size).lines, lines, `${size}`);
    },
  });
}

Deno.test({
  name:
    "Bytes that are not UTF-8 are reported once and affect nothing else; a U+FFFD in the text is not reported",
  permissions: "none",
  fn() {
    const input = Uint8Array.of(
      ...utf8.encode("a\ufffd\nb"),
      0xff,
      ...utf8.encode("c\n"),
      0xe2,
      0x82,
      0x0a,
      0xc3,
    );
    for (const size of [Infinity, 1, 4]) {
      assertEquals(linesOf(input, size), {
        lines: ["a\ufffd", "b\ufffdc", "\ufffd", "\ufffd"],
        notes: ["line 2: bytes that are not UTF-8 are sent as U+FFFD; others like it are not reported"],
      });
    }
    assertEquals(linesOf("a\ufffd\n").notes, []);
  },
});

Deno.test({
  name: "What is left out is reported once for each kind, formatting is not",
  permissions: "none",
  fn() {
    assertEquals(linesOf("\x1b[1mok\x1b[0m\x07\b\r\n\n\x00\x01\n\u202e\n\u2066\x02\n").notes, [
      "line 3: U+0000 is left out, as it is not text; others like it are not reported",
      "line 4: U+202E is left out, as it would reorder the text; others like it are not reported",
    ]);
  },
});

Deno.test({
  name: "A line without an end takes limited memory, and nothing of it is lost",
  permissions: "none",
  fn() {
    const word = "lorem ";
    const text = new PipedText(() => {});
    const pieces: Piece[] = [];
    for (let i = 0; i < 1000; i++) pieces.push(...text.push(utf8.encode(word.repeat(100))));
    assert(pieces.length > 100);
    pieces.push(...text.finish(), ...text.push(utf8.encode("next\n")));
    assertEquals(pieces.filter(({ continues }) => !continues).map(({ number }) => number), [1, 2]);
    assertEquals(pieces.map(({ text }) => text).join(""), word.repeat(100_000) + "next");
    // A progress bar that never ends a line is no long line.
    assertEquals(linesOf("50%\r".repeat(100_000), 1000).lines, ["50%"]);
    // A string that nobody ends does not swallow everything.
    assertEquals(linesOf(`\x1bP${"x\n".repeat(700_000)}end\n`, 65_536).lines.at(-1), "end");
  },
});

Deno.test({
  name: "For any input, no hub refuses a character of the text, and the text does not depend on the reads",
  permissions: "none",
  fn() {
    const parts = fc.constantFrom(
      "\x1b",
      "[",
      "]",
      "P",
      "\\",
      "m",
      "K",
      "\r",
      "\n",
      "\b",
      "\x9b",
      "\x9c",
      "1",
      ";",
      "a",
    );
    const input = fc.array(fc.oneof(parts, fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })));
    fc.assert(fc.property(input, fc.integer({ min: 1, max: 9 }), (strings, size) => {
      const bytes = utf8.encode(strings.join(""));
      const { lines } = linesOf(bytes, size);
      assertEquals(lines, linesOf(bytes).lines);
      for (const line of lines) if (line !== "" && line.length < 1000) checkText(line);
    }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        assertEquals(linesOf(bytes, size).lines, linesOf(bytes).lines);
      }),
    );
  },
});
