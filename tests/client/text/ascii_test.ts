import fc from "fast-check";
import { ASCII_RULER, asciiLine, asciiName, asciiText } from "../../../client/text/ascii.ts";
import { sanitize } from "../../../runtime/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "A character outside ASCII becomes its number, or its plain form if it has one",
  permissions: "none",
  fn() {
    for (
      const [text, ascii] of [
        ["plain\ttext", "plain\ttext"],
        ["café", "caf\\u00e9"],
        ["👋", "\\u{1f44b}"],
        ["“so” – it’s… │ ─ →", '"so" - it\'s... | - ->'],
        [sanitize("\x1b[2J\x7f"), "\\u001b[2J\\u007f"],
        [sanitize("\u202e"), "<U+202E>"],
      ] as const
    ) assertEquals(asciiText(text), ascii);
  },
});

Deno.test({
  name: "Different names stay different and keep their colours",
  permissions: "none",
  fn() {
    assertEquals(asciiName("a–b"), "a\\u2013b");
    assert(asciiName("a–b") !== asciiName("a-b"));
    assertEquals(asciiLine([{ text: "a–b", style: "name" }]), [
      { text: "a\\u2013b", style: "name", name: "a–b" },
    ]);
    assertEquals(asciiLine([{ text: "é", style: "name" }, { text: "é", style: "plain" }]), [
      { text: "\\u00e9", style: "name", name: "é" },
      { text: "\\u00e9", style: "plain" },
    ]);
  },
});

Deno.test({
  name: "The output is ASCII only and not wider than measured",
  permissions: "none",
  fn() {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const harmless = sanitize(text);
      const ascii = asciiText(harmless);
      assert(/^[\x20-\x7e]*$/.test(ascii), ascii);
      assert(/^[\x20-\x7e]*$/.test(asciiName(harmless)));
      assertEquals(ASCII_RULER.columnsOf(harmless), ascii.length);
      const measured = [...ASCII_RULER.measure(harmless)];
      assertEquals(measured.map(({ text }) => text).join(""), harmless);
      assertEquals(measured.reduce((sum, { columns }) => sum + columns, 0), ascii.length);
    }));
  },
});
