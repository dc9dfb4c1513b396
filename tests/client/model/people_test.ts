import { MAX_PEOPLE, People } from "../../../client/model/people.ts";
import { Code, type ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function said(username: string, sequence?: number): ServerMessage {
  return {
    code: Code.Said,
    message: { timestamp: 0, username, message: "x", ...(sequence === undefined ? {} : { sequence }) },
  };
}

function here(...messages: ServerMessage[]): string[] {
  const people = new People();
  for (const message of messages) people.receive(message);
  return people.others("me");
}

const joined = (name: string): ServerMessage => ({ code: Code.Joined, new: name });
const left = (username: string): ServerMessage => ({ code: Code.Left, username });
const renamed = (old: string, name: string): ServerMessage => ({ code: Code.Renamed, old, new: name });

Deno.test({
  name: "Who spoke last comes first, then those who have not spoken, by the alphabet",
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
    assertEquals(here(...messages), ["bo", "ana", "cy", "zoe"]);
    assertEquals(here(...messages, said("Ana")), ["Ana", "bo", "cy", "zoe"]);
    assertEquals(here(...messages, left("bo"), joined("bo")), ["ana", "bo", "cy", "zoe"]);
    // Being listed once more is not having been silent.
    assertEquals(here(...messages, { code: Code.Users, users }), ["bo", "ana", "cy", "zoe"]);
  },
});

Deno.test({
  name: "Who takes another name keeps the place",
  permissions: "none",
  fn() {
    assertEquals(here(said("ana"), said("bo"), said("cy"), renamed("bo", "bob")), ["cy", "bob", "ana"]);
    assertEquals(here(renamed("bo", "bob"), joined("ana")), ["ana", "bob"]);
    assertEquals(here(said("ana"), renamed("ana", "ANA")), ["ANA"]);
  },
});

Deno.test({
  name: "The hub is none of the people, but who is called so on an original hub is",
  permissions: "none",
  fn() {
    assertEquals(here(said("server"), said("ana")), ["ana"]);
    assertEquals(here(said("server", 1)), ["server"]);
  },
});

Deno.test({
  name: "Another connection begins with nobody",
  permissions: "none",
  fn() {
    const people = new People();
    people.receive(said("ana"));
    people.clear();
    assertEquals(people.others("me"), []);
  },
});

Deno.test({
  name: "No hub can fill the memory with people, and who was heard of lately is kept",
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
  name: "Nobody means oneself, however one's name is written",
  permissions: "none",
  fn() {
    assertEquals(here(joined("Me"), joined("ana")), ["ana"]);
    assertEquals(here(joined("Me"), renamed("Me", "you")), ["you"]);
  },
});

Deno.test({
  name: "Who is in a room is known from what the hub says of it, and goes with the name until they leave",
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
    people.receive({ code: Code.Users, users });
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
