import { HubEventReader } from "../../../client/render/hub_event.ts";
import { type ChatLine, Code, type ServerMessage } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const OFFER: ServerMessage = {
  code: Code.YourName,
  new: "x7f3",
  server: { version: "1", protocol: 1, nonce: "" },
};

function kindOf(line: Partial<ChatLine>, ...before: ServerMessage[]): string | undefined {
  const reader = new HubEventReader();
  for (const message of before) reader.read(message);
  return reader.read({
    code: Code.Said,
    message: { timestamp: 0, username: "server", message: "hi", ...line },
  })?.kind;
}

Deno.test({
  name: "A message of `server` without a number is a notice, except on an original hub",
  permissions: "none",
  fn() {
    assertEquals(kindOf({}), "notice");
    assertEquals(kindOf({ username: "Server" }, OFFER), "notice");
    assertEquals(kindOf({ sequence: 1 }, OFFER), "message");
    assertEquals(kindOf({ username: "ana" }, OFFER), "message");
    const original: ServerMessage = { code: Code.YourName, new: "x7f3" };
    assertEquals(kindOf({}, original), "message");
    // A rename after the offer does not make the hub an original one.
    assertEquals(kindOf({}, OFFER, original), "notice");
    const reader = new HubEventReader();
    reader.read(original);
    reader.reset();
    assertEquals(reader.isNotice({ username: "server" }), true);
  },
});

Deno.test({
  name: "An answer to a request is not an event",
  permissions: "none",
  fn() {
    const answers: ServerMessage[] = [
      { code: Code.Done, ref: "1", sequence: 7 },
      { code: Code.Pong, ref: "2" },
      { code: Code.Users, users: [], ref: "3" },
      { code: Code.Refused, error: "muted", message: "you are muted", ref: "4" },
    ];
    for (const answer of answers) assertEquals(new HubEventReader().read(answer), undefined);
    assertEquals(new HubEventReader().read({ code: Code.Refused, error: "bad_frame", message: "bad" }), {
      kind: "error",
      text: "bad",
    });
  },
});

Deno.test({
  name: "A join of a room names the room, a join of the hub does not",
  permissions: "none",
  fn() {
    const change = { kind: "joined", name: "bo" } as const;
    assertEquals(new HubEventReader().read({ code: Code.Joined, new: "bo" }), { kind: "presence", change });
    assertEquals(new HubEventReader().read({ code: Code.RoomJoined, room: "dev", username: "bo" }), {
      kind: "presence",
      change,
      room: "dev",
    });
  },
});

Deno.test({
  name: "The user is told once that a room is big, and that it is not any more",
  permissions: "none",
  fn() {
    const reader = new HubEventReader();
    const noteOf = (message: ServerMessage) => {
      const event = reader.read(message);
      return event?.kind === "status" ? event.detail : event?.kind;
    };
    const people = (users: number, announced: boolean, room = "dev"): ServerMessage => ({
      code: Code.RoomPeople,
      room,
      users,
      announced,
    });
    const big = "people in #dev: 301; joins and leaves are not shown; :who lists who is there";
    assertEquals([noteOf(people(301, false)), noteOf(people(400, false))], [big, undefined]);
    assertEquals([noteOf(people(240, true)), noteOf(people(240, true))], [
      "people in #dev: 240; joins and leaves are shown again",
      undefined,
    ]);
    assertEquals(noteOf(people(301, false)), big);
    reader.leftRoom("Dev");
    assertEquals(noteOf(people(301, false)), big);
    reader.reset();
    assertEquals(noteOf(people(301, false)), big);
  },
});
