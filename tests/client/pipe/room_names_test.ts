/** Lists of names in several messages, as the output of `tail --json` joins them. */
import { RoomNames } from "../../../client/pipe/room_names.ts";
import { Code, type RoomPeople } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const part = (usernames: string[], more?: true): RoomPeople => ({
  code: Code.RoomPeople,
  room: "dev",
  users: 3,
  announced: true,
  usernames,
  ...more && { more },
});

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("The parts of a list of names are one, and the next list begins anew", () => {
  const names = new RoomNames();
  assertEquals([names.receive(part(["ana", "bo"], true)), names.receive(part([], true))], [
    undefined,
    undefined,
  ]);
  assertEquals(names.receive(part(["cy"])), part(["ana", "bo", "cy"]));
  assertEquals(names.receive(part(["di"])), part(["di"]));
  const big: RoomPeople = { code: Code.RoomPeople, room: "dev", users: 9, announced: false };
  assertEquals(names.receive(big), big);
});

test("Parts of a connection that ended are in no list", () => {
  const names = new RoomNames();
  names.receive(part(["ana"], true));
  names.clear();
  assertEquals(names.receive(part(["bo"])), part(["bo"]));
});

test("A list of names that would fill the memory is left out, and the next one is not", () => {
  const names = new RoomNames();
  const long = Array(1000).fill("x".repeat(50));
  for (let i = 0; i < 84; i++) assertEquals(names.receive(part(long, true)), undefined);
  const { usernames: _, ...without } = part([]);
  assertEquals(names.receive(part(["ana"])), without);
  assertEquals(names.receive(part(["ana"])), part(["ana"]));
});
