/**
 * Rooms with more people than are announced: what their members are told, and what everybody else is.
 *
 * The file is long because each rule has a test beside the random one.
 *
 * @module
 */
import fc from "fast-check";
import type { Body } from "../../../protocol/mod.ts";
import { ANNOUNCE_SILENT_MS, BIG_ROOM_COUNT_MS, DEFAULT_ROOM_LIMITS } from "../../../server/limits.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { PeopleFollower } from "../../helpers/clients/people_follower.ts";
import { cases } from "../../helpers/fuzz.ts";
import { TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** A hub that announces joins and leaves in rooms of up to so many people. */
function hubWith(announceUpTo: number): TestHub {
  return new TestHub(undefined, undefined, undefined, undefined, () => ({
    rooms: { ...DEFAULT_ROOM_LIMITS, announceUpTo },
  }));
}

/** Connects a client of the base protocol, and gives it a name. */
function baseUser(chat: TestHub, username: string): TestUser {
  const user = chat.connect();
  user.sends({ code: 101, username });
  return user;
}

const big = (room: string, users: number) => ({ code: 232, room, users, announced: false });

const codesOf = (bodies: readonly Body[]) => bodies.map(({ code }) => code);

test("The join that is too many makes a room big: its members get the number, and nobody a 201", () => {
  const chat = hubWith(2);
  const ana = chat.join("ana");
  const bo = chat.join("bo");
  assertEquals(ana.receives(), [{ code: 201, new: "bo" }]);
  const cy = chat.connect();
  cy.sends({ code: 102, client: "test/1", username: "cy" });
  assertEquals([ana.receives(), bo.receives()], [[big("main", 3)], [big("main", 3)]]);
  // Its own join, and that the room is big.
  assertEquals(codesOf(cy.receives()), [202, 210, 201, 232]);
  const di = chat.connect();
  di.sends({ code: 102, client: "test/1", username: "di" });
  // Before the welcome, so that its client does not ask for the list.
  const [, notice, welcome, ...more] = di.receives();
  assertEquals([notice, welcome!.code, more], [big("main", 3), 210, [{ code: 201, new: "di" }]]);
  assertEquals(ana.receives(), []);
});

test("The number of people in a big room comes every few seconds, if it has changed", () => {
  const chat = hubWith(2);
  const ana = chat.join("ana");
  chat.join("bo");
  chat.join("cy");
  ana.receives();
  const di = chat.join("di");
  chat.join("ed");
  chat.advance(BIG_ROOM_COUNT_MS - 1);
  assertEquals(ana.receives(), []);
  chat.advance(1);
  assertEquals(ana.receives(), [big("main", 5)]);
  chat.advance(10 * BIG_ROOM_COUNT_MS);
  di.disconnects();
  chat.join("fay");
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(ana.receives(), []);
  di.disconnects();
  chat.join("gus");
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(ana.receives(), [big("main", 6)]);
});

test("A big room is small again well below the limit; its members get all names, then each join", () => {
  const chat = hubWith(5);
  const ana = chat.join("ana");
  const others = ["bo", "cy", "di", "ed", "fay"].map((name) => chat.join(name));
  const quiet = chat.connect();
  quiet.sends({ code: 102, client: "test/1", username: "ci", quiet: true });
  ana.receives();
  others[4]!.disconnects();
  others[3]!.disconnects();
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(ana.receives(), [big("main", 5)]);
  others[2]!.disconnects();
  chat.advance(BIG_ROOM_COUNT_MS);
  const names = { code: 232, room: "main", users: 4, announced: true, usernames: ["ana", "bo", "cy"] };
  assertEquals(ana.receives(), [names]);
  chat.join("di");
  assertEquals(ana.receives(), [{ code: 201, new: "di" }]);
  others[0]!.disconnects();
  assertEquals(ana.receives(), [{ code: 204, username: "bo" }]);
});

test("A client of the base gets its own join and name in a big room, and never a number", () => {
  const chat = hubWith(2);
  const ana = baseUser(chat, "ana");
  assertEquals(codesOf(ana.receives()), [202, 202, 201]);
  const others = ["bo", "cy", "di"].map((name) => chat.join(name));
  assertEquals(ana.receives(), [{ code: 201, new: "bo" }]);
  ana.sends({ code: 101, username: "anna" });
  assertEquals(ana.receives(), [{ code: 202, new: "anna" }, { code: 203, old: "ana", new: "anna" }]);
  const late = baseUser(chat, "late");
  assertEquals(late.receives().slice(1), [{ code: 202, new: "late" }, { code: 201, new: "late" }]);
  others[0]!.sends({ code: 100, message: "hi" });
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(codesOf(ana.receives()), [200]);
  for (const other of others) other.disconnects();
  late.disconnects();
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(ana.receives(), []);
  chat.join("ed");
  assertEquals(ana.receives(), [{ code: 201, new: "ed" }]);
});

test("In a big room the rename of those is announced who have said something, or are in a small room", () => {
  const chat = hubWith(2);
  const ana = chat.join("ana");
  const [bo, cy, di] = ["bo", "cy", "di"].map((name) => chat.join(name)) as [TestUser, TestUser, TestUser];
  cy.sends({ code: 107, room: "dev" });
  di.sends({ code: 104, to: "cy", message: "psst" });
  for (const user of [ana, bo, cy, di]) user.receives();
  bo.sends({ code: 101, username: "bob" });
  assertEquals([codesOf(bo.receives()), ana.receives()], [[202, 203], []]);
  cy.sends({ code: 101, username: "cyd" });
  assertEquals(ana.receives(), [{ code: 203, old: "cy", new: "cyd" }]);
  di.sends({ code: 101, username: "dia" });
  assertEquals(ana.receives(), [{ code: 203, old: "di", new: "dia" }]);
  bo.sends({ code: 100, message: "hi" });
  bo.sends({ code: 101, username: "bo" });
  assertEquals(codesOf(ana.receives()), [200, 203]);
});

test("Who got a direct message can be followed by name in a big room, also on a new connection", () => {
  const session = "a secret of one run";
  for (const isNew of [false, true]) {
    const chat = hubWith(2);
    const [ana] = ["ana", "bo", "cy"].map((name) => chat.join(name)) as [TestUser];
    const hello = { code: 102, client: "test/1", username: "di", session } as const;
    let di = chat.connect();
    di.sends(hello);
    ana.sends({ code: 104, to: "DI", message: "are you there" });
    if (isNew) {
      di = chat.connect();
      di.sends(hello);
    }
    ana.receives();
    di.sends({ code: 101, username: "dia" });
    assertEquals(ana.receives(), [{ code: 203, old: "di", new: "dia" }]);
    ana.sends({ code: 104, to: "dia", message: "still you" });
    assertEquals(codesOf(ana.receives()), [213]);
  }
});

test("Who has said something before a new connection took its place can still be followed", () => {
  const chat = hubWith(2);
  const [ana] = ["ana", "bo", "cy"].map((name) => chat.join(name));
  const hello = { code: 102, client: "test/1", username: "di", session: "a secret of one run" } as const;
  const before = chat.connect();
  before.sends(hello);
  before.sends({ code: 100, message: "hi" });
  const di = chat.connect();
  di.sends(hello);
  ana!.receives();
  di.sends({ code: 101, username: "dia" });
  assertEquals(ana!.receives(), [{ code: 203, old: "di", new: "dia" }]);
});

test("Who takes the place of somebody by a rename, or after it was announced, can be followed from then on", () => {
  const session = "a secret of one run";
  const hello = (username: string) => ({ code: 102, client: "test/1", username, session }) as const;
  for (const isLate of [false, true]) {
    const chat = hubWith(2);
    const [ana] = ["ana", "bo", "cy"].map((name) => chat.join(name));
    const before = chat.connect();
    before.sends(hello("di"));
    before.sends({ code: 100, message: "hi" });
    const di = chat.connect();
    if (isLate) chat.advance(ANNOUNCE_SILENT_MS);
    else di.sends(hello("dib"));
    ana!.receives();
    di.sends(isLate ? hello("di") : { code: 101, username: "di" });
    // Nobody knows the name that it had until then.
    assertEquals(codesOf(ana!.receives()), []);
    di.sends({ code: 101, username: "dia" });
    assertEquals(ana!.receives(), [{ code: 203, old: "di", new: "dia" }]);
  }
});

test("Who leaves the hub while main is big leaves the other rooms by a 212; a room of its own size is not", () => {
  const chat = hubWith(2);
  const ana = chat.join("ana");
  const bo = chat.join("bo");
  const others = ["cy", "di", "ed"].map((name) => chat.join(name));
  for (const user of [ana, bo]) user.sends({ code: 107, room: "dev" });
  for (const user of [ana, bo, ...others]) user.sends({ code: 107, room: "big" });
  ana.receives();
  bo.disconnects();
  assertEquals(ana.receives(), [{ code: 212, room: "dev", username: "bo" }]);
  others[0]!.sends({ code: 108, room: "big" });
  others[0]!.sends({ code: 107, room: "dev" });
  assertEquals(ana.receives(), [{ code: 211, room: "dev", username: "cy" }]);
});

test("Who joins a big room is told so after its own 211, and who makes it big once", () => {
  const chat = hubWith(2);
  const users = ["ana", "bo", "cy", "di"].map((name) => chat.join(name));
  for (const user of users.slice(0, 2)) user.sends({ code: 107, room: "dev" });
  users[2]!.receives();
  users[2]!.sends({ code: 107, room: "dev", ref: "j" });
  const joined = (username: string) => ({ code: 211, room: "dev", username });
  assertEquals(users[2]!.receives(), [joined("cy"), { code: 207, ref: "j" }, big("dev", 3)]);
  users[3]!.receives();
  users[3]!.sends({ code: 107, room: "dev", ref: "j" });
  assertEquals(users[3]!.receives(), [joined("di"), big("dev", 3), { code: 207, ref: "j" }]);
});

test("The list of a big room is whole, and its number is that of the list", () => {
  const chat = hubWith(2);
  const ana = chat.join("ana");
  ["bo", "cy", "di"].map((name) => chat.join(name));
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(ana.receives().at(-1), big("main", 4));
  ana.sends({ code: 106, ref: "w" });
  const [answer] = ana.receives();
  assertEquals((answer!.users as { username: string }[]).map(({ username }) => username), [
    "ana",
    "bo",
    "cy",
    "di",
  ]);
});

test("Without a limit each join and leave is announced, however many there are", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  for (let i = 0; i < 400; i++) chat.join(`u${i}`);
  chat.advance(BIG_ROOM_COUNT_MS);
  assertEquals(codesOf(ana.receives()), Array(400).fill(201));
});

const ROOMS = ["dev", "ops"];

/** What somebody does; `who` is an index into the users online. */
type Step =
  | { does: "come"; rooms: string[] }
  | { does: "go" | "rename" | "say"; who: number }
  | { does: "join" | "leave"; who: number; room: string }
  | { does: "wait" };

const who = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("come" as const), rooms: fc.subarray(ROOMS) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("go" as const), who }) },
  fc.record({ does: fc.constantFrom("rename" as const, "say" as const), who }),
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom("join" as const, "leave" as const),
      who,
      room: fc.constantFrom(...ROOMS),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ does: "wait" as const }) },
);

/** Lets somebody do something. */
function take(chat: TestHub, here: PeopleFollower[], step: Step, name: string): void {
  if (step.does === "wait") return chat.advance(BIG_ROOM_COUNT_MS);
  if (step.does === "come") {
    const one = new PeopleFollower(chat.connect());
    one.comes(name, step.rooms);
    // As a client does at the start.
    one.asks();
    here.push(one);
    return;
  }
  const one = here[step.who % here.length];
  if (one === undefined) return;
  switch (step.does) {
    case "go":
      one.user.disconnects();
      here.splice(here.indexOf(one), 1);
      return;
    case "rename":
      return one.user.sends({ code: 101, username: name });
    case "say":
      return one.user.sends({ code: 100, message: "hi" });
    case "join":
      one.joins(step.room);
      return one.asks(step.room);
    case "leave":
      one.leaves(step.room);
  }
}

test("Clients know who is in each room that is not big, and how many are in the others, whatever people do", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 80 }), (limit, steps) => {
      const chat = hubWith(limit);
      const here: PeopleFollower[] = [];
      for (const [i, step] of steps.entries()) {
        take(chat, here, step, `n${i}`);
        for (const one of here) one.receives();
        for (const one of here) one.knows(here, limit);
      }
      chat.advance(BIG_ROOM_COUNT_MS);
      for (const one of here) {
        one.receives();
        assertEquals(one.people.countIn("main") ?? here.length, here.length, `in main for ${one.user.name}`);
      }
    }),
    cases(300),
  );
});
