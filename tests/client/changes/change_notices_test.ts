/** Deletions and reactions as few lines. */
import { ChangeNotices, MAX_NOTICES } from "../../../client/changes/change_notices.ts";
import { marksText, quoteOf, reactionsText, replyText } from "../../../client/changes/change_text.ts";
import { BURST_MS, type LineNews, MAIN } from "../../../client/model/mod.ts";
import type { PastLine } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const AT = Date.UTC(2026, 10, 24, 14, 3);
const OPTIONS = { isSelf: (name: string) => name === "ana", offsetMinutes: () => 0 };
const line = (sequence: number, username = "bo", rest: Partial<PastLine> = {}): PastLine => ({
  timestamp: AT,
  username,
  message: `text ${sequence}`,
  sequence,
  ...rest,
});
const deleted = (line: PastLine, by: string) => ({ kind: "deleted", line, by }) as const;
const reacted = (by: string | undefined, reactions: PastLine["reactions"], removed = false) =>
  ({ kind: "reacted", line: line(4, "bo", { ...(reactions && { reactions }) }), by, removed }) as const;

function textsOf(...news: (LineNews & { kind: "deleted" | "reacted" })[]): string[] {
  const notices = new ChangeNotices();
  for (const one of news) notices.add({ news: one, target: MAIN }, AT);
  return notices.take(OPTIONS);
}

Deno.test("A deletion is told with who, which message and when it was said", () => {
  assertEquals(textsOf(deleted(line(3), "bo")), ["bo deleted message 3 of bo, 14:03"]);
  assertEquals(textsOf(deleted(line(3), "cy")), ["cy deleted message 3 of bo, 14:03"]);
  assertEquals(textsOf(deleted(line(3, "ana"), "ana")), ["you deleted your message 3, 14:03"]);
});

Deno.test("Many deletions of messages of a user are one line", () => {
  const news = [5, 3, 4, 9].map((number) => deleted(line(number), "cy"));
  assertEquals(textsOf(...news, deleted(line(6, "dan"), "cy")), [
    "cy deleted 4 messages of bo (3 to 9)",
    "cy deleted message 6 of dan, 14:03",
  ]);
});

Deno.test("Ten reactions to a message are one line, with the last counts", () => {
  const names = Array.from({ length: 10 }, (_, i) => `u${i}`);
  const news = names.map((name, i) => reacted(name, [{ reaction: "+1", count: i + 1 }]));
  assertEquals(textsOf(...news), [
    `${names.join(", ")} reacted to message 4 of bo, 14:03 "text 4" (+1: 10)`,
  ]);
  assertEquals(
    textsOf(...news, reacted("ana", [{ reaction: "+1", count: 10 }, { reaction: "ok", count: 1 }])),
    [
      `${names.join(", ")} and 1 more reacted to message 4 of bo, 14:03 "text 4" (+1: 10, ok: 1)`,
    ],
  );
});

Deno.test("A reaction that was taken back is told, unless it was added just before", () => {
  assertEquals(textsOf(reacted("cy", [], true)), [
    'cy took a reaction back from message 4 of bo, 14:03 "text 4" (none left)',
  ]);
  assertEquals(textsOf(reacted("cy", [{ reaction: "+1", count: 1 }]), reacted("cy", [], true)), [
    'cy took a reaction back from message 4 of bo, 14:03 "text 4" (none left)',
  ]);
  assertEquals(textsOf(reacted(undefined, [{ reaction: "+1", count: 2 }])), [
    'reactions to message 4 of bo, 14:03 "text 4" (+1: 2)',
  ]);
});

Deno.test("Notices are due after a while, and are shown at once if there are too many", () => {
  const notices = new ChangeNotices();
  assertEquals([notices.dueAt, notices.take(OPTIONS)], [undefined, []]);
  for (let i = 1; i <= MAX_NOTICES; i++) {
    assert(!notices.full);
    notices.add({ news: deleted(line(i), "cy"), target: MAIN }, AT + i);
  }
  assertEquals([notices.full, notices.dueAt], [true, AT + 1 + BURST_MS]);
  assertEquals(notices.take(OPTIONS), [`cy deleted ${MAX_NOTICES} messages of bo (1 to ${MAX_NOTICES})`]);
  assertEquals([notices.full, notices.dueAt], [false, undefined]);
});

Deno.test("What has become of a message stands after its text", () => {
  assertEquals(marksText(line(1)), "");
  assertEquals(marksText(line(1, "bo", { edited: AT })), "(edited)");
  assertEquals(
    marksText(line(1, "bo", { edited: AT, reactions: [{ reaction: "\x1b", count: 2 }] })),
    "(edited, ␛: 2)",
  );
  assertEquals(marksText(line(1, "bo", { edited: AT, deleted: true })), "(deleted)");
  const many = Array.from({ length: 12 }, (_, i) => ({ reaction: `r${i}`, count: 1 }));
  assert(reactionsText(many).endsWith("r9: 1, 2 more"));
});

Deno.test("An answer names the message that it answers, on one line", () => {
  assertEquals(replyText(4, undefined, OPTIONS), "reply to message 4");
  assertEquals(
    replyText(4, line(4, "bo", { message: "one\ntwo\x1b" }), OPTIONS),
    "reply to message 4 of bo, 14:03: one two␛",
  );
  assertEquals(
    replyText(4, line(4, "ana", { message: "", deleted: true }), OPTIONS),
    "reply to your message 4, 14:03: (deleted)",
  );
  assertEquals(quoteOf("x".repeat(5000), 3), "xxx…");
  assertEquals(quoteOf("xxx", 3), "xxx");
});
