/** The messages of a conversation stay in order and are there once, whatever arrives. */
import type { PastLine } from "../../../protocol/mod.ts";
import { Conversation, MAX_ITEMS } from "../../../web/store/conversation.ts";
import { Memory } from "../../../web/store/memory.ts";
import { assertEquals } from "../../helpers/assert.ts";

const line = (sequence: number, message = String(sequence)): PastLine => ({
  username: "ana",
  message,
  timestamp: sequence,
  sequence,
});
const lines = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => line(first + at));
const numbers = ({ lines }: Conversation) => lines.map(({ sequence }) => sequence);

Deno.test("Messages that are there already are left out, at both ends", () => {
  const conversation = new Conversation({ kind: "room", name: "dev" });
  conversation.add(lines(10, 12));
  conversation.add(lines(11, 14));
  conversation.prepend(lines(7, 10));
  assertEquals(numbers(conversation), [7, 8, 9, 10, 11, 12, 13, 14]);
  assertEquals([conversation.first, conversation.last], [7, 14]);
});

Deno.test("The mark of new messages stands before them, and there is only one", () => {
  const conversation = new Conversation({ kind: "room", name: "dev" });
  conversation.add(lines(1, 4), 2);
  assertEquals(conversation.items.map(({ kind }) => kind), [
    "message",
    "message",
    "new",
    "message",
    "message",
  ]);
  conversation.add(lines(5, 6), 1);
  assertEquals(conversation.items.filter(({ kind }) => kind === "new").length, 1);
  assertEquals(conversation.items.at(-2)!.kind, "new");
});

Deno.test("A conversation keeps a limited number of messages, the newest", () => {
  const conversation = new Conversation({ kind: "room", name: "dev" });
  conversation.add(lines(1, MAX_ITEMS + 5));
  assertEquals([conversation.items.length, conversation.first], [MAX_ITEMS, 6]);
});

Deno.test("A changed message keeps its place, and a restored hub's messages replace those after them", () => {
  const conversation = new Conversation({ kind: "room", name: "dev" });
  conversation.add(lines(1, 3));
  conversation.update(line(2, "two"));
  assertEquals(conversation.lines.map(({ message }) => message), ["1", "two", "3"]);
  conversation.forgetAfter(1);
  conversation.add([line(2, "another")]);
  assertEquals(conversation.lines.map(({ message }) => message), ["1", "another"]);
});

Deno.test("Kept values that cannot be read count as absent, and a browser that keeps nothing is no fault", () => {
  const kept = new Map([["riftchat:rooms", `{"not":"a list"}`], ["riftchat:name", "{"], [
    "riftchat:ignore",
    "null",
  ]]);
  const memory = new Memory({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  });
  assertEquals([memory.get("rooms", ["a"]), memory.get("name", "b"), memory.get("ignore", [])], [
    ["a"],
    "b",
    [],
  ]);
  memory.set("rooms", ["dev"]);
  assertEquals(memory.get("rooms", []), ["dev"]);
  const full = new Memory({
    getItem: () => null,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  full.set("name", "ana");
  assertEquals(full.get("name", ""), "");
});
