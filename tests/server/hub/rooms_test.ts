/**
 * Rooms and direct messages.
 *
 * This file is long because all its cases share one scene of four users.
 *
 * @module
 */
import { type Body, Code, encodeFrame, MAX_BODY_BYTES, type Users } from "../../../protocol/mod.ts";
import { MAX_MAILBOX_BYTES, MAX_ROOMS_PER_SESSION } from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const line = (room: string, username: string, message: string, sequence: number) => ({
  code: 200,
  message: { timestamp: START, username, message, sequence, room, verified: false },
});

/** Ana and bo are in #dev, cy only in main; dee is a base client. */
function scene() {
  const chat = new TestHub();
  const [ana, bo, cy] = [chat.join("ana"), chat.join("bo"), chat.join("cy")];
  const dee = chat.connect();
  dee.sends({ code: 101, username: "dee" });
  for (const user of [ana, bo]) user.sends({ code: 107, room: "dev" });
  for (const user of [ana, bo, cy, dee]) user.receives();
  return { chat, ana, bo, cy, dee };
}

/** The replies that a user receives for a refused request. */
function refusal(user: TestUser, ask: () => void): unknown[] {
  user.receives();
  ask();
  return user.receives().map(({ code, error, ref }) => [code, error, ref]);
}

test("Joining a room is announced to its members, the newcomer included, and to nobody else", () => {
  const { chat, ana, bo, cy, dee } = scene();
  const eve = chat.join("eve", ana, bo, cy, dee);
  eve.sends({ code: 107, room: "dev", ref: "j" });
  const joined = { code: 211, room: "dev", username: "eve" };
  assertEquals(eve.receives(), [{ code: 207, ref: "j" }, joined]);
  assertEquals([ana.receives(), bo.receives(), cy.receives(), dee.receives()], [[joined], [joined], [], []]);
});

test("Joining a room again succeeds and is not announced", () => {
  const { ana, bo } = scene();
  for (const room of ["dev", "DEV", "main"]) {
    ana.sends({ code: 107, room, ref: room });
    assertEquals([ana.receives(), bo.receives()], [[{ code: 207, ref: room }], []]);
  }
});

test("A message in a room reaches its members only, with a number and the first spelling of the room", () => {
  const { ana, bo, cy, dee } = scene();
  ana.sends({ code: 103, room: "DEV", message: "hi", ref: "1" });
  bo.sends({ code: 103, room: "dev", message: "ho" });
  cy.sends({ code: 100, message: "who?" });
  const lines = [line("dev", "ana", "hi", 1), line("dev", "bo", "ho", 2)];
  const main = line("main", "cy", "who?", 1);
  const [done, ...rest] = ana.receives();
  assertEquals(done, { code: 207, ref: "1", sequence: 1 });
  const byRoom = (received: Body[]) =>
    received.sort((a, b) =>
      String((a.message as { room: string }).room) < (b.message as { room: string }).room ? -1 : 1
    );
  assertEquals([byRoom(rest), byRoom(bo.receives())], [[...lines, main], [...lines, main]]);
  assertEquals([cy.receives(), dee.receives()], [[main], [main]]);
});

test("103 in main is the same as 100", () => {
  const { ana, dee } = scene();
  ana.sends({ code: 103, room: "Main", message: "hi", ref: "1" });
  assertEquals(ana.receives(), [{ code: 207, ref: "1", sequence: 1 }, line("main", "ana", "hi", 1)]);
  assertEquals(dee.receives(), [line("main", "ana", "hi", 1)]);
});

test("Invalid requests for rooms are refused by their error word, and change nothing", () => {
  const { ana, bo, cy } = scene();
  const cases: [TestUser, Parameters<TestUser["sends"]>[0], string][] = [
    [cy, { code: 103, room: "dev", message: "hi", ref: "r" }, "not_in_room"],
    [cy, { code: 103, room: "nowhere", message: "hi", ref: "r" }, "no_such_room"],
    [cy, { code: 103, room: "x".repeat(60_000), message: "hi", ref: "r" }, "no_such_room"],
    [ana, { code: 103, room: "dev", message: "", ref: "r" }, "bad_text"],
    [ana, { code: 103, room: "dev", message: "x".repeat(4097), ref: "r" }, "too_long"],
    [cy, { code: 107, room: "a room", ref: "r" }, "bad_name"],
    [cy, { code: 107, room: "#dev", ref: "r" }, "bad_name"],
    [cy, { code: 107, room: "", ref: "r" }, "bad_name"],
    [cy, { code: 107, room: "Server", ref: "r" }, "name_reserved"],
    [cy, { code: 108, room: "dev", ref: "r" }, "not_in_room"],
    [cy, { code: 108, room: "nowhere", ref: "r" }, "no_such_room"],
    [cy, { code: 108, room: "MAIN", ref: "r" }, "not_allowed"],
    [cy, { code: 104, to: "nobody", message: "hi", ref: "r" }, "no_such_user"],
    [cy, { code: 104, to: "y".repeat(60_000), message: "hi", ref: "r" }, "no_such_user"],
    [cy, { code: 104, to: "ana", message: "\x1b[2J", ref: "r" }, "bad_text"],
    [cy, { code: 106, room: "nowhere", ref: "r" }, "no_such_room"],
  ];
  for (const [user, message, error] of cases) {
    assertEquals(refusal(user, () => user.sends(message)), [[206, error, "r"]]);
  }
  assertEquals([ana.receives(), bo.receives()], [[], []]);
});

test("Leaving a room is announced to its members, and its messages end for the one who left", () => {
  const { ana, bo, cy } = scene();
  bo.sends({ code: 108, room: "DEV", ref: "l" });
  assertEquals(bo.receives(), [{ code: 207, ref: "l" }]);
  assertEquals(ana.receives(), [{ code: 212, room: "dev", username: "bo" }]);
  ana.sends({ code: 103, room: "dev", message: "alone" });
  assertEquals([ana.receives(), bo.receives(), cy.receives()], [[line("dev", "ana", "alone", 1)], [], []]);
});

test("A user who disconnects leaves its rooms, announced by the 204 only", () => {
  const { ana, bo, cy } = scene();
  bo.disconnects();
  const left = [{ code: 204, username: "bo" }];
  assertEquals([ana.receives(), cy.receives()], [left, left]);
  ana.sends({ code: 106, room: "dev", ref: "w" });
  assertEquals((ana.receives()[0] as unknown as Users).users.map((user) => user.username), ["ana"]);
});

test("A room is removed when its last member leaves, and is new for the next user who joins", () => {
  const { ana, bo, cy } = scene();
  ana.sends({ code: 103, room: "dev", message: "one" });
  ana.sends({ code: 108, room: "dev" });
  bo.disconnects();
  ana.receives();
  assertEquals(refusal(ana, () => ana.sends({ code: 103, room: "dev", message: "two", ref: "r" })), [
    [206, "no_such_room", "r"],
  ]);
  cy.sends({ code: 107, room: "Dev" });
  cy.receives();
  cy.sends({ code: 103, room: "dev", message: "anew" });
  assertEquals(cy.receives(), [line("Dev", "cy", "anew", 1)]);
});

test("109 lists every room with its number of members and its last number, main first", () => {
  const { ana, cy } = scene();
  cy.sends({ code: 107, room: "ops" });
  ana.sends({ code: 103, room: "dev", message: "one" });
  ana.sends({ code: 100, message: "two" });
  cy.receives();
  cy.sends({ code: 109, ref: "l" });
  assertEquals(cy.receives(), [{
    code: 214,
    rooms: [
      { name: "main", users: 4, last_sequence: 1 },
      { name: "dev", users: 2, last_sequence: 1 },
      { name: "ops", users: 1, last_sequence: 0 },
    ],
    ref: "l",
  }]);
});

test("209 lists the members of a room, and the rooms of each of them", () => {
  const { cy } = scene();
  cy.sends({ code: 106, room: "DEV" });
  const [answer] = cy.receives() as unknown as Users[];
  assertEquals(answer!.users.map(({ username, rooms }) => [username, rooms]), [
    ["ana", ["main", "dev"]],
    ["bo", ["main", "dev"]],
  ]);
});

test("Hello joins rooms at once, the welcome lists them, and one invalid room refuses the whole hello", () => {
  const { chat, ana } = scene();
  const eve = chat.connect();
  eve.receives();
  eve.sends({ code: 102, client: "test/1", username: "eve", rooms: ["Main", "DEV", "ops", "Ops"], ref: "h" });
  const [welcome, ...rest] = eve.receives();
  assertEquals([welcome!.code, welcome!.rooms, welcome!.ref], [210, ["main", "dev", "ops"], "h"]);
  assertEquals(
    new Set(rest.map((body) => JSON.stringify(body))),
    new Set([
      JSON.stringify({ code: 201, new: "eve" }),
      JSON.stringify({ code: 211, room: "dev", username: "eve" }),
      JSON.stringify({ code: 211, room: "ops", username: "eve" }),
    ]),
  );
  assertEquals(new Set(ana.receives().map((body) => body.code)), new Set([201, 211]));

  const fay = chat.connect();
  fay.receives();
  const hello = { code: Code.Hello, client: "test/1", username: "fay", ref: "h" } as const;
  assertEquals(refusal(fay, () => fay.sends({ ...hello, rooms: ["dev", "a b"] })), [[206, "bad_name", "h"]]);
  assert(fay.name !== "fay");
  assertEquals(ana.receives(), []);
  fay.sends({ ...hello, rooms: ["dev"] });
  assertEquals([fay.receives()[0]!.code, fay.name], [210, "fay"]);
});

test("A user cannot be in more rooms at once than the limit", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  for (let i = 1; i < MAX_ROOMS_PER_SESSION; i++) ana.sends({ code: 107, room: `r${i}` });
  assertEquals(refusal(ana, () => ana.sends({ code: 107, room: "more", ref: "r" })), [[
    206,
    "not_allowed",
    "r",
  ]]);
  ana.sends({ code: 108, room: "r1" });
  ana.sends({ code: 107, room: "more", ref: "m" });
  assert(ana.receives().some(({ code, ref }) => code === 207 && ref === "m"));
});

test("Lists of any length are sent in messages of valid size", () => {
  const chat = new TestHub();
  const users = Array.from({ length: 40 }, (_, i) => chat.join(`\u6f22${i}`));
  for (const [i, user] of users.entries()) {
    for (let k = 1; k < MAX_ROOMS_PER_SESSION; k++) {
      user.sends({ code: 107, room: "\u{20000}".repeat(28) + `${i % 4}${k}` });
    }
  }
  const [ana] = users;
  for (const code of [106, 109] as const) {
    ana!.receives();
    ana!.sends({ code });
    const pages = ana!.receives();
    assert(pages.length > 1);
    assertEquals(pages.map(({ more }) => more), [...pages.slice(1).map(() => true), undefined]);
    for (const page of pages) assert(encodeFrame(JSON.stringify(page)).length <= MAX_BODY_BYTES + 8);
    const count = pages.reduce((sum, page) => sum + ((page.users ?? page.rooms) as unknown[]).length, 0);
    assertEquals(count, code === 106 ? 40 : 1 + 4 * (MAX_ROOMS_PER_SESSION - 1));
  }
});

test("A direct message reaches its author and its reader, and nobody else", () => {
  const { ana, bo, cy, dee } = scene();
  ana.sends({ code: 104, to: "BO", message: "psst", ref: "d" });
  const said = {
    code: 213,
    message: { timestamp: START, username: "ana", message: "psst", to: "bo", verified: false },
  };
  assertEquals(ana.receives(), [said, { code: 207, ref: "d" }]);
  assertEquals([bo.receives(), cy.receives(), dee.receives()], [[said], [], []]);
});

test("A direct message to a base client is a 200 from its author, marked as direct", () => {
  const { ana, dee } = scene();
  ana.sends({ code: 104, to: "dee", message: "psst" });
  assertEquals(dee.receives(), [{
    code: 200,
    message: { timestamp: START, username: "ana (direct)", message: "psst" },
  }]);
});

test("A direct message to oneself is received once", () => {
  const { ana } = scene();
  ana.sends({ code: 104, to: "ana", message: "note", ref: "d" });
  assertEquals(ana.receives().map(({ code }) => code), [213, 207]);
});

test("A base client can request none of this, and receives nothing of it", () => {
  const { ana, bo, dee } = scene();
  const asks = [
    { code: 103, room: "main", message: "hi" },
    { code: 104, to: "ana", message: "hi" },
    { code: 107, room: "dev" },
    { code: 108, room: "dev" },
    { code: 109 },
  ] as const;
  for (const ask of asks) {
    dee.sends(ask);
    assertEquals(dee.receives().map(({ code }) => code), [200]);
  }
  ana.sends({ code: 107, room: "ops" });
  ana.sends({ code: 103, room: "dev", message: "hi" });
  bo.sends({ code: 108, room: "dev" });
  assertEquals(dee.receives(), []);
});

test("A flood in one room delays another room by no more than one turn", () => {
  for (
    const [flooded, quick] of [["main", "dev"], ["dev", "main"], ["main", "@bo"], ["@bo", "main"]] as const
  ) {
    const { ana, bo } = scene();
    const sendMany = (message: string, count: number, where: string) => {
      for (let i = 0; i < count; i++) {
        ana.sends(where === "@bo" ? { code: 104, to: "bo", message } : { code: 103, room: where, message });
      }
    };
    sendMany("x".repeat(1000), 2000, flooded);
    sendMany("quick", 1, quick);
    let taken = 0;
    for (;; taken++) {
      const text = new TextDecoder().decode(bo.session.take());
      if (text.includes('"quick"')) break;
      assert(text !== "", "it never arrived");
    }
    assert(taken <= 2, `${taken} pieces of the flood in ${flooded} came first`);
  }
});

test("A user who leaves a room receives the messages from before", () => {
  const { ana, bo } = scene();
  ana.sends({ code: 103, room: "dev", message: "before" });
  bo.sends({ code: 103, room: "dev", message: "me too", ref: "1" });
  bo.sends({ code: 108, room: "dev", ref: "2" });
  ana.sends({ code: 103, room: "dev", message: "after" });
  assertEquals(bo.receives(), [
    { code: 207, ref: "1", sequence: 2 },
    line("dev", "ana", "before", 1),
    line("dev", "bo", "me too", 2),
    { code: 207, ref: "2" },
  ]);
});

test("A hello with more rooms than the limit is refused at once, however they are spelled", () => {
  const { chat } = scene();
  const eve = chat.connect();
  const rooms = Array.from({ length: 6000 }, () => "DEV");
  assertEquals(refusal(eve, () => eve.sends({ code: 102, client: "test/1", rooms, ref: "h" })), [[
    206,
    "not_allowed",
    "h",
  ]]);
});

test("Direct messages to a user who does not read are refused beyond the mailbox limit", () => {
  const { ana, bo } = scene();
  let refused: Body | undefined;
  for (let i = 0; i < 400 && refused === undefined; i++) {
    ana.sends({ code: 104, to: "bo", message: "x".repeat(4000), ref: String(i) });
    refused = ana.receives().find(({ code }) => code === 206);
  }
  assertEquals(refused?.error, "unavailable");
  assert(bo.session.waitingBytes < MAX_MAILBOX_BYTES + 10_000);
  bo.receives();
  ana.sends({ code: 104, to: "bo", message: "again", ref: "a" });
  assert(ana.receives().some(({ code, ref }) => code === 207 && ref === "a"));
});

test("The 205 is the last message that a user receives, whatever rooms it is in", () => {
  const { chat, ana, bo } = scene();
  for (let i = 0; i < 200; i++) ana.sends({ code: 103, room: "dev", message: "x".repeat(1000) });
  ana.sends({ code: 104, to: "bo", message: "bye" });
  chat.hub.shutDown();
  const codes = bo.receives().map(({ code }) => code);
  assertEquals([codes.filter((code) => code === 200).length, codes.includes(213), codes.at(-1)], [
    200,
    true,
    205,
  ]);
});
