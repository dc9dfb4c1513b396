import stringWidth from "string-width";
import { UNICODE_RULER } from "../../../client/text/columns.ts";
import { cellOf } from "../../../client/text/grapheme.ts";
import { needsWidths, loadWidths, mayNeedWidths, widthOf, widthsLoaded } from "../../../client/text/width.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const FOREIGN = ["👍", "กำ", "e\u0301", "مرحبا", "\u00ad", "≥", "👩‍👩‍👧"];

Deno.test({
  name:
    "What the table knows is as wide as ever before the widths are loaded, and anything else never too narrow",
  permissions: "none",
  async fn() {
    assertEquals(widthsLoaded(), false);
    for (
      const known of [
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
      assert(!needsWidths(known), known);
    }
    for (const known of ["hello", "naïve", "привет", "漢字、かな", "─│→…␛"]) {
      assertEquals(widthOf(known), stringWidth(known), known);
    }
    assert(!mayNeedWidths(new TextEncoder().encode("hello\x7f\x1b[A")));
    assert(mayNeedWidths(new TextEncoder().encode("👍").subarray(0, 1)));
    const early = new Map<string, number>();
    for (const text of FOREIGN) {
      assert(needsWidths(text), text);
      assert(widthOf(text) >= stringWidth(text), text);
      assert(!cellOf(text).exact, text);
      early.set(text, UNICODE_RULER.columnsOf(text));
    }
    await loadWidths();
    for (const text of FOREIGN) {
      assert(!needsWidths(text), text);
      assertEquals(widthOf(text), stringWidth(text), text);
      // What was said early is not remembered.
      assert(UNICODE_RULER.columnsOf(text) <= early.get(text)!, text);
    }
    assert(!mayNeedWidths(new TextEncoder().encode("👍")));
    assertEquals(UNICODE_RULER.columnsOf("กำ"), 2);
    assertEquals(cellOf("≥"), { shown: "≥", width: 1, exact: true });
  },
});
