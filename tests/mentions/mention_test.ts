import { findMentions } from "../../mentions/mention.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { cpuMs } from "../helpers/cpu_time.ts";

function mentions(text: string, name: string): string[] {
  return findMentions(text, name).map(({ start, end }) => text.slice(start, end));
}

const MENTIONED: [name: string, text: string, ...found: string[]][] = [
  ["ana", "ana", "ana"],
  ["ana", "hello ANA, is Ana there?", "ANA", "Ana"],
  ["ana", '@ana: (ana) ana! ana\'s "ana" ana/bo', "ana", "ana", "ana", "ana", "ana", "ana"],
  ["ana", "thanks ana. ana... -ana- ..ana", "ana", "ana", "ana", "ana"],
  ["ana", "ana-", "ana"],
  ["Ana", "ana", "ana"],
  ["ana-b", "ana-b. ana ana-b", "ana-b", "ana-b"],
  ["ana.", "hello ana.", "ana."],
  ["straße", "STRASSE und Straße", "STRASSE", "Straße"],
  ["σίσυφος", "ΣΊΣΥΦΟΣ, σίσυφος!", "ΣΊΣΥΦΟΣ", "σίσυφος"],
  ["josé", "Jose\u0301", "Jose\u0301"],
  ["ana", "ａｎａ", "ａｎａ"],
  ["ana", "anaさん、ana", "ana", "ana"],
  ["太郎", "太郎さんは太郎です", "太郎", "太郎"],
  ["иван", "Иван и иванов", "Иван"],
  ["a", "a b a", "a", "a"],
  ["太太", "太太太", "太太"],
  ["ana", "ana.さん", "ana"],
];

const NOT_MENTIONED: [name: string, text: string][] = [
  ["ana", "anagram banana mañana anab"],
  ["ana", "ana-maria maria-ana ana.maria ana_b ana1 1ana"],
  ["ana", "https://example.org/ana rift://ana"],
  ["ana", "ana@example.org"],
  ["ana", "ána an\u0430"],
  ["ana", "ana\u0301"],
  ["", "nobody"],
  ["ana", ""],
  ["s", "ß"],
];

Deno.test({
  name: "A mention is the name as a whole word, in upper or lower case",
  permissions: "none",
  fn() {
    for (const [name, text, ...found] of MENTIONED) {
      assertEquals(mentions(text, name), found, `${name}: ${text}`);
    }
  },
});

Deno.test({
  name: "A part of a word, of another name or of a URL mentions nobody",
  permissions: "none",
  fn() {
    for (const [name, text] of NOT_MENTIONED) assertEquals(mentions(text, name), [], `${name}: ${text}`);
  },
});

Deno.test({
  name: "The search for mentions is linear in the length of the text",
  permissions: "none",
  fn() {
    for (
      const text of [
        "ana".repeat(20_000),
        "ana ".repeat(15_000),
        "ana" + ".".repeat(60_000) + "x",
        "ana\u0301".repeat(15_000),
      ]
    ) {
      assert(cpuMs(() => findMentions(text, "ana")) < 2000, text.slice(0, 10));
    }
  },
});
