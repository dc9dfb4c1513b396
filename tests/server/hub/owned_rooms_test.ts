/**
 * Rooms that belong to somebody: who owns them, and what those who are not members of a private one can find out. The
 * file is long because all of it is one conversation after the other, each as short as it can be.
 *
 * @module
 */
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";
import { MAX_MEMBERS_OF_ROOM, MAX_ROOMS_OF_OWNER } from "../../../server/limits.ts";

const DAY_MS = 86_400_000;
const [anaKey, boKey, cyKey, phone] = await Promise.all([1, 2, 3, 4].map(() => TestKey.make())) as [
  TestKey,
  TestKey,
  TestKey,
  TestKey,
];

function test(name: string, run: (chat: OwnedHub) => void): void {
  Deno.test(name, () => run(new OwnedHub()));
}

/** Runs a test with a hub that stores messages. */
function storedTest(
  name: string,
  run: (chat: OwnedHub, folder: DataFolder, history: History) => void,
): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    const history = folder.open();
    const registry = registryIn(folder.path);
    try {
      run(new OwnedHub(registry, history), folder, history);
    } finally {
      registry.close();
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

/** The texts of messages in a room that a user reads by 105. */
function texts(chat: OwnedHub, user: TestUser, room = "ops", more: { after?: number; match?: string } = {}) {
  const { error, messages } = ask(chat, user, { code: 105, room, ...more });
  return error ?? (messages as { message: string }[]).map(({ message }) => message).join(" ");
}

/** Notices about rooms, without their codes. */
function news(user: TestUser): string[] {
  return user.receives().filter(({ code }) => code === 222 || code === 223 || code === 212 || code === 211)
    .map(({ code, ...rest }) => `${code} ${Object.values(rest).join(" ")}`);
}

/** Ana's private room `ops` with a message, and Bo, who is a member and in it. */
function privateRoom(chat: OwnedHub): { ana: TestUser; bo: TestUser } {
  const [ana, bo] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo")];
  ana.sends({ code: 107, room: "ops" });
  ana.sends({ code: 119, room: "ops", mode: "private", topic: "on call" });
  ana.sends({ code: 103, room: "ops", message: "first" });
  ana.sends({ code: 120, room: "ops", username: "bo" });
  bo.sends({ code: 107, room: "ops" });
  for (const user of [ana, bo]) user.receives();
  return { ana, bo };
}

/**
 * Every request about a room but 107, which makes one. Those to moderate are in moderation_test.ts, that for an invite
 * in invites_test.ts, as they need a hub that has these.
 */
const requests = (room: string): ClientMessage[] => [
  { code: 103, room, message: "hi" },
  { code: 103, room, message: "hi", reply_to: 1 },
  { code: 105, room },
  { code: 105, room, match: "first" },
  { code: 105, room, after: 0 },
  { code: 106, room },
  { code: 108, room },
  { code: 118, room },
  { code: 119, room, topic: "mine" },
  { code: 119, room, mode: "open", history: "all" },
  { code: 119, room },
  { code: 120, room, username: "eve" },
  { code: 121, room, username: "eve" },
  { code: 121, room, username: "bo" },
  { code: 122, room },
  { code: 126, room, sequence: 1 },
  { code: 126, room, username: "ana", within_ms: 1000, preview: true },
  { code: 127, room, sequence: 1, message: "mine" },
  { code: 128, room, sequence: 1, reaction: "+1" },
];

/** What lists say about rooms, to somebody. */
function listed(chat: OwnedHub, user: TestUser): string[] {
  const rooms = (ask(chat, user, { code: 109 }).rooms as { name: string }[]).map(({ name }) => name);
  const users = ask(chat, user, { code: 106 }).users as { rooms: string[] }[];
  return [...new Set([...rooms, ...users.flatMap(({ rooms }) => rooms)])];
}

test("Whoever makes a room owns it, and takes their name by that; a room that exists gets no owner", (chat) => {
  const ana = chat.comes(anaKey, "ana");
  const bo = chat.owns(boKey, "bo");
  ana.sends({ code: 107, room: "Ops" });
  bo.sends({ code: 107, room: "ops" });
  assertEquals(chat.registry.names.ownerOf("ana")?.name, "ana");
  assertEquals(ask(chat, bo, { code: 118, room: "OPS" }), {
    code: 220,
    room: "Ops",
    mode: "open",
    history: "all",
    owner: "ana",
    since: START,
    members: ["ana"],
    ref: "r",
  });
  assertEquals(ask(chat, bo, { code: 118, room: "main" }), {
    code: 220,
    room: "main",
    mode: "open",
    history: "all",
    ref: "r",
  });
  assertEquals(ask(chat, bo, { code: 119, room: "ops", topic: "x" }).error, "not_allowed");
  assertEquals(ask(chat, bo, { code: 119, room: "main", topic: "x" }).error, "not_allowed");
  const guest = chat.join("guest");
  guest.sends({ code: 107, room: "lobby" });
  bo.sends({ code: 107, room: "lobby" });
  assertEquals(chat.registry.rooms.find("lobby"), undefined);
});

test("A room named in a hello belongs to its maker, too", (chat) => {
  chat.comes(anaKey, "ana", { rooms: ["ops"] });
  assertEquals(chat.registry.rooms.find("ops")?.owner.name, "ana");
});

test("A room that everyone has left belongs to nobody, unless it is private, or has a topic or members", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  chat.owns(boKey, "bo");
  for (const room of ["plain", "topic", "private", "members"]) ana.sends({ code: 107, room });
  ana.sends({ code: 119, room: "topic", topic: "x" });
  ana.sends({ code: 119, room: "private", mode: "private" });
  ana.sends({ code: 120, room: "members", username: "bo" });
  ana.disconnects();
  assertEquals([...chat.registry.rooms.all].map(({ name }) => name), ["topic", "private", "members"]);
  assertEquals(listed(chat, chat.join("guest")), ["main", "topic", "members"]);
});

test("The owner changes topic, mode, history and owner, and everyone in the room and every member is told", (chat) => {
  const [ana, bo, cy] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo"), chat.owns(cyKey, "cy")];
  ana.sends({ code: 107, room: "ops" });
  cy.sends({ code: 107, room: "ops" });
  for (const user of [ana, bo, cy]) user.receives();
  ana.sends({ code: 120, room: "ops", username: "BO" });
  assertEquals([news(ana), news(bo), news(cy)], [
    ["222 ops ana bo"],
    ["222 ops ana bo", "223 ops ana"],
    ["222 ops ana bo"],
  ]);
  ana.sends({ code: 120, room: "ops", username: "bo" });
  assertEquals([news(ana), news(bo)], [[], []]);
  ana.sends({ code: 119, room: "ops", topic: "on call", owner: "bo" });
  assertEquals([news(ana), news(bo), news(cy)], Array(3).fill(["222 ops ana on call bo"]));
  assertEquals(ask(chat, ana, { code: 119, room: "ops", topic: "" }).error, "not_allowed");
  bo.sends({ code: 119, room: "ops", topic: "" });
  assertEquals(news(ana), ["222 ops bo "]);
  assertEquals(ask(chat, bo, { code: 118, room: "ops" }).topic, undefined);
  for (
    const [request, error] of [
      [{ code: 119, room: "ops" }, "bad_message"],
      [{ code: 119, room: "ops", topic: "a\nb" }, "bad_text"],
      [{ code: 119, room: "ops", topic: "x".repeat(161) }, "too_long"],
      [{ code: 119, room: "ops", owner: "cy" }, "no_such_user"],
      [{ code: 120, room: "ops", username: "nobody" }, "no_such_user"],
      [{ code: 121, room: "ops", username: "cy" }, "no_such_user"],
      [{ code: 121, room: "ops", username: "bo" }, "not_allowed"],
      [{ code: 119, room: "none", topic: "x" }, "no_such_room"],
    ] as [ClientMessage, string][]
  ) assertEquals(ask(chat, bo, request).error, error, JSON.stringify(request));
  assertEquals(news(ana), []);
});

storedTest("A private room answers everyone but its members as a room that does not exist", (chat) => {
  const { ana, bo } = privateRoom(chat);
  const eve = chat.owns(cyKey, "eve");
  const guest = chat.join("guest");
  const quiet = chat.connect();
  quiet.sends({ code: 102, client: "test/1", quiet: true, rooms: ["ops"], after: { ops: 0 } });
  // The former member is in the room until it is removed.
  ana.sends({ code: 121, room: "ops", username: "bo" });
  for (const [who, user] of Object.entries({ eve, guest, quiet, former: bo })) {
    for (const [i, request] of requests("ops").entries()) {
      const answer = ask(chat, user, request);
      assertEquals(answer, ask(chat, user, requests("none")[i]!), `${who} ${JSON.stringify(request)}`);
      assertEquals(answer.error, "no_such_room");
    }
    assertEquals(listed(chat, user).includes("ops"), false, who);
    assertEquals(ask(chat, user, { code: 107, room: "OPS" }).error, "no_such_room");
  }
  for (const user of [eve, guest, quiet, bo]) user.receives();
  ana.sends({ code: 103, room: "ops", message: "secret" });
  ana.sends({ code: 119, room: "ops", topic: "secret" });
  assertEquals([eve, guest, quiet, bo].map((user) => user.receives()), [[], [], [], []]);
  assert(listed(chat, ana).includes("ops"));
});

test("A client of the base is told nothing of a private room, not even by its requests", (chat) => {
  const { ana } = privateRoom(chat);
  const base = chat.connect();
  base.receives();
  for (const request of [...requests("ops"), { code: 107, room: "ops" } as const]) base.sends(request);
  const answers = base.receives().map(({ message }) => (message as { message: string } | undefined)?.message);
  assert(answers.every((text) => text === undefined || text.includes("must send hello")), answers.join());
  ana.sends({ code: 103, room: "ops", message: "secret" });
  assertEquals(base.receives(), []);
});

test("A hello that names a private room lets its client in without it, and says so", (chat) => {
  privateRoom(chat);
  const guest = chat.connect();
  guest.receives();
  guest.sends({ code: 102, client: "test/1", username: "guest", rooms: ["dev", "OPS"], ref: "r" });
  const [welcome, ...rest] = guest.receives();
  assertEquals([welcome!.code, welcome!.rooms], [210, ["main", "dev"]]);
  assertEquals(rest.filter(({ code }) => code === 206).map(({ error, ref }) => [error, ref]), [
    ["no_such_room", undefined],
  ]);
  const again = chat.comes(boKey, "bo", { rooms: ["ops"] });
  assertEquals(again.receives()[0]!.rooms, ["main", "ops"]);
});

test("A room that becomes private loses everyone who is no member at once", (chat) => {
  const [ana, bo] = [chat.owns(anaKey, "ana"), chat.owns(boKey, "bo")];
  const guest = chat.join("guest");
  for (const user of [ana, bo, guest]) user.sends({ code: 107, room: "ops" });
  ana.sends({ code: 120, room: "ops", username: "bo" });
  for (const user of [ana, bo, guest]) user.receives();
  ana.sends({ code: 119, room: "ops", mode: "private" });
  assertEquals([news(ana), news(bo), news(guest)], [
    ["222 ops ana private joined", "212 ops guest"],
    ["222 ops ana private joined", "212 ops guest"],
    ["222 ops ana private joined", "212 ops guest"],
  ]);
  ana.sends({ code: 103, room: "ops", message: "among us" });
  assertEquals([bo, guest].map((user) => user.receives().map(({ code }) => code)), [[200], []]);
});

test("A removed member loses the room at once, on all devices; members may give it up, the owner not", (chat) => {
  const { ana, bo } = privateRoom(chat);
  bo.sends({ code: 114, key: phone.key });
  const mobile = chat.comes(phone, "bo", { rooms: ["ops"] });
  for (const user of [ana, bo, mobile]) user.receives();
  ana.sends({ code: 121, room: "ops", username: "bo" });
  assertEquals([news(ana), news(bo), news(mobile)], [
    ["222 ops ana bo", "212 ops bo"],
    ["222 ops ana bo", "212 ops bo"],
    ["222 ops ana bo", "212 ops bo"],
  ]);
  ana.sends({ code: 120, room: "ops", username: "bo" });
  assertEquals(ask(chat, bo, { code: 107, room: "ops" }).code, 207);
  assertEquals(ask(chat, bo, { code: 121, room: "ops", username: "ana" }).error, "not_allowed");
  assertEquals(ask(chat, bo, { code: 121, room: "ops", username: "bo" }).code, 207);
  assertEquals(ask(chat, bo, { code: 118, room: "ops" }).error, "no_such_room");
  assertEquals(ask(chat, ana, { code: 121, room: "ops", username: "ana" }).error, "not_allowed");
});

test("Whoever changes or loses the name that is a member is put out; others know them by the old name", (chat) => {
  const { ana, bo } = privateRoom(chat);
  bo.sends({ code: 101, username: "bob" });
  assertEquals(news(ana), ["212 ops bo"]);
  assertEquals(news(bo), ["212 ops bo"]);
  assertEquals(ask(chat, bo, { code: 107, room: "ops" }).error, "no_such_room");
  bo.sends({ code: 101, username: "bo" });
  assertEquals(ask(chat, bo, { code: 107, room: "ops" }).code, 207);
  ana.receives();
  const owner = chat.registry.names.ownerOf("bo")!;
  chat.registry.names.move(owner, phone.key, 1);
  chat.hub.keysChanged(owner);
  assertEquals(news(ana), ["212 ops bo"]);
  const moved = chat.comes(phone, "bo", { rooms: ["ops"] });
  assertEquals(moved.receives()[0]!.rooms, ["main", "ops"]);
  ana.receives();
  moved.sends({ code: 113 });
  assertEquals(news(ana), ["212 ops bo"]);
  assertEquals(ask(chat, moved, { code: 118, room: "ops" }).error, "no_such_room");
});

storedTest("Members read what was said since they are members, or all of it", (chat) => {
  const { ana, bo } = privateRoom(chat);
  ana.sends({ code: 103, room: "ops", message: "second" });
  assertEquals([texts(chat, ana), texts(chat, bo)], ["first second", "second"]);
  assertEquals(texts(chat, bo, "ops", { after: 0 }), "second");
  assertEquals(texts(chat, bo, "ops", { match: "first" }), "");
  bo.disconnects();
  const missed = (more: { newest?: number }) => {
    const again = chat.comes(boKey, "bo", { rooms: ["ops"], after: { ops: 0 }, ...more });
    chat.runTurns();
    const pages = again.receives().filter(({ code }) => code === 208);
    again.disconnects();
    return pages.flatMap(({ messages, more }) => [
      ...(messages as { message: string }[]).map(({ message }) => message),
      more,
    ]);
  };
  assertEquals([missed({}), missed({ newest: 9 })], [["second", false], ["second", false]]);
  ana.sends({ code: 119, room: "ops", history: "all" });
  assertEquals([missed({}), missed({ newest: 9 })], [["first", "second", false], ["first", "second", false]]);
  const again = chat.comes(boKey, "bo", { rooms: ["ops"] });
  assertEquals(texts(chat, again, "ops", { match: "first" }), "first");
});

storedTest(
  "What was said in a private room stays with its members when it opens, unless the owner opens all",
  (chat) => {
    const { ana, bo } = privateRoom(chat);
    ana.sends({ code: 103, room: "ops", message: "second" });
    ana.sends({ code: 119, room: "ops", mode: "open" });
    assertEquals(news(bo), ["222 ops ana open joined"]);
    const guest = chat.join("guest");
    guest.sends({ code: 107, room: "ops" });
    ana.sends({ code: 103, room: "ops", message: "third" });
    assertEquals([ana, bo, guest].map((user) => texts(chat, user)), [
      "first second third",
      "second third",
      "third",
    ]);
    const latecomer = chat.connect();
    latecomer.sends({ code: 102, client: "test/1", username: "late", rooms: ["ops"], after: { ops: 0 } });
    chat.runTurns();
    assertEquals(
      latecomer.receives().filter(({ code }) => code === 208).flatMap(({ messages }) =>
        (messages as { message: string }[]).map(({ message }) => message)
      ),
      ["third"],
    );
    ana.sends({ code: 119, room: "ops", history: "all" });
    assertEquals([bo, guest].map((user) => texts(chat, user)), Array(2).fill("first second third"));
  },
);

storedTest("A search that waits while its user is removed finds nothing", (chat) => {
  const { ana, bo } = privateRoom(chat);
  ana.sends({ code: 103, room: "ops", message: "second" });
  bo.sends({ code: 105, room: "ops", match: "second", ref: "late" });
  assertEquals(bo.receives().map(({ ref }) => ref), [undefined]);
  ana.sends({ code: 121, room: "ops", username: "bo" });
  chat.runTurns();
  const { error } = bo.receives().find(({ ref }) => ref === "late")!;
  assertEquals(error, "no_such_room");
});

storedTest("A deleted room has no messages and no members any more, and its name is free", (chat, folder) => {
  const { ana, bo } = privateRoom(chat);
  assertEquals(ask(chat, bo, { code: 122, room: "ops" }).error, "not_allowed");
  ana.receives();
  assertEquals(ask(chat, ana, { code: 122, room: "ops" }).code, 207);
  assertEquals(news(bo), ["222 ops ana true", "212 ops bo"]);
  assertEquals(ask(chat, ana, { code: 118, room: "ops" }).error, "no_such_room");
  const eve = chat.owns(cyKey, "eve");
  eve.sends({ code: 107, room: "ops" });
  assertEquals(texts(chat, eve), "");
  eve.sends({ code: 103, room: "ops", message: "mine" });
  assertEquals(texts(chat, eve, "ops", { match: "first" }), "");
  const { owner, members } = ask(chat, eve, { code: 118, room: "ops" });
  assertEquals([owner, members], ["eve", ["eve"]]);
  assertEquals(folder.reports, []);
});

storedTest(
  "The rooms of a freed name pass on; private ones without another member lose their messages",
  (chat) => {
    const { ana, bo } = privateRoom(chat);
    ana.sends({ code: 107, room: "diary" });
    ana.sends({ code: 119, room: "diary", mode: "private" });
    ana.sends({ code: 103, room: "diary", message: "dear diary" });
    ana.sends({ code: 107, room: "opened" });
    ana.sends({ code: 119, room: "opened", mode: "private" });
    ana.sends({ code: 103, room: "opened", message: "private" });
    ana.sends({ code: 119, room: "opened", mode: "open" });
    ana.sends({ code: 107, room: "open" });
    ana.sends({ code: 103, room: "open", message: "public" });
    for (const user of [ana, bo]) user.receives();
    ana.sends({ code: 113 });
    assertEquals(news(bo), ["222 ops bo", "212 ops ana"]);
    assertEquals(news(ana).toSorted(), ["212 diary ana", "212 ops ana", "222 diary true", "222 ops bo"]);
    assertEquals(ask(chat, bo, { code: 119, room: "ops", topic: "mine" }).code, 207);
    const eve = chat.owns(cyKey, "eve");
    for (const room of ["diary", "opened", "open"]) eve.sends({ code: 107, room });
    assertEquals(["diary", "opened", "open"].map((room) => texts(chat, eve, room)), ["", "", "public"]);
    assertEquals(texts(chat, ana, "opened"), "");
  },
);

storedTest("The rooms of an owner who is gone for 90 days pass on", (chat) => {
  const { ana, bo } = privateRoom(chat);
  ana.disconnects();
  chat.advance(91 * DAY_MS);
  chat.hub.expireNames();
  bo.receives();
  chat.advance(DAY_MS);
  chat.hub.expireNames();
  assertEquals(news(bo), ["222 ops bo"]);
  assertEquals(ask(chat, bo, { code: 118, room: "ops" }).owner, "bo");
});

storedTest("Rooms are those before after the hub was killed", (chat, folder) => {
  const { ana } = privateRoom(chat);
  ana.sends({ code: 103, room: "ops", message: "second" });
  ana.receives();
  // Another connection reads what a hub that was killed has left.
  const registry = registryIn(folder.path);
  const again = new OwnedHub(registry);
  const bo = again.comes(boKey, "bo", { rooms: ["ops"] });
  assertEquals(bo.receives()[0]!.rooms, ["main", "ops"]);
  const { mode, history, owner, topic, members } = ask(again, bo, { code: 118, room: "ops" });
  assertEquals([mode, history, owner, topic, members], ["private", "joined", "ana", "on call", [
    "ana",
    "bo",
  ]]);
  assertEquals(ask(again, again.join("guest"), { code: 107, room: "ops" }).error, "no_such_room");
  registry.close();
});

storedTest("If it is lost who owns what, nobody gets what was for members only", (chat, folder, history) => {
  const { ana } = privateRoom(chat);
  for (const room of ["opened", "shown"]) {
    ana.sends({ code: 107, room });
    ana.sends({ code: 119, room, mode: "private" });
    ana.sends({ code: 103, room, message: "secret" });
  }
  ana.sends({ code: 119, room: "opened", mode: "open" });
  ana.sends({ code: 119, room: "shown", mode: "open", history: "all" });
  ana.receives();
  for (const again of [new OwnedHub(undefined, history), new TestHub(history)]) {
    const eve = again.join("eve");
    for (const room of ["ops", "opened"]) {
      eve.sends({ code: 107, room, ref: room });
      assertEquals(eve.receives().map(({ error }) => error), ["no_such_room"]);
    }
    eve.sends({ code: 107, room: "shown", ref: "shown" });
    assertEquals(eve.receives().at(-1)!.code, 211);
    // Its messages are gone.
    again.hub.forgetRooms(["opened"]);
    eve.sends({ code: 107, room: "opened" });
    assertEquals(eve.receives().at(-1)!.code, 211);
    history.seal("opened", true);
  }
  ana.sends({ code: 122, room: "ops" });
  ana.sends({ code: 122, room: "opened" });
  assertEquals(history.sealed(), []);
  assertEquals(folder.reports, []);
});

storedTest(
  "A room that was private, opened and left before anything was said is free, also later",
  (chat, _, history) => {
    const ana = chat.owns(anaKey, "ana");
    ana.sends({ code: 107, room: "ops" });
    ana.sends({ code: 119, room: "ops", mode: "private" });
    ana.sends({ code: 119, room: "ops", mode: "open" });
    ana.disconnects();
    assertEquals(chat.registry.rooms.find("ops"), undefined);
    assertEquals(history.sealed(), []);
    const guest = new OwnedHub(chat.registry, history).join("guest");
    guest.sends({ code: 107, room: "ops" });
    assertEquals(guest.receives().map(({ code }) => code), [211]);
  },
);

test("Somebody owns so many rooms and a room has so many members, and the refusal says so", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  const owner = chat.registry.names.ownerOf("ana")!;
  for (let i = 1; i < MAX_ROOMS_OF_OWNER; i++) chat.registry.rooms.create(`room-${i}`, owner, 1, 0);
  ana.sends({ code: 107, room: "ops" });
  ana.receives();
  ana.sends({ code: 107, room: "more" });
  const notice = ana.receives().find(({ code }) => code === 200)!.message as { message: string };
  assertStringIncludes(notice.message, "You do not own #more: ana owns 100 rooms already");
  assertEquals(chat.registry.rooms.find("more"), undefined);
  const bo = chat.owns(boKey, "bo");
  bo.sends({ code: 107, room: "gift" });
  bo.sends({ code: 120, room: "gift", username: "ana" });
  assertEquals(ask(chat, bo, { code: 119, room: "gift", owner: "ana" }).error, "not_allowed");
  const members = chat.registry.rooms.find("ops")!.members as Map<number, unknown>;
  for (let i = members.size; i < MAX_MEMBERS_OF_ROOM; i++) members.set(-i, { owner, since: 0, sequence: 0 });
  assertEquals(ask(chat, ana, { code: 120, room: "ops", username: "bo" }).error, "not_allowed");
});

test("A long list of members comes in several messages", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  ana.sends({ code: 107, room: "ops" });
  const members = chat.registry.rooms.find("ops")!.members as Map<number, unknown>;
  for (let i = 0; i < 3000; i++) members.set(-i - 1, { owner: { name: `member-${i}`.padEnd(32, "x") } });
  ana.receives();
  ana.sends({ code: 118, room: "ops", ref: "r" });
  const pages = ana.receives();
  assert(pages.length > 1);
  assertEquals(pages.map(({ more }) => more === true), pages.map((_, i) => i < pages.length - 1));
  assertEquals(pages.flatMap(({ members }) => members as string[]).length, 3001);
});

test("The owner of a private room who is no member, as may be in a cluster, finds it and may be one again", (chat) => {
  const ana = chat.owns(anaKey, "ana");
  ask(chat, ana, { code: 107, room: "ops" });
  ask(chat, ana, { code: 119, room: "ops", mode: "private" });
  const { rooms } = chat.registry;
  rooms.removeMember(rooms.find("ops")!, rooms.find("ops")!.owner);
  assertEquals(ask(chat, ana, { code: 118, room: "ops" }).members, []);
  assertEquals(ask(chat, ana, { code: 120, room: "ops", username: "ana" }).code, 207);
  assertEquals(ask(chat, ana, { code: 118, room: "ops" }).members, ["ana"]);
});

Deno.test("Without a registry no room belongs to anybody", () => {
  const user = new TestHub().join("ana");
  user.sends({ code: 107, room: "ops" });
  user.sends({ code: 118, room: "ops", ref: "r" });
  assertEquals(user.receives().find(({ ref }) => ref === "r")!.error, "unavailable");
});
