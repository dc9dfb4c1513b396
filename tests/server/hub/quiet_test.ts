/**
 * Quiet clients: a 102 with `quiet` is announced to nobody.
 *
 * @module
 */
import type { Body } from "../../../protocol/mod.ts";
import { ANNOUNCE_SILENT_MS } from "../../../server/limits.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const line = (room: string, username: string, message: string, sequence: number) => ({
  code: 200,
  message: { timestamp: START, username, message, sequence, room, verified: false },
});

/** Connects a quiet client. */
function quietUser(chat: TestHub, username: string, rooms?: string[]): TestUser {
  const user = chat.connect();
  user.sends({ code: 102, client: "test/1", username, quiet: true, ...(rooms ? { rooms } : {}) });
  return user;
}

const usersOf = ([answer]: Body[]) => answer!.users as Record<string, unknown>[];

test("A quiet client that says something in main and leaves is seen by its message only", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const ci = quietUser(chat, "ci");
  assertEquals(ci.receives().map(({ code }) => code), [202, 210]);
  ci.sends({ code: 100, message: "built", ref: "1" });
  assertEquals(ci.receives(), [{ code: 207, ref: "1", sequence: 1 }, line("main", "ci", "built", 1)]);
  ci.sends({ code: 101, username: "ci-2" });
  ci.sends({ code: 107, room: "ops" });
  ci.sends({ code: 108, room: "ops" });
  chat.advance(ANNOUNCE_SILENT_MS);
  ci.disconnects();
  assertEquals(ana.receives(), [line("main", "ci", "built", 1)]);
});

test("A quiet client in another room only is not in main, and its members are not told of it", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 107, room: "ops" });
  ana.receives();
  const ci = quietUser(chat, "ci", ["OPS"]);
  const [, welcome] = ci.receives();
  assertEquals(welcome!.rooms, ["ops"]);
  ana.sends({ code: 100, message: "in main" });
  ana.sends({ code: 103, room: "ops", message: "in ops" });
  assertEquals(ci.receives(), [line("ops", "ana", "in ops", 1)]);
  ci.sends({ code: 103, room: "ops", message: "here" });
  ci.sends({ code: 100, message: "there", ref: "1" });
  ci.sends({ code: 103, room: "main", message: "there", ref: "2" });
  assertEquals(ci.receives().slice(0, -1).map(({ error, ref }) => [error, ref]), [
    ["not_in_room", "1"],
    ["not_in_room", "2"],
  ]);
  ana.receives();
  ci.disconnects();
  assertEquals(ana.receives(), []);
});

test("A quiet client joins main later by a 107, and then gets its messages", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const ci = quietUser(chat, "ci", ["ops"]);
  ci.sends({ code: 107, room: "main", ref: "1" });
  ci.sends({ code: 100, message: "hi" });
  assertEquals(ci.receives().slice(2), [{ code: 207, ref: "1" }, line("main", "ci", "hi", 1)]);
  assertEquals(ana.receives(), [line("main", "ci", "hi", 1)]);
});

test("A quiet client that names main among its rooms is in both", () => {
  const chat = new TestHub();
  const ci = quietUser(chat, "ci", ["Main", "ops"]);
  assertEquals(ci.receives()[1]!.rooms, ["main", "ops"]);
});

test("A list of users shows a quiet client, with its flag", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  quietUser(chat, "ci", ["ops"]);
  ana.sends({ code: 106 });
  const times = { connected_ms: 0, idle_ms: 0, verified: false };
  const quiet = { username: "ci", rooms: ["ops"], ...times, quiet: true };
  assertEquals(usersOf(ana.receives()), [{ username: "ana", rooms: ["main"], ...times }, quiet]);
  ana.sends({ code: 106, room: "ops" });
  assertEquals(usersOf(ana.receives()), [quiet]);
  ana.sends({ code: 106, room: "main" });
  assertEquals(usersOf(ana.receives()).map(({ username }) => username), ["ana"]);
});

test("A client that everyone saw join before it asked to be quiet is seen to leave at once", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const ci = chat.connect();
  const first = ci.name;
  chat.advance(ANNOUNCE_SILENT_MS);
  ci.sends({ code: 102, client: "test/1", username: "ci", quiet: true });
  ci.disconnects();
  assertEquals(ana.receives(), [{ code: 201, new: first }, { code: 204, username: first }]);
});

test("A refused 102 with quiet has no effect", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const ci = quietUser(chat, "ana", ["ops"]);
  assertEquals(ci.receives().map(({ code, error }) => error ?? code), [202, "name_taken"]);
  ci.sends({ code: 100, message: "hi" });
  assertEquals(ana.receives(), [{ code: 201, new: ci.name }, line("main", ci.name, "hi", 1)]);
});

test("A quiet client outside main gets direct messages, and 205 as the last message", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  const ci = quietUser(chat, "ci", ["ops"]);
  ci.receives();
  ana.sends({ code: 104, to: "ci", message: "psst" });
  ci.sends({ code: 103, room: "ops", message: "hi" });
  chat.hub.shutDown();
  assertEquals(ci.receives().map(({ code }) => code).sort(), [200, 205, 213]);
  assertEquals(ana.receives().at(-1), { code: 205 });
});
