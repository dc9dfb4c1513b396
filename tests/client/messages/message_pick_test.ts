/** Picking a message by Up and Down while a command is typed. */
import { pickHint, pickMessage, recallHint, repeatedMessage } from "../../../client/messages/mod.ts";
import type { PastLine } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const AT = Date.UTC(2026, 10, 24, 14, 3);
const line = (sequence: number, username: string, rest: Partial<PastLine> = {}): PastLine => ({
  timestamp: AT,
  username,
  message: `text ${sequence}`,
  sequence,
  ...rest,
});
const OPTIONS = {
  shown: () => [
    line(1, "ana"),
    line(2, "bo"),
    line(3, "ana"),
    line(4, "bo"),
    line(5, "bo", { deleted: true, message: "" }),
  ],
  isSelf: (name: string) => name === "ana",
  moderates: () => false,
  offsetMinutes: () => 0,
};
const up = (text: string, options = OPTIONS) => pickMessage(text, -1, options);
const down = (text: string) => pickMessage(text, 1, OPTIONS);

Deno.test("Up and Down go through the messages that a command can be about", () => {
  assertEquals([up(":edit"), up(":edit 3 text 3"), up(":edit 1 text 1")], [
    ":edit 3 text 3",
    ":edit 1 text 1",
    ":edit 1 text 1",
  ]);
  assertEquals([down(":edit 1 text 1"), down(":edit 3 text 3"), down(":edit")], [
    ":edit 3 text 3",
    ":edit ",
    ":edit ",
  ]);
  assertEquals([up(":delete "), up(":delete 3"), up("/delete")], [":delete 3", ":delete 1", "/delete 3"]);
  assertEquals([up(":reply-to"), up(":reply-to 4 "), down(":reply-to 2 ")], [
    ":reply-to 4 ",
    ":reply-to 2 ",
    ":reply-to 4 ",
  ]);
  assertEquals([up(":react +1"), up(":react +1 4"), up(":react 100")], [
    ":react +1 4",
    ":react +1 2",
    undefined,
  ]);
  // A number that is not shown: the nearest one.
  assertEquals([up(":delete 2"), down(":delete 2"), up(":delete 99")], [
    ":delete 1",
    ":delete 3",
    ":delete 3",
  ]);
});

Deno.test("What the user has typed is not lost, and other lines go through the input history", () => {
  assertEquals(up(":edit 3 text 3 and more"), undefined);
  assertEquals(up(":reply-to 4 an answer\nin two lines"), ":reply-to 2 an answer\nin two lines");
  for (const text of ["", "hello", ":edit one", ":editor", ":delete bo 10m", ":react", ":msg bo :edit"]) {
    assertEquals(up(text), undefined, text);
  }
  assertEquals(up(":edit", { ...OPTIONS, shown: () => [] }), ":edit");
});

Deno.test("Those who moderate a room pick any message to delete", () => {
  const moderator = { ...OPTIONS, moderates: () => true };
  assertEquals([up(":delete", moderator), up(":edit", moderator)], [":delete 4", ":edit 3 text 3"]);
  // From the own last message to newer and older ones of others.
  assertEquals([pickMessage(":delete 3", 1, moderator), up(":delete 3", moderator)], [
    ":delete 4",
    ":delete 2",
  ]);
});

Deno.test("A line below the input says what Enter does", () => {
  const hint = (text: string) => pickHint(text, OPTIONS);
  assertEquals(hint(":edit"), "Up picks one of your messages");
  assertEquals(hint(":reply-to "), "Up picks a message");
  assertEquals(hint(":edit 3"), "Enter puts your message 3, 14:03 here, to change it");
  assertEquals(hint(":edit 3 new"), "Enter changes your message 3, 14:03: text 3");
  assertEquals(hint(":delete 4"), "Enter deletes message 4 of bo, 14:03: text 4");
  assertEquals(hint(":reply-to 4 yes"), "reply to message 4 of bo, 14:03: text 4");
  assertEquals(hint(":react +1 4"), "reaction to message 4 of bo, 14:03: text 4");
  assertEquals(hint(":delete 5"), "message 5 of bo, 14:03 was deleted");
  assertEquals([hint(""), hint("hello"), hint(":edit 99")], [undefined, undefined, undefined]);
});

Deno.test("A message that was recalled is found by its text, the last one for an empty line", () => {
  const options = {
    ...OPTIONS,
    shown: () => [
      line(1, "ana", { message: "x" }),
      line(2, "bo", { message: "y" }),
      line(3, "ana", { message: "x" }),
    ],
  };
  assertEquals(repeatedMessage("x", options)?.sequence, 3);
  assertEquals([repeatedMessage("y", options), repeatedMessage("z", options)], [undefined, undefined]);
  assertEquals(repeatedMessage("", options)?.sequence, 3);
  assertEquals(recallHint("x", options), "Alt-E changes your message 3, 14:03; Enter sends it again");
  assertEquals([recallHint("", options), recallHint("y", options)], [undefined, undefined]);
});
