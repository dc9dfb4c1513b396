/**
 * The devices of a person: several sessions with one name. Others see one user, whatever the devices do, in `main` and
 * in every room.
 */
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { OwnedHub } from "../../helpers/hubs/owned_hub.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const [laptop, phone, thief] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

function test(name: string, run: (chat: OwnedHub) => void): void {
  Deno.test(name, () => run(new OwnedHub()));
}

/** What a user receives, in short: error words, and codes with rooms, names and texts. */
const brief = (user: TestUser) =>
  user.receives().map(({ code, error, room, old, new: name, username, message }) => {
    const said = typeof message === "object" ? message as { username: string; message: string } : undefined;
    const parts = [code, room, old, name ?? username ?? said?.username, said?.message];
    return String(error ?? parts.filter((part) => part !== undefined).join(" "));
  });

/** Sends a request and returns the answer. */
function ask(user: TestUser, message: ClientMessage): Body {
  user.receives();
  user.sends({ ...message, ref: "r" });
  return user.receives().find(({ ref }) => ref === "r")!;
}

test("The devices of a person spell the name alike: a device that comes takes the spelling of the others", (chat) => {
  const bo = chat.join("bo");
  const first = chat.owns(laptop, "ana", bo);
  const second = chat.comes(laptop, "ANA");
  assertEquals(brief(second), ["210 ana", "201 ana"]);
  second.sends({ code: 100, message: "hi" });
  assertEquals(brief(bo), ["200 ana hi"]);
  first.disconnects();
  second.disconnects();
  assertEquals(brief(bo), ["204 ana"]);
});

test("A device that spells the name in another way does so for all devices, and others are told once", (chat) => {
  const bo = chat.join("bo");
  const first = chat.owns(laptop, "ana", bo);
  const hidden = chat.comes(laptop, "ana", { quiet: true });
  const second = chat.comes(laptop, "ana");
  for (const user of [first, hidden, second, bo]) user.receives();
  second.sends({ code: 101, username: "Ana" });
  assertEquals(brief(second), ["202 Ana", "203 ana Ana"]);
  assertEquals([brief(first), brief(hidden), brief(bo)], [
    ["202 Ana", "203 ana Ana"],
    ["202 Ana", "203 ana Ana"],
    ["203 ana Ana"],
  ]);
  hidden.sends({ code: 101, username: "ANA" });
  assertEquals([brief(bo), first.name, second.name], [["203 Ana ANA"], "ANA", "ANA"]);
  assertEquals(chat.registry.names.ownerOf("ana")?.name, "ANA");
});

test("A device that takes the name of the others, or another one, joins and leaves rooms for others", (chat) => {
  const bo = chat.join("bo");
  const first = chat.owns(laptop, "ana", bo);
  const second = chat.comes(laptop, "work");
  first.sends({ code: 107, room: "dev" });
  for (const room of ["dev", "ops"]) {
    for (const user of [bo, second]) user.sends({ code: 107, room });
  }
  for (const user of [first, second, bo]) user.receives();
  second.sends({ code: 101, username: "ana" });
  assertEquals(brief(bo).toSorted(), ["204 work", "211 ops ana"]);
  second.sends({ code: 101, username: "work" });
  assertEquals(brief(bo).toSorted(), ["201 work", "211 dev work", "211 ops work", "212 ops ana"]);
});

test("An older connection of a session that leaves by itself does not take its person with it", (chat) => {
  const bo = chat.join("bo");
  const session = "the secret of a program";
  const older = chat.comes(laptop, "work", { session });
  chat.advance(1);
  const newer = chat.comes(laptop, "ana", { session });
  for (const user of [older, newer]) user.receives();
  older.sends({ code: 101, username: "ana" });
  bo.receives();
  older.disconnects();
  assertEquals(brief(bo), []);
  newer.disconnects();
  assertEquals(brief(bo), ["204 ana"]);
});

test("A taken-over device is said to leave the rooms in which no other device is", (chat) => {
  const bo = chat.join("bo");
  const session = "the secret of a program";
  bo.sends({ code: 107, room: "dev" });
  const other = chat.owns(laptop, "ana", bo);
  const older = chat.comes(laptop, "ana", { session, rooms: ["dev"] });
  const newer = chat.comes(laptop, "work", { session, rooms: ["dev"] });
  for (const user of [bo, other, older, newer]) user.receives();
  newer.sends({ code: 101, username: "ana" });
  assertEquals(brief(bo).toSorted(), ["204 work", "211 dev ana", "212 dev ana"]);
  assertEquals(brief(older).at(-1), "216");
});

test("A released name is not owned again by what its former owner says, but by asking for it", (chat) => {
  const ana = chat.owns(laptop, "ana");
  const mobile = chat.comes(laptop, "ana");
  assertEquals(ask(ana, { code: 113 }).code, 207);
  for (const user of [ana, mobile]) user.sends({ code: 100, message: "still here" });
  assertEquals(chat.registry.names.ownerOf("ana"), undefined);
  ana.sends({ code: 101, username: "ana" });
  ana.sends({ code: 100, message: "mine again" });
  assertEquals([ana, mobile].map(({ session }) => session.verified), [true, true]);
});

test("After a release by a person with two keys, whoever takes the name again has it alone", (chat) => {
  const ana = chat.owns(laptop, "ana");
  ask(ana, { code: 114, key: phone.key });
  const mobile = chat.comes(phone, "ana");
  ask(ana, { code: 113 });
  assertEquals(ask(mobile, { code: 101, username: "ana" }).code, 202);
  mobile.sends({ code: 100, message: "mine" });
  assertEquals([mobile.session.verified, ana.session.verified, ana.name === "ana"], [true, false, false]);
});

test("A quiet device knows that its name is owned since another device said something", (chat) => {
  const hidden = chat.comes(laptop, "ana", { quiet: true });
  const ana = chat.owns(laptop, "ana");
  const { users } = ask(ana, { code: 106 });
  assertEquals((users as { verified: boolean }[]).map(({ verified }) => verified), [true]);
  assertEquals(ask(hidden, { code: 113 }).code, 207);
});

test("A refused request about keys announces nobody", (chat) => {
  const bo = chat.join("bo");
  const late = chat.connect();
  late.receives();
  late.sends({ code: 102, client: "test/1", username: "a b" });
  for (const message of [{ code: 113 }, { code: 117 }, { code: 115, key: phone.key }] as ClientMessage[]) {
    late.sends(message);
  }
  assertEquals([brief(late), brief(bo)], [["bad_name", "not_allowed", "not_allowed", "not_allowed"], []]);
});

test("A name that is suggested instead of a taken one is not owned by somebody else", (chat) => {
  chat.owns(laptop, "ana-2").disconnects();
  chat.join("ana");
  const [refusal] = chat.comes(thief, "ana").receives();
  assertEquals([refusal!.error, refusal!.free], ["name_taken", "ana-3"]);
  assertEquals(chat.comes(laptop, "ana").receives()[0]!.free, "ana-2");
});

test("A text that is longer than any name is no name to ask about", (chat) => {
  const bo = chat.join("bo");
  const answer = ask(bo, { code: 123, username: "x".repeat(65_000) });
  assertEquals(answer.error, "bad_name");
});

test("The list of rooms counts people, not their devices", (chat) => {
  const bo = chat.join("bo");
  const ana = chat.owns(laptop, "ana", bo);
  const phones = [chat.comes(laptop, "ana"), chat.comes(laptop, "ana")];
  for (const user of [ana, phones[0]!, bo]) user.sends({ code: 107, room: "ops" });
  const users = () =>
    (ask(bo, { code: 109 }).rooms as { name: string; users: number }[]).map(({ users }) => users);
  assertEquals(users(), [2, 2]);
  // With more people than devices the hub counts in another way.
  const others = Array.from({ length: 4 }, (_, i) => chat.join(`guest-${i}`));
  assertEquals(users(), [6, 2]);
  for (const user of [ana, ...others]) user.disconnects();
  assertEquals(users(), [2, 2]);
  phones[1]!.disconnects();
  assertEquals(users(), [2, 2]);
});
