/**
 * Bans, mutes, slow mode, lockdown, moderators and the audit: what holds for whom, and what is stored. The file is long
 * because it has a test for each rule.
 *
 * @module
 */
import { publicKeyBlob, toBase64 } from "../../../identity/mod.ts";
import { MAX_MODERATORS_OF_ROOM, MAX_SANCTIONS_OF_ROOM } from "../../../server/limits.ts";
import {
  type Moderation,
  type ModerationChange,
  ModerationError,
  ModerationFileError,
  openModeration,
  type Sanction,
  type Subject,
} from "../../../server/moderation/mod.ts";
import { openRegistry, type Owner, type Registry } from "../../../server/registry/mod.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../helpers/assert.ts";

const BOSS = { name: "boss", operator: true };
const OWNER = { name: "olga", identity: keyOf("o"), operator: false };

/** Makes a public key, as the base64 of an OpenSSH blob. */
function keyOf(letter: string): string {
  return toBase64(publicKeyBlob(new Uint8Array(32).fill(letter.charCodeAt(0))));
}

/** A data folder with names and bans, which can be opened again and again. */
class Folder {
  readonly path = Deno.makeTempDirSync();
  readonly reports: string[] = [];
  registry!: Registry;
  moderation!: Moderation;

  constructor() {
    this.open();
  }

  open(now = 0): void {
    const report = (text: string) => void this.reports.push(text);
    this.registry = openRegistry({
      folder: this.path,
      nameMs: Infinity,
      skeletons: (name) => [name.toLowerCase()],
      now,
      report,
    });
    this.moderation = openModeration({ folder: this.path, names: this.registry.names, now, report });
  }

  /** Closes and opens it. */
  reopen(now = 0): void {
    this.close();
    this.open(now);
  }

  own(name: string, letter: string): Owner {
    const owner = this.registry.names.claim(name, keyOf(letter), name, 0, 0);
    assert(typeof owner === "object", String(owner));
    return owner;
  }

  isBanned(subject: Subject, now = 1): boolean {
    return this.moderation.banOf(subject, now) !== undefined;
  }

  close(): void {
    this.moderation.close();
    this.registry.close();
  }

  [Symbol.dispose](): void {
    this.close();
    Deno.removeSync(this.path, { recursive: true });
  }
}

function test(name: string, run: (folder: Folder) => void): void {
  Deno.test(name, () => {
    using folder = new Folder();
    run(folder);
  });
}

test("A ban of a name holds for all keys that the person has or gets, also after they were removed", (folder) => {
  const { names } = folder.registry;
  const ana = folder.own("ana", "a");
  names.addKey(ana, keyOf("b"), 0);
  const bob = folder.own("bob", "b");
  folder.moderation.ban({ target: "ANA", by: BOSS, now: 0 });
  const check = () => {
    const { names } = folder.registry;
    assert(folder.isBanned({ name: "Ana" }), "the name");
    assert(folder.isBanned({ name: "bob", owner: names.ownerOf("bob") }), "another name of the person");
    for (const letter of ["a", "b", "c"]) {
      assert(folder.isBanned({ name: "guest", identity: keyOf(letter) }), `the key ${letter}`);
    }
    assert(!folder.isBanned({ name: "guest", identity: keyOf("d") }));
  };
  names.addKey(bob, keyOf("c"), 0);
  check();
  names.removeKey(bob, keyOf("b"));
  names.removeKey(bob, keyOf("c"));
  check();
  folder.reopen();
  check();
});

test("A ban holds for a key that its person adds to a new name, and from there for the next key", (folder) => {
  folder.own("ana", "a");
  folder.moderation.ban({ target: "ana", by: BOSS, now: 0 });
  const eve = folder.own("eve", "a");
  folder.registry.names.addKey(eve, keyOf("e"), 0);
  folder.registry.names.removeKey(eve, keyOf("a"));
  const ida = folder.own("ida", "e");
  folder.registry.names.addKey(ida, keyOf("i"), 0);
  folder.reopen();
  assert(folder.isBanned({ identity: keyOf("i") }));
  assert(
    folder.isBanned({ name: "ida" }) === false,
    "the name of a person is no ban of that name for others",
  );
});

test("A ban outlives that the name is freed, and does not hit a later owner of it in a room", (folder) => {
  const ana = folder.own("ana", "a");
  folder.moderation.ban({ target: "ana", room: "den", by: BOSS, now: 0 });
  folder.registry.free(ana, { detach: () => {}, erase: () => {} });
  assert(folder.isBanned({ identity: keyOf("a"), room: "den" }), "the key of the one who was banned");
  assert(folder.isBanned({ name: "ana", room: "den" }), "nobody owns the name");
  const later = folder.own("Ana", "z");
  assert(!folder.isBanned({ name: "Ana", owner: later, identity: keyOf("z"), room: "den" }));
});

test("A ban of a name that nobody owns holds for whoever takes it, and for the keys that are given", (folder) => {
  folder.moderation.ban({ target: "troll", keys: [keyOf("t")], by: BOSS, now: 0 });
  assert(folder.isBanned({ name: "other", identity: keyOf("t") }));
  const troll = folder.own("troll", "u");
  assert(folder.isBanned({ name: "troll", owner: troll, identity: keyOf("u") }));
  assert(folder.isBanned({ name: "guest", identity: keyOf("u") }), "the name belongs to the key");
});

test("A ban of a key holds for its person, however the key is given", (folder) => {
  const ana = folder.own("ana", "a");
  folder.registry.names.addKey(ana, keyOf("b"), 0);
  const fingerprint = folder.moderation.fingerprint(keyOf("a"));
  for (
    const target of [keyOf("a"), `ssh-ed25519 ${keyOf("a")} ana@laptop`, fingerprint, fingerprint.slice(7)]
  ) {
    assertEquals(folder.moderation.ban({ target, by: BOSS, now: 0 }).target, fingerprint, target);
    assert(folder.isBanned({ identity: keyOf("a") }));
    assert(folder.isBanned({ identity: keyOf("b") }), "another key of the person");
    assert(!folder.isBanned({ identity: keyOf("c") }));
    assert(folder.moderation.unban(target, { by: BOSS, now: 0 }) !== undefined);
    assert(!folder.isBanned({ identity: keyOf("a") }));
  }
});

/** Targets that are addresses or networks, how they are shown, whom they hit, and whom not. */
const NETWORKS: readonly [target: string, shown: string, hit: string[], missed: string[]][] = [
  ["192.0.2.7", "192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.8", "::1", "2001:db8::c000:207"]],
  ["192.0.2.7/24", "192.0.2.0/24", ["192.0.2.1", "192.0.2.255"], ["192.0.3.1", "192.0.1.255"]],
  ["10.255.0.0/8", "10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0", "9.255.255.255"]],
  ["::ffff:192.0.2.7", "192.0.2.7", ["192.0.2.7"], ["192.0.2.8"]],
  ["::ffff:192.0.2.0/120", "192.0.2.0/24", ["192.0.2.200"], ["192.0.3.1"]],
  ["2001:DB8:0:1::9", "2001:db8:0:1::/64", ["2001:db8:0:1::", "2001:db8:0:1:ffff::1"], ["2001:db8:0:2::9"]],
  ["2001:db8::1/128", "2001:db8::1/128", ["2001:db8::1"], ["2001:db8::2"]],
  ["2001:db8::/32", "2001:db8::/32", ["2001:db8:ffff::1"], ["2001:db9::1", "32.1.13.184"]],
  ["fe80::1%eth0", "fe80::/64", ["fe80::2", "fe80::3%eth1"], ["fe81::1"]],
];

for (const [target, shown, hit, missed] of NETWORKS) {
  test(`A ban of ${target} holds for ${shown}`, (folder) => {
    assertEquals(folder.moderation.ban({ target, by: BOSS, now: 0 }).target, shown);
    folder.reopen();
    for (const address of hit) assert(folder.isBanned({ name: "x", address }), address);
    for (const address of missed) assert(!folder.isBanned({ name: "x", address }), address);
    assert(!folder.isBanned({ name: shown }), "no ban of a name");
    assert(folder.moderation.unban(target, { by: BOSS, now: 0 }) !== undefined);
    for (const address of hit) assert(!folder.isBanned({ name: "x", address }), address);
  });
}

/** Targets that cannot be used, and what the error says. */
const BAD_TARGETS: readonly [target: string, message: string][] = [
  ["", "must be a name, a key"],
  ["two words", "must be a name, a key"],
  ["10.0.0.0/7", "too wide: it must have at least 8 bits: it has 7"],
  ["0.0.0.0/0", ":lockdown closes the hub"],
  ["2000::/15", "at least 16 bits"],
  ["10.0.0.0/33", "must be a name, a key"],
  ["::1/129", "must be a name, a key"],
  ["ssh-rsa AAAA bob", "it is an RSA key"],
  [keyOf("a").slice(0, -4) + "AAAAAAAA", "Cannot use that key"],
  ["server", "reserved"],
];

for (const [target, message] of BAD_TARGETS) {
  test(`A ban of ${JSON.stringify(target)} is refused`, ({ moderation }) => {
    const error = assertThrows(() => moderation.ban({ target, by: BOSS, now: 0 }), ModerationError);
    assertStringIncludes(error.message, message);
    assertEquals([moderation.list(undefined, 0), moderation.auditEntries({ count: 9 })], [[], []]);
  });
}

test("A name that looks like an address is one with @ before it", ({ moderation }) => {
  assertEquals(moderation.targetOf("10.0.0.1").kind, "network");
  assertEquals(moderation.targetOf("@10.0.0.1"), { kind: "name", key: "name 10.0.0.1", shown: "10.0.0.1" });
});

test("A ban ends at its time, also for a hub that starts later, and is deleted", (folder) => {
  folder.moderation.ban({ target: "ana", durationMs: 1000, by: BOSS, now: 5 });
  assertEquals([1004, 1005].map((now) => folder.isBanned({ name: "ana" }, now)), [true, false]);
  assertEquals(folder.moderation.list(undefined, 1005), []);
  assertEquals(folder.moderation.counts.bans, 1);
  folder.moderation.expire(1004);
  assertEquals(folder.moderation.counts.bans, 1);
  folder.moderation.expire(1005);
  assertEquals(folder.moderation.counts.bans, 0);
  folder.moderation.mute({ target: "ana", durationMs: 1000, by: BOSS, now: 5 });
  folder.reopen(1005);
  assertEquals(folder.moderation.countsAt(1004), { bans: 0, mutes: 1 });
  assertEquals(folder.moderation.countsAt(1005), { bans: 0, mutes: 0 });
});

test("Of several bans the one that lasts longest counts", ({ moderation }) => {
  const until = (subject: Subject) => moderation.banOf(subject, 0)?.until;
  moderation.ban({ target: "ana", durationMs: 10, by: BOSS, now: 0 });
  moderation.ban({ target: "ana", room: "den", durationMs: 30, by: BOSS, now: 0 });
  moderation.ban({ target: "10.0.0.1", durationMs: 20, by: BOSS, now: 0 });
  assertEquals(until({ name: "ana" }), 10);
  assertEquals(until({ name: "ana", address: "10.0.0.1" }), 20);
  assertEquals(until({ name: "ana", address: "10.0.0.1", room: "DEN" }), 30);
  assertEquals(until({ name: "ana", room: "lab" }), 10);
  moderation.ban({ target: "ana", by: BOSS, now: 0 });
  assertEquals(moderation.banOf({ name: "ana", room: "den" }, 0)?.until, undefined);
  assertEquals(moderation.banOf({ name: "ana", room: "den" }, 0)?.room, undefined);
});

test("A second ban of a target replaces the first, and keeps the addresses and keys", (folder) => {
  const { moderation } = folder;
  moderation.ban({ target: "ana", durationMs: 10, addresses: ["10.0.0.1", "2001:db8::1"], by: BOSS, now: 0 });
  moderation.ban({ target: "Ana", keys: [keyOf("k")], reason: " again \n", by: BOSS, now: 5 });
  folder.reopen();
  const [ban, ...more] = folder.moderation.list(undefined, 1000);
  assertEquals(more, []);
  assertEquals([ban!.target, ban!.until, ban!.reason, ban!.at], ["Ana", undefined, "again", 5]);
  assertEquals(ban!.networks, ["10.0.0.1", "2001:db8::/64"]);
  assert(folder.isBanned({ name: "x", address: "2001:db8::9" }, 1000));
  assert(folder.isBanned({ name: "x", identity: keyOf("k") }, 1000));
});

test("A second ban keeps nothing of a first one that is over", (folder) => {
  const { moderation } = folder;
  moderation.ban({
    target: "ana",
    durationMs: 10,
    keys: [keyOf("k")],
    addresses: ["10.0.0.1"],
    by: BOSS,
    now: 0,
  });
  moderation.ban({ target: "ana", by: BOSS, now: 10 });
  assert(folder.isBanned({ name: "ana" }, 11));
  assert(!folder.isBanned({ name: "x", identity: keyOf("k"), address: "10.0.0.1" }, 11));
});

test("The longest ban that holds counts; for who moderates the room only those of operators hold", ({ moderation }) => {
  const subject = { name: "olga", room: "den", address: "10.0.0.1" };
  moderation.ban({ target: "10.0.0.1", room: "den", by: OWNER, now: 0 });
  assertEquals(moderation.banOf({ ...subject, moderates: true }, 0), undefined);
  moderation.ban({ target: "olga", room: "den", durationMs: 10, by: BOSS, now: 0 });
  assertEquals(moderation.banOf({ ...subject, moderates: true }, 0)?.until, 10);
  assertEquals(moderation.banOf(subject, 0)?.target, "10.0.0.1");
});

test("A mute is no ban, and one of a room holds in that room alone", ({ moderation }) => {
  assertEquals(moderation.restrictsSpeech, false);
  moderation.mute({ target: "ana", room: "den", by: OWNER, now: 0 });
  assertEquals(moderation.restrictsSpeech, true);
  assertEquals(moderation.banOf({ name: "ana", room: "den" }, 0), undefined);
  const muted = ["den", "Den", "lab", undefined].map((room) =>
    moderation.muteOf({ name: "ana", room }, 0)?.room
  );
  assertEquals(muted, ["den", "den", undefined, undefined]);
  assertEquals(moderation.unmute("ana", { by: OWNER, now: 0 }), undefined);
  assertEquals(moderation.unmute("ana", { room: "DEN", by: OWNER, now: 0 })?.target, "ana");
  assertEquals(moderation.restrictsSpeech, false);
});

test("Nothing holds for the key of an operator, and a person with such a key is known as one", (folder) => {
  const { moderation, registry } = folder;
  const ana = folder.own("ana", "a");
  registry.names.addKey(ana, keyOf("b"), 0);
  moderation.setOperatorsFile([{ key: keyOf("a"), comment: "" }]);
  moderation.ban({ target: "10.0.0.1", by: BOSS, now: 0 });
  moderation.mute({ target: "ana", by: BOSS, now: 0 });
  const subject = { name: "ana", owner: ana, identity: keyOf("a"), address: "10.0.0.1" };
  assertEquals([moderation.banOf(subject, 1), moderation.muteOf(subject, 1)], [undefined, undefined]);
  assert(moderation.banOf({ ...subject, identity: keyOf("b") }, 1) !== undefined);
  assertEquals([keyOf("a"), keyOf("b"), undefined].map((key) => moderation.isOperator(key)), [
    true,
    false,
    false,
  ]);
  assert(moderation.isOperatorPerson({ identity: keyOf("b") }));
  assert(moderation.isOperatorPerson({ owner: ana }));
  assert(!moderation.isOperatorPerson({ name: "ana", identity: keyOf("c") }));
});

test("A preview tells whom a ban would hit, and changes nothing", (folder) => {
  const { moderation } = folder;
  const ana = folder.own("ana", "a");
  moderation.setOperatorsFile([{ key: keyOf("p"), comment: "" }]);
  const hits = moderation.preview({
    target: "ana",
    addresses: ["10.0.0.1"],
    keys: [keyOf("k")],
    by: BOSS,
    now: 0,
  });
  const cases: [Subject, boolean][] = [
    [{ name: "ana", owner: ana, identity: keyOf("a") }, true],
    [{ name: "guest", identity: keyOf("a") }, true],
    [{ name: "guest", identity: keyOf("k") }, true],
    [{ name: "guest", address: "10.0.0.1" }, true],
    [{ name: "guest", address: "10.0.0.2" }, false],
    [{ name: "boss", identity: keyOf("p"), address: "10.0.0.1" }, false],
  ];
  for (const [subject, expected] of cases) assertEquals(hits(subject), expected, JSON.stringify(subject));
  assertEquals(moderation.list(undefined, 0), []);
});

test("Slow mode is that of the room or of the hub, whichever is slower, until it is off", (folder) => {
  const every = (room?: string) => folder.moderation.slowOf(room, 0)?.everyMs;
  folder.moderation.slow(2000, { by: BOSS, now: 0 });
  folder.moderation.slow(1000, { room: "den", by: OWNER, now: 0 });
  folder.moderation.slow(9000, { room: "lab", by: OWNER, now: 0 });
  folder.reopen();
  assertEquals([every(), every("DEN"), every("lab"), every("x")], [2000, 2000, 9000, 2000]);
  assertEquals(folder.moderation.restrictsSpeech, true);
  folder.moderation.slow(0, { by: BOSS, now: 0 });
  assertEquals([every(), every("den")], [undefined, 1000]);
  folder.moderation.slow(0, { room: "den", by: OWNER, now: 0 });
  folder.moderation.slow(0, { room: "lab", by: OWNER, now: 0 });
  assertEquals([every("den"), folder.moderation.restrictsSpeech], [undefined, false]);
});

test("A lockdown holds over a restart, until it is off", (folder) => {
  assertEquals(folder.moderation.lockdown, "off");
  folder.moderation.lockDown("owned", { by: BOSS, now: 3 });
  folder.moderation.lockDown("invited", { by: BOSS, now: 4 });
  folder.reopen();
  assertEquals([folder.moderation.lockdown, folder.moderation.lockdownBy?.at], ["invited", 4]);
  folder.moderation.lockDown("off", { by: BOSS, now: 5 });
  folder.reopen();
  assertEquals(folder.moderation.lockdown, "off");
});

test("Moderators are those of a room, over a restart, until they are removed or freed", (folder) => {
  const ana = folder.own("ana", "a"), bob = folder.own("bob", "b");
  const request = { room: "Den", owner: ana, by: OWNER, now: 0 };
  assertEquals([folder.moderation.mod(request), folder.moderation.mod(request)], [true, false]);
  folder.moderation.mod({ ...request, owner: bob });
  folder.reopen();
  const { moderation, registry } = folder;
  const again = registry.names.ownerOf("ana")!;
  assertEquals(["den", "DEN", "lab"].map((room) => moderation.isModerator(room, again)), [true, true, false]);
  assertEquals(moderation.moderatedBy(again), ["Den"]);
  assertEquals(moderation.moderatorsOf("den").map(({ name }) => name), ["ana", "bob"]);
  registry.free(registry.names.ownerOf("bob")!, { detach: () => {}, erase: () => {} });
  assertEquals(moderation.moderatorsOf("den").map(({ name }) => name), ["ana"]);
  assertEquals(moderation.isModerator("den", folder.own("bob", "c")), false, "a later owner of the name");
  assertEquals(
    [moderation.unmod(request), moderation.unmod(request)],
    [true, false],
  );
  assertEquals(moderation.moderatedBy(again), []);
});

test("A room that gets another life has no moderators and only the bans of operators", (folder) => {
  const { moderation } = folder;
  const ana = folder.own("ana", "a");
  moderation.mod({ room: "den", owner: ana, by: OWNER, now: 0 });
  moderation.ban({ target: "bob", room: "den", by: OWNER, now: 0 });
  moderation.ban({ target: "eve", room: "den", by: BOSS, now: 0 });
  moderation.ban({ target: "ida", room: "lab", by: OWNER, now: 0 });
  moderation.slow(5000, { room: "den", by: OWNER, now: 0 });
  moderation.forgetRoom("DEN");
  folder.reopen();
  assertEquals(folder.moderation.listAll(1).map(({ target, room }) => [target, room]), [["ida", "lab"], [
    "eve",
    "den",
  ]]);
  assertEquals(folder.moderation.moderatorsOf("den"), []);
});

test("A room has a limited number of bans and mutes, and of moderators; the hub has not", (folder) => {
  const { moderation } = folder;
  const ban = (i: number, room?: string) => moderation.ban({ target: `troll${i}`, room, by: OWNER, now: 0 });
  for (let i = 0; i < MAX_SANCTIONS_OF_ROOM; i++) ban(i, "den");
  assertThrows(
    () => ban(MAX_SANCTIONS_OF_ROOM, "den"),
    ModerationError,
    "#den has 1000 bans and mutes already",
  );
  ban(0, "den");
  ban(MAX_SANCTIONS_OF_ROOM, "lab");
  ban(MAX_SANCTIONS_OF_ROOM);
  moderation.slow(1000, { room: "den", by: OWNER, now: 0 });
  moderation.unban("troll1", { room: "den", by: OWNER, now: 0 });
  ban(MAX_SANCTIONS_OF_ROOM, "den");
  const owner = folder.own("ana", "a");
  const mod = (id: number) => moderation.mod({ room: "den", owner: { ...owner, id }, by: OWNER, now: 0 });
  for (let id = 1; id <= MAX_MODERATORS_OF_ROOM; id++) mod(id);
  assertThrows(() => mod(MAX_MODERATORS_OF_ROOM + 1), ModerationError, "100 moderators already");
});

test("The audit says who did what to whom, when, why and until when", (folder) => {
  const { moderation } = folder;
  const ana = folder.own("ana", "a");
  moderation.ban({
    target: "bob",
    durationMs: 10,
    reason: "spam",
    addresses: ["10.0.0.1"],
    by: BOSS,
    now: 1,
  });
  moderation.mute({ target: "bob", room: "den", by: OWNER, now: 2 });
  moderation.unban("BOB", { by: BOSS, now: 3 });
  moderation.unban("nobody", { by: BOSS, now: 3 });
  moderation.slow(5000, { room: "den", by: OWNER, now: 4 });
  moderation.lockDown("owned", { by: BOSS, now: 5 });
  moderation.mod({ room: "den", owner: ana, by: OWNER, now: 6 });
  moderation.unmod({ room: "den", owner: ana, by: OWNER, now: 7 });
  moderation.audit({ by: BOSS, at: 8, action: "delete", room: "den", target: "bob", detail: "message 7" });
  moderation.addOperator(ana, "", 9);
  moderation.removeOperator(ana, 10);
  folder.reopen(1000);
  const byKey = folder.moderation.fingerprint(OWNER.identity);
  const boss = { by: "boss", byOperator: true }, olga = { by: "olga", byKey, byOperator: false };
  const machine = { by: "riftchat op", byOperator: true, target: "ana" };
  assertEquals(folder.moderation.auditEntries({ count: 99 }).reverse(), [
    { id: 1, at: 1, ...boss, action: "ban", target: "bob", until: 11, reason: "spam", detail: "10.0.0.1" },
    { id: 2, at: 2, ...olga, action: "mute", target: "bob", room: "den" },
    { id: 3, at: 3, ...boss, action: "unban", target: "bob" },
    { id: 4, at: 4, ...olga, action: "slow", room: "den", detail: "5000 ms" },
    { id: 5, at: 5, ...boss, action: "lockdown", detail: "owned" },
    { id: 6, at: 6, ...olga, action: "mod", target: "ana", room: "den" },
    { id: 7, at: 7, ...olga, action: "unmod", target: "ana", room: "den" },
    { id: 8, at: 8, ...boss, action: "delete", target: "bob", room: "den", detail: "message 7" },
    { id: 9, at: 9, ...machine, action: "op add" },
    { id: 10, at: 10, ...machine, action: "op remove" },
  ]);
  const ids = (query: { since?: number; before?: number; count: number }) =>
    folder.moderation.auditEntries(query).map(({ id }) => id);
  assertEquals(ids({ count: 2 }), [10, 9]);
  assertEquals(ids({ count: 2, before: 9 }), [8, 7]);
  assertEquals(ids({ count: 9, since: 9 }), [10, 9]);
});

test("What cannot be stored is not in force", (folder) => {
  const { moderation } = folder;
  const ana = folder.own("ana", "a");
  moderation.ban({ target: "bob", by: BOSS, now: 0 });
  const changes: ModerationChange[] = [];
  moderation.changed((change) => changes.push(change));
  moderation.close();
  const failing: (() => unknown)[] = [
    () => moderation.ban({ target: "eve", by: BOSS, now: 0 }),
    () => moderation.unban("bob", { by: BOSS, now: 0 }),
    () => moderation.mod({ room: "den", owner: ana, by: BOSS, now: 0 }),
    () => moderation.addOperator(keyOf("a"), "", 0),
    () => moderation.lockDown("owned", { by: BOSS, now: 0 }),
  ];
  for (const run of failing) assertThrows(run);
  assertEquals([folder.isBanned({ name: "eve" }), folder.isBanned({ name: "bob" })], [false, true]);
  assertEquals([moderation.isModerator("den", ana), moderation.isOperator(keyOf("a"))], [false, false]);
  assertEquals([moderation.lockdown, changes], ["off", []]);
  folder.open();
});

test("Listeners hear of each change after it is in force, and the version grows", (folder) => {
  const { moderation } = folder;
  const ana = folder.own("ana", "a");
  const heard: unknown[] = [];
  let { version } = moderation;
  moderation.changed((change) => {
    assert(moderation.version > version);
    version = moderation.version;
    heard.push([Object.values(change), folder.isBanned({ name: "bob" }), moderation.isOperator(keyOf("a"))]);
  });
  moderation.ban({ target: "bob", by: BOSS, now: 0 });
  moderation.mod({ room: "den", owner: ana, by: BOSS, now: 0 });
  moderation.addOperator(ana, "", 0);
  moderation.setOperatorsFile([]);
  moderation.unban("bob", { by: BOSS, now: 0 });
  assertEquals(heard, [
    [["sanctions", undefined], true, false],
    [["moderators", "den"], true, false],
    [["operators"], true, true],
    [["operators"], true, true],
    [["sanctions", undefined], false, true],
  ]);
});

test("A name that is an operator is one with all its keys, until it is removed or freed", (folder) => {
  const { moderation, registry } = folder;
  const ana = folder.own("ana", "a");
  assertEquals([moderation.addOperator(ana, "", 0), moderation.addOperator(ana, "", 0)], [true, false]);
  registry.names.addKey(ana, keyOf("b"), 0);
  assertEquals(["a", "b", "c"].map((letter) => moderation.isOperator(keyOf(letter))), [true, true, false]);
  registry.names.removeKey(ana, keyOf("b"));
  assertEquals(moderation.isOperator(keyOf("b")), false);
  folder.reopen();
  assertEquals(folder.moderation.isOperator(keyOf("a")), true);
  folder.registry.free(folder.registry.names.ownerOf("ana")!, { detach: () => {}, erase: () => {} });
  assertEquals([folder.moderation.isOperator(keyOf("a")), folder.moderation.operators], [false, []]);
  assertEquals(folder.moderation.isOperator(keyOf("z")), false);
  folder.own("ana", "z");
  assertEquals(folder.moderation.isOperator(keyOf("z")), false, "a later owner of the name");
});

test("A damaged database is set aside and reported, and a new one is started", (folder) => {
  folder.moderation.ban({ target: "ana", by: BOSS, now: 0 });
  folder.close();
  Deno.writeTextFileSync(`${folder.path}/moderation.db`, "nonsense".repeat(1000));
  folder.open();
  assertEquals(folder.isBanned({ name: "ana" }), false);
  assertEquals(folder.reports.length, 1);
  assertStringIncludes(folder.reports[0]!, "nobody is banned or muted");
  assert([...Deno.readDirSync(folder.path)].some(({ name }) => name.startsWith("moderation.db.damaged-")));
});

test("A database of another program or a newer version is not used", (folder) => {
  folder.close();
  Deno.copyFileSync(`${folder.path}/names.db`, `${folder.path}/moderation.db`);
  assertThrows(() => folder.open(), ModerationFileError, "it belongs to another program");
  folder.registry.close();
  Deno.removeSync(`${folder.path}/moderation.db`);
  folder.open();
});

Deno.test("Without a folder and without owned names bans are in memory", () => {
  const moderation = openModeration({ folder: undefined, names: undefined, now: 0, report: () => {} });
  moderation.ban({ target: "ana", by: BOSS, now: 0 });
  const found: Sanction | undefined = moderation.banOf({ name: "ANA", identity: keyOf("a") }, 0);
  assertEquals(found?.target, "ana");
  moderation.close();
});
