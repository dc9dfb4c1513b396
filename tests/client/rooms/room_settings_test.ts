/**
 * The commands about rooms that belong to somebody, against a hub with such rooms.
 *
 * @module
 */
import { RoomSettings } from "../../../client/rooms/mod.ts";
import { parseTerminalInput } from "../../../client/commands/mod.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { personOf, roomOf, type Target } from "../../../client/model/mod.ts";
import { textOf } from "../../../client/text/style.ts";
import { Code, type Welcome } from "../../../protocol/mod.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { InvitedHub } from "../../helpers/hubs/invited_hub.ts";
import { offerOf, OwnedHub } from "../../helpers/hubs/owned_hub.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const [anaKey, boKey] = await Promise.all([TestKey.make(), TestKey.make()]);
const OPS = roomOf("ops");

/** Runs commands as a user; returns their lines, or the error. */
function commandsOf(user: TestUser, features: string[] = ["private_rooms"], name = user.session.name) {
  const ask = (request: ControlRequest): Answer => {
    user.receives();
    user.sends({ ...request, ref: "r" });
    return user.receives().find(({ ref }) => ref === "r") as unknown as Answer;
  };
  const settings = new RoomSettings({
    ask: (request) => Promise.resolve(ask(request)),
    session: () => ({ extended: true, name, welcome: { features } as unknown as Welcome }),
    offsetMinutes: () => 0,
  });
  return async (typed: string, target: Target = OPS): Promise<string[]> => {
    const input = parseTerminalInput(typed);
    if (input.kind !== "room") return [JSON.stringify(input)];
    const result = await settings.do(input.action, target);
    switch (result.kind) {
      case "done":
        return result.lines.map(textOf);
      case "failed":
        return [`! ${result.message}`];
      case "confirm":
        return [...result.lines, `> ${result.input}`];
    }
  };
}

/** A hub with the room ops of ana; bo has a name, too. */
function hubWithRoom() {
  const hub = new OwnedHub();
  const ana = hub.owns(anaKey, "ana");
  const bo = hub.owns(boKey, "bo");
  ana.sends({ code: Code.Join, room: "ops", ref: "j" });
  return { hub, ana: commandsOf(ana), bo: commandsOf(bo), users: { ana, bo } };
}

/** The notices of a user about rooms. */
const noticesOf = (user: TestUser) => user.receives().filter(({ code }) => code === 222 || code === 223);

Deno.test("A room is described, changed, and described as changed", async () => {
  const { ana, users } = hubWithRoom();
  assertEquals(await ana(":room"), [
    "-- #ops is open, and belongs to you since Tuesday 14 November 2023",
    "  topic: none",
    "  everyone can join it and read all of it",
    "  1 member: ana",
  ]);
  assertEquals(await ana(":topic"), ["-- #ops has no topic"]);
  assertEquals(await ana(":topic who is on call"), []);
  assertEquals(await ana(":room private"), []);
  assertEquals(await ana(":room private"), ["-- #ops is private already"]);
  assertEquals(await ana(":invite BO"), []);
  assertEquals(noticesOf(users.bo), [
    { code: 222, room: "ops", by: "ana", invited: "bo" },
    { code: 223, room: "ops", by: "ana" },
  ]);
  assertEquals(await ana(":invite bo"), [
    "-- bo is a member of #ops already, and can join it by :join #ops",
  ]);
  assertEquals(await ana(":topic"), ["-- the topic of #ops: who is on call"]);
  assertEquals(await ana(":room history all"), []);
  assertEquals((await ana(":room")).slice(1), [
    "  topic: who is on call",
    "  only members find it and join it; they read all of it",
    "  2 members: ana, bo",
  ]);
  assertEquals(await ana(":topic -"), []);
  assertEquals(await ana(":topic"), ["-- #ops has no topic"]);
  assertEquals(await ana(":remove bo"), []);
  assertEquals(noticesOf(users.bo).at(-1), { code: 222, room: "ops", by: "ana", removed: "bo" });
  assertEquals((await ana(":room")).at(-1), "  1 member: ana");
});

Deno.test("Refusals say what was wanted, and why it was not done", async () => {
  const { hub, ana, bo } = hubWithRoom();
  assertEquals(await bo(":topic mine"), ["! Cannot set the topic of #ops: it belongs to ana"]);
  assertEquals(await bo(":room delete"), ["! Cannot delete #ops: it belongs to ana"]);
  assertEquals(await bo(":room delete #ops"), ["! Cannot delete #ops: it belongs to ana"]);
  assertEquals(await ana(":room owner bo"), [
    "! Cannot give #ops to bo: no member has that name; invite them first",
  ]);
  assertEquals(await ana(":remove bo"), ["! Cannot remove bo from #ops: no member has that name"]);
  assertEquals(await ana(":invite nobody"), [
    "! Cannot invite nobody to #ops: the name belongs to nobody; it belongs to its user once they have a key " +
    "and have said something",
  ]);
  assertEquals(await ana(":room private", personOf("bo")), [
    "! Cannot set @bo to private: this is a conversation with bo; go to a room first, by :switch",
  ]);
  assertEquals(await ana(":room", roomOf("main")), ["-- #main is open, and belongs to nobody"]);
  await ana(":room private");
  for (const command of [":room", ":topic", ":room open", ":invite ana", ":room delete"]) {
    assertEquals((await bo(command)).map((line) => line.replace(/^.*: /, "")), [
      "there is no room of that name",
    ], command);
  }
  const older = commandsOf(hub.connect(), ["rooms"], "guest");
  assertEquals(await older(":room private"), [
    "! Cannot set #ops to private: on this hub no room belongs to anybody",
  ]);
});

Deno.test("A room is deleted only after its owner has typed its name", async () => {
  const { ana, users } = hubWithRoom();
  await ana(":invite bo");
  assertEquals(await ana(":room delete"), [
    "#ops and all of its messages are lost then, for everyone; it has 2 members",
    ":room delete #ops deletes it",
    "> :room delete #ops",
  ]);
  assertEquals(await ana(":room delete #other"), [
    "! Cannot delete #ops: you have typed #other, and this is #ops; go to #other first, by :join",
  ]);
  assertEquals((await ana(":room")).length, 4);
  assertEquals(await ana(":room delete #OPS"), []);
  assertEquals(noticesOf(users.bo).at(-1), { code: 222, room: "ops", by: "ana", deleted: true });
  assertEquals(await ana(":room"), ["! Cannot describe #ops: there is no room of that name"]);
});

Deno.test("A room that is given away belongs to the other member", async () => {
  const { ana, bo } = hubWithRoom();
  await ana(":invite bo");
  assertEquals(await ana(":room owner bo"), []);
  assertEquals((await bo(":room"))[0], "-- #ops is open, and belongs to you since Tuesday 14 November 2023");
  assertEquals(await ana(":room private"), ["! Cannot set #ops to private: it belongs to bo"]);
  assertEquals(await ana(":remove ana"), []);
  assertEquals((await bo(":room")).at(-1), "  1 member: bo");
});

Deno.test("An owner gets a link for the room, somebody else learns why not, and options are checked", async () => {
  const chat = await InvitedHub.make();
  const join = (key: TestKey, username: string) => {
    const user = chat.connect();
    const offer = offerOf(user);
    user.sends({
      code: Code.Hello,
      client: "test/1",
      username,
      rooms: ["ops"],
      ...key.proof(offer, username),
    });
    return commandsOf(user, ["private_rooms", "invites"]);
  };
  const ana = join(anaKey, "ana");
  const bo = join(boKey, "bo");
  const [note, link, warning] = await ana(":invite link --uses 2 --expires 7d");
  assertMatch(
    note!,
    /whoever has this link gets into #ops, 2 times, until Tuesday 21 November 2023, 22:13; /,
  );
  const [, id] = note!.match(/it is shown only now \(invite (\w{6}), which :invite revoke \1 ends\)$/) ?? [];
  assertEquals(await ana(":invites"), [
    "-- 1 invite; :invite revoke ID ends one",
    `  ${id}: into #ops, 0 of 2 used, until Tuesday 21 November 2023, 22:13, by ana`,
  ]);
  assertEquals(await bo(":invites"), [
    "! Cannot list invites: operators of this hub do, and owners of rooms those that they have made",
  ]);
  assertEquals(await bo(`:invite revoke ${id}`), [
    "! Cannot revoke that invite: operators of this hub do, and owners of rooms those that they have made",
  ]);
  assertEquals(await ana(`:invite revoke ${id}`), [
    `-- the invite ${id} is revoked: it lets nobody in any more; who is here stays`,
  ]);
  assertEquals(await ana(":invites"), ["-- no invite can be used; :invite link makes one"]);
  assertEquals(await ana(":invite revoke nothing"), [
    "! Cannot revoke that invite: there is none with this id",
  ]);
  assertMatch(link!, /rift:\/\/192\.0\.2\.7:8000\/#[\w-]{64}$/);
  assertMatch(warning!, /not encrypted/);
  assertEquals(await bo(":invite link"), [
    "! Cannot make an invite: it is not yours, and you are no operator of this hub",
  ]);
  assertEquals(await ana(":invite link", roomOf("main")), [
    "! Cannot make an invite: operators make those for the hub; you can make one for a room that you own",
  ]);
  for (
    const typed of [
      ":invite link --uses 0",
      ":invite link 24h",
      ":invite link --expires",
      ":invite bo --uses 2",
      ":invite revoke",
      ":invite revoke one two",
    ]
  ) {
    assertMatch((await ana(typed))[0]!, /"kind":"error","message":"usage: :invite/);
  }
  assertEquals((await ana(":invite @link"))[0]!.startsWith("! Cannot invite link to #ops"), true);
});

Deno.test("On a hub without invites :invite link says so", async () => {
  const { ana } = hubWithRoom();
  assertEquals(await ana(":invite link"), ["! Cannot make an invite: this hub has no invites"]);
});
