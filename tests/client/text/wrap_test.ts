import fc from "fast-check";
import { columnsOf } from "../../../client/text/columns.ts";
import { type StyledLine, textOf } from "../../../client/text/style.ts";
import { findUrls } from "../../../mentions/mod.ts";
import { loadWidths } from "../../../client/text/width.ts";
import { expandTabs, wrap } from "../../../client/text/wrap.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

await loadWidths();

const GUTTER: StyledLine = [{ text: "  | ", style: "faint" }];

function rows(text: string, columns: number): string[] {
  return wrap([{ text, style: "plain" }], { columns, gutter: GUTTER }).map(textOf);
}

const BROKEN: [text: string, columns: number, ...rows: string[]][] = [
  ["", 10, ""],
  ["fits in it", 10, "fits in it"],
  ["one two three four", 10, "one two", "  | three", "  | four"],
  ["one two three four", Infinity, "one two three four"],
  ["just  two    spaces", 12, "just  two", "  | spaces"],
  ["    indented and long", 14, "    indented", "  | and long"],
  ["trailing   ", 9, "trailing"],
  ["a-word-longer-than-any-row", 12, "a-word-longe", "  | r-than-a", "  | ny-row"],
  ["so a-word-longer-than-rows", 12, "so a-word-lo", "  | nger-tha", "  | n-rows"],
  ["漢字を書く。楽しい「そう」だ", 12, "漢字を書く。", "  | 楽しい", "  | 「そう」", "  | だ"],
  ["漢字を書くよ。また", 12, "漢字を書く", "  | よ。また"],
  ["nine 漢字漢字漢字", 12, "nine 漢字漢", "  | 字漢字"],
  ["한국어 텍스트는 띄어쓰기로", 12, "한국어", "  | 텍스트는", "  | 띄어쓰기", "  | 로"],
  ["👍👍👍👍👍👍👍", 10, "👍👍👍👍👍", "  | 👍👍"],
  ["look at https://a.example/b ok", 25, "look at", "  | https://a.example/b", "  | ok"],
  ["see https://a.example/longer ok", 20, "see https://a.example/longer", "  | ok"],
  ["(https://a.example/longer/yet).", 20, "(https://a.example/longer/yet)."],
  ["(https://a.example/longer/yet)more text", 20, "(https://a.example/longer/yet)more", "  | text"],
  ["see https://a.example/longer a-word-longer-than-rows", 20, "see https://a.example/longer", ...[
    "  | a-word-longer-th",
    "  | an-rows",
  ]],
  ["12345678 https://a.example/longer", 8, "12345678", "  | https://a.example/longer"],
];

Deno.test({
  name: "Lines are broken between words where possible, and every row but the first has the gutter",
  permissions: "none",
  fn() {
    for (const [text, columns, ...expected] of BROKEN) assertEquals(rows(text, columns), expected, text);
  },
});

Deno.test({
  name: "Each part keeps its style, and a part of a name keeps its name",
  permissions: "none",
  fn() {
    const line: StyledLine = [
      { text: "12:00 ", style: "time" },
      { text: "anastasia", style: "name" },
      { text: "  and more", style: "plain" },
    ];
    assertEquals(wrap(line, { columns: 10, gutter: GUTTER }), [
      [{ text: "12:00 ", style: "time" }, { text: "anas", style: "name", name: "anastasia" }],
      [...GUTTER, { text: "tasia", style: "name", name: "anastasia" }],
      [...GUTTER, { text: "and", style: "plain" }],
      [...GUTTER, { text: "more", style: "plain" }],
    ]);
  },
});

Deno.test({
  name: "Tabs become spaces up to the next multiple of 8 columns",
  permissions: "none",
  fn() {
    assertEquals(expandTabs("none"), "none");
    assertEquals(expandTabs("\ta\tbc\t"), "        a       bc      ");
    assertEquals(expandTabs("漢字\tx"), "漢字    x");
    assertEquals(expandTabs("12345678\tx"), "12345678        x");
  },
});

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.constantFrom(
      " ",
      "   ",
      "漢字",
      "。",
      "👨‍👩‍👧‍👦",
      "e\u0301",
      "a".repeat(30),
      "(",
      "https://a.example/",
      "https://b.example/c/d/e/f/g/h/i/j",
    ),
  ),
  { maxLength: 20 },
).map((parts) => parts.join("").replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ""));

Deno.test({
  name: "For any text and width only spaces are lost, every row fits and no URL is broken",
  permissions: "none",
  fn() {
    fc.assert(
      fc.property(texts, fc.integer({ min: 12, max: 60 }), (text, columns) => {
        const [first = "", ...others] = rows(text, columns);
        for (const row of others) assert(row.startsWith("  | "), row);
        const shown = [first, ...others.map((row) => row.slice(4))];
        assertEquals(shown.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
        for (const url of findUrls(text)) {
          const address = text.slice(url.start, url.end);
          assert(shown.some((row) => row.includes(address)), address);
        }
        for (const row of [first, ...others]) {
          const width = columnsOf(row);
          const url = findUrls(row).some(({ start, end }) => columnsOf(row.slice(start, end)) > columns - 4);
          const single = columnsOf(row.replace("  | ", "")) <= 8;
          assert(width <= columns || url || single, `${width} columns: ${row}`);
        }
      }),
      { numRuns: 1000 },
    );
  },
});

Deno.test({
  name: "Breaking is linear in the length of the text",
  permissions: "none",
  fn() {
    for (
      const text of [
        "a".repeat(60_000),
        "a ".repeat(30_000),
        "x" + " ".repeat(60_000),
        "漢".repeat(20_000),
        "漢a://b (".repeat(7000),
        "👨‍👩‍👧‍👦".repeat(2000),
        "a://x" + ")".repeat(60_000),
      ]
    ) {
      assert(cpuMs(() => rows(text, 20)) < 2000, text.slice(0, 10));
    }
  },
});
