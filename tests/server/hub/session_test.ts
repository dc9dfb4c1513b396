/**
 * The `session` of a 102: the hub knows a client again on a new connection, while the old one is dead and nobody has
 * noticed.
 *
 * @module
 */
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import { ANNOUNCE_SILENT_MS } from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

const SECRET = "a secret of ana's run";

function test(name: string, fn: (chat: TestHub) => void): void {
  Deno.test({ name, permissions: "none", fn: () => fn(new TestHub()) });
}

function hello(
  user: TestUser,
  username: string,
  more: Partial<ClientMessage & { code: 102 }> = {},
): TestUser {
  user.sends({ code: 102, client: "test/1", username, session: SECRET, ...more });
  return user;
}

const codes = (bodies: Body[]) => bodies.map(({ code, error }) => error ?? code);
const brief = (bodies: Body[]) =>
  bodies.map(({ code, room, old, new: name, username }) =>
    [code, room, old, name ?? username].filter((part) => part !== undefined).join(" ")
  );

test("A client that connects again has its name at once, and others see it neither leave nor join", (chat) => {
  const old = hello(chat.connect(), "ana");
  const bo = chat.join("bo", old);
  const ana = hello(chat.connect(), "ana");
  assertEquals(brief(ana.receives()).slice(1), ["210 ana", "201 ana"]);
  assertEquals(old.receives(), [{ code: 216, reason: "your client has connected again" }]);
  assertEquals(old.endReason, "your client has connected again");
  old.disconnects();
  chat.advance(ANNOUNCE_SILENT_MS);
  ana.sends({ code: 100, message: "hi" });
  bo.sends({ code: 104, to: "ana", message: "psst" });
  assertEquals(brief(bo.receives()), ["213", "200"]);
  assertEquals(codes(ana.receives()), [213, 200]);
  assertEquals([chat.hub.sessionCount, chat.hub.counters.drops.get("replaced")], [2, 1]);
  ana.disconnects();
  assertEquals(brief(bo.receives()), ["204 ana"]);
});

test("Others are told of another spelling, and of the rooms that only one of the two connections is in", (chat) => {
  const old = hello(chat.connect(), "ana", { rooms: ["both", "before", "alone"] });
  const bo = chat.join("bo");
  for (const room of ["both", "before", "after"]) bo.sends({ code: 107, room });
  bo.receives();
  const ana = hello(chat.connect(), "Ana", { rooms: ["BOTH", "after", "new"] });
  assertEquals(brief(ana.receives()).slice(1).sort(), [
    "201 ana",
    "203 ana Ana",
    "210 Ana",
    "211 after Ana",
    "211 both Ana",
    "211 new Ana",
  ]);
  assertEquals(codes(old.receives()).filter((code) => code === 216), [216]);
  assertEquals(brief(bo.receives()).sort(), ["203 ana Ana", "211 after Ana", "212 before Ana"]);
  bo.sends({ code: 109 });
  const [list] = bo.receives();
  assertEquals(
    (list!.rooms as { name: string; users: number }[]).map(({ name, users }) => `${name} ${users}`),
    [
      "main 2",
      "both 2",
      "before 1",
      "after 2",
      "new 1",
    ],
  );
});

test("Nobody else gets the name: without the secret, with another one, or by an older connection", (chat) => {
  const late = chat.connect();
  chat.advance(1);
  const ana = hello(chat.connect(), "ana");
  for (const more of [{ session: undefined }, { session: "a secret of another run" }]) {
    const other = chat.connect();
    const { session } = more;
    other.sends({
      code: 102,
      client: "test/1",
      username: "ana",
      ...(session === undefined ? {} : { session }),
    });
    assertEquals(codes(other.receives()).slice(1), ["name_taken"]);
  }
  late.receives();
  hello(late, "ana");
  assertEquals(codes(late.receives()), ["name_taken"]);
  const plain = chat.join("bo");
  assertEquals(codes(hello(chat.connect(), "bo").receives()).slice(1), ["name_taken"]);
  assertEquals([ana.endReason, plain.endReason], [undefined, undefined]);
});

test("A refused 102 ends no connection, and its secret does not count", (chat) => {
  const old = hello(chat.connect(), "ana");
  const ana = chat.connect();
  hello(ana, "ana", { rooms: ["a b"] });
  hello(ana, "a b");
  ana.sends({ code: 102, client: "test/1", username: "ana" });
  assertEquals(codes(ana.receives()).slice(1), ["bad_name", "bad_name", "name_taken"]);
  assertEquals(old.endReason, undefined);
});

test("A client that was announced under another name replaces its older connection as another user would", (chat) => {
  const old = hello(chat.connect(), "ana");
  const bo = chat.join("bo", old);
  const slow = chat.connect();
  const random = slow.name;
  chat.advance(ANNOUNCE_SILENT_MS);
  hello(slow, "ana");
  assertEquals(brief(bo.receives()), [`201 ${random}`, "204 ana", `203 ${random} ana`]);
  const renamed = hello(chat.connect(), "cy");
  renamed.sends({ code: 101, username: "ana" });
  assertEquals(brief(bo.receives()), ["201 cy", "204 ana", "203 cy ana"]);
  assertEquals([old.endReason !== undefined, slow.endReason !== undefined, renamed.name], [
    true,
    true,
    "ana",
  ]);
});

test("A quiet client replaces its older connection without a notice", (chat) => {
  const bo = chat.join("bo");
  const old = hello(chat.connect(), "ci", { quiet: true, rooms: ["ops"] });
  const ci = hello(chat.connect(), "ci", { quiet: true, rooms: ["ops"] });
  assertEquals([old.endReason !== undefined, ci.name], [true, "ci"]);
  assertEquals(brief(bo.receives()), []);
});

test("A message sent again under another name is known by the session, and one of another session is new", (chat) => {
  const bo = chat.join("bo");
  const old = hello(chat.connect(), "ana");
  const line = { code: 103, room: "main", message: "hi", id: "1", ref: "r" } as const;
  const direct = { code: 104, to: "bo", message: "psst", id: "2", ref: "r" } as const;
  const send = (user: TestUser) => {
    user.receives();
    user.sends(line);
    user.sends(direct);
    return user.receives().filter(({ code }) => code === 207).map(({ sequence }) => sequence);
  };
  assertEquals(send(old), [1, undefined]);
  assertEquals(send(hello(chat.connect(), "x7f3")), [1, undefined]);
  const texts = (user: TestUser) => user.receives().filter(({ code }) => code === 200 || code === 213).length;
  assertEquals(texts(bo), 2);
  assertEquals(send(hello(chat.connect(), "cy", { session: "a secret of another run" })), [2, undefined]);
  assertEquals(texts(bo), 2);
});

Deno.test("A restarted hub knows a message of the session under any name, and has stored no secret", () => {
  using folder = new DataFolder();
  const send = (username: string) => {
    const history = folder.open();
    const chat = new TestHub(history);
    const ana = hello(chat.connect(), username);
    ana.receives();
    ana.sends({ code: 103, room: "main", message: "hi", id: "1", ref: "r" });
    const done = ana.receives().find(({ code }) => code === 207);
    chat.runTurns();
    for (const { name } of Deno.readDirSync(folder.path)) {
      const bytes = new TextDecoder().decode(Deno.readFileSync(`${folder.path}/${name}`));
      assert(!bytes.includes(SECRET), name);
    }
    while (history.work(1000));
    history.close();
    return done?.sequence;
  };
  assertEquals([send("ana"), send("x7f3"), send("ana")], [1, 1, 1]);
  assertEquals(folder.query("SELECT substr(author, 1, 1) AS first, length(author) AS size FROM receipts"), [
    { first: "~", size: 17 },
  ]);
});
