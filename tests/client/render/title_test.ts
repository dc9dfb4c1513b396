import { BELL, RESTORE_TITLE, SAVE_TITLE, setTitle, titleText } from "../../../client/render/title.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "The title has the hub and the number of unread messages",
  permissions: "none",
  fn() {
    assertEquals(titleText("host", { lines: 0, mentions: 0 }), "riftchat: host");
    assertEquals(titleText("host", { lines: 3, mentions: 0 }), "(3) riftchat: host");
    assertEquals(titleText("host", { lines: 3, mentions: 1 }), "(3, @1) riftchat: host");
  },
});

Deno.test({
  name: "The sequences are those of xterm",
  permissions: "none",
  fn() {
    assertEquals(setTitle("riftchat: host"), "\x1b]2;riftchat: host\x07");
    assertEquals(setTitle("(3) riftchat: חדר"), "\x1b]2;(3) riftchat: \u200eחדר\u200e\x07");
    assertEquals(SAVE_TITLE, "\x1b[22;2t");
    // If no title was saved, the title is empty at the end.
    assertEquals(RESTORE_TITLE, "\x1b]2;\x07\x1b[23;2t");
    assertEquals(BELL, "\x07");
  },
});

Deno.test({
  name: "A title cannot end its own control sequence",
  permissions: "none",
  fn() {
    for (const ascii of [false, true]) {
      const sequence = setTitle("a\x07\x1b\\b\x9c\n\u202ec", ascii);
      assert(sequence.startsWith("\x1b]2;") && sequence.endsWith("\x07"));
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(sequence.slice(4, -1)), JSON.stringify(sequence));
    }
    assertEquals(setTitle("é", true), "\x1b]2;\\u00e9\x07");
  },
});
