import { columnsOf, measure } from "../../../client/text/columns.ts";
import { loadWidths } from "../../../client/text/width.ts";
import { assertEquals } from "../../helpers/assert.ts";

await loadWidths();

Deno.test({
  name: "The width of a text is the greatest width in any terminal",
  permissions: "none",
  fn() {
    for (
      const [text, columns] of [
        ["", 0],
        ["hello", 5],
        ["naïve", 5],
        ["cafe\u0301", 4],
        ["привет", 6],
        ["漢字", 4],
        ["ｗｉｄｅ", 8],
        ["한국", 4],
        ["👋", 2],
        // One emoji of two columns, or four separate people.
        ["👨‍👩‍👧‍👦", 8],
        // One flag, or two letters of two columns.
        ["🇩🇪", 4],
        ["👍🏿", 4],
        ["❤️", 2],
        ["नि", 2],
        ["שָׁ", 1],
        // Not defined yet, so it may become a wide character.
        ["\u{1faff}", 2],
        ["─│→…", 4],
      ] as const
    ) assertEquals(columnsOf(text), columns, text);
  },
});

Deno.test({
  name: "Texts are split at grapheme boundaries",
  permissions: "none",
  fn() {
    assertEquals([...measure("e\u0301漢👨‍👩‍👧a")].map(({ start, text }) => [start, text]), [
      [0, "e\u0301"],
      [2, "漢"],
      [3, "👨‍👩‍👧"],
      [11, "a"],
    ]);
    assertEquals([...measure("ab")], [{ start: 0, text: "a", columns: 1 }, {
      start: 1,
      text: "b",
      columns: 1,
    }]);
  },
});
