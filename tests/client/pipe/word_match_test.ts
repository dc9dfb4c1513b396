import { wordMatcher } from "../../../client/pipe/word_match.ts";
import { assertEquals } from "../../helpers/assert.ts";

for (
  const [words, text, matches] of [
    ["build passed", "Build 412: PASSED!", true],
    ["build passed", "the build", false],
    ["pass", "passed", false],
    ["cafe", "Café", true],
    ["viet", "Tiếng Việt", true],
    ["日本", "今日本を読む", true],
    ["a-b", "b a", true],
  ] as const
) {
  Deno.test({
    name: `The words "${words}" are ${matches ? "" : "not "}in "${text}"`,
    permissions: "none",
    fn: () => assertEquals(wordMatcher(words)!(text), matches),
  });
}

Deno.test({
  name: "A text without a letter or digit has no words",
  permissions: "none",
  fn: () => assertEquals(wordMatcher("... !"), undefined),
});
