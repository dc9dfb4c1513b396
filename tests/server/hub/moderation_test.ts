/**
 * Keeping order: kicks, mutes, slow mode, bans from rooms, moderators, announcements, and who may do what.
 *
 * The file is long because each action is a scene of its own.
 *
 * @module
 */
import { type Body, Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { type Action, ModeratedHub } from "../../helpers/hubs/moderated_hub.ts";
import { offerOf } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

const [anaKey, boKey, cyKey, trollKey, friendKey] = await Promise.all(
  [1, 2, 3, 4, 5].map(() => TestKey.make()),
) as [
  TestKey,
  TestKey,
  TestKey,
  TestKey,
  TestKey,
];

function test(name: string, run: (chat: ModeratedHub) => void | Promise<void>): void {
  Deno.test(name, async () => await run(await ModeratedHub.open()));
}

/** Ana, who owns the room `den`, and Bo, Cy and a troll, who are in it and own their names. */
function den(chat: ModeratedHub) {
  const ana = chat.ownsAt("192.0.2.1", anaKey, "ana");
  const bo = chat.ownsAt("192.0.2.2", boKey, "bo");
  const cy = chat.ownsAt("192.0.2.3", cyKey, "cy");
  const troll = chat.ownsAt("192.0.2.66", trollKey, "troll");
  for (const user of [ana, bo, cy, troll]) user.sends({ code: 107, room: "den" });
  for (const user of [ana, bo, cy, troll, chat.op]) user.receives();
  return { ana, bo, cy, troll };
}

/** The error with which a message is refused; `undefined` if it was sent. */
function say(user: TestUser, room: string | undefined = undefined, message = "hi"): Body | undefined {
  user.receives();
  user.sends(room === undefined ? { code: 100, message, ref: "s" } : { code: 103, room, message, ref: "s" });
  const [answer] = user.receives().filter(({ ref }) => ref === "s");
  return answer!.code === 207 ? undefined : answer;
}

/** The rooms that the hub says a user is in. */
function roomsOf(user: TestUser): string[] {
  return user.session.memberships.map(({ room }) => room.name);
}

/** The texts from `server`. */
function notices(user: TestUser): string[] {
  return user.receives().flatMap(({ message }) => {
    const line = message as { username?: string; message?: string } | undefined;
    return line?.username === "server" ? [line.message!] : [];
  });
}

test("A kick ends all connections of a user, who may come back", (chat) => {
  const troll = chat.ownsAt("192.0.2.66", trollKey, "troll");
  const phone = chat.comes(trollKey, "troll");
  const bo = chat.guest("bo");
  const answer = chat.does({ action: "kick", target: "Troll", reason: "calm down" }, chat.op, bo);
  assertEquals([answer.names, answer.others, answer.done], [["troll"], 0, true]);
  for (const device of [troll, phone]) {
    const last = device.receives().at(-1)!;
    assertEquals([last.code, last.error, last.reason], [
      216,
      "kicked",
      "op has put you out of this hub: calm down",
    ]);
  }
  assertEquals(bo.receives(), [{ code: 204, username: "troll" }]);
  assertEquals(chat.comes(trollKey, "troll").endReason, undefined);
});

test("A kick from a room puts a user out of it, and nowhere else", (chat) => {
  const { ana, bo, troll } = den(chat);
  const preview = chat.does({ action: "kick", target: "troll", room: "den", preview: true }, ana);
  assertEquals([preview.names, preview.done, roomsOf(troll)], [["troll"], false, ["main", "den"]]);
  chat.does({ action: "kick", target: "troll", room: "DEN", reason: "off topic" }, ana, bo);
  assertEquals(roomsOf(troll), ["main"]);
  assertEquals(notices(troll), ["ana has put you out of #den: off topic"]);
  assertEquals(bo.receives(), [{ code: 212, room: "den", username: "troll" }]);
  troll.sends({ code: 107, room: "den" });
  assertEquals(roomsOf(troll), ["main", "den"]);
});

test("A ban from a room puts its user out, and refuses joining it by 107 and by hello", (chat) => {
  const { ana, bo, troll } = den(chat);
  const answer = chat.does({ action: "ban", target: "troll", room: "den", reason: "spam" }, ana, bo, troll);
  assertEquals([answer.room, answer.names, answer.others], ["den", ["troll"], 0]);
  assertEquals(
    troll.receives().map(({ code, message }) => [code, (message as { message?: string })?.message]),
    [
      [200, "you are banned from #den: spam"],
      [212, undefined],
    ],
  );
  assertEquals(bo.receives(), [{ code: 212, room: "den", username: "troll" }]);
  assertEquals(say(troll), undefined);
  troll.sends({ code: 107, room: "den", ref: "j" });
  const refusal = troll.receives().find(({ ref }) => ref === "j")!;
  assertEquals([refusal.code, refusal.error], [206, "banned"]);
  assertStringIncludes(String(refusal.message), "Cannot join #den: you are banned from #den: spam");
  const again = chat.comes(trollKey, "troll", { rooms: ["den", "other"] });
  const codes = again.receives().filter(({ code }) => code === 210 || code === 206);
  assertEquals(codes.map(({ code, rooms, error }) => [code, rooms ?? error]), [
    [210, ["main", "other"]],
    [206, "banned"],
  ]);
  chat.does({ action: "unban", target: "troll", room: "den" }, ana);
  troll.sends({ code: 107, room: "den" });
  assertEquals(roomsOf(troll), ["main", "den"]);
});

test("Whoever takes a name that is banned from a room leaves that room", (chat) => {
  const { ana, bo } = den(chat);
  chat.does({ action: "ban", target: "loki", room: "den" }, ana);
  const guest = chat.guest("guest");
  guest.sends({ code: 107, room: "den" });
  assertEquals(roomsOf(guest), ["main", "den"]);
  bo.receives();
  guest.sends({ code: 101, username: "loki" });
  assertEquals(roomsOf(guest), ["main"]);
  assert(bo.receives().some(({ code, username }) => code === 212 && username === "guest"));
});

test("A ban from a room holds for a key that its user adds later", (chat) => {
  const { ana, troll } = den(chat);
  chat.does({ action: "ban", target: "troll", room: "den" }, ana);
  const friend = chat.comes(friendKey, "friend", { rooms: ["den"] });
  troll.sends({ code: 117 });
  const { key_code } = troll.receives().find(({ code }) => code === 219)!;
  friend.sends({ code: 114, key_code: String(key_code) });
  assertEquals([roomsOf(friend), friend.endReason], [["main"], undefined]);
});

test("A muted user says nothing: not in main, in rooms, directly, on any device, under another name", (chat) => {
  const { troll, bo } = den(chat);
  const phone = chat.comes(trollKey, "troll");
  const answer = chat.does(
    { action: "mute", target: "troll", duration_ms: 60_000, reason: "caps" },
    chat.op,
    troll,
  );
  assertEquals([answer.names, answer.until], [["troll"], START + 60_000]);
  assertEquals(notices(troll), ["you are muted on this hub until 2023-11-14 22:15 UTC (60 s): caps"]);
  for (const user of [troll, phone]) {
    for (const room of [undefined, ...user === troll ? ["den"] : []]) {
      const refusal = say(user, room)!;
      assertEquals([refusal.error, refusal.retry_after_ms], ["muted", 60_000]);
    }
    user.sends({ code: 104, to: "bo", message: "psst", ref: "d" });
    assertEquals(user.receives().find(({ ref }) => ref === "d")!.error, "muted");
  }
  chat.op.receives();
  troll.sends({ code: 101, username: "other", ref: "r" });
  const refusal = troll.receives().find(({ ref }) => ref === "r")!;
  assertEquals(refusal.error, "muted");
  assertStringIncludes(String(refusal.message), "Cannot take another name: you are muted on this hub until");
  assertEquals(chat.op.receives(), []);
  assertEquals(say(bo), undefined);
  chat.advance(60_000);
  assertEquals([say(troll), say(phone)], [undefined, undefined]);
});

test("A mute in a room holds there only, and ends with unmute", (chat) => {
  const { ana, bo, troll } = den(chat);
  assertEquals([say(troll, "den"), say(bo, "den")], [undefined, undefined]);
  chat.does({ action: "mute", target: "troll", room: "den" }, ana);
  assertEquals([say(troll, "den")?.error, say(troll), say(bo, "den")], ["muted", undefined, undefined]);
  chat.does({ action: "unmute", target: "troll", room: "den" }, ana);
  assertEquals(say(troll, "den"), undefined);
});

test("Who is muted in a room takes no other name in it, except another one of their own", (chat) => {
  const { ana, bo, troll } = den(chat);
  const taken = (user: typeof troll, username: string) => {
    user.receives();
    user.sends({ code: 101, username, ref: "r" });
    return user.receives().find(({ ref }) => ref === "r")!.error;
  };
  chat.ownsAt("192.0.2.66", trollKey, "goblin").disconnects();
  chat.does({ action: "mute", target: "troll", room: "den" }, ana);
  assertEquals([taken(troll, "ana_is_dumb"), troll.name], ["muted", "troll"]);
  assertEquals([taken(bo, "bob"), taken(troll, "goblin"), troll.name], [undefined, undefined, "goblin"]);
  assertEquals(taken(troll, "ana_is_dumb"), "muted");
  troll.sends({ code: 108, room: "den" });
  assertEquals(taken(troll, "quiet"), undefined);
});

test("The owner of a room who is muted sets no topic, and still changes the room", (chat) => {
  const { ana } = den(chat);
  const set = (change: { topic?: string; mode?: "private" }) => {
    ana.receives();
    ana.sends({ code: Code.SetRoom, room: "den", ref: "t", ...change });
    return ana.receives().find(({ ref }) => ref === "t")!.error;
  };
  chat.does({ action: "mute", target: "ana" });
  assertEquals([set({ topic: "BUY" }), set({ mode: "private" })], ["muted", undefined]);
  chat.does({ action: "unmute", target: "ana" });
  assertEquals(set({ topic: "bees" }), undefined);
});

test("A mute holds for whoever takes the name later", (chat) => {
  chat.does({ action: "mute", target: "loki" });
  const guest = chat.guest("guest", "192.0.2.9");
  assertEquals(say(guest), undefined);
  guest.sends({ code: 101, username: "loki" });
  assertEquals(say(guest)?.error, "muted");
  guest.sends({ code: 101, username: "guest" });
  assertEquals(say(guest), undefined);
});

test("A mute of a key holds from the hello that proves it, also for who has said something before", (chat) => {
  chat.does({ action: "mute", target: trollKey.key });
  const user = chat.connect("192.0.2.9");
  const offer = offerOf(user);
  user.sends({ code: 100, message: "hi" });
  assertEquals(chat.op.receives().map(({ code }) => code), [201, 200]);
  user.sends({ code: 102, client: "test/1", ...trollKey.proof(offer, "") });
  assertEquals(say(user)?.error, "muted");
});

test("A mute holds for a room that its user joins later", (chat) => {
  const { ana, troll } = den(chat);
  chat.does({ action: "mute", target: "troll", room: "den" }, ana);
  troll.sends({ code: 108, room: "den" });
  assertEquals(say(troll), undefined);
  troll.sends({ code: 107, room: "den" });
  assertEquals(say(troll, "den")?.error, "muted");
});

test("A base client that is muted reads so, and its messages reach nobody", (chat) => {
  const base = chat.connect("192.0.2.7");
  base.sends({ code: 101, username: "base" });
  base.sends({ code: 100, message: "one" });
  chat.does({ action: "mute", target: "base" }, chat.op, base);
  assertEquals(notices(base), ["you are muted on this hub"]);
  base.sends({ code: 100, message: "two" });
  assertEquals(notices(base), ["Cannot say that: you are muted on this hub"]);
  assertEquals(chat.op.receives().filter(({ code }) => code === 200), []);
  // Nor under another name, as the address is known.
  base.sends({ code: 101, username: "base-2" });
  base.sends({ code: 100, message: "three" });
  assertEquals(chat.op.receives().filter(({ code }) => code === 200), []);
});

test("In slow mode everybody sends one message in a while, but for those who moderate", (chat) => {
  const { ana, bo, troll } = den(chat);
  const phone = chat.comes(trollKey, "troll", { rooms: ["den"] });
  chat.advance(60_000);
  chat.does({ action: "slow", every_ms: 10_000, room: "den" }, ana, bo);
  assertEquals(notices(bo), ["Slow mode is on in #den: everybody may send one message in 10 s"]);
  assertEquals([say(troll, "den"), say(bo, "den")], [undefined, undefined]);
  chat.advance(4000);
  const refusal = say(troll, "den")!;
  assertEquals([refusal.error, refusal.retry_after_ms], ["too_fast", 6000]);
  // All devices together; other rooms are as fast as ever.
  assertEquals([say(phone, "den")?.error, say(troll), say(troll)], ["too_fast", undefined, undefined]);
  assertEquals([say(ana, "den"), say(ana, "den")], [undefined, undefined]);
  chat.advance(6000);
  assertEquals([say(phone, "den"), say(troll, "den")?.error], [undefined, "too_fast"]);
  chat.does({ action: "slow", every_ms: 0, room: "den" }, ana, bo);
  assertEquals(notices(bo), ["Slow mode is off in #den"]);
  assertEquals([say(troll, "den"), say(troll, "den")], [undefined, undefined]);
});

test("Connecting again, and another name, are no way around slow mode", (chat) => {
  chat.does({ action: "slow", every_ms: 10_000 });
  const guest = chat.guest("guest");
  assertEquals(say(guest)?.error, "too_fast");
  chat.advance(10_000);
  assertEquals(say(guest), undefined);
  guest.sends({ code: 101, username: "guest-2" });
  assertEquals(say(guest)?.error, "too_fast");
  guest.disconnects();
  assertEquals(say(chat.guest("guest"))?.error, "too_fast");
});

test("A message that is sent again is answered as before, also in slow mode and by somebody muted", (chat) => {
  const { ana, bo } = den(chat);
  chat.does({ action: "slow", every_ms: 10_000, room: "den" }, ana);
  const message = { code: 103, room: "den", message: "once", id: "m1" } as const;
  bo.sends({ ...message, ref: "1" });
  bo.sends({ ...message, ref: "2" });
  chat.does({ action: "mute", target: "bo", room: "den" }, ana);
  bo.sends({ ...message, ref: "3" });
  const answers = bo.receives().filter(({ ref }) => ref !== undefined);
  assertEquals(answers.map(({ code, sequence, ref }) => [code, sequence, ref]), [
    [207, 1, "1"],
    [207, 1, "2"],
    [207, 1, "3"],
  ]);
});

test("The owner of a room shares it with moderators, who may do the same but not against the owner", (chat) => {
  const { ana, bo, cy, troll } = den(chat);
  const refused = (user: TestUser, action: Action) => {
    const { error } = chat.does(action, user);
    return error;
  };
  assertEquals(refused(bo, { action: "kick", target: "troll", room: "den" }), "not_allowed");
  chat.does({ action: "mod", target: "bo", room: "den" }, ana, bo);
  assertEquals(bo.receives().find(({ code }) => code === 230), {
    code: 230,
    operator: false,
    rooms: ["den"],
  });
  for (const target of ["ana", anaKey.key]) {
    for (const action of ["kick", "ban", "mute"] as const) {
      if (action === "kick" && target !== "ana") continue;
      assertEquals(refused(bo, { action, target, room: "den" }), "not_allowed", `${action} ${target}`);
    }
  }
  chat.does({ action: "mod", target: "cy", room: "den" }, ana);
  assertEquals(refused(bo, { action: "kick", target: "cy", room: "den" }), "not_allowed");
  assertEquals(refused(bo, { action: "unmod", target: "cy", room: "den" }), "not_allowed");
  assertEquals(refused(bo, { action: "kick", target: "troll", room: "den" }), undefined);
  assertEquals(roomsOf(troll), ["main"]);
  chat.does({ action: "unmod", target: "cy", room: "den" }, cy);
  chat.does({ action: "unmod", target: "bo", room: "den" }, ana, bo);
  assertEquals(bo.receives().find(({ code }) => code === 230), { code: 230, operator: false, rooms: [] });
  assertEquals(refused(bo, { action: "kick", target: "cy", room: "den" }), "not_allowed");
});

test("Those who moderate a room moderate nothing else", (chat) => {
  const { ana } = den(chat);
  const actions: Action[] = [
    { action: "ban", target: "troll" },
    { action: "kick", target: "troll" },
    { action: "kick", target: "nobody" },
    { action: "mute", target: "troll" },
    { action: "slow", every_ms: 1000 },
    { action: "slow", every_ms: 1000, room: "main" },
    { action: "mute", target: "troll", room: "main" },
    { action: "lockdown", mode: "owned" },
    { action: "announce", text: "buy" },
    { action: "announce", text: "buy", room: "den" },
    // Otherwise they would learn who comes from where.
    { action: "ban", target: "192.0.2.66", room: "den" },
    { action: "ban", target: "192.0.2.0/24", room: "den", preview: true },
  ];
  for (const action of actions) {
    assertEquals(chat.does(action, ana).error, "not_allowed", JSON.stringify(action));
  }
  assertEquals(chat.does({ action: "ban", target: "troll" }, chat.guest("guest")).error, "not_allowed");
  assertEquals(chat.moderation.listAll(START), []);
  assertEquals(chat.moderated, []);
});

test("A ban of a guest by its address does not hit those who moderate the room", (chat) => {
  const { ana, bo } = den(chat);
  chat.does({ action: "mod", target: "bo", room: "den" }, ana);
  const guest = chat.guest("guest", "192.0.2.1", { rooms: ["den"] });
  const neighbor = chat.guest("neighbor", "192.0.2.1", { rooms: ["den"] });
  const answer = chat.does({ action: "ban", target: "guest", room: "den" }, bo);
  assertEquals([answer.names, answer.others], [["guest"], 1]);
  assertEquals([guest, neighbor, ana].map(roomsOf), [["main"], ["main"], ["main", "den"]]);
  assertEquals(say(ana, "den"), undefined);
  // What an operator does holds for them, too.
  chat.does({ action: "ban", target: "ana", room: "den" });
  assertEquals(roomsOf(ana), ["main"]);
});

test("A private room exists for operators, and for nobody else who does not belong there", (chat) => {
  const { ana, bo } = den(chat);
  ana.sends({ code: 119, room: "den", mode: "private" });
  const guest = chat.guest("guest");
  const bans = (user: TestUser, room: string) => {
    user.receives();
    user.sends({ code: 125, room, ref: "b" });
    return user.receives().find(({ ref }) => ref === "b");
  };
  for (const user of [bo, guest]) {
    for (const action of ["kick", "ban", "unban", "mute", "unmute", "mod", "unmod"] as const) {
      for (const more of [{}, { preview: true }]) {
        const answer = chat.does({ action, target: "ana", room: "den", ...more }, user);
        assertEquals(answer.error, "no_such_room", action);
        assertEquals(answer, chat.does({ action, target: "ana", room: "none", ...more }, user), action);
      }
    }
    for (
      const action of [
        { action: "slow", every_ms: 1000 },
        { action: "lockdown", mode: "owned" },
        { action: "announce", text: "hi" },
      ] as const
    ) {
      const answer = chat.does({ ...action, room: "den" }, user);
      assertEquals(answer.error, "no_such_room", action.action);
      assertEquals(answer, chat.does({ ...action, room: "none" }, user), action.action);
    }
    assertEquals(bans(user, "den")!.error, "no_such_room");
    assertEquals(bans(user, "den"), bans(user, "none"));
  }
  assertEquals(chat.does({ action: "kick", target: "ana", room: "den" }).done, true);
  assertEquals(chat.does({ action: "kick", target: "ana", room: "no-such-room" }).error, "no_such_room");
});

test("An operator that is removed while connected has no powers at once, and is told", (chat) => {
  chat.op.receives();
  chat.moderation.setOperatorsFile([]);
  assertEquals(chat.op.receives(), [{ code: 230, operator: false, rooms: [] }]);
  const troll = chat.guest("troll");
  assertEquals(chat.does({ action: "kick", target: "troll" }).error, "not_allowed");
  assertEquals(troll.endReason, undefined);
  chat.moderation.setOperatorsFile([{ key: chat.opKey.key, comment: "" }]);
  assertEquals(chat.op.receives().filter(({ code }) => code === 230), [{
    code: 230,
    operator: true,
    rooms: [],
  }]);
});

test("A client is told what it may moderate after the 210, and at each change", (chat) => {
  const ana = chat.ownsAt("192.0.2.1", anaKey, "ana");
  const powers = () => ana.receives().filter(({ code }) => code === 230).map(({ rooms }) => rooms);
  assertEquals(powers(), []);
  ana.sends({ code: 107, room: "den" });
  assertEquals(powers(), [["den"]]);
  ana.sends({ code: 101, username: "somebody" });
  assertEquals(powers(), [[]]);
  ana.sends({ code: 101, username: "ana" });
  assertEquals(powers(), [["den"]]);
  const phone = chat.comes(anaKey, "ana");
  assertEquals(phone.receives().map(({ code }) => code).slice(0, 2), [210, 230]);
  ana.sends({ code: 122, room: "den" });
  assertEquals(powers(), [[]]);
  ana.sends({ code: 107, room: "den" });
  ana.receives();
  ana.sends({ code: 113 });
  assertEquals(powers(), [[]]);
});

test("All devices of the owner of a room are told what they may moderate, whichever makes it", (chat) => {
  const { ana: first } = den(chat);
  const phone = chat.comes(anaKey, "ana");
  const powers = () => phone.receives().filter(({ code }) => code === 230).map(({ rooms }) => rooms);
  assertEquals(powers(), [["den"]]);
  first.sends({ code: 107, room: "ops" });
  assertEquals(powers(), [["den", "ops"]]);
  first.sends({ code: 120, room: "ops", username: "bo" });
  first.sends({ code: 119, room: "ops", owner: "bo" });
  assertEquals(powers(), [["den"]]);
});

test("A moderator of a private room is told of it as soon as it exists for him", (chat) => {
  const { ana, bo } = den(chat);
  const powers = () => bo.receives().filter(({ code }) => code === 230).map(({ rooms }) => rooms);
  chat.does({ action: "mod", target: "bo", room: "den" }, ana);
  assertEquals(powers(), [["den"]]);
  ana.sends({ code: 119, room: "den", mode: "private" });
  assertEquals([powers(), roomsOf(bo)], [[[]], ["main"]]);
  ana.sends({ code: 120, room: "den", username: "bo" });
  assertEquals(powers(), [["den"]]);
  ana.sends({ code: 119, room: "den", owner: "bo" });
  assertEquals([powers(), ana.receives().filter(({ code }) => code === 230).map(({ rooms }) => rooms)], [[], [
    [],
  ]]);
});

test("Bans and moderators of a room end when it belongs to nobody; those of operators stay", (chat) => {
  const { ana, bo, cy } = den(chat);
  chat.does({ action: "mod", target: "bo", room: "den" }, ana);
  chat.does({ action: "ban", target: "troll", room: "den" }, ana);
  chat.does({ action: "ban", target: "cy", room: "den" });
  bo.receives();
  ana.sends({ code: 122, room: "den" });
  assertEquals(bo.receives().find(({ code }) => code === 230)!.rooms, []);
  assertEquals(chat.moderation.list("den", START).map(({ target }) => target), ["cy"]);
  cy.sends({ code: 107, room: "den", ref: "j" });
  assertEquals(cy.receives().find(({ ref }) => ref === "j")!.error, "banned");
});

test("An announcement reaches everyone, also base clients and those in other rooms only", (chat) => {
  const base = chat.connect();
  const quiet = chat.guest("quiet", undefined, { quiet: true, rooms: ["elsewhere"] });
  assertEquals(roomsOf(quiet), ["elsewhere"]);
  for (const user of [base, quiet]) user.receives();
  assertEquals(chat.does({ action: "announce", text: "restart at noon" }).done, true);
  for (const user of [base, quiet, chat.op]) {
    if (user !== chat.op) assertEquals(notices(user), ["restart at noon"]);
  }
  assertEquals(chat.does({ action: "announce", text: "bad \u0007 text" }).error, "bad_text");
  const [entry] = chat.moderation.auditEntries({ count: 1 });
  assert(!JSON.stringify(entry).includes("noon"));
  assertEquals([entry!.action, entry!.by], ["announce", "op"]);
});

test("The list of bans has what is in force, for operators all of it, and for others their rooms", (chat) => {
  const { ana, bo } = den(chat);
  chat.does({ action: "mute", target: "cy", room: "den" }, ana);
  chat.does({ action: "slow", every_ms: 5000, room: "den" }, ana);
  chat.does({ action: "ban", target: "192.0.2.0/28", reason: "spam", duration_ms: 60_000 });
  chat.does({ action: "lockdown", mode: "invited" });
  const ask = (user: TestUser, room?: string) => {
    user.receives();
    user.sends({ code: 125, ref: "b", ...(room === undefined ? {} : { room }) });
    const answer = user.receives().find(({ ref }) => ref === "b")!;
    return answer.error ?? answer.bans;
  };
  const inDen = [
    { kind: "slow", room: "den", by: "ana", at: START, every_ms: 5000 },
    { kind: "mute", target: "cy", room: "den", by: "ana", at: START },
  ];
  const onHub = [
    { kind: "lockdown", by: "op", at: START, mode: "invited" },
    { kind: "ban", target: "192.0.2.0/28", by: "op", at: START, until: START + 60_000, reason: "spam" },
    ...inDen,
  ];
  // Ana is gone by the ban of her address.
  assertEquals(ask(chat.op), onHub);
  const back = chat.comes(anaKey, "ana", {}, "203.0.113.1");
  // Of a room that is not hers.
  chat.does({ action: "mute", target: "ana", room: "main" });
  assertEquals([ask(back), ask(back, "den"), ask(back, "main")], [inDen, inDen, "not_allowed"]);
  assertEquals([ask(chat.comes(boKey, "bo", {}, "203.0.113.2")), bo.endReason !== undefined], [
    "not_allowed",
    true,
  ]);
});

test("Operators see the addresses of a user, and nobody else does", (chat) => {
  const { ana } = den(chat);
  const whois = (user: TestUser) => {
    user.receives();
    user.sends({ code: 123, username: "troll" });
    return user.receives().find(({ code }) => code === 221)!.addresses;
  };
  assertEquals([whois(chat.op), whois(ana)], [["192.0.2.66"], undefined]);
});

test("What cannot be done is refused with what to do instead", (chat) => {
  const { ana } = den(chat);
  const refusals: [Action, string, string, TestUser?][] = [
    [{ action: "kick", target: "nobody" }, "no_such_user", "no user of that name is on this hub"],
    [{ action: "kick", target: "op", room: "den" }, "no_such_user", "no user of that name is in #den", ana],
    [{ action: "kick", target: "bo", room: "main" }, "not_allowed", "kick them from the hub, or mute them"],
    [{ action: "ban", target: "bo", room: "main" }, "not_allowed", "ban them from the hub, or mute them"],
    [{ action: "ban", target: "not a name" }, "no_such_user", "it must be a name, a key"],
    [{ action: "ban", target: "0.0.0.0/0" }, "no_such_user", ":lockdown closes the hub"],
    [{ action: "unban", target: "bo" }, "no_such_user", ":bans lists all"],
    [{ action: "unmute", target: "bo" }, "no_such_user", "there is no mute of it"],
    [{ action: "mod", target: "bo" }, "bad_message", "name the room"],
    [{ action: "mod", target: "nobody", room: "den" }, "no_such_user", "belongs to nobody", ana],
    [{ action: "unmod", target: "bo", room: "den" }, "no_such_user", "no moderator of #den", ana],
    [{ action: "lockdown", mode: "owned", room: "den" }, "bad_message", "making it private"],
  ];
  for (const [action, error, text, user = chat.op] of refusals) {
    const answer = chat.does(action, user);
    assertEquals([answer.code, answer.error], [206, error], JSON.stringify(action));
    assertStringIncludes(String(answer.message), text);
  }
});

test("A hub whose moderation cannot be stored refuses, changes nothing and reports it", (chat) => {
  const troll = chat.guest("troll");
  chat.moderation.close();
  for (const action of ["kick", "ban", "mute"] as const) {
    assertEquals(chat.does({ action, target: "troll" }).error, "unavailable");
  }
  assertEquals(troll.endReason, undefined);
  assertEquals(chat.storageEvents.length, 3);
});

Deno.test("A hub without moderation says so", () => {
  const chat = new TestHub();
  const ana = chat.join("ana");
  ana.sends({ code: 124, action: "kick", target: "bo" });
  ana.sends({ code: 125 });
  assertEquals(ana.receives().filter(({ code }) => code === 206).map(({ error }) => error), [
    "unavailable",
    "unavailable",
  ]);
});
