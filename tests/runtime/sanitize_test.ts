import fc from "fast-check";
import { sanitize, sanitizeLines, sanitizeName } from "../../runtime/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { cpuMs } from "../helpers/cpu_time.ts";

/** What must never reach a terminal, wherever it stands. */
// deno-lint-ignore no-control-regex
const DANGEROUS = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;

const SHOWN: [text: string, shown: string][] = [
  ["plain text", "plain text"],
  ["", ""],
  ["naïve 漢字 שלום", "naïve 漢字 שלום"],
  ["\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"],
  ["a\r\x00\x08b", "a␍␀␈b"],
  ["tab\tand\nnewline", "tab␉and␊newline"],
  ["\x7f", "␡"],
  ["\x9b2J", "<U+009B>2J"],
  ["a\u202eb\u2066c\u2069", "a<U+202E>b<U+2066>c<U+2069>"],
  ["a\u200eb\u200fc\u061cd", "a<U+200E>b<U+200F>c<U+061C>d"],
  ["ad\u200bmin\ufeff", "ad<U+200B>min<U+FEFF>"],
  ["soft\u00adhyphen \u2060 \u3164 \u180e", "soft<U+00AD>hyphen <U+2060> <U+3164> <U+180E>"],
  ["one\u2028two\u2029three\u0085four", "one<U+2028>two<U+2029>three<U+0085>four"],
  ["\ud800 half \udc00", "<U+D800> half <U+DC00>"],
  ["tag \u{e0041}\u{e0001}", "tag <U+E0041><U+E0001>"],
  ["\ufffa note", "<U+FFFA> note"],
  ["\u{1f3f4}\u{e0041}\u{e0064}\u{e007f}", "\u{1f3f4}<U+E0041><U+E0064><U+E007F>"],
  ["\u{1f3f4}" + "\u{e0061}".repeat(7) + "\u{e007f}", "\u{1f3f4}" + "<U+E0061>".repeat(7) + "<U+E007F>"],
  ["\uffff \ufdd0 \u{1fffe}", "<U+FFFF> <U+FDD0> <U+1FFFE>"],
  ["\u{13430} \u{1bca0} \u{1d173}", "<U+13430> <U+1BCA0> <U+1D173>"],
  ["\u115f\u1160\uffa0", "<U+115F><U+1160><U+FFA0>"],
  ["\u034f \u17b4 \u180b", "<U+034F> <U+17B4> <U+180B>"],
];

const WRITING = [
  "👩‍👩‍👧‍👦",
  "👩🏽‍🚀 👍🏿",
  "🏴‍☠️ 🏳️‍🌈 ❤️ ☎︎",
  "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "1️⃣ #️⃣",
  "🇩🇪🇫🇷",
  "葛\u{e0100}飾",
  "می\u200cخواهم",
  "क्\u200dष ශ්\u200dරී",
  "é e\u0301 ạ̄́",
  "שָׁלֹ֖ום",
  "한국 \u1112\u1161\u11ab",
  "\u0600١٢ \u06dd٣",
];

Deno.test({
  name: "Characters that move the cursor, reorder text or are invisible become symbols",
  permissions: "none",
  fn() {
    for (const [text, shown] of SHOWN) assertEquals(sanitize(text), shown);
  },
});

Deno.test({
  name: "Joiners and variation selectors that writing needs stay",
  permissions: "none",
  fn() {
    for (const text of WRITING) assertEquals(sanitize(text), text);
  },
});

Deno.test({
  name: "Joiners and variation selectors that are only invisible become symbols",
  permissions: "none",
  fn() {
    assertEquals(sanitize("ad\u200dmin"), "ad<U+200D>min");
    assertEquals(sanitize("ad\u200cmin\ufe0f"), "ad<U+200C>min<U+FE0F>");
    assertEquals(sanitize("👍\u200d"), "👍<U+200D>");
    assertEquals(sanitize("👍\u200d\u200d👍"), "👍<U+200D><U+200D>👍");
    assertEquals(sanitize("❤\ufe0f\ufe0f"), "❤\ufe0f<U+FE0F>");
    assertEquals(sanitize("1\ufe0f"), "1<U+FE0F>");
    assertEquals(sanitize("می\u200c"), "می<U+200C>");
  },
});

Deno.test({
  name: "Too many marks on one character are replaced by their number",
  permissions: "none",
  fn() {
    assertEquals(sanitize("a" + "\u0301".repeat(8)), "a" + "\u0301".repeat(8));
    assertEquals(sanitize("a" + "\u0301".repeat(500) + "b"), "a" + "\u0301".repeat(8) + "<+492 marks>b");
    // The same for letters that join with the character before them in one cell.
    assertEquals(sanitize("\u1112" + "\u1161".repeat(500)), "\u1112" + "\u1161".repeat(8) + "<+492 marks>");
    assertEquals(sanitize("\u0600".repeat(500)), "\u0600".repeat(8) + "<+492 marks>");
  },
});

Deno.test({
  name: "A mark at the start gets a dotted circle as base and does not join the text before it",
  permissions: "none",
  fn() {
    assertEquals(sanitize("\u0338text"), "◌\u0338text");
    assertEquals(sanitizeLines("a\n\u0338b\t\u0338c"), ["a", "◌\u0338b\t◌\u0338c"]);
  },
});

Deno.test({
  name: "A text of several lines keeps its line ends and tabs, but no other control character",
  permissions: "none",
  fn() {
    assertEquals(sanitizeLines("a\tb\n\nc\r\n\x1b[1m"), ["a\tb", "", "c␍", "␛[1m"]);
    assertEquals(sanitizeLines(""), [""]);
  },
});

Deno.test({
  name: "A name becomes one word, whatever it contains",
  permissions: "none",
  fn() {
    assertEquals(sanitizeName("ana"), "ana");
    assertEquals(sanitizeName(""), "<no name>");
    assertEquals(sanitizeName("ana  said\n14:03 bo"), "ana␠␠said␊14:03␠bo");
    assertEquals(sanitizeName("a\u00a0b\u3000c"), "a<U+00A0>b<U+3000>c");
    // These look like spaces but are not.
    assertEquals(sanitizeName("a\u2800b\u{1d159}c"), "a<U+2800>b<U+1D159>c");
  },
});

/** Text that is made of the worst there is. */
const nasty = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom(
      "\x1b[",
      "\x9b",
      "\u200d",
      "\ufe0f",
      "👍",
      "\u0301",
      "a",
      "\u{e0041}",
      "\u{1f3f4}",
      "\ud800",
      "م",
      " ",
    ),
  ),
  { maxLength: 40 },
).map((parts) => parts.join(""));

Deno.test({
  name: "The output has no dangerous character, and a harmless text does not change",
  permissions: "none",
  fn() {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = sanitize(text);
        assert(!DANGEROUS.test(shown) && shown.isWellFormed(), JSON.stringify(shown));
        assert(!/\p{M}{10}/u.test(shown));
        assertEquals(sanitize(shown), shown);
        for (const line of sanitizeLines(text)) assert(!DANGEROUS.test(line.replaceAll("\t", "")));
      }),
      { numRuns: 500 },
    );
  },
});

Deno.test({
  name: "Sanitizing is linear in the length of the text",
  permissions: "none",
  fn() {
    for (
      const unit of ["\u0301", "\u200d", "\u{1f3f4}", "\u{1f3f4}\u{e0041}", "👍\u200d", "a\u200b", "\x1b"]
    ) {
      assert(cpuMs(() => sanitize(unit.repeat(60_000))) < 2000, `${JSON.stringify(unit)} takes too long`);
    }
  },
});
