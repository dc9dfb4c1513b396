import { changeLines, logLines, plainText, readTime } from "../../../server/archive/log_text.ts";
import type { LineRecord } from "../../../server/archive/record.ts";
import { assertEquals } from "../../helpers/assert.ts";

const logText = (...args: Parameters<typeof logLines>) => plainText(logLines(...args));

const NOW = Date.UTC(2026, 10, 23, 14, 3, 7);

for (
  const [text, time] of [
    ["2h", NOW - 7_200_000],
    ["2026-11-23T14:03:07.123Z", NOW + 123],
    ["2026-11-23T15:03:07+01:00", NOW],
    ["2026-11-23 14:03Z", NOW - 7000],
    ["2026-11-23", new Date(2026, 10, 23).getTime()],
    ["2024-02-29", new Date(2024, 1, 29).getTime()],
    ["2026-02-29", undefined],
    ["2026-02-30T10:00Z", undefined],
    ["2026-04-31", undefined],
    ["2026-13-01", undefined],
    ["2026-11-23T24:00", undefined],
    ["2026-11-23T14:60", undefined],
    ["2026-11-23Z", undefined],
    ["soon", undefined],
  ] as const
) {
  Deno.test({
    name: `--since ${text} is ${time === undefined ? "refused" : "read"}`,
    permissions: "none",
    fn: () => assertEquals(readTime(text, NOW), time),
  });
}

Deno.test({
  name:
    "The times that log prints can be given to --since again, and a name that was not its user's is marked",
  permissions: "none",
  fn() {
    const line = {
      kind: "line" as const,
      conversation: "dev",
      sequence: 1,
      timestamp: NOW,
      username: "ana",
      verified: false,
      message: "hi",
    };
    for (const iso of [true, false]) {
      const text = logText(line, -new Date(NOW).getTimezoneOffset(), { iso });
      assertEquals(readTime(text.split(" #dev")[0]!, 0), NOW, text);
    }
    const mark = (verified: boolean, marks: boolean) =>
      logText({ ...line, verified }, 0, { marks }).includes("~ana");
    assertEquals([mark(false, true), mark(true, true), mark(false, false)], [true, false, false]);
  },
});

Deno.test({
  name: "log says what a message answers, and what was changed of it",
  permissions: "none",
  fn() {
    const line = {
      kind: "line" as const,
      conversation: "dev",
      sequence: 1,
      timestamp: NOW,
      username: "ana",
      verified: false,
      message: "one\ntwo",
    };
    const text = (more: Partial<LineRecord>) => logText({ ...line, ...more }, 0).replace(/^.* #dev /, "");
    const reactions = [{ reaction: "+1", by: ["bo", "cy"] }, { reaction: "tada", by: ["bo"] }];
    const gutter = " ".repeat(19) + " │ ";
    assertEquals(text({ edited: 1, reactions }), `ana  one\n${gutter}two (edited, +1: 2, tada: 1)\n`);
    assertEquals(text({ message: "", deleted: true }), "ana  (deleted)\n");
    assertEquals(text({ message: "one", replyTo: 412 }), "ana (reply to 412)  one\n");
  },
});

Deno.test({
  name: "What has become of a message is one line, and cannot pass for a message of a user",
  permissions: "none",
  fn() {
    const line: LineRecord = {
      kind: "line",
      conversation: "dev",
      sequence: 412,
      timestamp: NOW - 60_000,
      username: "ana",
      verified: true,
      message: "hello\nall",
      edited: NOW,
      change: 7,
      changedBy: "ana",
      reactions: [{ reaction: "+1", by: ["k1", "k2"] }],
    };
    const text = (more: Partial<LineRecord>) => plainText(changeLines({ ...line, ...more }, NOW, 0));
    assertEquals(
      text({}),
      "2026-11-23 14:03:07 #dev * message 412 of ana is now:  hello\n" +
        `${" ".repeat(19)} │ all (edited, +1: 2)\n`,
    );
    assertEquals(
      text({ message: "", deleted: true, changedBy: "bo\x1b[1m", edited: undefined, reactions: undefined }),
      "2026-11-23 14:03:07 #dev * bo␛[1m deleted message 412 of ana\n",
    );
    assertEquals(
      text({ conversation: "@ana@bo", to: "bo", message: "hi", edited: undefined }),
      "2026-11-23 14:03:07 @ * message 412 of ana > bo is now:  hi (+1: 2)\n",
    );
  },
});
