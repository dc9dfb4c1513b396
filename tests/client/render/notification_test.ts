import { notificationSequence } from "../../../client/render/mod.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { ana } from "../../helpers/terminal/scrollback_reader.ts";

await loadWidths();

const KINDS = ["osc9", "osc777", "osc99"] as const;

Deno.test({
  name: "Each kind of terminal gets its sequence, and an unknown one nothing",
  permissions: "none",
  fn() {
    const notification = { title: "bo in #dev", text: "hello;\n  ana" };
    const sequences = KINDS.map((notifications) =>
      notificationSequence(notification, { notifications, ascii: false })
    );
    assertEquals(sequences, [
      "\x1b]9;bo in #dev: hello; ana\x1b\\",
      "\x1b]777;notify;bo in #dev;hello; ana\x1b\\",
      "\x1b]99;i=riftchat:d=0;bo in #dev\x1b\\\x1b]99;i=riftchat:p=body;hello; ana\x1b\\",
    ]);
    assertEquals(notificationSequence(notification, { ascii: false }), "");
    assertEquals(
      notificationSequence({ title: "é", text: "→" }, { notifications: "osc9", ascii: true }),
      "\x1b]9;\\u00e9: ->\x1b\\",
    );
  },
});

Deno.test({
  name: "Right-to-left names in the title do not reorder what stands beside them",
  permissions: "none",
  fn() {
    const notification = { title: "דני in #חדר", text: "שלום 2" };
    const sequences = KINDS.map((notifications) =>
      notificationSequence(notification, { notifications, ascii: false })
    );
    const title = "\u200eדני\u200e in \u200e#חדר\u200e";
    assertEquals(sequences, [
      `\x1b]9;${title}: שלום 2\x1b\\`,
      `\x1b]777;notify;${title};שלום 2\x1b\\`,
      `\x1b]99;i=riftchat:d=0;${title}\x1b\\\x1b]99;i=riftchat:p=body;שלום 2\x1b\\`,
    ]);
  },
});

Deno.test({
  name: "No text ends the sequence or separates its parts, and a long one is shortened",
  permissions: "none",
  fn() {
    const notification = { title: "a;b\x1b\\\x07\x9c", text: "x\x1b]0;title\x07\x9c" + "y".repeat(5000) };
    for (const notifications of KINDS) {
      const sequence = notificationSequence(notification, { notifications, ascii: false });
      const [start, ...others] = sequence.split("\x1b\\");
      assert(sequence.length < 400, sequence);
      for (const part of [start!, ...others.slice(0, -1)]) {
        // deno-lint-ignore no-control-regex
        assert(/^\x1b\][^\x00-\x1f\x7f-\x9f]*$/.test(part), JSON.stringify(part));
      }
      if (notifications === "osc777") assert(start!.startsWith("\x1b]777;notify;a,b"), start);
    }
  },
});

Deno.test({
  name: "With notify a mention rings with focus, and is a notification without",
  permissions: "none",
  fn() {
    const capabilities = { colours: "none", ascii: false, title: true, notifications: "osc9" } as const;
    const reader = ana({ capabilities, bell: "notify" });
    reader.say("bo", "ana?").say("bo", "hello");
    assertEquals([reader.bells, reader.notifications], [1, []]);
    reader.scrollback.unread.focusLost();
    reader.say("bo", "/me sees ana").say("bo", "hello").say("ana", "ana");
    assertEquals([reader.bells, reader.notifications], [1, [{ title: "bo in #main", text: "* sees ana" }]]);
    // A terminal without notifications rings.
    const other = ana({ bell: "notify" });
    other.scrollback.unread.focusLost();
    other.say("bo", "ana?").say("bo", "hello");
    assertEquals([other.bells, other.notifications], [1, []]);
  },
});
