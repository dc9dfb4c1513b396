/**
 * Two hubs over the real NATS: what is decided at one holds and acts at the other. The file is long because it has a
 * conversation for each thing that is decided.
 *
 * @module
 */
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { asks, type ClusterHub, synced } from "../../helpers/replica/cluster_hub.ts";
import { clusterTest } from "../../helpers/replica/two_hubs.ts";

const keys = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make(), TestKey.make()]);
const [ana, bo, cy, op] = keys as [TestKey, TestKey, TestKey, TestKey];

/** Takes what a user has received, and looks for a text in it. */
function reads(user: ReturnType<ClusterHub["comes"]>, text: string): boolean {
  return JSON.stringify(user.receives()).includes(text);
}

/** Makes a user own the name under which it is here. */
function speaks(user: ReturnType<ClusterHub["comes"]>) {
  user.sends({ code: 100, message: "hello" });
  user.receives();
  return user;
}

clusterTest(
  "A name that is owned at one hub is refused at the other, and free when it is freed",
  async ({ one, other }) => {
    speaks(one.comes(ana, "ana")).disconnects();
    await synced(one, other);
    const stranger = other.comes(bo, "Ana");
    assertEquals(stranger.receives().find(({ code }) => code === 206)?.error, "name_owned");
    const device = other.comes(ana, "ana");
    assertEquals(device.name, "ana");
    assertEquals((asks(device, { code: 116 })[0]!.keys as unknown[]).length, 1);
    asks(device, { code: 114, key: cy.key });
    await synced(one, other);
    assertEquals(
      one.registry.names.ownerOf("ana")!.keys.map(({ key }) => key).sort(),
      [ana.key, cy.key].sort(),
    );
    asks(device, { code: 113 });
    await synced(one, other);
    assertEquals(speaks(one.comes(bo, "ana")).name, "ana");
  },
);

clusterTest(
  "Who uses a name without its key gets another one when it is taken at the other hub",
  async ({ one, other }) => {
    const guest = other.comes(undefined, "ana");
    guest.receives();
    speaks(one.comes(ana, "ana"));
    await synced(one, other);
    assert(guest.name !== "ana", guest.name);
    const told = guest.receives();
    assert(
      JSON.stringify(told).includes("belongs to other keys"),
    );
    assert(told.some(({ code, old }) => code === 203 && old === "ana"), JSON.stringify(told));
  },
);

clusterTest(
  "A name that is taken at both hubs at once has one owner, and the other one is told",
  async ({ one, other }) => {
    const here = one.comes(ana, "sam"), there = other.comes(bo, "sam");
    speaks(here);
    speaks(there);
    await synced(one, other);
    await synced(one, other);
    const [owner, same] = [one, other].map(({ registry }) => registry.names.ownerOf("sam")!);
    assertEquals([same!.id, same!.keys], [owner!.id, owner!.keys]);
    assertEquals([one.registry.names.size, other.registry.names.size], [1, 1]);
    const winner = owner!.keys[0]!.key === ana.key ? here : there;
    const loser = winner === here ? there : here;
    assertEquals(winner.name, "sam");
    assert(loser.name !== "sam", loser.name);
    assert(reads(loser, "belongs to other keys"));
    assertEquals([...one.undone, ...other.undone], ["owners"]);
    // It is nobody's under the new name, until it says something there.
    assertEquals(loser.session.owner, undefined);
  },
);

clusterTest(
  "A ban at one hub ends sessions at the other and keeps them out, until it is ended",
  async ({ one, other }) => {
    one.moderation.addOperator(op.key, "", 1);
    speaks(other.comes(bo, "bo"));
    const troll = speaks(other.comes(cy, "troll"));
    await synced(one, other);
    const operator = speaks(one.comes(op, "op"));
    assertEquals(asks(operator, { code: 124, action: "ban", target: "troll", reason: "spam" })[0]!.code, 224);
    await synced(one, other);
    assert(troll.endReason?.includes("you are banned from this hub: spam"), troll.endReason);
    assert(other.comes(cy, "anything").endReason?.includes("banned"));
    assertEquals(other.moderation.listAll(1).map(({ target, by }) => [target, by]), [["troll", "op"]]);
    assertEquals(other.moderation.auditEntries({ count: 10 }), one.moderation.auditEntries({ count: 10 }));
    assert(other.moderation.auditEntries({ count: 10 }).some(({ action }) => action === "ban"));
    asks(operator, { code: 124, action: "unban", target: "troll" });
    await synced(one, other);
    assertEquals(other.comes(cy, "troll").endReason, undefined);
  },
);

clusterTest(
  "A mute, slow mode and a lockdown hold at the other hub, and users there are told",
  async ({ one, other }) => {
    one.moderation.addOperator(op.key, "", 1);
    const user = speaks(other.comes(bo, "bo"));
    await synced(one, other);
    const operator = speaks(one.comes(op, "op"));
    asks(operator, { code: 124, action: "mute", target: "bo" });
    await synced(one, other);
    assert(reads(user, "you are muted on this hub"));
    assertEquals(asks(user, { code: 103, room: "main", message: "hi" })[0]!.error, "muted");
    asks(operator, { code: 124, action: "unmute", target: "bo" });
    asks(operator, { code: 124, action: "slow", every_ms: 60_000 });
    await synced(one, other);
    assert(reads(user, "Slow mode is on"));
    assertEquals(asks(user, { code: 103, room: "main", message: "hi" })[0]!.code, 207);
    assertEquals(asks(user, { code: 103, room: "main", message: "hi" })[0]!.error, "too_fast");
    asks(operator, { code: 124, action: "slow", every_ms: 0 });
    asks(operator, { code: 124, action: "lockdown", mode: "owned" });
    await synced(one, other);
    assert(reads(user, "Slow mode is off"));
    assertEquals(other.moderation.lockdown, "owned");
    assert(other.comes(undefined, "guest").endReason !== undefined);
  },
);

clusterTest(
  "A kick at one hub puts the user out at the other, and whoever comes back may stay",
  async ({ one, other }) => {
    one.moderation.addOperator(op.key, "", 1);
    speaks(one.comes(bo, "bo"));
    await synced(one, other);
    const there = speaks(other.comes(bo, "bo"));
    const operator = speaks(one.comes(op, "op")), otherOperator = speaks(other.comes(op, "op"));
    assertEquals(asks(operator, { code: 124, action: "kick", target: "bo", reason: "noise" })[0]!.code, 224);
    await synced(one, other);
    assertEquals(there.endReason, "op has put you out of this hub: noise");
    assertEquals([other.comes(bo, "bo").endReason, otherOperator.endReason], [undefined, undefined]);
  },
);

clusterTest(
  "Operators and moderators of one hub are told at the other what they may do",
  async ({ one, other }) => {
    const user = speaks(other.comes(bo, "bo"));
    const owner = speaks(one.comes(ana, "ana"));
    asks(owner, { code: 107, room: "dev" });
    await synced(one, other);
    user.receives();
    const powers = () => user.receives().findLast(({ code }) => code === 230);
    one.moderation.addOperator(one.registry.names.ownerOf("bo")!, "", 1);
    await synced(one, other);
    assertEquals(powers()?.operator, true);
    one.moderation.removeOperator(one.registry.names.ownerOf("bo")!, 2);
    await synced(one, other);
    assertEquals(powers()?.operator, false);
    asks(owner, { code: 124, action: "mod", target: "bo", room: "dev" });
    await synced(one, other);
    assertEquals(powers()?.rooms, ["dev"]);
    asks(owner, { code: 124, action: "unmod", target: "bo", room: "dev" });
    await synced(one, other);
    assertEquals(powers()?.rooms, []);
  },
);

clusterTest(
  "A private room has the same members at both hubs, and those who are none are put out",
  async ({ one, other }) => {
    const owner = speaks(one.comes(ana, "ana"));
    asks(owner, { code: 107, room: "den" });
    const member = speaks(other.comes(bo, "bo")), guest = speaks(other.comes(cy, "cy"));
    await synced(one, other);
    for (const user of [member, guest]) assertEquals(asks(user, { code: 107, room: "den" })[0]!.code, 207);
    asks(owner, { code: 119, room: "den", topic: "secrets" });
    asks(owner, { code: 120, room: "den", username: "bo" });
    await synced(one, other);
    const told = member.receives().filter(({ code }) => code === 222);
    assert(told.some(({ topic, by }) => topic === "secrets" && by === "ana"), JSON.stringify(told));
    assert(told.some(({ invited }) => invited === "bo"), JSON.stringify(told));
    asks(owner, { code: 119, room: "den", mode: "private" });
    await synced(one, other);
    const rooms = (user: typeof member) => user.session.memberships.map(({ room }) => room.name);
    assertEquals([rooms(member), rooms(guest)], [["main", "den"], ["main"]]);
    assert(guest.receives().some(({ code, room }) => code === 212 && room === "den"));
    assertEquals(asks(guest, { code: 107, room: "den" })[0]!.error, "no_such_room");
    asks(owner, { code: 121, room: "den", username: "bo" });
    await synced(one, other);
    assertEquals(rooms(member), ["main"]);
    assertEquals(asks(member, { code: 107, room: "den" })[0]!.error, "no_such_room");
    asks(owner, { code: 122, room: "den" });
    await synced(one, other);
    assertEquals(other.registry.rooms.find("den"), undefined);
  },
);

clusterTest(
  "An invite of one hub is used at the other, and its uses are counted at both",
  async ({ one, other }) => {
    const made = one.invites.handle({ do: "make invite", uses: 2, room: "dev" });
    assert(made !== undefined && "link" in made);
    const { link, invite: { id } } = made;
    await synced(one, other);
    const [here, there] = await Promise.all([one.shows(link, "ana", ana), other.shows(link, "bo", bo)]);
    assertEquals([here.endReason, there.endReason], [undefined, undefined]);
    await synced(one, other);
    await synced(one, other);
    for (const { stores: { invites: { invites } } } of [one, other]) {
      assertEquals(invites.find(id)!.usesLeft, 0);
      assertEquals(invites.usesOf(invites.find(id)!).map(({ name }) => name).sort(), ["ana", "bo"]);
    }
    const third = await one.shows(link, "cy", cy);
    assertEquals(third.receives().find(({ code }) => code === 206)?.error, "bad_invite");
    const again = await one.shows(link, "bo", bo);
    assertEquals(again.receives().find(({ code }) => code === 206), undefined);
    other.invites.handle({ do: "revoke invite", id });
    await synced(one, other);
    assert(one.stores.invites.invites.find(id)!.revoked !== undefined);
  },
);

clusterTest(
  "A token of one hub is one of the other, until it is revoked at either",
  async ({ one, other }) => {
    const made = one.tokens.handle({ do: "add token", name: "bot", read: true, write: true });
    assert(made !== undefined && "secret" in made);
    await synced(one, other);
    assertEquals(other.tokens.find(made.secret)?.name, "bot");
    other.tokens.handle({ do: "revoke token", id: made.token.id });
    await synced(one, other);
    assertEquals(one.tokens.find(made.secret), undefined);
    assertEquals(one.revoked.map(({ id }) => id), [made.token.id]);
    assertEquals(one.registry.names.ownerOf("bot"), undefined);
  },
);

clusterTest(
  "While NATS is away a change is refused with a time to try again, and nothing is lost by its kill -9",
  async (cluster) => {
    const { nats, one, other, clients: [client] } = cluster;
    one.moderation.addOperator(op.key, "", 1);
    const operator = speaks(one.comes(op, "op"));
    speaks(one.comes(bo, "bo"));
    await synced(one, other);
    client!.connection.onChange((change) => one.replica.setAway(change !== "connected"));
    await nats.kill();
    await client!.changed("disconnected");
    const [refusal] = asks(operator, { code: 124, action: "ban", target: "bo" });
    assertEquals([refusal!.error, refusal!.retry_after_ms], ["unavailable", 5000]);
    assertEquals(one.moderation.listAll(1), []);
    const newcomer = one.comes(cy, "cy");
    newcomer.receives();
    assertEquals(asks(newcomer, { code: 103, room: "main", message: "hi" }).at(-1)!.code, 207);
    assertEquals(one.registry.names.ownerOf("cy"), undefined);
    // What was done is recorded nevertheless.
    assertEquals(asks(operator, { code: 124, action: "kick", target: "cy" })[0]!.code, 224);
    await nats.start();
    await client!.changed("connected");
    assertEquals(asks(operator, { code: 124, action: "ban", target: "bo" })[0]!.code, 224);
    await synced(one, other);
    assertEquals(other.moderation.listAll(1).map(({ target }) => target), ["bo"]);
    const actions = other.moderation.auditEntries({ count: 10 }).map(({ action }) => action);
    assertEquals(actions.filter((action) => action === "kick" || action === "ban").sort(), ["ban", "kick"]);
  },
);

clusterTest(
  "Who is invited to a room while its owner deletes it at another hub is no member of a later room of that name",
  async ({ one, other }) => {
    const owner = speaks(one.comes(cy, "cy"));
    asks(owner, { code: 107, room: "ops" });
    speaks(other.comes(bo, "bo"));
    await synced(one, other);
    const device = other.comes(cy, "cy");
    asks(device, { code: 120, room: "ops", username: "bo" });
    asks(owner, { code: 122, room: "ops" });
    await synced(one, other);
    // A later room has a later time.
    one.advance(1000);
    asks(speaks(one.comes(ana, "ana")), { code: 107, room: "ops" });
    await synced(one, other);
    for (const { registry: { rooms, names } } of [one, other]) {
      assertEquals([...rooms.find("ops")!.members.keys()], [names.ownerOf("ana")!.id]);
    }
  },
);

clusterTest(
  "A room that is made at both hubs at once has only the members of the one who owns it",
  async ({ one, other }) => {
    const here = speaks(one.comes(ana, "ana")), there = speaks(other.comes(bo, "bo"));
    speaks(one.comes(cy, "cy"));
    await synced(one, other);
    for (const user of [here, there]) {
      assertEquals(asks(user, { code: 107, room: "den" })[0]!.code, 207);
      assertEquals(asks(user, { code: 120, room: "den", username: "cy" })[0]!.code, 207);
    }
    await synced(one, other);
    await synced(one, other);
    const owner = one.registry.rooms.find("den")!.owner.name;
    const [winner, loser] = owner === "ana" ? [here, there] : [there, here];
    const loserHub = loser === here ? one : other;
    const membersOf = ({ registry: { rooms } }: ClusterHub) =>
      [...rooms.find("den")!.members.values()].map(({ owner }) => owner.name);
    // Both have invited cy; the invite of one of them remains.
    for (const hub of [one, other]) {
      assertEquals(membersOf(hub).filter((name) => name !== "cy"), [owner]);
    }
    assertEquals(membersOf(other), membersOf(one));
    // Nobody is a member of a room that is open; then it is for members only.
    assert(loser.session.memberships.some(({ room }) => room.name === "den"));
    assertEquals(asks(winner, { code: 119, room: "den", mode: "private" })[0]!.code, 207);
    await synced(one, other);
    assert(!loser.session.memberships.some(({ room }) => room.name === "den"));
    assertEquals(asks(loser, { code: 107, room: "den" })[0]!.error, "no_such_room");
    assertEquals(asks(loser, { code: 120, room: "den", username: "bo" })[0]!.error, "no_such_room");
    assertEquals(loserHub.comes(loser === here ? ana : bo, loser.name).session.memberships.length, 1);
    // Whoever owns it may invite them.
    asks(winner, { code: 120, room: "den", username: loser.name });
    await synced(one, other);
    assertEquals(asks(loser, { code: 107, room: "den" })[0]!.code, 207);
  },
);

clusterTest(
  "The members of a room have one order at both hubs, also if they are invited at once",
  async ({ one, other }) => {
    const owner = speaks(one.comes(ana, "ana"));
    asks(owner, { code: 107, room: "den" });
    speaks(one.comes(bo, "bo"));
    speaks(one.comes(cy, "cy"));
    await synced(one, other);
    const device = other.comes(ana, "ana");
    asks(device, { code: 120, room: "den", username: "bo" });
    asks(owner, { code: 120, room: "den", username: "cy" });
    await synced(one, other);
    const membersOf = ({ registry: { rooms } }: ClusterHub) => [...rooms.find("den")!.members.keys()];
    assertEquals(membersOf(one).length, 3);
    assertEquals(membersOf(other), membersOf(one));
  },
);

clusterTest(
  "Who is invited at a hub whose clock is behind that of the one where the room was made is a member at both",
  async ({ one, other }) => {
    one.advance(3_600_000);
    const owner = speaks(one.comes(cy, "cy"));
    asks(owner, { code: 107, room: "ops" });
    speaks(other.comes(bo, "bo"));
    await synced(one, other);
    asks(other.comes(cy, "cy"), { code: 120, room: "ops", username: "bo" });
    await synced(one, other);
    for (const { registry: { rooms, names } } of [one, other]) {
      assertEquals([...rooms.find("ops")!.members.keys()], [
        names.ownerOf("cy")!.id,
        names.ownerOf("bo")!.id,
      ]);
    }
  },
);
