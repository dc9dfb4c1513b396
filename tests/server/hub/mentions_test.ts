/** Which messages a hub finds that name somebody (130). */
import { type Body, type ClientMessage, nameKey } from "../../../protocol/mod.ts";
import { findMentions } from "../../../mentions/mod.ts";
import { openInMemory } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { START, type TestUser } from "../../helpers/hubs/test_hub.ts";

const [anaKey, boKey] = await Promise.all([1, 2].map(() => TestKey.make())) as [TestKey, TestKey];

function test(name: string, run: (chat: OwnedHub) => void): void {
  Deno.test(name, () => {
    // A clock on which each look takes a millisecond, so that a search takes as many steps on any machine.
    let now = 0;
    const history = openInMemory(() => now++);
    const chat = new OwnedHub(registryIn(undefined), history);
    try {
      run(chat);
    } finally {
      chat.registry.close();
      history.close();
    }
  });
}

/** Sends a request and returns the answer. */
function ask(chat: OwnedHub, user: TestUser, message: ClientMessage): Body {
  user.receives();
  user.sends({ ...message, ref: "r" });
  chat.runTurns();
  return user.receives().find(({ ref }) => ref === "r")!;
}

/** What names a user, the newest first: where, by whom and what. */
function mentions(
  chat: OwnedHub,
  user: TestUser,
  more: Partial<ClientMessage & { code: 130 }> = {},
): string[] {
  const { messages } = ask(chat, user, { code: 130, ...more });
  return (messages as { room: string; username: string; message: string }[]).map(
    ({ room, username, message }) => `#${room} ${username}: ${message}`,
  );
}

test("A user gets the messages that name them, of all rooms, the newest first, without their own", (chat) => {
  const ana = chat.owns(anaKey, "Ana");
  const bo = chat.join("bo");
  bo.sends({ code: 100, message: "hi ana" });
  chat.runTurns();
  bo.sends({ code: 107, room: "dev" });
  bo.sends({ code: 103, room: "dev", message: "ask ANA about it" });
  ana.sends({ code: 100, message: "I am ana" });
  bo.sends({ code: 100, message: "anagram, ana-maria, https://example.org/ana" });
  bo.sends({ code: 104, to: "ana", message: "psst, ana" });
  chat.advance(1000);
  bo.sends({ code: 100, message: "@ana: bye" });
  // She is not in #dev.
  assertEquals(mentions(chat, ana), ["#main bo: @ana: bye", "#dev bo: ask ANA about it", "#main bo: hi ana"]);
  assertEquals(mentions(chat, ana, { since: START + 1 }), ["#main bo: @ana: bye"]);
  assertEquals(mentions(chat, bo), []);
});

test("Mentions come page by page, each once", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.join("bo");
  for (let i = 1; i <= 7; i++) bo.sends({ code: 100, message: `ana ${i}` });
  const found: string[] = [];
  let [before, more, pages]: [number | undefined, boolean, number] = [undefined, true, 0];
  for (; more; pages++) {
    const page = ask(chat, ana, { code: 130, limit: 3, ...before === undefined ? {} : { before } });
    found.push(...(page.messages as { message: string }[]).map(({ message }) => message));
    [before, more] = [page.before as number, page.more === true];
  }
  assertEquals([found, pages], [["ana 7", "ana 6", "ana 5", "ana 4", "ana 3", "ana 2", "ana 1"], 3]);
});

test("Nobody learns by their name what is said in a room that they may not read", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  ana.sends({ code: 107, room: "den" });
  ana.sends({ code: 119, room: "den", mode: "private" });
  ana.sends({ code: 103, room: "den", message: "bo is a fool" });
  assertEquals(mentions(chat, bo), []);
  ana.sends({ code: 120, room: "den", username: "bo" });
  ana.sends({ code: 103, room: "den", message: "welcome, bo" });
  assertEquals(mentions(chat, bo), ["#den ana: welcome, bo"]);
  ana.sends({ code: 121, room: "den", username: "bo" });
  assertEquals(mentions(chat, bo), []);
});

test("What was edited or deleted names whom it names now", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  const say = (message: string) => Number(ask(chat, bo, { code: 103, room: "main", message }).sequence);
  const [gone, other, later] = [say("ana 1"), say("ana 2"), say("nobody")];
  ask(chat, bo, { code: 126, room: "main", sequence: gone });
  ask(chat, bo, { code: 127, room: "main", sequence: other, message: "cy" });
  ask(chat, bo, { code: 127, room: "main", sequence: later, message: "ana 3" });
  assertEquals(mentions(chat, ana), ["#main bo: ana 3"]);
});

test("A message that is deleted during the search is not in the answer", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  for (let i = 3; i <= 20000; i++) bo.sends({ code: 100, message: `ana ${i}` });
  chat.runTurns();
  ana.receives();
  ana.sends({ code: 130, limit: 3, ref: "r" });
  assertEquals(ana.receives(), [], "the search takes one turn only, so this test shows nothing");
  bo.sends({ code: 126, room: "main", sequence: 20000 });
  chat.runTurns();
  const texts = (ana.receives().find(({ ref }) => ref === "r")!.messages as { message: string }[]).map(
    ({ message }) => message,
  );
  assert(!texts.includes("ana 20000") && !texts.includes(""), texts.join());
});

/** Names, and texts that mention them. */
const MENTIONED: [name: string, text: string][] = [
  ["ana", "hello ANA!"],
  ["ana", '@ana: "ana"'],
  ["ana-b", "so, ana-b."],
  ["ana_b.c", "ana_b.c's"],
  ["straße", "STRASSE"],
  ["josé", "Jose\u0301"],
  ["ana", "ａｎａ"],
  ["ana", "anaさん"],
  ["太郎", "太郎さんは太郎です"],
  ["иван", "Иван"],
  ["ΣΊΣΥΦΟΣ", "σίσυφος"],
  ["a", "a b"],
  ["x1y2", "x1y2?"],
  ["___", "hi ___ there"],
  ["मीरा", "मीरा कहाँ है"],
];

for (const [name, text] of MENTIONED) {
  test(`The hub finds ${JSON.stringify(text)} for ${name}, as the client does`, (chat) => {
    assert(findMentions(text, name).length > 0);
    const bo = chat.join("bo");
    const user = chat.join(name);
    assertEquals(nameKey(user.name), nameKey(name));
    bo.sends({ code: 100, message: "no" });
    bo.sends({ code: 100, message: text });
    assertEquals(mentions(chat, user), [`#main bo: ${text}`]);
  });
}
