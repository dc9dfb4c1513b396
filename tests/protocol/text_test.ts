/**
 * The check of chat texts: a text is refused with an error word or passed on unchanged.
 *
 * @module
 */
import fc from "fast-check";
import {
  checkText,
  encodeFrame,
  FrameDecoder,
  parseClientMessage,
  ProtocolError,
  serialize,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Returns the error word for a text, or `undefined` if it is valid. */
function wordFor(text: string): string | undefined {
  try {
    checkText(text);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.word;
    throw error;
  }
}

const ACCEPTED: [string, string][] = [
  ["one character", "a"],
  ["a space", " "],
  ["spaces around", "  hi  "],
  ["a newline", "\n"],
  ["a tab", "\t"],
  ["several lines with tabs", "if x:\n\treturn\n\n"],
  ["quotes and backslashes", '"\\"'],
  ["what looks like JSON", '{"code":205}'],
  ["what looks like a command", ":quit"],
  ["any script", "Привет, 世界! مرحبا שלום"],
  ["an emoji family", "👨‍👩‍👧‍👦"],
  ["a flag", "🇺🇦"],
  ["combining marks", "Z̷a̷l̷g̷o̷"],
  ["text that is not NFC", "e\u0301"],
  ["a no-break space, a soft hyphen, a zero-width space", "\u00a0\u00ad\u200b"],
  ["directional marks, which do not reorder text", "\u200e\u200f\u061c"],
  ["a line and a paragraph separator", "\u2028\u2029"],
  ["a byte order mark", "\ufeff"],
  ["a replacement character", "\ufffd"],
  ["noncharacters", "\uffff\u{10ffff}"],
];

for (const [what, text] of ACCEPTED) {
  pure(`Texts may contain ${what}`, () => checkText(text));
}

pure("A text of 4,096 bytes is allowed and one byte more is too_long, in characters of any size", () => {
  for (const [character, bytes] of [["a", 1], ["\n", 1], ["é", 2], ["漢", 3], ["😀", 4]] as const) {
    const longest = character.repeat(Math.floor(4096 / bytes)) + "a".repeat(4096 % bytes);
    assertEquals(new TextEncoder().encode(longest).length, 4096);
    checkText(longest);
    for (const more of ["a", "é", "漢", "😀"]) {
      const error = assertThrows(() => checkText(longest + more), ProtocolError);
      assertEquals(error.word, "too_long");
      assertStringIncludes(error.message, `${4096 + new TextEncoder().encode(more).length} bytes`);
      assertStringIncludes(error.message, "at most 4096");
    }
  }
});

pure("A text as long as a frame is too_long", () => {
  assertEquals(wordFor("a".repeat(65_000)), "too_long");
  assertEquals(wordFor("\x1b".repeat(65_000)), "too_long");
});

pure("An empty text is bad_text", () => {
  assertEquals(wordFor(""), "bad_text");
});

/** The ranges of characters that are refused: first and last. */
const REFUSED: [string, number, number][] = [
  ["C0 before tab", 0x00, 0x08],
  ["C0 after newline, carriage return and escape among them", 0x0b, 0x1f],
  ["DEL and C1, CSI among them", 0x7f, 0x9f],
  ["bidirectional embeddings and overrides", 0x202a, 0x202e],
  ["bidirectional isolates", 0x2066, 0x2069],
];

for (const [what, first, last] of REFUSED) {
  pure(`Texts with ${what} are refused with bad_text`, () => {
    for (let code = first; code <= last; code++) {
      const character = String.fromCharCode(code);
      for (
        const text of [
          character,
          character + "hi",
          "hi" + character,
          "😀" + character + "é",
          "a\n" + character,
        ]
      ) {
        const error = assertThrows(() => checkText(text), ProtocolError);
        assertEquals(error.word, "bad_text");
        assertStringIncludes(error.message, "U+" + code.toString(16).toUpperCase().padStart(4, "0"));
        assert(!/[^\x20-\x7e]/.test(error.message), "the message must be ASCII");
      }
    }
  });
}

pure("Texts may contain every other character", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const refused = REFUSED.some(([, first, last]) => code >= first && code <= last);
    const word = wordFor(String.fromCodePoint(code));
    if ((word === "bad_text") !== refused) throw new Error(`U+${code.toString(16)}: ${word}`);
  }
});

pure("Half a surrogate pair is bad_text", () => {
  for (const text of ["\ud83d", "\ude00", "a\ud83db", "\ude00\ud83d", "😀\ud83d"]) {
    const error = assertThrows(() => checkText(text), ProtocolError, "surrogate");
    assertEquals(error.word, "bad_text");
    assert(error.message.isWellFormed());
  }
});

pure("Terminal sequences are refused, whatever their first character", () => {
  for (
    const text of [
      "\x1b[2J",
      "\x1b]0;title\x07",
      "\x1b]52;c;AAAA\x1b\\",
      "\x9b2J",
      "\x9d0;title\x9c",
      "\x90q\x9c",
      "\x0e",
      "a\rb",
      "a\bb",
      "\x07",
      "\x1bc",
    ]
  ) assertEquals(wordFor(text), "bad_text", JSON.stringify(text));
});

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(fc.nat(0xff), fc.integer({ min: 0x2000, max: 0x2070 }), fc.nat(0xffff)), {
    maxLength: 40,
  })
    .map((units) => String.fromCharCode(...units)),
  fc.tuple(fc.constantFrom("a", "é", "漢", "😀", "\x07"), fc.integer({ min: 900, max: 4200 }))
    .map(([character, times]) => character.repeat(times)),
);

pure("Any text is valid or refused with bad_text or too_long", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert([undefined, "bad_text", "too_long"].includes(wordFor(text)));
    }),
    cases(2000),
  );
});

pure("A valid text fits into a frame in the longest possible JSON, and is read back unchanged", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (wordFor(text) !== undefined) return;
      const bytes = new TextEncoder().encode(text);
      assert(bytes.length >= 1 && bytes.length <= 4096);
      // The longest JSON: each UTF-16 unit is escaped.
      let escaped = "";
      for (let i = 0; i < text.length; i++) {
        escaped += "\\u" + text.charCodeAt(i).toString(16).padStart(4, "0");
      }
      for (
        const json of [serialize({ code: 100, message: text }), `{"code": 100, "message": "${escaped}"}`]
      ) {
        const decoder = new FrameDecoder();
        decoder.push(encodeFrame(json));
        assertEquals(parseClientMessage(decoder.next()!), { code: 100, message: text });
      }
    }),
    cases(500, 0.1),
  );
});
