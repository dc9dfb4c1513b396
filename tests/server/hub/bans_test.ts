/**
 * Bans: whom they keep out, by name, key, address and range, on all devices and however somebody tries to come back.
 *
 * The file is long because each way around a ban is a scene of its own.
 *
 * @module
 */
import type { Body } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { ModeratedHub } from "../../helpers/hubs/moderated_hub.ts";
import { START, type TestUser } from "../../helpers/hubs/test_hub.ts";
import { ANNOUNCE_SILENT_MS } from "../../../server/limits.ts";

const [trollKey, otherKey, anaKey] = await Promise.all([1, 2, 3].map(() => TestKey.make())) as [
  TestKey,
  TestKey,
  TestKey,
];

const TROLL = "192.0.2.66", ELSEWHERE = "203.0.113.5";

function test(name: string, run: (chat: ModeratedHub) => void | Promise<void>): void {
  Deno.test(name, async () => await run(await ModeratedHub.open()));
}

/** How the last connection of somebody ended: the code and the error of the last message, if the hub ended it. */
function endOf(user: TestUser): [code: unknown, error: unknown] | undefined {
  if (user.endReason === undefined) return undefined;
  const last = user.receives().at(-1)!;
  return [last.code, last.error];
}

/** What others have seen of joins, leaves and renames. */
function presence(user: TestUser): Body[] {
  return user.receives().filter(({ code }) => code === 201 || code === 203 || code === 204);
}

test("A ban of a name ends its connections at once, and says why, until when and when to try again", (chat) => {
  const troll = chat.ownsAt(TROLL, trollKey, "troll");
  const answer = chat.does({ action: "ban", target: "troll", duration_ms: 1_800_000, reason: "spam" });
  assertEquals(answer, {
    code: 224,
    action: "ban",
    target: "troll",
    names: ["troll"],
    others: 0,
    until: START + 1_800_000,
    done: true,
    ref: "m",
  });
  const end = troll.receives().at(-1)!;
  assertEquals([end.code, end.error, end.retry_after_ms], [216, "banned", 1_800_000]);
  assertMatch(
    String(end.reason),
    /^you are banned from this hub until 2023-11-14 22:44 UTC \(30 min\): spam$/,
  );
  assertEquals([...chat.hub.counters.drops].filter(([, count]) => count > 0), [["banned", 1]]);
  assertEquals(chat.moderated, ["op ban troll"]);
});

test("A ban of a name holds for all devices, and for each key and name of the person", (chat) => {
  const first = chat.ownsAt(TROLL, trollKey, "troll");
  const second = chat.comes(trollKey, "troll", {}, ELSEWHERE);
  // Another name of the same key.
  const otherName = chat.ownsAt(ELSEWHERE, trollKey, "goblin");
  // Another key of the same name.
  first.sends({ code: 114, key: otherKey.key });
  const thirdKey = chat.comes(otherKey, "troll", {}, ELSEWHERE);
  assertEquals(chat.does({ action: "ban", target: "troll" }).names, ["troll", "goblin"]);
  for (const device of [first, second, otherName, thirdKey]) assertEquals(endOf(device), [216, "banned"]);
  // Neither key gets in under any name, from anywhere.
  for (const [key, name] of [[trollKey, "new"], [otherKey, "newer"], [otherKey, "troll"]] as const) {
    assertEquals(endOf(chat.comes(key, name, {}, ELSEWHERE)), [206, "banned"]);
  }
  assertEquals(chat.hub.sessionCount, 1);
});

test("Whoever adds a key to the name of a banned person, by a code from before, is banned at that moment", (chat) => {
  const troll = chat.ownsAt(TROLL, trollKey, "troll");
  const helper = chat.comes(otherKey, "helper", {}, ELSEWHERE);
  troll.receives();
  troll.sends({ code: 117 });
  const { key_code } = troll.receives().find(({ code }) => code === 219)!;
  chat.does({ action: "ban", target: "troll" });
  assertEquals([endOf(troll), helper.endReason], [[216, "banned"], undefined]);
  helper.sends({ code: 114, key_code: String(key_code) });
  assertEquals(endOf(helper), [216, "banned"]);
});

test("Whoever adds a key of a banned person to an own name is banned at that moment", (chat) => {
  const ana = chat.ownsAt(ELSEWHERE, anaKey, "ana");
  chat.moderation.ban({
    target: otherKey.key,
    by: { name: "op", operator: true },
    now: START,
  });
  ana.receives();
  ana.sends({ code: 114, key: otherKey.key, ref: "k" });
  assertEquals(endOf(ana), [216, "banned"]);
});

test("A key that is given to a banned name on the machine of the hub is banned", (chat) => {
  const troll = chat.ownsAt(TROLL, trollKey, "troll");
  const { owner } = troll.session;
  chat.does({ action: "ban", target: "troll" });
  const helper = chat.comes(otherKey, "helper", {}, ELSEWHERE);
  assertEquals(helper.endReason, undefined);
  assertEquals(chat.registry.names.addKey(owner!, otherKey.key, START), undefined);
  chat.hub.keysChanged(owner!);
  assertEquals(endOf(helper), [216, "banned"]);
});

test("A banned client is ended before it is announced, and nobody sees its name", (chat) => {
  chat.ownsAt(TROLL, trollKey, "troll");
  chat.does({ action: "ban", target: "troll" });
  chat.op.receives();
  const back = chat.comes(trollKey, "innocent", {}, ELSEWHERE);
  assertEquals(endOf(back), [206, "banned"]);
  chat.advance(ANNOUNCE_SILENT_MS);
  assertEquals(presence(chat.op), []);
});

test("A banned client whose hello comes late leaves under its random name", (chat) => {
  chat.ownsAt(TROLL, trollKey, "troll");
  chat.does({ action: "ban", target: "troll" });
  const late = chat.connect(ELSEWHERE);
  const random = late.name;
  const [offer] = late.receives() as unknown as [{ server: { identity: string; nonce: string } }];
  chat.advance(ANNOUNCE_SILENT_MS);
  late.sends({
    code: 102,
    client: "test/1",
    username: "innocent",
    ...trollKey.proof(offer.server, "innocent"),
  });
  assertEquals(endOf(late), [206, "banned"]);
  assertEquals(presence(chat.op).map(({ code, ...rest }) => [code, rest.new ?? rest.username]), [
    [201, random],
    [204, random],
  ]);
});

test("A ban of a name without a key holds for the address of its user", (chat) => {
  const troll = chat.guest("troll", TROLL);
  const neighbor = chat.guest("neighbor", TROLL);
  const ana = chat.guest("ana", ELSEWHERE);
  const preview = chat.does({ action: "ban", target: "troll", preview: true });
  assertEquals([preview.names, preview.others, preview.done], [["troll"], 1, false]);
  assertEquals([troll.endReason, neighbor.endReason], [undefined, undefined]);
  assertEquals(chat.moderation.counts.bans, 0);
  chat.does({ action: "ban", target: "troll" });
  assertEquals([endOf(troll), endOf(neighbor), endOf(ana)], [[216, "banned"], [216, "banned"], undefined]);
  const again = chat.guest("nobody", TROLL);
  assertEquals(endOf(again), [206, "banned"]);
  const elsewhere = chat.guest("troll", ELSEWHERE);
  assertEquals(endOf(elsewhere), [206, "banned"]);
});

test("The address of somebody who has a key is banned only if that is asked for", (chat) => {
  chat.ownsAt(TROLL, trollKey, "troll");
  const neighbor = chat.guest("neighbor", TROLL);
  assertEquals(chat.does({ action: "ban", target: "troll", preview: true }).others, 0);
  assertEquals(chat.does({ action: "ban", target: "troll", address: true, preview: true }).others, 1);
  chat.does({ action: "ban", target: "troll" });
  assertEquals(neighbor.endReason, undefined);
  chat.does({ action: "unban", target: "troll" });
  chat.comes(trollKey, "troll", {}, TROLL);
  chat.does({ action: "ban", target: "troll", address: true });
  assertEquals(endOf(neighbor), [216, "banned"]);
});

test("The address of this machine is banned only if that is asked for, as a proxy has it", (chat) => {
  chat.guest("troll", "127.0.0.1");
  const other = chat.guest("other", "127.0.0.1");
  chat.does({ action: "ban", target: "troll" });
  assertEquals(other.endReason, undefined);
  chat.does({ action: "ban", target: "127.0.0.1" });
  assertEquals(endOf(other), [216, "banned"]);
});

test("The key of somebody who has said nothing yet is banned with the name", (chat) => {
  chat.comes(trollKey, "troll", {}, TROLL);
  chat.does({ action: "ban", target: "troll" });
  assertEquals(endOf(chat.comes(trollKey, "other", {}, ELSEWHERE)), [206, "banned"]);
});

test("A ban of a key, of its fingerprint, of an address or of a range hits everyone who has it", (chat) => {
  const fingerprint = (user: TestUser) => {
    chat.op.receives();
    chat.op.sends({ code: 123, username: user.name });
    return String((chat.op.receives()[0]!.keys as string[])[0]);
  };
  const targets: [string | ((user: TestUser) => string), string][] = [
    [trollKey.key, TROLL],
    [`ssh-ed25519 ${trollKey.key} troll@home`, TROLL],
    [fingerprint, TROLL],
    [TROLL, TROLL],
    ["192.0.2.0/24", TROLL],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
    ["2001:db8::/32", "2001:db8:1:2:ffff::9"],
    [`::ffff:${TROLL}`, TROLL],
  ];
  for (const [wanted, address] of targets) {
    const troll = chat.comes(trollKey, "troll", {}, address);
    const ana = chat.guest("ana", "2001:db9::1");
    const target = typeof wanted === "string" ? wanted : wanted(troll);
    const answer = chat.does({ action: "ban", target });
    assertEquals([answer.names, answer.others], [["troll"], 0], target);
    assertEquals(endOf(troll), [216, "banned"], target);
    assertEquals(endOf(chat.comes(trollKey, "other", {}, address)), [206, "banned"], target);
    assertEquals(ana.endReason, undefined);
    ana.disconnects();
    chat.does({ action: "unban", target });
    assertEquals(endOf(chat.comes(trollKey, "other", {}, address)), undefined, target);
    chat.does({ action: "kick", target: "other" });
  }
});

test("A base client whose address is banned gets no message, and is told with its first request", (chat) => {
  chat.does({ action: "ban", target: TROLL, reason: "spam" });
  const base = chat.connect(TROLL);
  chat.op.sends({ code: 100, message: "secret" });
  assertEquals(base.receives().map(({ code }) => code), [202]);
  base.sends({ code: 100, message: "spam" });
  const last = base.receives().at(-1) as unknown as {
    code: number;
    message: { username: string; message: string };
  };
  assertEquals([last.code, last.message.username], [200, "server"]);
  assertStringIncludes(last.message.message, "Cannot let you in: you are banned from this hub: spam");
  assert(base.endReason !== undefined);
  assertEquals(presence(chat.op), []);
  // Silent ones are told in time.
  const silent = chat.connect(TROLL);
  silent.receives();
  chat.advance(ANNOUNCE_SILENT_MS);
  chat.hub.endUnadmitted(silent.session);
  assertStringIncludes(
    String((silent.receives()[0]!.message as { message: string }).message),
    "you are banned",
  );
  assertEquals(presence(chat.op), []);
});

test("A base client is in as soon as the ban of its address has ended", (chat) => {
  chat.does({ action: "ban", target: TROLL, duration_ms: 60_000 });
  const base = chat.connect(TROLL);
  chat.advance(60_000);
  base.sends({ code: 100, message: "sorry" });
  assertEquals(base.endReason, undefined);
  assertEquals(chat.op.receives().map(({ code }) => code), [201, 200]);
});

test("A base client cannot take a banned name, and stays under the one that it has", (chat) => {
  chat.does({ action: "ban", target: "troll" });
  const base = chat.connect(ELSEWHERE);
  const { name } = base;
  base.receives();
  for (const spelling of ["troll", "Troll"]) {
    base.sends({ code: 101, username: spelling });
    const [refusal] = base.receives().filter(({ code }) => code === 200) as unknown as [
      { message: { message: string } },
    ];
    assertStringIncludes(refusal.message.message, `Cannot use the name ${spelling}: it is banned`);
  }
  assertEquals([base.name, base.endReason], [name, undefined]);
});

test("A ban ends by itself, and by unban", (chat) => {
  chat.does({ action: "ban", target: "troll", duration_ms: 60_000 });
  chat.advance(59_999);
  assertEquals(endOf(chat.guest("troll", TROLL)), [206, "banned"]);
  chat.advance(1);
  const back = chat.guest("troll", TROLL);
  assertEquals(back.endReason, undefined);
  chat.does({ action: "ban", target: "troll" });
  assertEquals(endOf(back), [216, "banned"]);
  assertEquals(chat.does({ action: "unban", target: "Troll" }).done, true);
  assertEquals(chat.guest("troll", TROLL).endReason, undefined);
  const again = chat.does({ action: "unban", target: "troll" });
  assertEquals([again.code, again.error], [206, "no_such_user"]);
});

test("Nobody bans himself or an operator, by name, key or address", async (chat) => {
  const second = await TestKey.make();
  chat.moderation.addOperator(second.key, "", START);
  const otherOp = chat.ownsAt(TROLL, second, "op2");
  chat.comes(chat.opKey, "op", {}, TROLL);
  for (const target of ["op", chat.opKey.key, "op2", second.key]) {
    for (const action of ["ban", "mute"] as const) {
      const answer = chat.does({ action, target });
      assertEquals([answer.code, answer.error], [206, "not_allowed"], `${action} ${target}`);
    }
  }
  for (const target of ["op", "op2"]) {
    assertEquals(chat.does({ action: "kick", target }).error, "not_allowed");
  }
  // An address hits everyone there but operators, also when they come back.
  const guest = chat.guest("guest", TROLL);
  chat.does({ action: "ban", target: TROLL });
  assertEquals([endOf(guest), otherOp.endReason], [[216, "banned"], undefined]);
  const back = chat.comes(second, "op2", {}, TROLL);
  assertEquals(back.endReason, undefined);
  assertEquals(back.receives().map(({ code }) => code).slice(0, 2), [210, 230]);
});

test("An operator who is one no longer is hit by the bans that were for the address", async (chat) => {
  const second = await TestKey.make();
  chat.moderation.addOperator(second.key, "", START);
  const former = chat.ownsAt(TROLL, second, "op2");
  chat.does({ action: "ban", target: TROLL });
  assertEquals(former.endReason, undefined);
  chat.moderation.removeOperator(second.key, START);
  assertEquals(endOf(former), [216, "banned"]);
});

Deno.test("A ban names whom to ask", async () => {
  const chat = await ModeratedHub.open({ contact: "ops@example.com" });
  const troll = chat.guest("troll", TROLL);
  assertEquals(troll.receives().find(({ code }) => code === 230), {
    code: 230,
    operator: false,
    rooms: [],
    contact: "ops@example.com",
  });
  chat.does({ action: "ban", target: "troll" });
  assertStringIncludes(String(troll.receives().at(-1)!.reason), "ask ops@example.com");
});

test("During a lockdown only owners of names come in, and those who are here stay", (chat) => {
  const here = chat.guest("here", ELSEWHERE);
  chat.ownsAt(ELSEWHERE, anaKey, "ana").disconnects();
  chat.does({ action: "lockdown", mode: "owned" });
  assertEquals(here.endReason, undefined);
  assertEquals(endOf(chat.guest("guest", TROLL)), [206, "not_allowed"]);
  assertEquals(endOf(chat.comes(otherKey, "stranger", {}, TROLL)), [206, "not_allowed"]);
  assertEquals(chat.comes(anaKey, "ana", {}, TROLL).endReason, undefined);
  const base = chat.connect(TROLL);
  base.receives();
  base.sends({ code: 100, message: "hi" });
  assertStringIncludes(
    String((base.receives()[0]!.message as { message: string }).message),
    "this hub lets in only owners of names now",
  );
  chat.does({ action: "lockdown", mode: "off" });
  assertEquals(chat.guest("guest", TROLL).endReason, undefined);
});

test("Somebody else who comes with a banned name reads that it is the name", (chat) => {
  chat.does({ action: "ban", target: "troll", reason: "spam" });
  const innocent = chat.comes(anaKey, "Troll", {}, ELSEWHERE);
  const last = innocent.receives().at(-1)!;
  assertEquals([last.code, last.error], [206, "banned"]);
  assertEquals(last.message, "Cannot use the name Troll: it is banned from this hub: spam");
  assertEquals(chat.comes(anaKey, "ana", {}, ELSEWHERE).endReason, undefined);
});

test("A banned person gets nothing by the session of an earlier connection", (chat) => {
  const session = "a".repeat(22);
  chat.guest("troll", TROLL, { session });
  chat.does({ action: "ban", target: "troll" });
  assertEquals(endOf(chat.guest("troll", TROLL, { session })), [206, "banned"]);
});
