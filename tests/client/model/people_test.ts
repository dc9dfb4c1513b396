import { MAX_PEOPLE, MAX_PEOPLE_UNITS, People } from "../../../client/model/people.ts";
import { Code, type ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function said(username: string, sequence?: number): ServerMessage {
  return {
    code: Code.Said,
    message: { timestamp: 0, username, message: "x", ...(sequence === undefined ? {} : { sequence }) },
  };
}

function others(...messages: ServerMessage[]): string[] {
  const people = new People();
  for (const message of messages) people.receive(message);
  return people.others("me");
}

const joined = (name: string): ServerMessage => ({ code: Code.Joined, new: name });
const left = (username: string): ServerMessage => ({ code: Code.Left, username });
const renamed = (old: string, name: string): ServerMessage => ({ code: Code.Renamed, old, new: name });

Deno.test({
  name: "The last author comes first, then the users without messages in alphabetical order",
  permissions: "none",
  fn() {
    const users = ["zoe", "bo"].map((username) => ({
      username,
      rooms: [],
      connected_ms: 0,
      idle_ms: 0,
      verified: false,
    }));
    const messages: ServerMessage[] = [{ code: Code.Users, users }, joined("cy"), said("ana"), said("bo", 1)];
    assertEquals(others(...messages), ["bo", "ana", "cy", "zoe"]);
    assertEquals(others(...messages, said("Ana")), ["Ana", "bo", "cy", "zoe"]);
    assertEquals(others(...messages, left("bo"), joined("bo")), ["ana", "bo", "cy", "zoe"]);
    // A second list of users keeps the order.
    assertEquals(others(...messages, { code: Code.Users, users }), ["bo", "ana", "cy", "zoe"]);
  },
});

Deno.test({
  name: "A user who takes another name keeps the position",
  permissions: "none",
  fn() {
    assertEquals(others(said("ana"), said("bo"), said("cy"), renamed("bo", "bob")), ["cy", "bob", "ana"]);
    assertEquals(others(renamed("bo", "bob"), joined("ana")), ["ana", "bob"]);
    assertEquals(others(said("ana"), renamed("ana", "ANA")), ["ANA"]);
  },
});

Deno.test({
  name: "The hub is not a user, but a user called `server` on an original hub is",
  permissions: "none",
  fn() {
    assertEquals(others(said("server"), said("ana")), ["ana"]);
    assertEquals(others(said("server", 1)), ["server"]);
  },
});

Deno.test({
  name: "A new connection starts without users",
  permissions: "none",
  fn() {
    const people = new People();
    people.receive(said("ana"));
    people.clear();
    assertEquals(people.others("me"), []);
  },
});

Deno.test({
  name: "A hub cannot fill the memory with users, and those with the latest news stay",
  permissions: "none",
  fn() {
    const people = new People();
    people.receive(joined("first"));
    people.receive(joined("speaker"));
    for (let i = 0; i < MAX_PEOPLE - 2; i++) people.receive(joined(`u${i}`));
    people.receive(said("speaker"));
    people.receive(joined("last but one"));
    people.receive(joined("last"));
    const names = people.others("me");
    assertEquals(names.length, MAX_PEOPLE);
    assertEquals(names[0], "speaker");
    assert(
      !names.includes("first") && !names.includes("u0") && names.includes("last") && names.includes("u1"),
    );
  },
});

Deno.test({
  name: "A hub cannot fill the memory with long names of users and rooms either",
  permissions: "none",
  fn() {
    const people = new People();
    const long = "x".repeat(MAX_PEOPLE_UNITS / 4 - 10);
    for (let i = 0; i < 6; i++) people.receive(joined(`${i}${long}`));
    assertEquals(people.others("me").map((name) => name[0]), ["2", "3", "4", "5"]);
    const roomsOfAna = () => [0, 1, 2, 3, 4].filter((i) => people.isIn("ana", `${long}${i}`));
    for (let i = 0; i < 4; i++) {
      people.receive({ code: Code.RoomJoined, room: `${long}${i}`, username: "ana" });
    }
    assertEquals([people.others("me"), roomsOfAna()], [["ana"], [0, 1, 2, 3]]);
    people.receive({ code: Code.RoomJoined, room: `${long}4`, username: "ana" });
    assertEquals([people.others("me"), roomsOfAna()], [[], []]);
    // What was dropped does not count any more.
    people.receive(joined("bo"));
    people.receive({ code: Code.RoomJoined, room: long, username: "bo" });
    people.receive({ code: Code.RoomLeft, room: long, username: "bo" });
    for (let i = 0; i < 3; i++) people.receive(joined(`${i}${long}`));
    assertEquals([people.others("me").length, people.find("bo")], [4, "bo"]);
  },
});

Deno.test({
  name: "The own name is left out in any case",
  permissions: "none",
  fn() {
    assertEquals(others(joined("Me"), joined("ana")), ["ana"]);
    assertEquals(others(joined("Me"), renamed("Me", "you")), ["you"]);
  },
});

Deno.test({
  name: "The rooms of a user are known from the hub's messages, and stay on a rename until the user leaves",
  permissions: "none",
  fn() {
    const people = new People();
    const roomJoined = (username: string): ServerMessage => ({
      code: Code.RoomJoined,
      room: "Dev",
      username,
    });
    for (const name of ["ana", "bo", "cy"]) people.receive(joined(name));
    people.receive(roomJoined("ana"));
    people.receive(roomJoined("bo"));
    people.receive(roomJoined("dan"));
    people.receive(renamed("bo", "bob"));
    people.receive({ code: Code.RoomLeft, room: "dev", username: "ana" });
    assertEquals(["ana", "bo", "BOB", "cy", "dan"].filter((name) => people.isIn(name, "dev")), [
      "BOB",
      "dan",
    ]);
    people.receive({ code: Code.Left, username: "dan" });
    const users = ["ana", "bob"].map((username) => (
      {
        username,
        rooms: username === "ana" ? ["main", "dev"] : ["main"],
        connected_ms: 0,
        idle_ms: 0,
        verified: false,
      }
    ));
    const quiet = {
      username: "ci",
      rooms: ["dev"],
      connected_ms: 0,
      idle_ms: 0,
      verified: false,
      quiet: true,
    };
    people.receive({ code: Code.Users, users: [...users, quiet] });
    assertEquals(people.find("ci"), undefined, "nothing tells when a quiet user leaves");
    assertEquals(["ana", "bob", "dan"].filter((name) => people.isIn(name, "dev")), ["ana"]);
    assertEquals([people.find("BOB"), people.find("dan")], ["bob", undefined]);
    people.receive(said("cy"));
    people.receive({
      code: Code.SaidTo,
      message: { timestamp: 0, username: "bob", to: "me", message: "psst", verified: false },
    });
    assertEquals(people.others("me"), ["bob", "cy", "ana"]);
  },
});

const users = (...names: string[]) => ({ users: names.length, usernames: names });

Deno.test({
  name: "In a big room those are known who say something, and all once it is small again",
  permissions: "none",
  fn() {
    const people = new People();
    for (const name of ["ana", "bo"]) people.receive(joined(name));
    people.receive({ code: Code.RoomJoined, room: "dev", username: "ana" });
    people.receive({ code: Code.RoomPeople, room: "Dev", users: 400, announced: false });
    people.receive({ code: Code.RoomPeople, room: "main", users: 500, announced: false });
    assertEquals([people.countIn("dev"), people.countIn("MAIN"), people.countIn("ops")], [
      400,
      500,
      undefined,
    ]);
    people.receive({
      code: Code.Said,
      message: { timestamp: 0, username: "cy", message: "x", sequence: 1, room: "dev" },
    });
    assertEquals([people.inRoom("dev").sort(), people.others("me")], [["ana", "cy"], ["cy", "ana", "bo"]]);
    const small = { code: Code.RoomPeople, announced: true } as const;
    people.receive({ ...small, room: "dev", ...users("bo"), more: true });
    people.receive({ ...small, room: "dev", ...users("cy") });
    assertEquals([people.inRoom("dev").sort(), people.countIn("dev")], [["bo", "cy"], undefined]);
    people.receive({ ...small, room: "main", ...users("cy", "di") });
    assertEquals([people.others("me"), people.countIn("main")], [["cy", "di"], undefined]);
  },
});

Deno.test({
  name: "A room that is left, and another connection, end that it is big; a hub cannot name endless rooms",
  permissions: "none",
  fn() {
    const people = new People();
    const big = (room: string): ServerMessage => ({
      code: Code.RoomPeople,
      room,
      users: 9,
      announced: false,
    });
    for (const room of ["main", "dev"]) people.receive(big(room));
    people.leftRoom("DEV");
    assertEquals([people.countIn("main"), people.countIn("dev")], [9, undefined]);
    people.clear();
    assertEquals(people.countIn("main"), undefined);
    for (let i = 0; i < 100; i++) people.receive(big(`r${i}`));
    assertEquals([people.countIn("r63"), people.countIn("r64")], [9, undefined]);
  },
});

Deno.test({
  name: "A list that was asked for says who is in a room but the quiet users, and who is not any more",
  permissions: "none",
  fn() {
    const people = new People();
    for (const username of ["ana", "bo"]) people.receive({ code: Code.RoomJoined, room: "dev", username });
    people.listed("dev", [{ username: "bo" }, { username: "cy" }, { username: "spy", quiet: true }]);
    assertEquals([people.inRoom("dev").sort(), people.others("me")], [["bo", "cy"], ["ana", "bo", "cy"]]);
    people.listed("main", [{ username: "cy" }, { username: "spy", quiet: true }]);
    assertEquals(people.others("me"), ["cy"]);
  },
});
