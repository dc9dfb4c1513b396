import stringWidth from "string-width";
import { UNICODE_RULER } from "../../../client/text/columns.ts";
import { cellOf } from "../../../client/text/grapheme.ts";
import { loadWidths, mayNeedWidths, needsWidths, widthOf, widthsLoaded } from "../../../client/text/width.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const NOT_IN_TABLE = ["👍", "กำ", "e\u0301", "مرحبا", "\u00ad", "≥", "👩‍👩‍👧"];

Deno.test({
  name:
    "Before the widths are loaded, a text in the table has its exact width, and any other text at least its width",
  permissions: "none",
  async fn() {
    assertEquals(widthsLoaded(), false);
    for (
      const text of [
        "",
        "hello",
        "naïve",
        "привет",
        "漢字、かな",
        "한국",
        "ｗｉｄｅ",
        "─│→…␛",
        "a\tb\nc\x7f",
      ]
    ) {
      assert(!needsWidths(text), text);
    }
    for (const text of ["hello", "naïve", "привет", "漢字、かな", "─│→…␛"]) {
      assertEquals(widthOf(text), stringWidth(text), text);
    }
    assert(!mayNeedWidths(new TextEncoder().encode("hello\x7f\x1b[A")));
    assert(mayNeedWidths(new TextEncoder().encode("👍").subarray(0, 1)));
    const early = new Map<string, number>();
    for (const text of NOT_IN_TABLE) {
      assert(needsWidths(text), text);
      assert(widthOf(text) >= stringWidth(text), text);
      assert(!cellOf(text).exact, text);
      early.set(text, UNICODE_RULER.columnsOf(text));
    }
    await loadWidths();
    for (const text of NOT_IN_TABLE) {
      assert(!needsWidths(text), text);
      assertEquals(widthOf(text), stringWidth(text), text);
      // A width from before the loading is not cached.
      assert(UNICODE_RULER.columnsOf(text) <= early.get(text)!, text);
    }
    assert(!mayNeedWidths(new TextEncoder().encode("👍")));
    assertEquals(UNICODE_RULER.columnsOf("กำ"), 2);
    assertEquals(cellOf("≥"), { shown: "≥", width: 1, exact: true });
  },
});
