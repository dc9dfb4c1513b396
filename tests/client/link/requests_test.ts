import {
  type Answer,
  type Answered,
  MAX_IN_FLIGHT,
  MAX_LIST_ENTRIES,
  MAX_LIST_UNITS,
  type Request,
  Requests,
} from "../../../client/link/requests.ts";
import { Code, ProtocolError, type Said, type ServerMessage, type UserInfo } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertThrows } from "../../helpers/assert.ts";

function said(username: string, message: string): Said {
  return { code: Code.Said, message: { timestamp: 0, username, message } };
}

function user(username: string): UserInfo {
  return { username, rooms: ["main"], connected_ms: 0, idle_ms: 0, verified: false };
}

/** The messages that answer a request. */
function answersIn(requests: Requests, ...messages: ServerMessage[]): (Answered | undefined)[] {
  return messages.map((message) => requests.receive(message));
}

Deno.test({
  name: "A base hub answers a message with the message itself, and no other request may be in flight",
  permissions: "none",
  fn() {
    const requests = new Requests(false, "ana");
    const { id, request } = requests.add({ code: Code.Say, message: "hi" });
    assertEquals(request, { code: Code.Say, message: "hi" });
    assertEquals(requests.canSend, false);
    assertThrows(() => requests.add({ code: Code.Say, message: "again" }), RangeError);
    const echo = said("ana", "hi");
    assertEquals(
      answersIn(
        requests,
        said("bo", "hi"),
        said("ana", "other"),
        { code: Code.Joined, new: "ana" },
        echo,
        echo,
      ),
      [undefined, undefined, undefined, { id, answer: echo }, undefined],
    );
    assertEquals(requests.canSend, true);
    assertEquals(requests.unanswered, 0);
  },
});

Deno.test({
  name: "A base hub answers a rename with a 202, and later messages are matched by the new name",
  permissions: "none",
  fn() {
    const requests = new Requests(false, "x1");
    const rename = requests.add({ code: Code.Rename, username: "ana" });
    const named: ServerMessage = { code: Code.YourName, new: "ana" };
    assertEquals(answersIn(requests, { code: Code.Renamed, old: "x1", new: "ana" }, named), [
      undefined,
      { id: rename.id, answer: named },
    ]);
    assertEquals(requests.name, "ana");
    const say = requests.add({ code: Code.Say, message: "hi" });
    const echo = said("ana", "hi");
    assertEquals(answersIn(requests, said("x1", "hi"), echo), [undefined, { id: say.id, answer: echo }]);
  },
});

Deno.test({
  name: "A base hub gets no request that it does not know",
  permissions: "none",
  fn() {
    const requests = new Requests(false, "ana");
    assertThrows(() => requests.add({ code: Code.Who }), RangeError);
    assertThrows(() => requests.add({ code: Code.Ping }), RangeError);
    assertEquals(requests.unanswered, 0);
  },
});

Deno.test({
  name: "With the extension answers are matched by ref, in any order",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    const sent = [
      requests.add({ code: Code.Say, message: "hi" }),
      requests.add({ code: Code.Say, message: "hi" }),
      requests.add({ code: Code.Rename, username: "anna" }),
      requests.add({ code: Code.Ping }),
    ];
    const refs = sent.map(({ request }) => request.ref ?? "");
    assertEquals(new Set(refs).size, 4);
    for (const ref of refs) assert(ref.length >= 1 && ref.length <= 64);
    const answers: [asked: number, answer: Answer][] = [
      [3, { code: Code.Pong, ref: refs[3]! }],
      [1, { code: Code.Refused, error: "muted", message: "you are muted", ref: refs[1]! }],
      [2, { code: Code.YourName, new: "anna", ref: refs[2]! }],
      [0, { code: Code.Done, ref: refs[0]!, sequence: 9 }],
    ];
    for (const [asked, answer] of answers) {
      assertEquals(requests.receive(answer), { id: sent[asked]!.id, answer });
    }
    assertEquals(requests.name, "anna");
  },
});

Deno.test({
  name: "With the extension only the ref answers a request, and only once",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    const { request } = requests.add({ code: Code.Say, message: "hi" });
    const ref = request.ref ?? "";
    assertEquals(
      answersIn(
        requests,
        said("ana", "hi"),
        { code: Code.Done, ref: "other" },
        { code: Code.Done, ref: `${ref}.0` },
        { code: Code.Refused, error: "bad_message", message: "what?" },
        { code: Code.YourName, new: "anna" },
      ),
      [undefined, undefined, undefined, undefined, undefined],
    );
    assertEquals(requests.unanswered, 1);
    assert(requests.receive({ code: Code.Done, ref }) !== undefined);
    assertEquals(requests.receive({ code: Code.Done, ref }), undefined);
  },
});

Deno.test({
  name: "With the extension the number of requests in flight is limited",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    for (let i = 0; i < MAX_IN_FLIGHT; i++) {
      assert(requests.canSend);
      requests.add({ code: Code.Ping });
    }
    assertEquals(requests.canSend, false);
    assertThrows(() => requests.add({ code: Code.Ping }), RangeError);
    requests.receive({ code: Code.Pong, ref: "1" });
    assertEquals(requests.canSend, true);
  },
});

Deno.test({
  name: "A list in several messages is one answer, also with two lists in flight",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    requests.add({ code: Code.Who });
    requests.add({ code: Code.Who, room: "main" });
    const part = (ref: string, name: string, more?: true): ServerMessage => ({
      code: Code.Users,
      users: [user(name)],
      ref,
      ...(more && { more }),
    });
    assertEquals(
      answersIn(
        requests,
        part("1", "ana", true),
        part("2", "bo", true),
        part("1", "cy", true),
        part("2", "di"),
        part("1", "ed"),
      ),
      [
        undefined,
        undefined,
        undefined,
        { id: 2, answer: { code: Code.Users, users: [user("bo"), user("di")], ref: "2" } },
        { id: 1, answer: { code: Code.Users, users: [user("ana"), user("cy"), user("ed")], ref: "1" } },
      ],
    );
  },
});

Deno.test({
  name: "A list that does not end is an error",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    requests.add({ code: Code.Who });
    const half: ServerMessage = {
      code: Code.Users,
      users: Array.from({ length: MAX_LIST_ENTRIES / 2 }, () => user("ana")),
      ref: "1",
      more: true,
    };
    requests.receive(half);
    requests.receive(half);
    const error = assertThrows(() => requests.receive(half), ProtocolError);
    assertEquals(error.word, "bad_frame");
  },
});

Deno.test({
  name: "Lists of users and rooms that grow without end are an error by their size, also in several requests",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    for (const request of [{ code: Code.Who }, { code: Code.ListRooms }] as const) requests.add(request);
    const long = "x".repeat(MAX_LIST_UNITS / 8);
    const users: ServerMessage = { code: Code.Users, users: [user(long)], ref: "1", more: true };
    const room = { name: long, users: 1, last_sequence: 0 };
    const rooms: ServerMessage = { code: Code.Rooms, rooms: [room], ref: "2", more: true };
    for (let pages = 0; pages < 3; pages++) answersIn(requests, users, rooms);
    requests.receive(users);
    const error = assertThrows(() => requests.receive(rooms), ProtocolError);
    assertEquals(error.word, "bad_frame");
  },
});

Deno.test({
  name: "A complete list does not count towards the size of the next",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    const long = "x".repeat(MAX_LIST_UNITS / 4);
    for (let list = 1; list <= 5; list++) {
      requests.add({ code: Code.Who });
      const page: ServerMessage = { code: Code.Users, users: [user(long)], ref: `${list}` };
      const [, answered] = answersIn(requests, { ...page, more: true }, page);
      assertEquals(answered?.id, list);
    }
  },
});

Deno.test({
  name: "A list of empty pages ends with an error",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    requests.add({ code: Code.Who });
    const empty: ServerMessage = { code: Code.Users, users: [], ref: "1", more: true };
    assertThrows(() => {
      for (let pages = 0; pages <= MAX_LIST_ENTRIES; pages++) requests.receive(empty);
    }, ProtocolError);
  },
});

Deno.test({
  name: "A list of rooms in several messages is one answer, without items of another list",
  permissions: "none",
  fn() {
    const requests = new Requests(true, "ana");
    requests.add({ code: Code.ListRooms });
    const rooms = (name: string, more?: true): ServerMessage => ({
      code: Code.Rooms,
      rooms: [{ name, users: 1, last_sequence: 0 }],
      ref: "1",
      ...(more && { more }),
    });
    const users: ServerMessage = { code: Code.Users, users: [user("bo")], ref: "1", more: true };
    const [, , answered] = answersIn(requests, rooms("main", true), users, rooms("dev"));
    assert(answered?.answer.code === Code.Rooms);
    assertEquals(answered.answer.rooms.map(({ name }) => name), ["main", "dev"]);
    assertEquals(requests.unanswered, 0);
  },
});

Deno.test({
  name: "A base hub gets only messages and renames",
  permissions: "none",
  fn() {
    const requests: Request[] = [
      { code: Code.SayIn, room: "dev", message: "hi" },
      { code: Code.SayTo, to: "bo", message: "hi" },
      { code: Code.Join, room: "dev" },
      { code: Code.Leave, room: "dev" },
      { code: Code.ListRooms },
      { code: Code.Who },
      { code: Code.Ping },
    ];
    for (const request of requests) {
      assertThrows(() => new Requests(false, "ana").add(request), RangeError, `${request.code}`);
    }
  },
});
