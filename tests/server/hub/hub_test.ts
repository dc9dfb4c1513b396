/**
 * The hub and its requests, apart from rooms, history and the password.
 *
 * This file is long because every request has a success case and several refusals.
 *
 * @module
 */
import { type ClientMessage, ProtocolError } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { START, TestHub } from "../../helpers/hubs/test_hub.ts";
import { ANNOUNCE_CROWD_MS, ANNOUNCE_SILENT_MS, NEWCOMERS_CROWD } from "../../../server/limits.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const line = (username: string, message: string, sequence: number, timestamp = START) => ({
  code: 200,
  message: { timestamp, username, message, sequence, room: "main", verified: false },
});

test("Hub gives a newcomer a name of ten letters and digits at once, and offers the extension", () => {
  const ana = new TestHub().connect();
  const [first, ...more] = ana.receives();
  assertEquals(more, []);
  assertEquals(Object.keys(first!), ["code", "new", "server"]);
  assertMatch(String(first!.new), /^[a-z0-9]{10}$/);
  assertEquals(Object.keys(first!.server as object), ["version", "protocol", "nonce"]);
});

test("Hub gives every newcomer another name and another nonce", () => {
  const chat = new TestHub();
  const first = Array.from({ length: 500 }, () => chat.connect().receives()[0]!);
  assertEquals(new Set(first.map((message) => message.new)).size, 500);
  assertEquals(new Set(first.map((message) => JSON.stringify(message.server))).size, 500);
});

test("Hub announces a silent newcomer to everyone after 3 s, the newcomer included, and not before", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const newcomer = chat.connect();
  newcomer.receives();
  chat.advance(ANNOUNCE_SILENT_MS - 1);
  assertEquals([ana.receives(), newcomer.receives()], [[], []]);
  chat.advance(1);
  const joined = [{ code: 201, new: newcomer.name }];
  assertEquals([ana.receives(), newcomer.receives()], [joined, joined]);
  chat.advance(10 * ANNOUNCE_SILENT_MS);
  assertEquals(ana.receives(), []);
});

test("Hub announces each of many silent newcomers after its own delay", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const first = chat.connect();
  chat.advance(100);
  const second = chat.connect();
  const gone = chat.connect();
  const early = chat.connect();
  early.sends({ code: 100, message: "hi" });
  gone.disconnects();
  ana.receives();
  chat.advance(ANNOUNCE_SILENT_MS - 100);
  assertEquals(ana.receives(), [{ code: 201, new: first.name }]);
  chat.advance(100);
  assertEquals(ana.receives(), [{ code: 201, new: second.name }]);
});

test("Hub announces a crowd of silent newcomers after 250 ms, and the last ones that are no crowd after 3 s", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const announced = () => ana.receives().filter((message) => message.code === 201).length;
  for (let i = 0; i < NEWCOMERS_CROWD; i++) chat.connect();
  chat.advance(ANNOUNCE_CROWD_MS);
  assertEquals(announced(), 0);
  chat.connect();
  chat.advance(100);
  chat.connect();
  chat.advance(ANNOUNCE_CROWD_MS - 101);
  assertEquals(announced(), 0);
  chat.advance(1);
  assertEquals(announced(), NEWCOMERS_CROWD + 1);
  chat.advance(ANNOUNCE_SILENT_MS - ANNOUNCE_CROWD_MS + 99);
  assertEquals(announced(), 0);
  chat.advance(1);
  assertEquals(announced(), 1);
});

test("Hub announces nobody of a crowd early that has named itself or left", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const silent = chat.connect();
  const crowd = Array.from({ length: 2 * NEWCOMERS_CROWD }, () => chat.connect());
  crowd.forEach((one, i) => i % 2 === 0 ? one.disconnects() : one.sends({ code: 101, username: `bo${i}` }));
  ana.receives();
  chat.advance(ANNOUNCE_SILENT_MS - 1);
  assertEquals(ana.receives(), []);
  chat.advance(1);
  assertEquals(ana.receives(), [{ code: 201, new: silent.name }]);
});

test("Hub announces a newcomer that names itself at once only under that name", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.receives();
  bo.sends({ code: 101, username: "bo" });
  assertEquals(bo.receives(), [{ code: 202, new: "bo" }, { code: 201, new: "bo" }]);
  chat.advance(2 * ANNOUNCE_SILENT_MS);
  assertEquals(ana.receives(), [{ code: 201, new: "bo" }]);
});

test("Hub announces a user that sends a message before that message", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.sends({ code: 100, message: "hello" });
  assertEquals(ana.receives(), [{ code: 201, new: bo.name }, line(bo.name, "hello", 1)]);
});

test("Hub sends each message to everyone, the author included, in one order and numbered without gaps", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  ana.sends({ code: 100, message: "one" });
  chat.advance(5);
  bo.sends({ code: 100, message: 'two\n\tand\u00e9 \u{1F600} "quoted" \\' });
  const said = [line("ana", "one", 1), line("bo", 'two\n\tand\u00e9 \u{1F600} "quoted" \\', 2, START + 5)];
  assertEquals(ana.receives(), said);
  assertEquals(bo.receives(), said);
});

test("Hub shows a newcomer no message from before it connected", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 100, message: "before" });
  const bo = chat.connect();
  ana.sends({ code: 100, message: "after" });
  assertEquals(bo.receives().slice(1), [line("ana", "after", 2)]);
});

test("Hub answers a rename with 202, then tells everyone by 203", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  ana.sends({ code: 101, username: "Ana" });
  assertEquals(ana.receives(), [{ code: 202, new: "Ana" }, { code: 203, old: "ana", new: "Ana" }]);
  assertEquals(bo.receives(), [{ code: 203, old: "ana", new: "Ana" }]);
});

test("Hub announces no rename to the same name", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  ana.sends({ code: 101, username: "ana", ref: "7" });
  assertEquals(ana.receives(), [{ code: 202, new: "ana", ref: "7" }]);
  assertEquals(bo.receives(), []);
});

test("Hub tells everyone that a user left, and the name is free again", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  bo.disconnects();
  bo.disconnects();
  assertEquals(ana.receives(), [{ code: 204, username: "bo" }]);
  assertEquals(chat.hub.sessionCount, 1);
  ana.sends({ code: 101, username: "Bo" });
  assertEquals(ana.receives()[0], { code: 202, new: "Bo" });
});

test("Hub does not mention a newcomer that left before it was announced", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  chat.connect().disconnects();
  chat.advance(1000);
  assertEquals(ana.receives(), []);
});

test("Hub frees the old name of a user that takes another one", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 101, username: "cy" });
  const bo = chat.join("ana");
  assertEquals(bo.name, "ana");
});

for (
  const [what, request, error] of [
    ["a name that is taken", { code: 101, username: "ana" }, "name_taken"],
    ["a name that is taken in another spelling", { code: 101, username: "ANA" }, "name_taken"],
    ["a name that is reserved", { code: 101, username: "Server" }, "name_reserved"],
    ["an invalid name", { code: 101, username: "a b" }, "bad_name"],
    ["a message that is too long", { code: 100, message: "x".repeat(4097) }, "too_long"],
    ["a message with an escape sequence", { code: 100, message: "\x1b[2J" }, "bad_text"],
    ["an empty message", { code: 100, message: "" }, "bad_text"],
    ["a room that does not exist", { code: 106, room: "nowhere" }, "no_such_room"],
    ["a second hello", { code: 102, client: "test/1" }, "bad_message"],
  ] as [string, ClientMessage, string][]
) {
  test(`Hub refuses ${what} by 206 with the request's ref, and tells nobody else`, () => {
    const chat = new TestHub();
    const ana = chat.join("ana");
    const bo = chat.join("bo", ana);
    bo.sends({ ...request, ref: "r1" });
    const [refused, ...more] = bo.receives();
    assertEquals([refused!.code, refused!.error, refused!.ref, more], [206, error, "r1", []]);
    assert(String(refused!.message).length > 20);
    assertEquals(ana.receives(), []);
    assertEquals(bo.name, "bo");
  });

  if (request.code === 102) continue;
  test(`Hub refuses ${what} to a base client by a 200 from server`, () => {
    const chat = new TestHub();
    const ana = chat.join("ana");
    const bo = chat.connect();
    bo.sends({ code: 101, username: "bo" });
    ana.receives();
    bo.receives();
    bo.sends(request);
    const [refused, ...more] = bo.receives();
    assertEquals(Object.keys(refused!.message as object), ["timestamp", "username", "message"]);
    assertEquals([refused!.code, (refused!.message as { username: string }).username, more], [
      200,
      "server",
      [],
    ]);
    assertEquals(ana.receives(), []);
  });
}

test("Hub answers hello with a welcome that states its limits, and announces the name", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.receives();
  bo.sends({ code: 102, client: "test/1", username: "bo", ref: "h" });
  assertEquals(bo.receives(), [{
    code: 210,
    username: "bo",
    rooms: ["main"],
    limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65_536 },
    features: ["who", "ping", "rooms", "direct", "session"],
    retention_ms: 0,
    ref: "h",
  }, { code: 201, new: "bo" }]);
  assertEquals(ana.receives(), [{ code: 201, new: "bo" }]);
});

test("Hub accepts another hello after the name of the first was refused, and announces only the accepted name", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.receives();
  bo.sends({ code: 102, client: "test/1", username: "ana" });
  assertEquals(bo.receives().map((message) => [message.code, message.error]), [[206, "name_taken"]]);
  assertEquals(ana.receives(), []);
  bo.sends({ code: 102, client: "test/1", username: "bo" });
  assertEquals(bo.receives().map((message) => message.code), [210, 201]);
  assertEquals(ana.receives(), [{ code: 201, new: "bo" }]);
});

test("Hub announces a hello with another name after 3 s as a rename", () => {
  const chat = new TestHub();
  const bo = chat.connect();
  chat.advance(ANNOUNCE_SILENT_MS);
  const old = bo.name;
  bo.receives();
  bo.sends({ code: 102, client: "test/1", username: "bo" });
  assertEquals(bo.receives().slice(1), [{ code: 203, old, new: "bo" }]);
});

test("Hub acknowledges a message that has a ref with its number, and one without a ref by the message alone", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 100, message: "one", ref: "a" });
  ana.sends({ code: 100, message: "two" });
  assertEquals(ana.receives(), [
    { code: 207, ref: "a", sequence: 1 },
    line("ana", "one", 1),
    line("ana", "two", 2),
  ]);
});

test("Hub sends a base client that uses a ref nothing beyond the base protocol", () => {
  const chat = new TestHub();
  const ana = chat.connect();
  ana.receives();
  ana.sends({ code: 100, message: "one", ref: "a" });
  assertEquals(ana.receives().map((message) => message.code), [201, 200]);
});

test("Hub answers 106 with the users online, their connection time and idle time", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  chat.advance(1000);
  const bo = chat.join("bo", ana);
  chat.advance(500);
  chat.connect();
  bo.sends({ code: 106, room: "Main", ref: "w" });
  const shared = { rooms: ["main"], verified: false };
  const [answer, ...more] = bo.receives();
  assertEquals(more, []);
  assertEquals(answer, {
    code: 209,
    users: [
      { username: "ana", connected_ms: 1500, idle_ms: 1500, ...shared },
      { username: "bo", connected_ms: 500, idle_ms: 0, ...shared },
    ],
    ref: "w",
  });
});

test("Hub lists many users in several 209s, all but the last with more, and nobody twice", () => {
  const chat = new TestHub();
  const names = Array.from({ length: 450 }, (_, i) => `${"長".repeat(28)}${i}`);
  for (const name of names) chat.join(name);
  const ana = chat.join("ana");
  ana.sends({ code: 106, ref: "w" });
  const parts = ana.receives() as unknown as { users: { username: string }[]; more?: boolean; ref: string }[];
  assertEquals(parts.map(({ more, ref }) => [more, ref]), [[true, "w"], [true, "w"], [undefined, "w"]]);
  assertEquals(parts.flatMap(({ users }) => users.map(({ username }) => username)), [...names, "ana"]);
});

test("Hub refuses a room name that is far too long without spending time on it", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const room = "a" + "\u0301".repeat(10_000) + "\u0316".repeat(10_000);
  const ms = cpuMs(() => {
    for (let i = 0; i < 100; i++) ana.sends({ code: 106, room });
  });
  assert(ms < 1000, `${ms} ms`);
  assertEquals(ana.receives().map(({ error }) => error), Array(100).fill("no_such_room"));
});

test("Hub answers a ping, and refuses one from a client that has not sent hello", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 110, ref: "p" });
  ana.sends({ code: 110 });
  assertEquals(ana.receives(), [{ code: 215, ref: "p" }, { code: 215 }]);
  const bo = chat.connect();
  bo.receives();
  bo.sends({ code: 110 });
  assertEquals(bo.receives().map(({ code }) => code), [200]);
});

test("Hub that ends a session sends its client the reason by 216, and the others a 204", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  chat.hub.end(bo.session, "enough");
  chat.hub.end(bo.session, "again");
  assertEquals([...chat.hub.counters.drops], [
    ["bad_frame", 0],
    ["slow_frame", 0],
    ["lag", 0],
    ["dead", 0],
    ["no_password", 0],
    ["fault", 0],
    ["replaced", 0],
    ["banned", 0],
    ["kicked", 0],
    ["locked_out", 0],
    ["other", 1],
  ]);
  assertEquals(bo.receives(), [{ code: 216, reason: "enough" }]);
  assertEquals(bo.endReason, "enough");
  assertEquals(ana.receives(), [{ code: 204, username: "bo" }]);
  bo.sends({ code: 100, message: "still here" });
  assertEquals([ana.receives(), bo.receives()], [[], []]);
});

test("Hub that ends a session for a protocol error sends its client that error", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.receives();
  chat.hub.end(ana.session, new ProtocolError("bad_frame", "Cannot read that"));
  chat.hub.end(bo.session, new ProtocolError("bad_frame", "Cannot read that"));
  assertEquals(ana.receives(), [{ code: 206, error: "bad_frame", message: "Cannot read that" }]);
  assertEquals(bo.receives(), [{
    code: 200,
    message: { timestamp: START, username: "server", message: "Cannot read that" },
  }]);
});

test("Hub that shuts down sends everyone 205 last, and carries out nothing more", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.join("bo", ana);
  ana.sends({ code: 100, message: "last" });
  chat.hub.shutDown();
  bo.sends({ code: 100, message: "too late" });
  bo.disconnects();
  assertEquals(ana.receives(), [line("ana", "last", 1), { code: 205 }]);
});

test("Hub that shuts down announces, refuses and answers nothing after 205, however long it takes", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const bo = chat.connect();
  bo.receives();
  chat.hub.shutDown();
  chat.hub.refuse(ana.session, new ProtocolError("bad_message", "Cannot read that"));
  chat.advance(1000);
  assertEquals([ana.receives(), bo.receives()], [[{ code: 205 }], [{ code: 205 }]]);
});

test("Hub puts the current message of the day into the welcome, and does not send it to base clients", () => {
  const chat = new TestHub();
  chat.hub.motd = "Be kind.\nHave fun.";
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana" });
  assertEquals(ana.receives().find(({ code }) => code === 210)?.motd, "Be kind.\nHave fun.");
  chat.hub.motd = undefined;
  const bo = chat.connect();
  bo.sends({ code: 102, client: "test/1", username: "bo" });
  assert(!("motd" in bo.receives().find(({ code }) => code === 210)!));
  chat.hub.motd = "again";
  const base = chat.connect();
  base.sends({ code: 101, username: "cy" });
  assert(!JSON.stringify(base.receives()).includes("again"));
});
