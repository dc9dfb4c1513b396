/**
 * Invites: who gets in by one, how often, and who makes them. The file is long because each way to use one is a scene.
 *
 * @module
 */
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import { FREE_GUESSES, GUESS_WAIT_MS } from "../../../server/limits.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { InvitedHub, inviteProof, signerOfLink } from "../../helpers/hubs/invited_hub.ts";
import { offerOf } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

const HOUR_MS = 3_600_000;
const [laptop, phone, other] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

/** The answer to the hello of a user. */
const answerOf = (user: TestUser): Body => user.receives().find(({ ref }) => ref === "hello")!;
/** The error word of the answer to a hello, or its code. */
const resultOf = (user: TestUser) => {
  const { code, error } = answerOf(user);
  return error ?? code;
};

Deno.test("With an invite one gets into a hub with a password, and into its room", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link } = chat.invite({ room: "dev" });
  assertMatch(link, /^rift:\/\/192\.0\.2\.7:8000\/#[\w-]{64}$/);
  const bo = await chat.shows(link, { username: "bo" });
  const welcome = answerOf(bo);
  assertEquals([welcome.username, welcome.rooms], ["bo", ["main", "dev"]]);
  assert((welcome.features as string[]).includes("invites"));
  const eve = chat.connect();
  eve.receives();
  eve.sends({ code: 102, client: "test/1", username: "eve", ref: "hello" });
  assertEquals(resultOf(eve), "bad_password");
});

Deno.test("Used-up, expired and revoked invites are refused, and the text says why", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const once = chat.invite();
  assertEquals(resultOf(await chat.shows(once.link, { username: "bo" })), 210);
  const late = answerOf(await chat.shows(once.link, { username: "cy" }));
  assertEquals([late.error, late.message], [
    "bad_invite",
    "Cannot use your invite: it is used up; ask for another one",
  ]);
  const short = chat.invite({ expiresMs: HOUR_MS });
  chat.advance(HOUR_MS);
  const expired = answerOf(await chat.shows(short.link));
  assertMatch(
    String(expired.message),
    /^Cannot use your invite: it expired at 2023-11-14 23:13 UTC; ask for/,
  );
  const revoked = chat.invite();
  chat.manager.handle({ do: "revoke invite", id: revoked.id });
  const gone = answerOf(await chat.shows(revoked.link));
  assertEquals([gone.error, gone.message], [
    "bad_invite",
    "Cannot use your invite: it was revoked; ask for another one",
  ]);
});

Deno.test("Of two who use the last use at once, one wins", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link, id } = chat.invite();
  const signer = await signerOfLink(link);
  const users = [chat.connect(), chat.connect()].map((user) => ({ user, offer: offerOf(user) }));
  const proofs = await Promise.all(users.map(({ offer }) => inviteProof(signer, offer)));
  users.forEach(({ user }, i) =>
    user.sends({ code: 102, client: "test/1", invite: proofs[i]!, ref: "hello" })
  );
  assertEquals(users.map(({ user }) => resultOf(user)), [210, "bad_invite"]);
  const [{ usesLeft, usedBy }] = invitesOf(chat).filter((invite) => invite.id === id) as [
    ReturnType<typeof invitesOf>[0],
  ];
  assertEquals([usesLeft, usedBy.length], [0, 1]);
});

/** The invites, as `riftchat invites` gets them. */
function invitesOf(chat: InvitedHub) {
  const answer = chat.manager.handle({ do: "list invites" });
  if (answer === undefined || !("invites" in answer)) throw new Error("no list");
  return answer.invites;
}

Deno.test("A signature for another connection, hub, name or purpose is a wrong invite", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link } = chat.invite();
  const signer = await signerOfLink(link);
  const stranger = await signerOfLink((await InvitedHub.make()).invite().link);
  for (
    const [what, proof] of [
      [
        "another connection",
        (offer) => inviteProof(signer, { ...offer, nonce: "AAAAAAAAAAAAAAAAAAAAAA==" }, "bo"),
      ],
      ["another hub", (offer) => inviteProof(signer, { ...offer, identity: laptop.key }, "bo")],
      ["another name", (offer) => inviteProof(signer, offer, "cy")],
      ["an unknown token", (offer) => inviteProof(stranger, offer, "bo")],
      ["the token itself", () => Promise.resolve(link.split("#")[1]!)],
      ["no base64", () => Promise.resolve("*")],
      ["another purpose", (offer) => Promise.resolve(laptop.proof(offer, "bo").signature)],
    ] as [string, (offer: { identity: string; nonce: string }) => Promise<string>][]
  ) {
    const user = chat.connect();
    const invite = await proof(offerOf(user));
    user.sends({ code: 102, client: "test/1", username: "bo", invite, ref: "hello" });
    assertEquals(resultOf(user), "bad_invite", what);
    // Guesses cost time, which is not tested here.
    chat.advance(2 * HOUR_MS);
  }
});

Deno.test("Guessing invites costs time by address, in which not even the right one is checked", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link } = chat.invite();
  const stranger = (await InvitedHub.make()).invite().link;
  const eve = chat.connect();
  const offer = offerOf(eve);
  for (let i = 0; i <= FREE_GUESSES; i++) await chat.showsAgain(eve, offer, stranger);
  const last = eve.receives().at(-1)!;
  assertEquals([last.error, last.retry_after_ms], ["bad_invite", GUESS_WAIT_MS]);
  await chat.showsAgain(eve, offer, link);
  assertEquals([resultOf(eve), invitesOf(chat)[0]!.usesLeft], ["too_fast", 1]);
  chat.advance(GUESS_WAIT_MS);
  await chat.showsAgain(eve, offer, link);
  assertEquals(resultOf(eve), 210);
});

Deno.test("The same run of a client, or the same key, comes back without another use", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link, id } = chat.invite({ room: "dev" });
  const session = "a secret of this run";
  const guest = await chat.shows(link, { username: "bo", session });
  assertEquals(resultOf(guest), 210);
  guest.disconnects();
  assertEquals(resultOf(await chat.shows(link, { username: "bo", session })), 210);
  const keyed = chat.invite();
  assertEquals(resultOf(await chat.shows(keyed.link, { username: "ana" }, laptop)), 210);
  assertEquals(resultOf(await chat.shows(keyed.link, { username: "ana" }, laptop)), 210);
  assertEquals(invitesOf(chat).map(({ usesLeft, usedBy }) => [usesLeft, usedBy.length]), [[0, 1], [0, 1]]);
  const comes = (key: TestKey) => {
    const user = chat.connect();
    user.sends({
      code: 102,
      client: "test/1",
      username: "ana",
      ref: "hello",
      ...key.proof(offerOf(user), "ana"),
    });
    return resultOf(user);
  };
  assertEquals([comes(laptop), comes(phone)], [210, "bad_password"]);
  chat.manager.handle({ do: "revoke invite", id: keyed.id });
  assertEquals(comes(laptop), "bad_password");
  chat.manager.handle({ do: "revoke invite", id });
  assertEquals(resultOf(await chat.shows(link, { username: "bo", session })), "bad_invite");
});

Deno.test("A hello that is refused after its invite was used may be sent again, on that connection alone", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const first = chat.invite();
  assertEquals(resultOf(await chat.shows(first.link, { username: "bo" })), 210);
  const { link } = chat.invite();
  const user = chat.connect();
  const offer = offerOf(user);
  await chat.showsAgain(user, offer, link, { username: "bo" });
  assertEquals(resultOf(user), "name_taken");
  assertEquals(resultOf(await chat.shows(link)), "bad_invite");
  await chat.showsAgain(user, offer, link, { username: "cy" });
  assertEquals(resultOf(user), 210);
});

Deno.test("An invite for a name gives that name; if somebody has it, the hub says so", async () => {
  const chat = await InvitedHub.make();
  const { link } = chat.invite({ name: "bo" });
  assertEquals(answerOf(await chat.shows(link, { username: "whoever" })).username, "bo");
  const again = chat.invite({ name: "bo" });
  const late = answerOf(await chat.shows(again.link, { username: "cy" }));
  assertEquals([late.error, late.message], [
    "bad_invite",
    "Cannot use your invite now: it is for bo: bo is online already",
  ]);
});

Deno.test("With --invite-only nobody gets in but owners of names and those with an invite", async () => {
  const chat = await InvitedHub.make({ only: true });
  const comes = (key?: TestKey) => {
    const user = chat.connect();
    const proof = key === undefined ? {} : key.proof(offerOf(user), "ana");
    user.receives();
    user.sends({ code: 102, client: "test/1", username: "ana", ref: "hello", ...proof });
    return answerOf(user);
  };
  const refused = comes(laptop);
  assertEquals(refused.error, "not_allowed");
  assertMatch(String(refused.message), /those who own a name here or have an invite: .* riftchat join LINK$/);
  assertEquals(comes().error, "not_allowed");
  const base = chat.connect();
  base.receives();
  base.sends({ code: 100, message: "let me in" });
  assertMatch(base.endReason!, /own a name here or have an invite/);
  const { link, id } = chat.invite();
  const ana = await chat.shows(link, { username: "ana" }, laptop);
  ana.sends({ code: 100, message: "mine" });
  ana.disconnects();
  chat.manager.handle({ do: "revoke invite", id });
  assertEquals(comes(laptop).code, 210);
});

Deno.test("An owner's invite makes somebody with a key a member of the private room, once", async () => {
  const chat = await InvitedHub.make();
  const ana = chat.connect();
  ana.sends({
    code: 102,
    client: "test/1",
    username: "ana",
    rooms: ["den"],
    ...laptop.proof(offerOf(ana), "ana"),
  });
  ana.sends({ code: 119, room: "den", mode: "private" });
  ana.receives();
  ana.sends({ code: 131, room: "den", uses: 3, ref: "invite" });
  const made = ana.receives().find(({ ref }) => ref === "invite")!;
  assertEquals([made.code, made.uses], [229, 3]);
  const link = String(made.link);
  const guest = chat.connect();
  guest.sends({ code: 102, client: "test/1", username: "gil" });
  const ask = (room: string) => {
    guest.receives();
    guest.sends({ code: 131, room, ref: "invite" });
    return guest.receives().find(({ ref }) => ref === "invite")!;
  };
  assertEquals(ask("den").error, "no_such_room");
  assertEquals(ask("den"), ask("none"), "a guest learns that there is a private room");
  assertEquals(resultOf(await chat.shows(link, { username: "guest" })), "bad_invite");
  const bo = await chat.shows(link, { username: "bo" }, phone);
  assertEquals(answerOf(bo).rooms, ["main", "den"]);
  assertEquals(ana.receives().filter(({ code }) => code === 222).map(({ invited }) => invited), ["bo"]);
  ana.sends({ code: 121, room: "den", username: "bo" });
  bo.disconnects();
  const back = await chat.shows(link, { username: "bo" }, phone);
  assertEquals(answerOf(back).rooms, ["main"], "a removed member gets in again");
  ana.sends({ code: 113 });
  const late = answerOf(await chat.shows(link, { username: "cy" }, other));
  assertMatch(String(late.message), /#den has another owner than the one who made it/);
});

Deno.test("Operators invite into the hub and open rooms, owners into their rooms", async () => {
  const chat = await InvitedHub.make({ operators: [other.key] });
  const comes = (key: TestKey, username: string, rooms: string[]) => {
    const user = chat.connect();
    user.sends({ code: 102, client: "test/1", username, rooms, ...key.proof(offerOf(user), username) });
    user.receives();
    return (message: object) => {
      user.sends({ code: 131, ref: "r", ...message });
      const { code, error } = user.receives().find(({ ref }) => ref === "r")!;
      return error ?? code;
    };
  };
  const owner = comes(laptop, "ana", ["den"]);
  const guest = comes(phone, "bo", ["den"]);
  const operator = comes(other, "op", []);
  assertEquals([owner({}), owner({ room: "DEN" }), owner({ room: "none" })], [
    "not_allowed",
    229,
    "no_such_room",
  ]);
  assertEquals([guest({}), guest({ room: "den" })], ["not_allowed", "not_allowed"]);
  assertEquals([operator({}), operator({ room: "den" }), operator({ username: "cy" })], [229, 229, 229]);
  assertEquals(operator({ username: "cy", uses: 2 }), "bad_message");
  assertEquals(operator({ username: "ana" }), "name_owned");
  assertEquals(operator({ username: "not a name" }), "bad_name");
  assertEquals(chat.records.map(({ action, by }) => `${action} ${by?.name}`), [
    "invite ana",
    ...Array(3).fill("invite op"),
  ]);
});

Deno.test("A ban beats an invite, which is not used up; a lockdown for the invited lets them in", async () => {
  const chat = await InvitedHub.make({ password: "sesame" });
  const { link } = chat.invite();
  const by = { name: "op", operator: true };
  chat.moderation.ban({ target: `ssh-ed25519 ${laptop.key}`, by, now: START });
  const banned = await chat.shows(link, { username: "ana" }, laptop);
  assertEquals([resultOf(banned), invitesOf(chat)[0]!.usesLeft], ["banned", 1]);
  chat.moderation.ban({ target: "loki", by, now: START });
  const named = chat.invite({ name: "loki" });
  assertEquals(resultOf(await chat.shows(named.link, {}, other)), "banned");
  assertEquals(invitesOf(chat).map(({ usesLeft }) => usesLeft), [1, 1]);
  chat.moderation.lockDown("invited", { by, now: START });
  assertEquals(resultOf(await chat.shows(link, { username: "bo" }, phone)), 210);
  const uninvited = chat.connect();
  uninvited.receives();
  uninvited.sends({ code: 102, client: "test/1", username: "cy", password: "sesame", ref: "hello" });
  assertEquals(resultOf(uninvited), "not_allowed");
  chat.moderation.lockDown("owned", { by, now: START });
  const late = chat.invite();
  assertEquals(resultOf(await chat.shows(late.link, { username: "cy" }, other)), "not_allowed");
});

Deno.test("A hub without invites refuses to make and to take one", () => {
  const chat = new TestHub();
  const user = chat.connect();
  user.receives();
  user.sends({ code: 102, client: "test/1", invite: "AAAA", ref: "hello" });
  assertEquals(resultOf(user), "bad_invite");
  user.sends({ code: 102, client: "test/1", ref: "hello" });
  user.sends({ code: 131, ref: "r" });
  user.sends({ code: 133, ref: "list" });
  const [welcome, ...answers] = user.receives();
  assertEquals((welcome!.features as string[]).includes("invites"), false);
  for (const wanted of ["r", "list"]) {
    assertEquals(answers.find(({ ref }) => ref === wanted)!.error, "unavailable");
  }
});

Deno.test("Operators revoke each invite, and owners of rooms their own ones, in the chat", async () => {
  const chat = await InvitedHub.make({ operators: [other.key] });
  const asks = (user: TestUser, id: unknown) => {
    user.sends({ code: 132, id: String(id), ref: "r" });
    const { code, error } = user.receives().find(({ ref }) => ref === "r")!;
    return error ?? code;
  };
  const comes = (username: string, rooms: string[], key?: TestKey) => {
    const user = chat.connect();
    const proof = key?.proof(offerOf(user), username);
    user.sends({ code: 102, client: "test/1", username, rooms, ...proof });
    user.receives();
    return user;
  };
  const owner = comes("ana", ["den"], laptop);
  const neighbour = comes("bo", ["lair"], phone);
  const operator = comes("op", [], other);
  const guest = comes("guest", []);
  owner.sends({ code: 131, room: "den", uses: 9, ref: "i" });
  const { id, link } = owner.receives().find(({ ref }) => ref === "i")!;
  const ofHub = chat.invite();
  assertEquals([asks(guest, id), asks(neighbour, id), asks(owner, ofHub.id), asks(owner, "none")], [
    "not_allowed",
    "bad_invite",
    "bad_invite",
    "bad_invite",
  ]);
  assertEquals(resultOf(await chat.shows(String(link), { username: "cy" })), 210);
  assertEquals([asks(owner, id), asks(owner, id), asks(operator, ofHub.id)], [207, 207, 207]);
  for (const gone of [String(link), ofHub.link]) assertEquals(resultOf(await chat.shows(gone)), "bad_invite");
});

Deno.test("Operators list all invites that can be used, and owners of rooms their own ones", async () => {
  const chat = await InvitedHub.make({ operators: [other.key] });
  const comes = (username: string, rooms: string[], key?: TestKey) => {
    const user = chat.connect();
    user.sends({ code: 102, client: "test/1", username, rooms, ...key?.proof(offerOf(user), username) });
    user.receives();
    return user;
  };
  const asks = (user: TestUser, request: ClientMessage = { code: 133 }) => {
    user.sends({ ...request, ref: "r" });
    return user.receives().filter(({ ref }) => ref === "r");
  };
  const owner = comes("ana", ["den"], laptop);
  const neighbour = comes("bo", ["lair"], phone);
  const operator = comes("op", [], other);
  const usedUp = chat.invite();
  assertEquals(resultOf(await chat.shows(usedUp.link, { username: "cy" })), 210);
  const named = chat.invite({ name: "eve" });
  chat.advance(1000);
  const [made] = asks(owner, { code: 131, room: "den", uses: 3 });
  const ofRoom = { id: made!.id, by: "ana", room: "den", expires: made!.expires, uses: 3, uses_left: 3 };
  const ofHub = { id: named.id, username: "eve", expires: START + 24 * HOUR_MS, uses: 1, uses_left: 1 };
  assertEquals(asks(operator), [{ code: 231, invites: [ofRoom, ofHub], ref: "r" }]);
  assertEquals(asks(owner), [{ code: 231, invites: [ofRoom], ref: "r" }]);
  assertEquals(asks(neighbour), [{ code: 231, invites: [], ref: "r" }]);
  assertEquals(asks(comes("guest", []))[0]!.error, "not_allowed");
  asks(owner, { code: 132, id: String(made!.id) });
  assertEquals(asks(owner), [{ code: 231, invites: [], ref: "r" }]);
  // More than fits into one message.
  for (let i = 0; i < 1500; i++) chat.invite({ uses: 2 });
  const parts = asks(operator);
  assert(parts.length > 1);
  assertEquals(parts.map(({ more }) => more === true), parts.map((_, i) => i < parts.length - 1));
  assertEquals(parts.flatMap(({ invites }) => invites as unknown[]).length, 1501);
});

Deno.test("Each link is another one, and has the key of the hub", async () => {
  const chat = await InvitedHub.make();
  const [one, two] = [chat.invite(), chat.invite()];
  assert(one.link !== two.link);
  assertEquals(one.link.split("#")[1]!.slice(0, 42), two.link.split("#")[1]!.slice(0, 42));
});
