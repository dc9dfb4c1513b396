import { type ChatLineOptions, formatChatLine, formatName } from "../../../client/render/chat_line.ts";
import { textOf } from "../../../client/text/style.ts";
import { assertEquals } from "../../helpers/assert.ts";

const AT = Date.UTC(2026, 10, 24, 14, 3);

function show(message: string, options: Partial<ChatLineOptions> = {}) {
  return formatChatLine({ timestamp: AT, username: "bo", message }, {
    time: "on",
    now: AT,
    offsetMinutes: () => 0,
    name: "ana",
    own: false,
    columns: 80,
    ascii: false,
    ...options,
  });
}

const textsOf = (...args: Parameters<typeof show>) => show(...args).lines.map(textOf);

Deno.test({
  name: "A message is an action if it starts with /me and has a text",
  permissions: "none",
  fn() {
    for (
      const [message, ...lines] of [
        ["/me waves", "14:03 * bo waves"],
        ["/me waves\n/me sits", "14:03 * bo waves", "      │ /me sits"],
        ["/me", "14:03 bo  /me"],
        ["/me  ", "14:03 bo  /me  "],
        ["/mean", "14:03 bo  /mean"],
        ["/Me waves", "14:03 bo  /Me waves"],
        [" /me waves", "14:03 bo   /me waves"],
        ["", "14:03 bo  "],
      ] as const
    ) assertEquals(textsOf(message), [...lines], message);
  },
});

Deno.test({
  name: "The gutter is below the name, or at the left edge on a narrow terminal",
  permissions: "none",
  fn() {
    assertEquals(textsOf("a\nb", { columns: 40 })[1], "      │ b");
    assertEquals(textsOf("a\nb", { columns: 39 })[1], "│ b");
    assertEquals(textsOf("a\nb", { time: "relative", now: AT + 7_200_000 }), [" 2h bo  a", "    │ b"]);
    assertEquals(textOf(show("a").gutter), "      │ ");
  },
});

Deno.test({
  name: "Messages of others mention the user, own messages do not",
  permissions: "none",
  fn() {
    assertEquals(show("a\nANA!").mentioned, true);
    assertEquals(show("banana").mentioned, false);
    assertEquals(show("ana", { own: true }).mentioned, false);
    assertEquals(show("ana", { own: true }).lines[0]?.map(({ style }) => style), [
      "time",
      "self",
      "plain",
      "plain",
    ]);
  },
});

Deno.test({
  name: "A name that starts like another kind of line is in brackets, and different names look different",
  permissions: "none",
  fn() {
    for (
      const [name, shown] of [
        ["ana", "ana"],
        ["_ana", "_ana"],
        ["7", "7"],
        ["漢", "漢"],
        ["--", "<-->"],
        [".ana", "<.ana>"],
        ["ǃ", "<ǃ>"],
        ["ㅡㅡ", "<ㅡㅡ>"],
        ["ǃXóõ", "ǃXóõ"],
        ["* ana", "<*␠ana>"],
        ["<ana>", "<<ana>>"],
        ["", "<no name>"],
        ["<no name>", "<<no␠name>>"],
        ["\u0301a", "<◌\u0301a>"],
      ] as const
    ) assertEquals(formatName(name, false), { text: shown, name });
    assertEquals(formatName("–", true), { text: "<\\u2013>", name: "–" });
  },
});

Deno.test({
  name:
    "A name that does not belong to its user has a dim mark, and texts begin in the same column as others",
  permissions: "none",
  fn() {
    const unowned = { unowned: true };
    assertEquals(textsOf("hi", unowned), ["14:03 ~bo  hi"]);
    assertEquals(textsOf("/me waves", unowned), ["14:03 * ~bo waves"]);
    assertEquals(textsOf("hi", { ...unowned, to: "ana" }), ["14:03 ~bo → ana  hi"]);
    assertEquals(textsOf("hi", { ...unowned, target: "#dev", ascii: true }), ["14:03 #dev ~bo  hi"]);
    for (const marks of [true, false]) {
      assertEquals(
        textsOf("hi", { unowned: marks, nameColumns: 8 })[0]?.indexOf("hi"),
        "14:03 ".length + 8 + 2,
      );
    }
    assertEquals(show("hi", unowned).lines[0]?.find(({ text }) => text === "~")?.style, "faint");
  },
});
