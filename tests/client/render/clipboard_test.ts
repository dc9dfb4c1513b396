import { clipboardSequence } from "../../../client/render/clipboard.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const TEXT = 'if (a) {\n\tb("\u{1F44B} déjà vu");\n}\n';

/** Returns the text in a sequence of OSC 52. */
function textIn(sequence: string): string {
  // deno-lint-ignore no-control-regex
  const [, base64 = ""] = /^\x1b\]52;c;([A-Za-z0-9+/]*={0,2})\x07$/.exec(sequence) ?? [];
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
}

Deno.test({
  name: "A text of any characters is on the clipboard exactly as it is",
  permissions: "none",
  fn() {
    for (const text of [TEXT, "", "\x1b\x07", "a".repeat(70_000)]) {
      for (const clipboard of ["terminal", "tmux"] as const) {
        assertEquals(textIn(clipboardSequence(text, clipboard)), text);
      }
    }
  },
});

Deno.test({
  name: "GNU screen gets the sequence in parts that it passes on, none too long for it",
  permissions: "none",
  fn() {
    const text = TEXT.repeat(100);
    // deno-lint-ignore no-control-regex
    const parts = [...clipboardSequence(text, "screen").matchAll(/\x1bP(.*?)\x1b\\/gs)].map(([, part = ""]) =>
      part
    );
    assert(parts.length > 10 && parts.every(({ length }) => length <= 250), `${parts.length}`);
    assertEquals(textIn(parts.join("")), text);
  },
});
