/**
 * Deleting, editing, reacting and replying: who may, who is told what, and what those who come later read. The file is
 * long because all of it is one conversation after the other, each as short as it can be.
 *
 * @module
 */
import { type Body, checkName, type ClientMessage, ProtocolError } from "../../../protocol/mod.ts";
import { type History, openInMemory } from "../../../server/history/mod.ts";
import { CHANGE_MS, MAX_DELETED_AT_ONCE } from "../../../server/limits.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { ModeratedHub } from "../../helpers/hubs/moderated_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

const [anaKey, boKey, cyKey, phone] = await Promise.all([1, 2, 3, 4].map(() => TestKey.make())) as [
  TestKey,
  TestKey,
  TestKey,
  TestKey,
];

/** A hub that stores messages, where names can be owned, and its data folder. */
interface Place {
  chat: OwnedHub;
  folder: DataFolder;
  history: History;
  /** Starts the hub again. */
  restart(): OwnedHub;
}

function test(name: string, run: (place: Place) => void): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    let history = folder.open();
    const registry = registryIn(folder.path);
    const place: Place = {
      chat: new OwnedHub(registry, history),
      folder,
      history,
      restart: () => {
        history.close();
        place.history = history = folder.open();
        return place.chat = new OwnedHub(registry, history);
      },
    };
    try {
      run(place);
    } finally {
      registry.close();
      history.close();
    }
  });
}

/** Sends a request and returns the answer. What the user has received before it is discarded. */
function ask(chat: TestHub, user: TestUser, message: ClientMessage): Body {
  user.receives();
  user.sends({ ...message, ref: "r" });
  chat.runTurns();
  return user.receives().find(({ ref }) => ref === "r")!;
}

/** The error word of the answer to a request; the whole answer if it is none. */
function errorOf(chat: TestHub, user: TestUser, message: ClientMessage): unknown {
  const answer = ask(chat, user, message);
  return answer.error ?? answer;
}

/** The number of a message that a user says. */
function say(
  chat: TestHub,
  user: TestUser,
  message: string,
  more: Partial<ClientMessage & { code: 103 }> = {},
): number {
  return Number(ask(chat, user, { code: 103, room: "main", message, ...more }).sequence);
}

/** What a user has received of messages and their changes, in short. */
function heard(chat: TestHub, user: TestUser): string[] {
  chat.runTurns();
  return user.receives().flatMap((body) => short(body));
}

function short({ code, message, room, sequence, deleted, reaction, removed, by, reactions }: Body): string[] {
  if (code === 200 || code === 213) {
    const { sequence = "-", username, message: text, reply_to: reply } = message as Record<string, unknown>;
    return [`${sequence} ${username}: ${text}${reply === undefined ? "" : ` (to ${reply})`}`];
  }
  if (code !== 226) return [];
  const counts = (reactions as { reaction: string; count: number }[] | undefined)?.map(
    ({ reaction, count }) => ` ${reaction}*${count}`,
  );
  const what = deleted
    ? "deleted"
    : reaction === undefined
    ? `= ${message}`
    : `${removed ? "-" : "+"}${reaction}`;
  return [`${room} ${sequence} ${what}${counts?.join("") ?? ""} by ${by}`];
}

/** The messages of a room that a user reads by 105, in short. */
function read(
  chat: TestHub,
  user: TestUser,
  room = "main",
  more: Partial<ClientMessage & { code: 105 }> = {},
) {
  const { error, messages } = ask(chat, user, { code: 105, room, limit: 500, ...more });
  assertEquals(error, undefined);
  return (messages as Record<string, unknown>[]).map((line) => {
    const { sequence, username, message, reply_to: reply, edited, deleted, reactions = [] } = line;
    const counts = (reactions as { reaction: string; count: number; mine?: boolean }[]).map(
      ({ reaction, count, mine }) => ` ${reaction}*${count}${mine ? "!" : ""}`,
    );
    const state = deleted ? " deleted" : edited === undefined ? "" : " edited";
    return `${sequence} ${username}: ${message}${reply === undefined ? "" : ` (to ${reply})`}${state}${
      counts.join("")
    }`;
  });
}

test("An owner of a name deletes a message: the others are told, and nobody reads it again", ({ chat }) => {
  const bo = chat.join("bo");
  const ana = chat.owns(anaKey, "ana", bo);
  const number = say(chat, ana, "oops");
  heard(chat, bo);
  ana.sends({ code: 126, room: "Main", sequence: number, ref: "1" });
  chat.runTurns();
  const change = {
    code: 226,
    room: "main",
    change: 1,
    sequence: number,
    username: "ana",
    by: "ana",
    deleted: true,
  };
  assertEquals(ana.receives(), [{ code: 207, ref: "1", sequence: number, count: 1 }, change]);
  assertEquals(bo.receives(), [change]);
  assertEquals(read(chat, bo), ["1 ana: hello", "2 ana:  deleted"]);
  assertEquals(read(chat, bo, "main", { match: "oops" }), []);
  // A client that did not get the answer sends it again.
  assertEquals(ask(chat, ana, { code: 126, room: "main", sequence: number }), {
    code: 207,
    ref: "r",
    sequence: number,
    count: 0,
  });
  assertEquals(heard(chat, bo), []);
});

test("The owner of a name edits a message on another device, also after a restart", (place) => {
  const { chat } = place;
  const ana = chat.owns(anaKey, "ana");
  const number = say(chat, ana, "helo wrld");
  assertEquals(errorOf(chat, ana, { code: 127, room: "main", sequence: number, message: "hello" }), {
    code: 207,
    ref: "r",
    sequence: number,
  });
  const later = place.restart();
  later.advance(1000);
  const [again, bo] = [later.comes(anaKey, "ana"), later.join("bo")];
  again.sends({ code: 127, room: "main", sequence: number, message: "hello world" });
  assertEquals(heard(later, bo).at(-1), "main 2 = hello world by ana");
  assertEquals(read(later, bo), ["1 ana: hello", "2 ana: hello world edited"]);
  assertEquals(read(later, bo, "main", { match: "world" }), ["2 ana: hello world edited"]);
  assertEquals(read(later, bo, "main", { match: "wrld" }), []);
  // The same text again is no change.
  assertEquals(errorOf(later, again, { code: 127, room: "main", sequence: number, message: "hello world" }), {
    code: 207,
    ref: "r",
    sequence: number,
  });
  assertEquals(heard(later, bo), []);
});

test("A guest proves a message by its id, again after each edit, and under another name", ({ chat }) => {
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana", session: "s".repeat(16) });
  const number = say(chat, ana, "one", { id: "id 1" });
  const edit = (message: string, id?: string) =>
    errorOf(chat, ana, {
      code: 127,
      room: "main",
      sequence: number,
      message,
      ...id === undefined ? {} : { id },
    });
  assertEquals([edit("two"), edit("two", "id 2")], ["not_allowed", "not_allowed"]);
  chat.advance(10);
  assertEquals((edit("two", "id 1") as Body).code, 207);
  chat.advance(10);
  ana.sends({ code: 101, username: "anna" });
  assertEquals((edit("three", "id 1") as Body).code, 207);
  assertEquals(read(chat, ana), ["1 ana: three edited"]);
  assertEquals(
    (errorOf(chat, ana, { code: 126, room: "main", sequence: number, id: "id 1" }) as Body).code,
    207,
  );
  assertEquals(read(chat, ana), ["1 ana:  deleted"]);
});

test("Whoever has the name later cannot change the message, nor with the id of their own message", ({ chat }) => {
  const ana = chat.join("ana");
  const number = say(chat, ana, "hi", { id: "id 1" });
  ana.disconnects();
  const other = chat.connect();
  other.sends({ code: 102, client: "test/1", username: "ana", session: "t".repeat(16) });
  say(chat, other, "hi", { id: "id 1", room: "main" });
  for (const id of [undefined, "id 1"]) {
    const more = id === undefined ? {} : { id };
    assertEquals(errorOf(chat, other, { code: 126, room: "main", sequence: number, ...more }), "not_allowed");
    assertEquals(
      errorOf(chat, other, { code: 127, room: "main", sequence: number, message: "x", ...more }),
      "not_allowed",
    );
  }
  assertEquals(read(chat, other), ["1 ana: hi", "2 ana: hi"]);
});

test("Nobody changes the message of another, nor an own one after 24 hours", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  const number = say(chat, ana, "hi");
  const refused = [
    errorOf(chat, bo, { code: 126, room: "main", sequence: number }),
    errorOf(chat, bo, { code: 127, room: "main", sequence: number, message: "x" }),
  ];
  chat.advance(CHANGE_MS);
  assertEquals(
    (errorOf(chat, ana, { code: 127, room: "main", sequence: number, message: "ho" }) as Body).code,
    207,
  );
  chat.advance(1);
  refused.push(
    errorOf(chat, ana, { code: 126, room: "main", sequence: number }),
    errorOf(chat, ana, { code: 127, room: "main", sequence: number, message: "x" }),
  );
  assertEquals(refused, Array(4).fill("not_allowed"));
  assertEquals(read(chat, bo).at(-1), "3 ana: ho edited");
});

test("A message that is not there, or was deleted, cannot be changed", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const number = say(chat, ana, "hi");
  ask(chat, ana, { code: 126, room: "main", sequence: number });
  for (const sequence of [number, number + 1, 2 ** 53 - 1]) {
    assertEquals(
      [
        errorOf(chat, ana, { code: 127, room: "main", sequence, message: "x" }),
        errorOf(chat, ana, { code: 128, room: "main", sequence, reaction: "+1" }),
        errorOf(chat, ana, { code: 103, room: "main", message: "x", reply_to: sequence }),
      ],
      Array(3).fill("no_such_message"),
    );
  }
  assertEquals(errorOf(chat, ana, { code: 126, room: "main", sequence: number + 1 }), "no_such_message");
  assertEquals(errorOf(chat, ana, { code: 127, room: "main", sequence: 1, message: "" }), "bad_text");
  assertEquals(errorOf(chat, ana, { code: 126, room: "dev", sequence: 1 }), "no_such_room");
  assertEquals(errorOf(chat, ana, { code: 126, room: "@a b@", sequence: 1 }), "no_such_user");
});

test("Who was removed from a room changes nothing there, and learns nothing of it", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  for (const user of [ana, bo]) user.sends({ code: 107, room: "ops" });
  ana.sends({ code: 119, room: "ops", mode: "private", history: "all" });
  ana.sends({ code: 120, room: "ops", username: "bo" });
  bo.sends({ code: 107, room: "ops" });
  const number = say(chat, bo, "mine", { room: "ops" });
  const requests: ClientMessage[] = [
    { code: 126, room: "ops", sequence: number },
    { code: 126, room: "ops", username: "bo", within_ms: 1000 },
    { code: 127, room: "ops", sequence: number, message: "x" },
    { code: 128, room: "ops", sequence: number, reaction: "+1" },
    { code: 103, room: "ops", message: "x", reply_to: number },
  ];
  ana.sends({ code: 121, room: "ops", username: "bo" });
  assertEquals(requests.map((request) => errorOf(chat, bo, request)), Array(5).fill("no_such_room"));
  // As for a room that was never there.
  const never = requests.map((request) => ({ ...request, room: "never" }) as ClientMessage);
  assertEquals(never.map((request) => errorOf(chat, bo, request)), Array(5).fill("no_such_room"));
  assertEquals(read(chat, ana, "ops"), [`${number} bo: mine`]);
  ask(chat, ana, { code: 126, room: "ops", sequence: number });
  assertEquals((ask(chat, bo, { code: 129, after: 0 }) as Body).changes, []);
});

test("A member who may read only later messages cannot react or reply to earlier ones", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  ana.sends({ code: 107, room: "ops" });
  ana.sends({ code: 119, room: "ops", mode: "private" });
  const before = say(chat, ana, "before", { room: "ops" });
  ana.sends({ code: 120, room: "ops", username: "bo" });
  bo.sends({ code: 107, room: "ops" });
  assertEquals(
    errorOf(chat, bo, { code: 128, room: "ops", sequence: before, reaction: "+1" }),
    "no_such_message",
  );
  assertEquals(
    errorOf(chat, bo, { code: 103, room: "ops", message: "x", reply_to: before }),
    "no_such_message",
  );
  ask(chat, ana, { code: 127, room: "ops", sequence: before, message: "secret" });
  assertEquals((ask(chat, bo, { code: 129, after: 0 }) as Body).changes, []);
  const after = say(chat, ana, "after", { room: "ops" });
  ask(chat, bo, { code: 128, room: "ops", sequence: after, reaction: "+1" });
  assertEquals(read(chat, ana, "ops"), [`${before} ana: secret edited`, `${after} ana: after +1*1`]);
});

test("Base clients get an edit as a new message in order, and nothing of deletions and reactions", ({ chat }) => {
  const base = chat.connect();
  base.sends({ code: 101, username: "base" });
  const ana = chat.owns(anaKey, "ana", base);
  const number = say(chat, ana, "one");
  ana.sends({ code: 127, room: "main", sequence: number, message: "two" });
  ana.sends({ code: 103, room: "main", message: "three" });
  ana.sends({ code: 128, room: "main", sequence: number, reaction: "+1" });
  ana.sends({ code: 126, room: "main", sequence: number });
  ana.sends({ code: 103, room: "main", message: "four" });
  chat.runTurns();
  const received = base.receives();
  assertEquals(received.map(({ code }) => code), [200, 200, 200, 200]);
  assertEquals(received.flatMap(short), ["2 ana: one", "- ana (edited): two", "3 ana: three", "4 ana: four"]);
  assertEquals(received[1], {
    code: 200,
    message: { timestamp: START, username: "ana (edited)", message: "two" },
  });
  assertEquals(heard(chat, ana), [
    "main 2 = two by ana",
    "3 ana: three",
    "main 2 ++1 +1*1 by ana",
    "main 2 deleted by ana",
    "4 ana: four",
  ]);
});

for (const name of ["ana (edited)", "ana (direct, edited)", "ana(edited)"]) {
  Deno.test({
    name: `Nobody can have the name ${name}, which marks an edited message`,
    permissions: "none",
    fn: () => {
      try {
        checkName(name);
      } catch (error) {
        return assert(error instanceof ProtocolError && error.word === "bad_name");
      }
      throw new Error("the name is valid");
    },
  });
}

test("Direct messages are changed for all devices of both users, each of which sees the other's name", ({ chat }) => {
  const [ana, tablet] = [chat.owns(anaKey, "ana"), chat.comes(anaKey, "ana")];
  const [bo, base] = [chat.join("Bo"), chat.connect()];
  base.sends({ code: 101, username: "base" });
  const number = Number(ask(chat, ana, { code: 104, to: "bo", message: "psst" }).sequence);
  for (const user of [ana, tablet, bo, base]) user.receives();
  tablet.sends({ code: 127, room: "@bo", sequence: number, message: "hush" });
  bo.sends({ code: 128, room: "@ana", sequence: number, reaction: "ok" });
  assertEquals(errorOf(chat, bo, { code: 126, room: "@ana", sequence: number }), "not_allowed");
  const seen = (room: string) => [`${room} 1 = hush by ana`, `${room} 1 +ok ok*1 by Bo`];
  assertEquals(heard(chat, ana), seen("@Bo"));
  assertEquals(heard(chat, tablet), seen("@Bo"));
  assertEquals(read(chat, bo, "@ana"), ["1 ana: hush edited ok*1!"]);
  assertEquals(read(chat, tablet, "@bo"), ["1 ana: hush edited ok*1"]);
  assertEquals(heard(chat, base), []);
  const direct = Number(ask(chat, ana, { code: 104, to: "base", message: "psst" }).sequence);
  for (const text of ["hush", "shh"]) {
    ana.sends({ code: 127, room: "@base", sequence: direct, message: text });
  }
  ana.sends({ code: 126, room: "@base", sequence: direct });
  assertEquals(heard(chat, base), [
    "- ana (direct): psst",
    "- ana (direct, edited): hush",
    "- ana (direct, edited): shh",
  ]);
  // Nobody else can name the conversation.
  assertEquals(
    errorOf(chat, bo, { code: 128, room: "@base", sequence: direct, reaction: "+1" }),
    "no_such_message",
  );
});

test("A message to oneself is changed once for each device", ({ chat }) => {
  const [ana, tablet] = [chat.owns(anaKey, "ana"), chat.comes(anaKey, "ana")];
  const number = Number(ask(chat, ana, { code: 104, to: "ana", message: "note" }).sequence);
  for (const user of [ana, tablet]) user.receives();
  ana.sends({ code: 127, room: "@ana", sequence: number, message: "notes" });
  assertEquals([heard(chat, ana), heard(chat, tablet)], [["@ana 1 = notes by ana"], [
    "@ana 1 = notes by ana",
  ]]);
});

test("Reactions count each user once, and each user sees which are theirs", ({ chat }) => {
  const [ana, bo] = [chat.join("ana"), chat.join("bo")];
  const number = say(chat, ana, "hi");
  const react = (user: TestUser, reaction: string, remove?: boolean) =>
    ask(chat, user, { code: 128, room: "main", sequence: number, reaction, ...remove ? { remove } : {} })
      .code;
  heard(chat, bo);
  assertEquals([
    react(ana, "+1"),
    react(ana, "+1"),
    react(bo, "+1"),
    react(bo, "tada"),
    react(ana, "x", true),
  ], [
    207,
    207,
    207,
    207,
    207,
  ]);
  assertEquals(read(chat, ana), ["1 ana: hi +1*2! tada*1"]);
  assertEquals(read(chat, bo), ["1 ana: hi +1*2! tada*1!"]);
  assertEquals(react(ana, "+1", true), 207);
  assertEquals(heard(chat, bo), ["main 1 -+1 +1*1 tada*1 by ana"]);
  react(bo, "+1", true);
  react(bo, "tada", true);
  assertEquals(heard(chat, ana), ["main 1 -+1 tada*1 by bo", "main 1 -tada by bo"]);
  assertEquals(read(chat, ana), ["1 ana: hi"]);
});

test("A reply says which message it answers, to those who are here and to those who read it later", (place) => {
  const { chat } = place;
  const [ana, bo] = [chat.join("ana"), chat.join("bo")];
  const number = say(chat, ana, "question");
  heard(chat, bo);
  const answer: ClientMessage = { code: 103, room: "main", message: "answer", reply_to: number, id: "1" };
  assertEquals(ask(chat, bo, answer), { code: 207, ref: "r", sequence: 2 });
  // Sent again, it is the same message.
  assertEquals(ask(chat, bo, answer), { code: 207, ref: "r", sequence: 2 });
  assertEquals(heard(chat, ana), ["2 bo: answer (to 1)"]);
  const direct = Number(ask(chat, ana, { code: 104, to: "bo", message: "psst" }).sequence);
  heard(chat, ana);
  bo.sends({ code: 104, to: "ana", message: "what", reply_to: direct });
  assertEquals(heard(chat, ana), ["2 bo: what (to 1)"]);
  assertEquals(errorOf(chat, bo, { code: 104, to: "ana", message: "x", reply_to: 9 }), "no_such_message");
  const later = place.restart();
  const cy = later.join("bo");
  assertEquals(read(later, cy), ["1 ana: question", "2 bo: answer (to 1)"]);
  assertEquals(read(later, cy, "@ana"), ["1 ana: psst", "2 bo: what (to 1)"]);
});

/** Runs a test with a hub that stores messages and has an operator. */
function moderatedTest(name: string, run: (chat: ModeratedHub) => void): void {
  Deno.test(name, async () => {
    const history = openInMemory(() => performance.now());
    const chat = await ModeratedHub.open({ history });
    try {
      run(chat);
    } finally {
      chat.moderation.close();
      chat.registry.close();
      history.close();
    }
  });
}

/** What the audit says of deletions: by whom, of whose messages, where, and how many. */
function audited(chat: ModeratedHub): string[] {
  return chat.moderation.auditEntries({ count: 10 }).filter(({ action }) => action === "delete").map(
    ({ by, byOperator, target, room, detail }) =>
      `${by}${byOperator ? " (operator)" : ""} ${target} #${room} ${detail}`,
  );
}

moderatedTest("Moderators delete what others say in their room, at any time, and edit nothing", (chat) => {
  const [ana, bo, cy] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo"), chat.owns(cyKey, "cy")];
  for (const user of [ana, bo, cy]) user.sends({ code: 107, room: "dev" });
  const numbers = [1, 2, 3].map((i) => say(chat, bo, `spam ${i}`, { room: "dev" }));
  const inMain = say(chat, bo, "hi");
  chat.does({ action: "mod", target: "cy", room: "dev" }, ana);
  chat.advance(CHANGE_MS * 2);
  for (const moderator of [ana, cy, chat.op]) {
    const [number] = numbers as [number];
    // Operators need not be there.
    const edit: ClientMessage = { code: 127, room: "dev", sequence: number, message: "x" };
    assertEquals(errorOf(chat, moderator, edit), moderator === chat.op ? "not_in_room" : "not_allowed");
    heard(chat, bo);
    assertEquals(ask(chat, moderator, { code: 126, room: "dev", sequence: number, preview: true }).count, 1);
    assertEquals(heard(chat, bo), []);
    assertEquals(ask(chat, moderator, { code: 126, room: "dev", sequence: number }), {
      code: 207,
      ref: "r",
      sequence: number,
      count: 1,
    });
    assertEquals(heard(chat, bo), [`dev ${number} deleted by ${moderator.name}`]);
    numbers.shift();
  }
  for (const moderator of [ana, cy]) {
    assertEquals(errorOf(chat, moderator, { code: 126, room: "main", sequence: inMain }), "not_allowed");
  }
  assertEquals(ask(chat, chat.op, { code: 126, room: "main", sequence: inMain }).count, 1);
  assertEquals(audited(chat).sort(), [
    "ana bo #dev message 1",
    "cy bo #dev message 2",
    "op (operator) bo #dev message 3",
    `op (operator) bo #main message ${inMain}`,
  ]);
});

moderatedTest("Operators delete nothing in direct conversations and private rooms of others", (chat) => {
  const [ana, bo] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo")];
  ana.sends({ code: 107, room: "den" });
  ana.sends({ code: 119, room: "den", mode: "private" });
  const number = say(chat, ana, "mine", { room: "den" });
  const direct = Number(ask(chat, ana, { code: 104, to: "bo", message: "psst" }).sequence);
  assertEquals(
    [
      errorOf(chat, chat.op, { code: 126, room: "den", sequence: number }),
      errorOf(chat, chat.op, { code: 126, room: "den", username: "ana", within_ms: 1000 }),
      errorOf(chat, chat.op, { code: 126, room: "@ana", sequence: direct }),
      errorOf(chat, chat.op, { code: 126, room: "@bo", username: "ana", within_ms: 1000 }),
      errorOf(chat, bo, { code: 126, room: "@ana", sequence: direct }),
    ],
    ["no_such_room", "no_such_room", "no_such_message", "not_allowed", "not_allowed"],
  );
  assertEquals(read(chat, bo, "@ana"), [`${direct} ana: psst`]);
  assertEquals(audited(chat), []);
});

moderatedTest(
  "All that somebody has said lately is deleted at once, by moderators or by themselves",
  (chat) => {
    const ana = chat.owns(anaKey, "ana");
    const bo = chat.owns(boKey, "bo");
    for (const user of [ana, bo]) user.sends({ code: 107, room: "dev" });
    say(chat, bo, "old", { room: "dev" });
    chat.advance(60_001);
    say(chat, bo, "spam 1", { room: "dev" });
    say(chat, ana, "stop", { room: "dev" });
    say(chat, bo, "spam 2", { room: "dev" });
    const request: ClientMessage = { code: 126, room: "dev", username: "BO", within_ms: 60_000 };
    assertEquals(ask(chat, ana, { ...request, preview: true }), { code: 207, ref: "r", count: 2 });
    heard(chat, bo);
    assertEquals(errorOf(chat, bo, { ...request, username: "ana" }), "not_allowed");
    assertEquals(ask(chat, ana, request), { code: 207, ref: "r", count: 2 });
    assertEquals(heard(chat, bo), ["dev 4 deleted by ana", "dev 2 deleted by ana"]);
    assertEquals(ask(chat, ana, request), { code: 207, ref: "r", count: 0 });
    assertEquals(read(chat, bo, "dev"), ["1 bo: old", "2 bo:  deleted", "3 ana: stop", "4 bo:  deleted"]);
    assertEquals(ask(chat, bo, { ...request, within_ms: 120_000 }), { code: 207, ref: "r", count: 1 });
    assertEquals(read(chat, bo, "dev")[0], "1 bo:  deleted");
    assertEquals(audited(chat), ["ana BO #dev messages: 2"]);
  },
);

moderatedTest(
  "Somebody who is banned from a room changes nothing there, and learns no changes and mentions",
  (chat) => {
    const [ana, bo] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo")];
    for (const user of [ana, bo]) user.sends({ code: 107, room: "dev" });
    const number = say(chat, ana, "hi bo", { room: "dev" });
    const own = say(chat, bo, "mine", { room: "dev" });
    ask(chat, ana, { code: 128, room: "dev", sequence: number, reaction: "+1" });
    const known = () => [
      (ask(chat, bo, { code: 129, after: 0 }).changes as unknown[]).length,
      (ask(chat, bo, { code: 130 }).messages as unknown[]).length,
    ];
    assertEquals(known(), [1, 1]);
    chat.does({ action: "ban", target: "bo", room: "dev" }, ana);
    assertEquals(known(), [0, 0]);
    assertEquals(errorOf(chat, bo, { code: 126, room: "dev", sequence: own }), "not_in_room");
  },
);

moderatedTest("Somebody who is muted edits nothing, reacts to nothing, and may still delete", (chat) => {
  const bo = chat.owns(boKey, "bo");
  const number = say(chat, bo, "hi");
  chat.does({ action: "mute", target: "bo" });
  assertEquals(
    [
      errorOf(chat, bo, { code: 127, room: "main", sequence: number, message: "x" }),
      errorOf(chat, bo, { code: 128, room: "main", sequence: number, reaction: "+1" }),
      errorOf(chat, bo, { code: 103, room: "main", message: "x", reply_to: number }),
      errorOf(chat, bo, { code: 128, room: "@op", sequence: 1, reaction: "+1" }),
    ],
    Array(4).fill("muted"),
  );
  assertEquals(ask(chat, bo, { code: 126, room: "main", sequence: number }).count, 1);
});

test("One request deletes so many messages at most, the newest; the next one deletes more", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  for (let i = 0; i < MAX_DELETED_AT_ONCE + 3; i++) ana.sends({ code: 100, message: `line ${i}` });
  chat.runTurns();
  ana.receives();
  const request: ClientMessage = { code: 126, room: "main", username: "ana", within_ms: 60_000 };
  assertEquals(ask(chat, ana, request).count, MAX_DELETED_AT_ONCE);
  // The first one is that by which it owns the name.
  assertEquals(ask(chat, ana, request).count, 4);
  assert(read(chat, ana).every((line) => line.endsWith(" deleted")));
});

test("A client that was away gets each changed message once, as it is now, in the rooms that it may read", (place) => {
  const { chat } = place;
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  const { changes: before, epoch } = ask(chat, ana, { code: 110 }) && welcomeOf(chat, phone, "eve");
  assertEquals(before, 0);
  for (const user of [ana, bo]) user.sends({ code: 107, room: "dev" });
  const [one, two, three] = ["one", "two", "three"].map((text) => say(chat, ana, text)) as [
    number,
    number,
    number,
  ];
  const inDev = say(chat, bo, "dev", { room: "dev" });
  const direct = Number(ask(chat, ana, { code: 104, to: "bo", message: "psst" }).sequence);
  ask(chat, ana, { code: 127, room: "main", sequence: one, message: "1" });
  ask(chat, ana, { code: 128, room: "main", sequence: three, reaction: "+1" });
  ask(chat, ana, { code: 126, room: "main", sequence: two });
  ask(chat, bo, { code: 127, room: "dev", sequence: inDev, message: "DEV" });
  ask(chat, ana, { code: 127, room: "@bo", sequence: direct, message: "hush" });
  ask(chat, ana, { code: 127, room: "main", sequence: one, message: "uno" });
  bo.sends({ code: 128, room: "main", sequence: three, reaction: "+1" });
  const expected = (mine: Record<string, boolean>) => [
    { room: "main", change: 3, sequence: two, username: "ana", deleted: true },
    { room: "dev", change: 4, sequence: inDev, username: "bo", message: "DEV", edited: START, reactions: [] },
    {
      room: "@bo",
      change: 5,
      sequence: direct,
      username: "ana",
      to: "bo",
      message: "hush",
      edited: START,
      reactions: [],
    },
    { room: "main", change: 6, sequence: one, username: "ana", message: "uno", edited: START, reactions: [] },
    {
      room: "main",
      change: 7,
      sequence: three,
      username: "ana",
      reactions: [{ reaction: "+1", count: 2, ...mine }],
    },
  ];
  const all = { code: 227, changes: expected({ mine: true }), last: 7, ref: "r" };
  assertEquals(ask(chat, ana, { code: 129, after: 0 }), all);
  assertEquals(ask(chat, ana, { code: 129, after: 5 }), { ...all, changes: all.changes.slice(3) });
  assertEquals(ask(chat, ana, { code: 129, after: 7 }), { ...all, changes: [] });
  // Under another epoch the numbers may be those of other changes.
  assertEquals(ask(chat, ana, { code: 129, after: 7, epoch: "unknown" }), all);
  const cy = chat.join("cy");
  assertEquals(
    (ask(chat, cy, { code: 129, after: 0 }).changes as { room: string }[]).map(({ room }) => room),
    ["main", "dev", "main", "main"],
  );
  const later = place.restart();
  const again = later.comes(anaKey, "ana");
  assertEquals(ask(later, again, { code: 129, after: 5, epoch: String(epoch) }), {
    ...all,
    changes: all.changes.slice(3),
  });
  assertEquals(welcomeOf(later, cyKey, "zoe").changes, 7);
});

/** The 210 of somebody who comes. */
function welcomeOf(chat: OwnedHub, key: TestKey, name: string): Body {
  return chat.comes(key, name).receives().find(({ code }) => code === 210)!;
}

test("Changes come page by page", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const text = "x".repeat(4000);
  for (let i = 0; i < 30; i++) ana.sends({ code: 100, message: `line ${i}` });
  for (let i = 0; i < 30; i++) {
    ana.sends({ code: 127, room: "main", sequence: i + 2, message: `${i} ${text}` });
  }
  chat.runTurns();
  ana.receives();
  const found: number[] = [];
  let pages = 0;
  for (let after = 0, more = true; more; pages++) {
    const answer = ask(chat, ana, { code: 129, after });
    found.push(...(answer.changes as { sequence: number }[]).map(({ sequence }) => sequence));
    [after, more] = [Number(answer.last), answer.more === true];
  }
  assertEquals(found, Array.from({ length: 30 }, (_, i) => i + 2));
  assert(pages > 2, `only ${pages} pages`);
});

test("What is changed while a page is read is in that page as it is when the page is sent", ({ chat, history }) => {
  const ana = chat.owns(anaKey, "ana");
  const text = "x".repeat(1000);
  for (let i = 2; i <= 200; i++) ana.sends({ code: 100, message: `${i} ${text}` });
  chat.runTurns();
  ana.receives();
  // Otherwise the change waits until all of that is in the database.
  while (history.work(1000));
  const bo = chat.connect();
  // The first page is read at once, the others in later turns.
  bo.sends({ code: 102, client: "test/1", username: "bo", after: { main: 0 } });
  ana.sends({ code: 126, room: "main", sequence: 3 });
  ana.sends({ code: 127, room: "main", sequence: 4, message: "new" });
  ana.sends({ code: 128, room: "main", sequence: 5, reaction: "+1" });
  ana.sends({ code: 127, room: "main", sequence: 200, message: "last" });
  chat.runTurns();
  const received = bo.receives();
  const lines = new Map<unknown, Body>();
  const add = (line: Body) => lines.set(line.sequence, line);
  for (const { messages } of received.filter(({ code }) => code === 208)) (messages as Body[]).forEach(add);
  // The first change was made before the pages were sent, the others perhaps after that.
  assertEquals([lines.get(3)!.message, lines.get(3)!.deleted], ["", true]);
  for (const change of received.filter(({ code }) => code === 226)) {
    add({ ...lines.get(change.sequence), ...change });
  }
  const at = (number: number) => lines.get(number)!;
  assertEquals([at(3).deleted, at(4).message, (at(5).reactions as unknown[]).length, at(200).message], [
    true,
    "new",
    1,
    "last",
  ]);
});

Deno.test("A search that is under way finds nothing that was deleted meanwhile", () => {
  // A clock on which each look takes a millisecond, so that a search takes as many steps on any machine.
  let now = 0;
  const history = openInMemory(() => now++);
  const chat = new OwnedHub(registryIn(undefined), history);
  const ana = chat.owns(anaKey, "ana");
  for (let i = 2; i <= 20000; i++) ana.sends({ code: 100, message: `word ${i}` });
  chat.runTurns();
  ana.receives();
  const bo = chat.join("bo");
  bo.sends({ code: 105, room: "main", match: "word", limit: 3, ref: "r" });
  assertEquals(bo.receives(), [], "the search takes one turn only, so this test shows nothing");
  ana.sends({ code: 126, room: "main", sequence: 20000 });
  chat.runTurns();
  const found = bo.receives().find(({ ref }) => ref === "r")!.messages as {
    sequence: number;
    message: string;
  }[];
  assert(!found.some(({ message }) => message === "word 20000"));
  assert(found.every(({ message }) => message !== ""));
  history.close();
});

test("A client that changes its rooms while its request waits gets what it may read then", ({ chat }) => {
  const ana = chat.owns(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  ana.sends({ code: 107, room: "ops" });
  bo.sends({ code: 107, room: "ops" });
  const number = say(chat, bo, "mine", { room: "ops" });
  // Another one's search is under way, so that requests wait.
  for (let i = 0; i < 200; i++) ana.sends({ code: 100, message: "x".repeat(1000) });
  const cy = chat.connect();
  cy.sends({ code: 102, client: "test/1", username: "cy", after: { main: 0 } });
  bo.sends({ code: 126, room: "ops", sequence: number, ref: "r" });
  ana.sends({ code: 119, room: "ops", mode: "private", history: "all" });
  bo.receives();
  chat.runTurns();
  assertEquals(bo.receives().find(({ ref }) => ref === "r")?.error, "no_such_room");
  assertEquals(read(chat, ana, "ops"), [`${number} bo: mine`]);
});

test("While nothing can be stored, messages cannot be changed", (place) => {
  const { chat, folder } = place;
  const ana = chat.owns(anaKey, "ana");
  const number = say(chat, ana, "hi");
  while (place.history.work(1000));
  folder.fill();
  ana.sends({ code: 100, message: "x".repeat(4096) });
  chat.runTurns();
  const answer = ask(chat, ana, { code: 127, room: "main", sequence: number, message: "ho" });
  assertEquals(answer.error, "unavailable");
  assertStringIncludes(String(answer.message), "try again later");
  folder.empty();
  chat.hub.retryStorage();
  assertEquals(ask(chat, ana, { code: 127, room: "main", sequence: number, message: "ho" }).code, 207);
});

Deno.test("A hub that stores no messages changes none, and a reply there is a message like any other", () => {
  const chat = new TestHub();
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana" });
  const welcome = ana.receives().find(({ code }) => code === 210)!;
  assertEquals([(welcome.features as string[]).includes("changes"), "changes" in welcome], [false, false]);
  ana.sends({ code: 103, room: "main", message: "hi", reply_to: 7 });
  assertEquals(heard(chat, ana), ["1 ana: hi"]);
  assertEquals(
    [
      errorOf(chat, ana, { code: 126, room: "main", sequence: 1 }),
      errorOf(chat, ana, { code: 127, room: "main", sequence: 1, message: "x" }),
      errorOf(chat, ana, { code: 128, room: "main", sequence: 1, reaction: "+1" }),
      errorOf(chat, ana, { code: 129, after: 0 }),
      errorOf(chat, ana, { code: 130 }),
    ],
    Array(5).fill("unavailable"),
  );
});
