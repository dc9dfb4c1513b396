/** Long texts in parts that fit into a message. Pure. */
import fc from "fast-check";
import { cutText } from "../../../client/text/cut_text.ts";
import { MAX_TEXT_BYTES } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const utf8 = new TextEncoder();

Deno.test({
  name: "A text that fits is not cut, to the byte",
  permissions: "none",
  fn() {
    for (const text of ["", "a", "é".repeat(MAX_TEXT_BYTES / 2)]) assertEquals(cutText(text), [text]);
    assertEquals(cutText("é".repeat(MAX_TEXT_BYTES / 2) + "x").length, 2);
  },
});

Deno.test({
  name: "A text is cut after a space, else between graphemes, else inside a grapheme",
  permissions: "none",
  fn() {
    const words = cutText("wörter ".repeat(2000));
    assert(words.every((part) => /^(wörter )+$/.test(part)));
    const flags = cutText("🇦🇹".repeat(2000));
    assert(flags.every((part) => /^(🇦🇹)+$/u.test(part)));
    // A space that is far from the end is not used.
    assertEquals(cutText(`a ${"b".repeat(5000)}`)[0]!.length, MAX_TEXT_BYTES);
    const pile = "e" + "\u0301".repeat(5000);
    assertEquals(cutText(pile).join(""), pile);
  },
});

Deno.test({
  name: "Nothing is lost, no part is too long, and no code point is cut",
  permissions: "none",
  fn() {
    const long = fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }).map((parts) =>
      parts.join(" ").repeat(200)
    );
    fc.assert(
      fc.property(long, (text) => {
        const parts = cutText(text);
        assertEquals(parts.join(""), text);
        for (const part of parts) {
          assert(part.isWellFormed());
          assert(utf8.encode(part).length <= MAX_TEXT_BYTES);
        }
        if (parts.length > 1) { for (const part of parts) assert(part !== ""); }
      }),
      { numRuns: 50 },
    );
  },
});
