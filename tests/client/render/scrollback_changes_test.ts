/**
 * Deleted and edited messages, reactions and answers on a terminal, row by row.
 *
 * @module
 */
import { Buffers, MAIN, personOf, roomOf } from "../../../client/model/mod.ts";
import { BURST_MS } from "../../../client/model/mod.ts";
import {
  type Changes,
  Code,
  type LineChange,
  type LineChanged,
  type PastLine,
} from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ana, AT, type Reader } from "../../helpers/terminal/scrollback_reader.ts";

let number = 0;
function changed(sequence: number, what: Partial<LineChange>, room = "main"): LineChanged {
  return { code: Code.LineChanged, room, username: "bo", by: "bo", change: ++number, sequence, ...what };
}
const edited = (sequence: number, message: string, what: Partial<LineChange> = {}) =>
  changed(sequence, { message, edited: AT, ...what });
const past = (sequence: number, message: string, rest: Partial<PastLine> = {}): PastLine => ({
  timestamp: AT,
  username: "bo",
  message,
  sequence,
  room: "main",
  ...rest,
});
function due(reader: Reader): string[] {
  reader.now += BURST_MS;
  return [...reader.read(), ...reader.scrollback.flush()];
}

Deno.test("A deletion is told with who, which message and when; an edit with the new text", () => {
  const reader = ana().say("bo", "one", { sequence: 1 }).say("bo", "two", { sequence: 2 });
  reader.receive(changed(1, { deleted: true, by: "cy" }), edited(2, "three\nfour"));
  assertEquals(reader.read(), [
    "14:03 bo  one",
    "14:03 bo  two",
    "-- cy deleted message 1 of bo, 14:03",
    "-- bo edited message 2 of bo, 14:03: three",
    "  │ four",
  ]);
  assertEquals(reader.scrollback.shown.lastOnes(2, 1)?.map(({ message }) => message), ["", "three\nfour"]);
  assertEquals(reader.scrollback.redraw(10, AT), ["── #main ──", "14:03 bo  three", "      │ four (edited)"]);
});

Deno.test("The user's own deletion is told at once, and that of many messages as one line", () => {
  const reader = ana();
  for (let sequence = 1; sequence <= 5; sequence++) {
    reader.say(sequence === 1 ? "ana" : "bo", "x", { sequence });
  }
  reader.read();
  reader.receive(changed(1, { deleted: true, username: "ana", by: "ana" }));
  assertEquals(reader.read(), ["-- you deleted your message 1, 14:03"]);
  for (let sequence = 2; sequence <= 5; sequence++) {
    reader.receive(changed(sequence, { deleted: true, by: "ana" }));
  }
  assertEquals([reader.read(), reader.scrollback.dueAt], [[], AT + BURST_MS]);
  assertEquals(due(reader), ["-- you deleted 4 messages of bo (2 to 5)"]);
});

Deno.test("Reactions are gathered, and shown before the next message", () => {
  const reader = ana().say("bo", "done", { sequence: 1 });
  const react = (by: string, count: number) =>
    changed(1, { by, reaction: "+1", reactions: [{ reaction: "+1", count }] });
  reader.receive(react("cy", 1), react("dan", 2)).say("cy", "next", { sequence: 2 });
  assertEquals(reader.read(), [
    "14:03 bo  done",
    '-- cy, dan reacted to message 1 of bo, 14:03 "done" (+1: 2)',
    "14:03 cy  next",
  ]);
  assertEquals(reader.receive(react("ana", 3)).read(), [
    '-- you reacted to message 1 of bo, 14:03 "done" (+1: 3)',
  ]);
  assertEquals(reader.scrollback.earlierRows(past(1, "done"), AT), ["14:03 bo  done (+1: 3)"]);
});

Deno.test("A message that was not shown is shown in its last form, and nothing is said of its changes", () => {
  const reader = ana();
  reader.receive(edited(1, "new"), changed(2, { deleted: true }));
  assertEquals(due(reader), []);
  reader.say("bo", "ana: old", { sequence: 1 }).say("bo", "ana: gone", { sequence: 2 });
  assertEquals([reader.read(), reader.bells], [["14:04 bo  new (edited)", "14:04 bo  (deleted)"], 0]);
});

Deno.test("A message that waits in a buffer changes there, with the counts of what is unread", () => {
  const buffers = new Buffers();
  const dev = buffers.open(roomOf("dev"));
  const reader = ana({ buffers });
  const room = "dev";
  reader.say("bo", "ana: one", { sequence: 1, room }).say("bo", "two", { sequence: 2, room });
  reader.say("bo", "three", { sequence: 3, room });
  assertEquals([dev.unread, dev.mentions], [3, 1]);
  reader.receive(changed(1, { deleted: true }, "dev"));
  assertEquals([dev.unread, dev.mentions], [2, 0]);
  reader.receive({ ...edited(2, "ana: two"), room }, { ...edited(3, "3"), room });
  assertEquals([dev.unread, dev.mentions, reader.bells], [2, 1, 1]);
  assertEquals(due(reader), []);
  buffers.switchTo(dev);
  assertEquals(reader.scrollback.showBuffer(AT), [
    "── #dev, 2 new ──",
    "14:03 bo  (deleted)",
    "14:03 bo  ana: two (edited)",
    "14:03 bo  3 (edited)",
  ]);
});

Deno.test("What happens to a message of another room is told when the user goes there", () => {
  const buffers = new Buffers();
  const dev = buffers.open(roomOf("dev"));
  const reader = ana({ buffers }).say("bo", "one", { sequence: 1 }).say("bo", "two", { sequence: 2 });
  reader.read();
  buffers.switchTo(dev);
  reader.receive(changed(1, { deleted: true }), edited(2, "2"));
  assertEquals([due(reader), buffers.find(MAIN)!.unread], [[], 0]);
  buffers.switchTo(buffers.find(MAIN)!);
  assertEquals(reader.scrollback.showBuffer(AT), [
    "── #main ──",
    "-- bo deleted message 1 of bo, 14:03",
    "-- bo edited message 2 of bo, 14:03: 2",
  ]);
});

Deno.test("The rest of a long message that was folded is gone with it", () => {
  const reader = ana().say("bo", Array.from({ length: 30 }, (_, i) => `row ${i}`).join("\n"), {
    sequence: 1,
  });
  assertEquals(reader.scrollback.foldedAt, AT);
  reader.receive(changed(1, { deleted: true }));
  assertEquals([reader.scrollback.foldedAt, reader.scrollback.unfold()], [undefined, []]);
});

Deno.test("Messages of ignored users change silently, and so do reactions of them", () => {
  const reader = ana({ ignore: ["bo"] }).say("bo", "one", { sequence: 1 }).say("cy", "two", { sequence: 2 });
  reader.read();
  reader.receive(changed(1, { deleted: true }));
  reader.receive(changed(2, { username: "cy", reaction: "+1", reactions: [{ reaction: "+1", count: 1 }] }));
  assertEquals(due(reader), []);
  reader.receive(changed(2, { username: "cy", by: "bo", deleted: true }));
  assertEquals(due(reader), ["-- bo deleted message 2 of cy, 14:03"]);
});

Deno.test("Above an answer is one line of the message that it answers", () => {
  const reader = ana().say("bo", "is it done?", { sequence: 1 }).say("cy", "yes", {
    sequence: 2,
    reply_to: 1,
  });
  reader.say("cy", "no", { sequence: 3, reply_to: 99 }).receive(changed(1, { deleted: true, by: "bo" }));
  reader.say("cy", "what?", { sequence: 4, reply_to: 1 });
  assertEquals(reader.read(), [
    "14:03 bo  is it done?",
    "-- reply to message 1 of bo, 14:03: is it done?",
    "14:03 cy  yes",
    "-- reply to message 99",
    "14:03 cy  no",
    "-- bo deleted message 1 of bo, 14:03",
    "-- reply to message 1 of bo, 14:03: (deleted)",
    "14:03 cy  what?",
  ]);
});

Deno.test("What was changed while the user was away is told once, also if it arrives again", () => {
  const reader = ana().say("bo", "one", { sequence: 1 }).say("bo", "two", { sequence: 2 });
  reader.read();
  const { code: _, by: __, ...first } = edited(1, "1");
  const { code: ___, by: ____, ...second } = changed(2, { deleted: true });
  const list: Changes = { code: Code.Changes, changes: [first, second], last: second.change };
  assertEquals(reader.scrollback.showChanges(list, AT), ["-- bo edited message 1 of bo, 14:03: 1"]);
  assertEquals(due(reader), ["-- bo deleted message 2 of bo, 14:03"]);
  assertEquals(reader.scrollback.showChanges(list, AT), []);
  assertEquals(due(reader.receive({ code: Code.LineChanged, ...first })), []);
});

Deno.test("A page that is older than a change is shown in the last form", () => {
  const reader = ana();
  const page = { code: Code.History, room: "main", messages: [past(1, "old")], more: false } as const;
  reader.scrollback.observe({ ...page, messages: [...page.messages] });
  reader.receive(edited(1, "new"));
  assertEquals(reader.scrollback.earlierRows(page.messages[0]!, AT), ["14:03 bo  new (edited)"]);
});

Deno.test("The number of a message is in brackets, which no name has", () => {
  const reader = ana({ numbers: true }).say("bo", "one", { sequence: 412 }).say("412", "/me waves", {
    sequence: 413,
  });
  assertEquals(reader.read(), ["14:03 [412] bo  one", "14:03 [413] * 412 waves"]);
});

Deno.test("A direct message changes in the conversation with that person, under the present name only", () => {
  const buffers = new Buffers();
  const reader = ana({ buffers });
  buffers.switchTo(buffers.open(personOf("bo")));
  const message = { timestamp: AT, username: "bo", message: "hi", to: "ana", sequence: 1, verified: false };
  reader.receive({ code: Code.SaidTo, message }).read();
  assertEquals(reader.receive({ ...edited(1, "hello"), room: "@bo" }).read(), [
    "-- bo edited message 1 of bo, 14:03: hello",
  ]);
  reader.receive({ code: Code.YourName, new: "anna" }).read();
  assertEquals(due(reader.receive(changed(1, { deleted: true }, "@bo"))), []);
});

Deno.test("The screen is rebuilt with as many of the last messages as fit", () => {
  const reader = ana();
  for (let sequence = 1; sequence <= 20; sequence++) reader.say("bo", `m${sequence}`, { sequence });
  reader.receive(changed(20, { deleted: true }));
  assertEquals(reader.scrollback.redraw(4, AT).slice(-4), [
    "── #main ──",
    "14:03 bo  m17",
    "14:03 bo  m18",
    "14:03 bo  m19",
  ]);
});
