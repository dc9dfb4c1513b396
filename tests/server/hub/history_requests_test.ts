/**
 * A hub that stores messages.
 *
 * This file is long because it covers storing, requests for earlier messages, catching up and a full disk with one set
 * of helpers.
 *
 * @module
 */
import { type Body, type ClientMessage, Code, encodeFrame, MAX_BODY_BYTES } from "../../../protocol/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START, TestHub, TestUser } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

/** A hub that can be restarted with its history. */
class Hubs implements Disposable {
  readonly folder = new DataFolder();
  readonly #keep: string;
  history: History;
  chat: TestHub;

  constructor(keep = "30d") {
    this.#keep = keep;
    this.history = this.folder.open({ keep });
    this.chat = new TestHub(this.history);
  }

  /** Restarts the hub. */
  restart(): void {
    this.history.close();
    this.history = this.folder.open({ keep: this.#keep });
    this.chat = new TestHub(this.history);
  }

  /** Connects a user with the extension under a name. */
  join(username: string, more: Partial<ClientMessage & { code: 102 }> = {}): TestUser {
    const user = this.chat.connect();
    user.sends({ code: 102, client: "test/1", username, ...more });
    this.chat.runTurns();
    return user;
  }

  /** All messages that a user has received, once all turns have run. */
  received(user: TestUser): Body[] {
    this.chat.runTurns();
    return user.receives();
  }

  [Symbol.dispose](): void {
    this.history.close();
    this.folder[Symbol.dispose]();
  }
}

function test(name: string, fn: (hubs: Hubs) => void): void {
  Deno.test(name, () => {
    using hubs = new Hubs();
    fn(hubs);
  });
}

const line = (room: string, username: string, message: string, sequence: number) => ({
  timestamp: START,
  username,
  message,
  sequence,
  room,
  verified: false,
});
const said = (...args: Parameters<typeof line>) => ({ code: 200, message: line(...args) });

/** The sequence numbers in 208s and 200s, in the order in which they were received. */
function numbers(received: Body[]): { past: number[]; live: number[]; more: boolean | undefined } {
  const pages = received.filter(({ code }) => code === Code.History) as unknown as {
    messages: { sequence: number }[];
    more: boolean;
  }[];
  const lines = received.filter(({ code }) => code === Code.Said) as unknown as {
    message: { sequence: number };
  }[];
  return {
    past: pages.flatMap(({ messages }) => messages.map(({ sequence }) => sequence)),
    live: lines.map(({ message }) => message.sequence),
    more: pages.at(-1)?.more,
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("Settled messages are in the journal before anybody receives them, and later in the database", (hubs) => {
  const [ana, bo] = [hubs.join("ana"), hubs.join("bo")];
  for (const user of [ana, bo]) user.receives();
  ana.sends({ code: 100, message: "hi", ref: "1" });
  bo.sends({ code: 104, to: "ana", message: "psst" });
  hubs.chat.hub.settle();
  const journal = Deno.readTextFileSync(`${hubs.folder.path}/journal-1`);
  assert(journal.includes('"message":"hi"') && journal.includes('"message":"psst"'));
  assertEquals(hubs.folder.query("SELECT * FROM lines"), []);
  const direct = {
    code: 213,
    message: { timestamp: START, username: "bo", message: "psst", to: "ana", verified: false, sequence: 1 },
  };
  assertEquals(ana.receives(), [{ code: 207, ref: "1", sequence: 1 }, direct, said("main", "ana", "hi", 1)]);
  assertEquals(bo.receives(), [direct, said("main", "ana", "hi", 1)]);
  while (hubs.history.work(1000));
  assertEquals(hubs.folder.query("SELECT message FROM lines ORDER BY id").map(({ message }) => message), [
    "psst",
    "hi",
  ]);
});

test("The messages of a room keep their order, and replies the order of the requests", (hubs) => {
  const [ana, bo] = [hubs.join("ana"), hubs.join("bo")];
  for (const user of [ana, bo]) user.receives();
  ana.sends({ code: 100, message: "a", ref: "1" });
  bo.sends({ code: 100, message: "b" });
  ana.sends({ code: 101, username: "anna", ref: "2" });
  ana.sends({ code: 100, message: "c", ref: "3" });
  ana.sends({ code: 110, ref: "4" });
  ana.sends({ code: 100, message: "", ref: "5" });
  bo.disconnects();
  ana.sends({ code: 100, message: "d", ref: "6" });
  const received = hubs.received(ana);
  assertEquals(received.filter(({ ref }) => ref !== undefined).map(({ code, ref }) => [code, ref]), [
    [207, "1"],
    [202, "2"],
    [207, "3"],
    [215, "4"],
    [206, "5"],
    [207, "6"],
  ]);
  assertEquals(
    received.filter(({ ref }) => ref === undefined).map((body) => body.message ?? body.new ?? body.username),
    [
      line("main", "ana", "a", 1),
      line("main", "bo", "b", 2),
      "anna",
      line("main", "anna", "c", 3),
      "bo",
      line("main", "anna", "d", 4),
    ],
  );
});

test("A base client receives exactly the base protocol among clients with the extension", (hubs) => {
  const ana = hubs.join("ana", { rooms: ["dev"] });
  const dee = hubs.chat.connect();
  dee.sends({ code: 101, username: "dee" });
  hubs.received(dee);
  ana.sends({ code: 100, message: "hi" });
  ana.sends({ code: 103, room: "dev", message: "hidden" });
  ana.sends({ code: 104, to: "dee", message: "psst" });
  dee.sends({ code: 105, room: "main" });
  const received = hubs.received(dee);
  assertEquals(received, [
    {
      code: 200,
      message: {
        timestamp: START,
        username: "server",
        message: "Cannot handle code 105: your client must send hello (code 102) first",
      },
    },
    { code: 200, message: { timestamp: START, username: "ana (direct)", message: "psst" } },
    said("main", "ana", "hi", 1),
  ]);
});

test("The welcome says that messages are stored, and for how long", (hubs) => {
  const [, welcome] = hubs.received(hubs.join("ana"));
  const { features, retention_ms } = welcome as Body & { features: string[] };
  assertEquals([features.slice(-4), retention_ms], [
    ["history", "search", "conversations", "changes"],
    30 * 86_400_000,
  ]);
});

Deno.test("The welcome has a number also where messages are stored for ever", () => {
  using hubs = new Hubs("forever");
  assertEquals(hubs.received(hubs.join("ana"))[1]!.retention_ms, Number.MAX_SAFE_INTEGER);
});

test("105 returns the messages of a room, also from before a restart, and says whether there are more", (hubs) => {
  hubs.join("ana").sends({ code: 107, room: "Dev" });
  const ana = hubs.join("ana2", { rooms: ["dev"] });
  for (let i = 1; i <= 60; i++) ana.sends({ code: 103, room: "dev", message: `line ${i}` });
  hubs.chat.runTurn();
  hubs.restart();
  const bo = hubs.join("bo", { rooms: ["DEV"] });
  bo.receives();
  const ask = (query: Partial<ClientMessage & { code: 105 }>) => {
    bo.sends({ code: 105, room: "dev", ref: "h", ...query });
    const [answer, ...rest] = hubs.received(bo);
    assertEquals([answer?.code, answer?.ref, rest], [208, "h", []]);
    return [answer!.room, numbers([answer!]).past, answer!.more];
  };
  assertEquals(ask({}), ["Dev", range(11, 60), true]);
  assertEquals(ask({ before: 11 }), ["Dev", range(1, 10), false]);
  assertEquals(ask({ after: 55 }), ["Dev", range(56, 60), false]);
  assertEquals(ask({ limit: 2, match: "LINE" }), ["Dev", [59, 60], true]);
  assertEquals(ask({ match: "line 7" }), ["Dev", [7], false]);
  bo.sends({ code: 103, room: "dev", message: "hello", ref: "s" });
  bo.sends({ code: 105, room: "dev", limit: 1, ref: "h" });
  assertEquals(hubs.received(bo), [
    { code: 207, ref: "s", sequence: 61 },
    {
      code: 208,
      room: "Dev",
      messages: [line("Dev", "bo", "hello", 61)],
      more: true,
      ref: "h",
    },
    said("Dev", "bo", "hello", 61),
  ]);
});

test("105 is refused for rooms without membership, for invalid users and for an empty search", (hubs) => {
  const ana = hubs.join("ana", { rooms: ["dev"] });
  ana.sends({ code: 103, room: "dev", message: "hidden" });
  hubs.chat.runTurn();
  ana.disconnects();
  const bo = hubs.join("bo");
  bo.receives();
  const cases: [Partial<ClientMessage & { code: 105 }>, string][] = [
    [{ room: "dev" }, "not_in_room"],
    [{ room: "nowhere" }, "no_such_room"],
    [{ room: "@" }, "no_such_user"],
    [{ room: "@ana@bo" }, "no_such_user"],
    [{ room: "@" + "x".repeat(60_000) }, "no_such_user"],
    [{ room: "main", match: "" }, "bad_text"],
    [{ room: "main", match: '"" --' }, "bad_text"],
    [{ room: "main", match: "a\0b" }, "bad_text"],
    [{ room: "main", match: "a ".repeat(17) }, "too_long"],
    [{ room: "main", match: "a".repeat(4097) }, "too_long"],
  ];
  for (const [query, error] of cases) {
    bo.sends({ code: 105, room: "main", ref: "h", ...query });
    assertEquals(hubs.received(bo).map(({ code, error, ref }) => [code, error, ref]), [[206, error, "h"]]);
  }
});

Deno.test({
  name: "A hub without history refuses 105 and says so in its welcome",
  permissions: "none",
  fn() {
    const chat = new TestHub();
    const ana = chat.connect();
    ana.sends({ code: 102, client: "test/1", after: { main: 0 } });
    const [, welcome] = ana.receives();
    assertEquals([welcome!.features, welcome!.retention_ms], [
      ["who", "ping", "rooms", "direct", "session"],
      0,
    ]);
    ana.sends({ code: 105, room: "main", ref: "h" });
    ana.sends({ code: 111, ref: "c" });
    assertEquals(ana.receives().map(({ error, ref }) => [error, ref]), [["unavailable", "h"], [
      "unavailable",
      "c",
    ]]);
  },
});

test("Both users of a direct conversation can read it again, in any spelling of the names, and nobody else", (hubs) => {
  const [ana, bo, cy] = [hubs.join("ana"), hubs.join("bo"), hubs.join("cy")];
  ana.sends({ code: 104, to: "BO", message: "one" });
  bo.sends({ code: 104, to: "ana", message: "two", ref: "2" });
  assertEquals(hubs.received(bo).find(({ ref }) => ref === "2"), { code: 207, ref: "2", sequence: 2 });
  const direct = (username: string, to: string, message: string, sequence: number) => ({
    timestamp: START,
    username,
    message,
    to,
    sequence,
    verified: false,
  });
  const messages = [direct("ana", "bo", "one", 1), direct("bo", "ana", "two", 2)];
  hubs.received(ana);
  ana.sends({ code: 105, room: "@Bo" });
  assertEquals(hubs.received(ana), [{ code: 208, room: "@Bo", messages, more: false }]);
  bo.sends({ code: 105, room: "@ANA", match: "two" });
  assertEquals(hubs.received(bo), [{ code: 208, room: "@ANA", messages: messages.slice(1), more: false }]);
  hubs.received(cy);
  for (const room of ["@ana", "@bo", "@cy"]) cy.sends({ code: 105, room });
  assertEquals(hubs.received(cy).map((answer) => answer.messages), [[], [], []]);
});

test("A user gets the direct conversations of its name, newest first, and later those with new messages", (hubs) => {
  let ana = hubs.join("ana");
  const [bo, cy] = [hubs.join("Bo"), hubs.join("cy")];
  const ask = (user: TestUser, after?: number) => {
    hubs.received(user);
    user.sends({ code: 111, ref: "c", ...(after === undefined ? {} : { after }) });
    return hubs.received(user);
  };
  assertEquals(ask(ana), [{ code: 217, conversations: [], last: 0, ref: "c" }]);
  bo.sends({ code: 104, to: "ana", message: "one" });
  ana.sends({ code: 104, to: "cy", message: "two" });
  ana.sends({ code: 104, to: "bo", message: "three" });
  cy.sends({ code: 104, to: "bo", message: "not for ana" });
  const about = (name: string, last_sequence: number) => ({ with: name, last_sequence, timestamp: START });
  const conversations = [about("Bo", 2), about("cy", 1)];
  assertEquals(ask(ana), [{ code: 217, conversations, last: 4, ref: "c" }]);
  hubs.restart();
  ana = hubs.join("ana");
  assertEquals(ask(ana), [{ code: 217, conversations, last: 4, ref: "c" }]);
  hubs.join("cy").sends({ code: 104, to: "ana", message: "four" });
  assertEquals(ask(ana, 4), [{ code: 217, conversations: [about("cy", 2)], last: 5, ref: "c" }]);
  assertEquals(ask(ana, 5), [{ code: 217, conversations: [], last: 5, ref: "c" }]);
  // Another name is another user.
  ana.sends({ code: 101, username: "ann" });
  assertEquals(ask(ana), [{ code: 217, conversations: [], last: 5, ref: "c" }]);
});

test("A long list of conversations comes in several messages", (hubs) => {
  const ana = hubs.join("ana");
  const name = (i: number) => `${i}-${"漢".repeat(20)}`;
  for (let i = 1; i <= 450; i++) {
    const user = hubs.chat.connect();
    user.sends({ code: 102, client: "test/1", username: name(i) });
    user.sends({ code: 104, to: "ana", message: "hi" });
    user.disconnects();
  }
  hubs.received(ana);
  ana.sends({ code: 111, ref: "c" });
  const parts = hubs.received(ana);
  assert(
    parts.length > 1 && parts.every((part) => encodeFrame(JSON.stringify(part)).length < MAX_BODY_BYTES),
  );
  assertEquals(parts.map(({ more }) => more), [...parts.slice(1).map(() => true), undefined]);
  const all = parts.flatMap(({ conversations }) => conversations as { with: string }[]);
  assertEquals(all.map((one) => one.with), range(1, 450).reverse().map(name));
});

test("A page that does not fit into a body is cut, and says that there are more messages", (hubs) => {
  const ana = hubs.join("ana");
  for (let i = 0; i < 40; i++) ana.sends({ code: 100, message: "\n".repeat(4096) });
  hubs.received(ana);
  ana.sends({ code: 105, room: "main", limit: 500 });
  const [page] = hubs.received(ana);
  assert(page!.more && encodeFrame(JSON.stringify(page)).length < MAX_BODY_BYTES);
  assert(numbers([page!]).past.at(-1) === 40 && numbers([page!]).past.length > 4);
});

test("Rooms with history stay listed without members, also after a restart, and their numbers continue", (hubs) => {
  const ana = hubs.join("ana", { rooms: ["Dev", "empty"] });
  ana.sends({ code: 103, room: "dev", message: "hi" });
  // The last member leaves before the message is settled.
  ana.sends({ code: 108, room: "dev" });
  ana.sends({ code: 108, room: "empty" });
  hubs.received(ana);
  const rooms = (user: TestUser) => {
    user.sends({ code: 109, ref: "l" });
    return hubs.received(user).find(({ code }) => code === 214)!.rooms;
  };
  const all = [{ name: "main", users: 1, last_sequence: 0 }, { name: "Dev", users: 0, last_sequence: 1 }];
  assertEquals(rooms(ana), all);
  hubs.restart();
  const bo = hubs.join("bo");
  assertEquals(rooms(bo), all);
  bo.sends({ code: 106, room: "dev", ref: "w" });
  assertEquals(hubs.received(bo), [{ code: 209, users: [], ref: "w" }]);
  bo.sends({ code: 107, room: "DEV" });
  bo.sends({ code: 103, room: "dev", message: "ho" });
  assertEquals(hubs.received(bo), [{ code: 211, room: "Dev", username: "bo" }, said("Dev", "bo", "ho", 2)]);
  hubs.chat.hub.forgetRooms(["dev"]);
  assertEquals((rooms(bo) as unknown[]).length, 2);
  bo.sends({ code: 108, room: "dev" });
  hubs.received(bo);
  hubs.chat.hub.forgetRooms(["dev"]);
  assertEquals(rooms(bo), [{ name: "main", users: 1, last_sequence: 0 }]);
});

test("A message sent again with its id appears once and gets the same acknowledgement", (hubs) => {
  let [ana, bo] = [hubs.join("ana"), hubs.join("bo")];
  hubs.received(bo);
  const line = { code: 103, room: "main", message: "hi", id: "x" } as const;
  // Also before the first one is stored.
  for (const ref of ["1", "2"]) ana.sends({ ...line, ref });
  ana.sends({ code: 104, to: "bo", message: "psst", id: "y", ref: "3" });
  ana.sends({ code: 104, to: "bo", message: "psst", id: "y", ref: "4" });
  bo.sends({ ...line, ref: "5" });
  const done = (user: TestUser) =>
    hubs.received(user).filter(({ code }) => code === 207).map(({ ref, sequence }) => [ref, sequence]);
  assertEquals(done(ana), [["1", 1], ["2", 1], ["3", 1], ["4", 1]]);
  assertEquals(numbers(hubs.received(bo)).live, [1, 2]);
  hubs.restart();
  ana = hubs.join("Ana");
  bo = hubs.join("bob");
  ana.sends({ ...line, ref: "1" });
  // Also if the reader is offline, and if the author has left the room.
  ana.sends({ code: 104, to: "bo", message: "psst", id: "y", ref: "2" });
  ana.sends({ code: 107, room: "dev", ref: "join" });
  const left = { code: 103, room: "Dev", message: "hi", id: "w", ref: "3" } as const;
  ana.sends(left);
  ana.sends({ code: 108, room: "dev", ref: "leave" });
  ana.sends(left);
  ana.sends({ ...line, id: "z", ref: "4" });
  assertEquals(
    done(ana).filter(([, sequence]) => sequence !== undefined),
    [["1", 1], ["2", 1], ["3", 1], ["3", 1], ["4", 3]],
  );
  assertEquals(numbers(hubs.received(bo)).live, [3]);
});

test("A message with an id that an earlier holder of the name has used is delivered", (hubs) => {
  let bo = hubs.join("bo");
  const numbersOf = (user: TestUser) =>
    hubs.received(user).filter(({ code }) => code === 207).map(({ ref, sequence }) => [ref, sequence]);
  const first = hubs.join("ana");
  first.sends({ code: 103, room: "main", message: "hi", id: "1", ref: "a" });
  first.sends({ code: 104, to: "bo", message: "psst", id: "2", ref: "b" });
  assertEquals(numbersOf(first), [["a", 1], ["b", 1]]);
  first.disconnects();
  hubs.chat.runTurns();
  const say = (ana: TestUser, text: string) => {
    ana.sends({ code: 103, room: "main", message: text, id: "1", ref: "c" });
    ana.sends({ code: 104, to: "bo", message: text, id: "2", ref: "d" });
  };
  const ana = hubs.join("ana");
  hubs.received(bo);
  say(ana, "other");
  // Sent again, before the first one is in the database.
  say(ana, "other");
  // Another conversation.
  ana.sends({ code: 104, to: "ana", message: "psst", id: "2", ref: "e" });
  assertEquals(numbersOf(ana), [["c", 2], ["d", 2], ["c", 2], ["d", 2], ["e", 1]]);
  const texts = hubs.received(bo).map(({ message }) => (message as { message?: string })?.message);
  assertEquals(texts.filter((text) => text === "other").length, 2);
  hubs.restart();
  bo = hubs.join("bo");
  const again = hubs.join("ana");
  say(again, "other");
  again.sends({ code: 103, room: "main", message: "more", id: "1", ref: "f" });
  assertEquals(numbersOf(again), [["c", 2], ["d", 3], ["f", 3]]);
});

Deno.test({
  name: "A hub without history delivers a message with the id of another one",
  permissions: "none",
  fn() {
    const chat = new TestHub();
    const ana = chat.join("ana");
    const send = (message: string) => {
      ana.sends({ code: 103, room: "main", message, id: "x", ref: "1" });
      return ana.receives().map(({ code, sequence }) => [code, sequence]);
    };
    assertEquals(send("one"), [[207, 1], [200, undefined]]);
    assertEquals(send("two"), [[207, 2], [200, undefined]]);
    assertEquals(send("two"), [[207, 2]]);
  },
});

Deno.test({
  name: "A hub without history recognizes a repeated message, even if the clock jumps",
  permissions: "none",
  fn() {
    const chat = new TestHub();
    const ana = chat.join("ana");
    const send = () => {
      ana.sends({ code: 103, room: "main", message: "hi", id: "x", ref: "1" });
      return ana.receives().map(({ code, sequence }) => [code, sequence]);
    };
    assertEquals(send(), [[207, 1], [200, undefined]]);
    assertEquals(send(), [[207, 1]]);
    chat.advance(31 * 24 * 3_600_000);
    assertEquals(send(), [[207, 1]]);
  },
});

test("A client that reconnects receives exactly what it missed, whatever is sent meanwhile", (hubs) => {
  const [ana, bo] = [hubs.join("ana", { rooms: ["dev"] }), hubs.join("bo", { rooms: ["dev"] })];
  let count = 0;
  const talk = (lines: number) => {
    for (let i = 0; i < lines; i++) {
      for (const user of [ana, bo]) {
        for (const room of ["dev", "main"]) user.sends({ code: 103, room, message: `line ${++count}` });
      }
    }
  };
  talk(20);
  hubs.chat.runTurn();
  // Some messages wait while a client connects, some while it sends hello, and some are settled in between.
  for (
    const [before, between, after] of [[0, 0, 0], [3, 0, 0], [0, 3, 0], [3, 3, 3], [3, -1, 3], [
      2,
      -2,
      2,
    ]] as const
  ) {
    talk(before);
    const cy = hubs.chat.connect();
    talk(Math.abs(between));
    if (between < 0) hubs.chat.runTurn();
    if (between < -1) talk(1);
    cy.sends({
      code: 102,
      client: "test/1",
      username: "cy",
      rooms: ["dev"],
      after: { DEV: 10, main: 30, nowhere: 1 },
    });
    talk(after);
    const received = hubs.received(cy);
    for (const [room, from] of [["dev", 11], ["main", 31]] as const) {
      const past = received.flatMap(({ code, room: of, messages }) =>
        code === 208 && of === room ? messages as { sequence: number }[] : []
      );
      const live = received.flatMap(({ code, message }) =>
        code === 200 && (message as { room: string }).room === room ? [message as { sequence: number }] : []
      );
      assertEquals(
        [...past, ...live].map(({ sequence }) => sequence),
        range(from, count / 2),
        `${room} ${before} ${between} ${after}`,
      );
    }
    const codes = received.map(({ code }) => code);
    assert(codes.indexOf(210) < codes.indexOf(208) && !codes.slice(codes.lastIndexOf(208)).includes(210));
    cy.disconnects();
  }
});

test("A client that missed too many messages receives the first ones, and that there are more", (hubs) => {
  const ana = hubs.join("ana", { rooms: ["dev"] });
  for (let i = 0; i < 700; i++) ana.sends({ code: 100, message: "hi" });
  ana.sends({ code: 103, room: "dev", message: "hi" });
  hubs.received(ana);
  const bo = hubs.join("bo", { rooms: ["dev"], after: { main: 100, dev: 0 } });
  const pages = bo.receives().filter(({ code }) => code === 208);
  const main = pages.filter(({ room }) => room === "main");
  assertEquals(numbers(main), { past: range(101, 600), live: [], more: true });
  assert(main.length > 1 && main.every((page) => encodeFrame(JSON.stringify(page)).length < MAX_BODY_BYTES));
  assertEquals(pages.filter(({ room }) => room === "dev"), [{
    code: 208,
    room: "dev",
    messages: [],
    more: true,
  }]);
  bo.sends({ code: 105, room: "main", after: 600, before: 701, limit: 500 });
  assertEquals(numbers(hubs.received(bo)), { past: range(601, 700), live: [], more: false });
});

test("A client that asks for the newest missed messages receives these of each room, and where they begin", (hubs) => {
  const ana = hubs.join("ana", { rooms: ["dev", "ops"] });
  for (let i = 0; i < 100; i++) ana.sends({ code: 100, message: "hi" });
  for (let i = 0; i < 30; i++) ana.sends({ code: 103, room: "dev", message: "hi" });
  hubs.received(ana);
  const bo = hubs.chat.connect();
  bo.sends({
    code: 102,
    client: "test/1",
    username: "bo",
    rooms: ["dev", "ops"],
    after: { DEV: 5, ops: 7, main: 98, nowhere: 1 },
    newest: 20,
  });
  ana.sends({ code: 100, message: "live" });
  const received = hubs.received(bo);
  const pages = received.filter(({ code }) => code === 208);
  const shown = pages.map(({ room, messages, more, last_sequence }) => {
    const [first, last] = [0, -1].map((at) => (messages as { sequence: number }[]).at(at)?.sequence);
    return [room, first, last, more, last_sequence];
  });
  // The number of #ops is too high: that history is another one.
  assertEquals(shown, [["dev", 11, 30, true, 30], ["ops", undefined, undefined, false, 0], [
    "main",
    99,
    100,
    false,
    100,
  ]]);
  assertEquals(numbers(received.filter(({ code, room }) => code === 200 || room === "main")).live, [101]);
});

test("The newest missed messages of all rooms are limited, and the first rooms have theirs first", (hubs) => {
  const rooms = Array.from({ length: 20 }, (_, i) => `r${i}`);
  const ana = hubs.join("ana", { rooms });
  const long = "x".repeat(1000);
  for (const room of rooms) {
    for (let i = 0; i < 10; i++) ana.sends({ code: 103, room, message: long });
  }
  hubs.received(ana);
  const bo = hubs.chat.connect();
  const after = Object.fromEntries(rooms.toReversed().map((room) => [room, 1]));
  bo.sends({ code: 102, client: "test/1", username: "bo", rooms, after, newest: 500 });
  const pages = hubs.received(bo).filter(({ code }) => code === 208);
  assertEquals(pages.map(({ room }) => room), rooms.toReversed());
  const counts = pages.map(({ messages }) => (messages as unknown[]).length);
  const full = counts.findIndex((count) => count < 9);
  assert(full >= 5 && full <= 7, counts.join());
  assertEquals(counts.slice(full + 1), rooms.slice(full + 1).map(() => 0));
  assertEquals(pages.map(({ more }) => more), counts.map((count) => count < 9));
  assert(pages.every(({ last_sequence }) => last_sequence === 10));
});

test("Requests for unreadable history are refused, and the hub runs on", (hubs) => {
  const ana = hubs.join("ana");
  ana.receives();
  hubs.folder.change("DROP TABLE lines");
  ana.sends({ code: 105, room: "main", ref: "h" });
  ana.sends({ code: 110, ref: "p" });
  assertEquals(hubs.received(ana).map(({ code, error }) => [code, error]), [[206, "unavailable"], [
    215,
    undefined,
  ]]);
  assertEquals(hubs.chat.storageEvents.map(String), ["StorageError: no such table: lines"]);
});

test("While the disk is full, messages are shown and acknowledged as not stored; later stored again", (hubs) => {
  const [ana, bo] = [hubs.join("ana"), hubs.join("bo")];
  const { hub } = hubs.chat;
  const long = "x".repeat(4096);
  for (const user of [ana, bo]) user.receives();
  ana.sends({ code: 100, message: "first" });
  hubs.received(bo);
  ana.receives();
  hubs.folder.fill();
  const server = (message: string) => ({
    code: 200,
    message: { timestamp: START, username: "server", message },
  });
  ana.sends({ code: 103, room: "main", message: long, id: "x", ref: "1" });
  assertEquals(hubs.received(bo), [
    said("main", "ana", long, 2),
    server("Messages are not stored right now: the hub cannot write to its disk"),
  ]);
  assertEquals(hubs.received(ana)[0], { code: 207, ref: "1", sequence: 2, stored: false });
  ana.sends({ code: 103, room: "main", message: long, id: "x", ref: "2" });
  ana.sends({ code: 100, message: "third", ref: "3" });
  assertEquals(hubs.received(ana).slice(0, 2), [
    { code: 207, ref: "2", sequence: 2, stored: false },
    { code: 207, ref: "3", sequence: 3, stored: false },
  ]);
  assertEquals(numbers(hubs.received(bo)).live, [3]);
  assertEquals([hub.retryStorage(), hubs.chat.storageEvents], [false, ["database or disk is full"]]);
  // New users get the notice, too, with the extension or without.
  const late = hubs.chat.connect();
  late.sends({ code: 101, username: "late" });
  assertEquals(
    hubs.received(late).filter(({ code }) => code === 200),
    [server("Messages are not stored right now: the hub cannot write to its disk")],
  );
  late.disconnects();
  hubs.received(bo);
  hubs.received(ana);
  hubs.folder.empty();
  assertEquals([hub.retryStorage(), hub.retryStorage(), hubs.chat.storageEvents.at(-1)], [
    true,
    true,
    "resumed",
  ]);
  assertEquals(hubs.received(bo), [server("Messages are stored again")]);
  ana.sends({ code: 100, message: "fourth", ref: "4" });
  assertEquals(
    hubs.received(ana)[0],
    server("Messages are stored again") && { code: 207, ref: "4", sequence: 4 },
  );
  hubs.restart();
  const cy = hubs.join("Ana", { after: { main: 0 } });
  assertEquals(numbers(cy.receives()), { past: [1, 4], live: [], more: false });
  cy.sends({ code: 103, room: "main", message: long, id: "x", ref: "1" });
  assertEquals(hubs.received(cy).filter(({ code }) => code === 207), [{
    code: 207,
    ref: "1",
    sequence: 2,
    stored: false,
  }]);
});
