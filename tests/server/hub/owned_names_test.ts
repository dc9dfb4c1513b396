/**
 * Names that belong to keys: what the hub answers, and what others see. The file is long because all of it is one
 * conversation after the other, each as short as it can be.
 *
 * @module
 */
import {
  fromBase64,
  generatePrivateKey,
  hubStatement,
  keyFingerprint,
  loadSyncSigning,
  readPublicKeyBlob,
} from "../../../identity/mod.ts";
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import { hubIdentityOf } from "../../../server/registry/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { offerOf, OWNED_HUB_IDENTITY, OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

const DAY_MS = 86_400_000;
const identity = OWNED_HUB_IDENTITY;
const { verifyMessageSync } = await loadSyncSigning();
const [laptop, phone, thief] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

function test(name: string, run: (chat: OwnedHub) => void | Promise<void>): void {
  Deno.test(name, () => run(new OwnedHub()));
}

/** The words of errors, and the codes and names of other messages. */
const brief = (bodies: Body[]) =>
  bodies.map(({ code, error, room, old, new: name, username }) =>
    String(error ?? [code, room, old, name ?? username].filter((part) => part !== undefined).join(" "))
  );
const verified = (bodies: Body[]) =>
  bodies.filter(({ code }) => code === 200 || code === 213)
    .map(({ message }) => (message as { verified?: boolean }).verified);

/** Sends a request and returns the answer. */
function ask(user: TestUser, message: ClientMessage): Body {
  user.receives();
  user.sends({ ...message, ref: "r" });
  return user.receives().find(({ ref }) => ref === "r")!;
}

test("The first key that says something under a name owns it, and its messages are verified", (chat) => {
  const bo = chat.join("bo");
  const ana = chat.comes(laptop, "ana");
  assertEquals(chat.registry.names.ownerOf("ana"), undefined);
  bo.receives();
  ana.sends({ code: 100, message: "hi" });
  ana.sends({ code: 104, to: "bo", message: "psst" });
  bo.sends({ code: 100, message: "who?" });
  assertEquals(verified(bo.receives()), [true, true, false]);
  assertEquals(chat.registry.names.ownerOf("ana")?.keys.map(({ key }) => key), [laptop.key]);
  const users = ask(bo, { code: 106 }).users as { username: string; verified: boolean }[];
  assertEquals(users.map(({ username, verified }) => [username, verified]), [["bo", false], ["ana", true]]);
});

test("The welcome lists keys, and proves the identity of the hub over the nonce of the client", (chat) => {
  const user = chat.connect();
  const offer = offerOf(user);
  const nonce = "A client's own nonce..";
  user.sends({ code: 102, client: "test/1", nonce });
  const [welcome] = user.receives();
  assert((welcome!.features as string[]).includes("keys"));
  const message = new TextEncoder().encode(hubStatement(nonce, offer.nonce, identity.key));
  verifyMessageSync(fromBase64(String(welcome!.identity_signature))!, { namespace: "riftchat-hub", message });
  assertEquals(offer.identity, identity.key);
});

test("Nobody else gets an owned name: by base protocol, case, width or look-alike, with or without a key", (chat) => {
  const lil = chat.owns(laptop, "lil");
  lil.disconnects();
  const base = chat.connect();
  base.receives();
  base.sends({ code: 101, username: "LIL" });
  const [refusal] = base.receives();
  assertStringIncludes(
    (refusal!.message as { message: string }).message,
    "Cannot use the name LIL: it belongs to somebody since 2023-11-14; use the key that owns it, or another name, " +
      "such as LIL-2",
  );
  for (const name of ["lil", "Lil", "l1l", "1i1", "\uff4cil"].map((name) => name.normalize("NFC"))) {
    const guest = chat.connect();
    guest.receives();
    guest.sends({ code: 102, client: "test/1", username: name });
    const [{ error, free }] = guest.receives() as [Body];
    if (name === "\uff4cil") assert(error === "name_owned" || error === "bad_name", name);
    else assertEquals([error, free], ["name_owned", `${name}-2`], name);
    assertEquals(brief(chat.comes(thief, name).receives())[0], String(error), name);
  }
  assertEquals(brief(chat.comes(laptop, "LiL").receives()).slice(0, 1), ["210 LiL"]);
});

Deno.test("A hello that is signed for another connection, hub, name or purpose is refused", async () => {
  const chat = new OwnedHub();
  const other = await hubIdentityOf(await generatePrivateKey("other hub"));
  const eve = chat.connect();
  const offer = offerOf(eve);
  const earlier = offerOf(chat.connect());
  const hello = (fields: object) => {
    eve.sends({ code: 102, client: "test/1", username: "ana", ...fields } as ClientMessage);
    return brief(eve.receives());
  };
  const proof = laptop.proof(offer, "ana");
  for (
    const [what, fields] of [
      ["replayed", laptop.proof(earlier, "ana")],
      ["for another hub", laptop.proof({ ...offer, identity: other.key }, "ana")],
      ["for another name", laptop.proof(offer, "bo")],
      ["for another purpose", laptop.proof(offer, "ana", "git")],
      ["by another key", { ...thief.proof(offer, "ana"), key: laptop.key }],
      ["without a key", { signature: proof.signature }],
      ["without a signature", { key: proof.key }],
      ["no signature", { ...proof, signature: "AAAA" }],
      ["no base64", { ...proof, signature: "*" }],
    ] as [string, object][]
  ) assertEquals(hello(fields), ["bad_signature"], what);
  const rsa = btoa("\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01");
  for (const key of [rsa, "AAAA", "", `${proof.key} `]) {
    assertEquals(hello({ ...proof, key }), ["bad_key"], key);
  }
  assertEquals(hello(proof), ["210 ana", "201 ana"]);
});

test("The devices of a person have one name: others see one user, and all devices get direct messages", (chat) => {
  const bo = chat.join("bo");
  const first = chat.owns(laptop, "ana", bo);
  first.sends({ code: 107, room: "dev" });
  bo.sends({ code: 107, room: "dev" });
  for (const user of [first, bo]) user.receives();
  const second = chat.comes(laptop, "ana", { rooms: ["dev", "ops"] });
  assertEquals(brief(second.receives()), ["210 ana", "201 ana", "211 dev ana", "211 ops ana"]);
  assertEquals([brief(bo.receives()), brief(first.receives())], [[], []]);
  const users = ask(bo, { code: 106 }).users as { username: string; rooms: string[] }[];
  assertEquals(users.map(({ username, rooms }) => [username, ...rooms]), [
    ["bo", "main", "dev"],
    ["ana", "main", "dev", "ops"],
  ]);
  bo.sends({ code: 104, to: "ana", message: "to both" });
  second.sends({ code: 104, to: "bo", message: "from one" });
  const direct = (user: TestUser) =>
    user.receives().filter(({ code }) => code === 213).map(({ message }) =>
      (message as { message: string }).message
    );
  // Own messages come with the replies, which are written first.
  assertEquals([direct(first), direct(second)], [["to both", "from one"], ["from one", "to both"]]);
  bo.receives();
  first.disconnects();
  assertEquals(brief(bo.receives()), []);
  second.sends({ code: 108, room: "dev" });
  assertEquals(brief(bo.receives()), ["212 dev ana"]);
  second.disconnects();
  assertEquals(brief(bo.receives()), ["204 ana"]);
});

test("A room is left by a person when the last device in it has left it", (chat) => {
  const bo = chat.join("bo");
  bo.sends({ code: 107, room: "dev" });
  const first = chat.comes(laptop, "ana", { rooms: ["dev"] });
  const second = chat.comes(laptop, "ana");
  for (const user of [first, second, bo]) user.receives();
  first.disconnects();
  assertEquals(brief(bo.receives()), ["212 dev ana"]);
});

test("A device that takes another name, or that of the others, joins or leaves for others", (chat) => {
  const bo = chat.join("bo");
  const first = chat.owns(laptop, "ana", bo);
  const second = chat.comes(laptop, "ana");
  second.receives();
  second.sends({ code: 101, username: "work" });
  assertEquals(brief(bo.receives()), ["201 work"]);
  assertEquals(brief(second.receives()), ["202 work", "201 work"]);
  second.sends({ code: 101, username: "ana" });
  assertEquals(brief(bo.receives()), ["204 work"]);
  for (const user of [first, second]) user.sends({ code: 101, username: "work" });
  assertEquals(brief(bo.receives()), ["201 work", "204 ana"]);
});

test("Of two keys that want a free name, one gets it", (chat) => {
  const ana = chat.comes(laptop, "ana");
  const late = chat.comes(thief, "ana");
  const [{ error, free }] = late.receives() as [Body];
  assertEquals([error, free], ["name_taken", "ana-2"]);
  ana.sends({ code: 100, message: "mine" });
  ana.disconnects();
  assertEquals(brief(chat.comes(thief, "ana").receives()), ["name_owned"]);
});

test("A name that the hub chose belongs to nobody", (chat) => {
  const user = chat.connect();
  user.sends({ code: 102, client: "test/1", ...laptop.proof(offerOf(user), "") });
  user.sends({ code: 100, message: "hi" });
  assertEquals([verified(user.receives()), chat.registry.names.size], [[false], 0]);
});

test("A key owns three names; with a fourth the user is told once, and may use it as a guest", (chat) => {
  for (const name of ["one", "two", "three"]) chat.owns(laptop, name).disconnects();
  const user = chat.comes(laptop, "four");
  user.receives();
  for (let i = 0; i < 2; i++) user.sends({ code: 100, message: "hi" });
  const bodies = user.receives();
  assertEquals(verified(bodies), [undefined, false, false]);
  assertEquals(
    (bodies[0]!.message as { message: string }).message,
    "You do not own the name four: your key owns 3 names already; to give one up, use it and release it",
  );
});

test("A released name is free for others, and the user keeps it until they leave", (chat) => {
  const ana = chat.owns(laptop, "ana");
  assertEquals(ask(ana, { code: 113 }).code, 207);
  assertEquals(chat.registry.names.ownerOf("ana"), undefined);
  assertEquals(brief(chat.comes(thief, "ana").receives()), ["name_taken"]);
  ana.disconnects();
  chat.owns(thief, "ana");
  assertEquals(chat.registry.names.ownerOf("ana")?.keys.map(({ key }) => key), [thief.key]);
});

test("Keys are listed, added and removed; a session with a removed key loses the name at once", (chat) => {
  const ana = chat.owns(laptop, "ana");
  assertEquals(ask(ana, { code: 114, key: phone.key }).code, 207);
  const { username, keys } = ask(ana, { code: 116 });
  assertEquals([username, (keys as { key: string }[]).map(({ key }) => key)], ["ana", [
    laptop.key,
    phone.key,
  ]]);
  const mobile = chat.comes(phone, "ana");
  mobile.receives();
  assertEquals(ask(ana, { code: 115, key: phone.key }).code, 207);
  const [why, given] = mobile.receives();
  assertEquals(
    (why!.message as { message: string }).message,
    "The name ana belongs to other keys, so you have another name",
  );
  assertEquals([given!.code, mobile.name === "ana"], [202, false]);
  for (
    const [message, error] of [
      [{ code: 115, key: laptop.key }, "not_allowed"],
      [{ code: 115, key: thief.key }, "not_allowed"],
      [{ code: 114 }, "bad_message"],
      [{ code: 114, key: "AAAA" }, "bad_key"],
      [{ code: 114, key_code: "abbey abbey abbey" }, "not_allowed"],
    ] as [ClientMessage, string][]
  ) assertEquals(ask(ana, message).error, error, JSON.stringify(message));
});

test("A code adds the key of another device, which then has the name", (chat) => {
  const ana = chat.owns(laptop, "ana");
  const { key_code: code, valid_ms } = ask(ana, { code: 117 });
  assertEquals(valid_ms, 600_000);
  const mobile = chat.comes(phone, "guest");
  ana.receives();
  assertEquals(ask(mobile, { code: 114, key_code: String(code) }), { code: 207, username: "ana", ref: "r" });
  const [told] = ana.receives();
  assertMatch((told!.message as { message: string }).message, /^A key was added to the name ana: /);
  assertEquals(ask(mobile, { code: 101, username: "ana" }).code, 202);
  mobile.receives();
  mobile.sends({ code: 100, message: "from my phone" });
  assertEquals(verified(mobile.receives()), [true]);
  assertEquals(ask(chat.comes(thief, "other"), { code: 114, key_code: String(code) }).error, "not_allowed");
});

test("A name gets 20 codes within an hour, however many are used", (chat) => {
  const ana = chat.owns(laptop, "ana"), mobile = chat.comes(phone, "guest");
  const bo = chat.owns(thief, "bo");
  for (let made = 0; made < 20; made++) {
    const { key_code: code } = ask(ana, { code: 117 });
    assertEquals(ask(mobile, { code: 114, key_code: String(code) }).code, 207);
    assertEquals(ask(ana, { code: 115, key: phone.key }).code, 207);
    chat.advance(60_000);
  }
  const { error, retry_after_ms } = ask(ana, { code: 117 });
  assertEquals([error, retry_after_ms], ["too_fast", 2_400_000]);
  assertEquals(ask(bo, { code: 117 }).code, 219);
  chat.advance(2_400_000 - 1);
  assertEquals(ask(ana, { code: 117 }).retry_after_ms, 1);
  chat.advance(1);
  assertEquals([ask(ana, { code: 117 }).code, ask(ana, { code: 117 }).error], [219, "too_fast"]);
});

test("A code that a device got is of no use once its key is removed", (chat) => {
  const ana = chat.owns(laptop, "ana");
  ask(ana, { code: 114, key: phone.key });
  const { key_code: code } = ask(chat.comes(phone, "ana"), { code: 117 });
  assertEquals(ask(ana, { code: 115, key: phone.key }).code, 207);
  assertEquals(
    ask(chat.comes(thief, "guest"), { code: 114, key_code: String(code) }).error,
    "not_allowed",
  );
});

test("A guest has no name to release and no keys to list", (chat) => {
  const bo = chat.join("bo");
  for (const code of [113, 117] as const) assertEquals(ask(bo, { code }).error, "not_allowed");
  assertEquals(ask(bo, { code: 114, key: phone.key }).error, "not_allowed");
  assertEquals(ask(bo, { code: 116 }), { code: 218, username: "bo", keys: [], ref: "r" });
  assertEquals(ask(bo, { code: 123, username: "nobody" }), {
    code: 221,
    username: "nobody",
    online: false,
    verified: false,
    ref: "r",
  });
});

test("What is known of a name is told: since when it is owned, and when an operator moved it", (chat) => {
  const ana = chat.owns(laptop, "Ana");
  const owner = chat.registry.names.ownerOf("ana")!;
  chat.registry.names.move(owner, phone.key, START + 5);
  chat.hub.keysChanged(owner);
  assert(ana.name !== "Ana", "the session with the lost key has another name");
  assertEquals(ask(chat.join("bo"), { code: 123, username: "ANA" }), {
    code: 221,
    username: "Ana",
    online: false,
    verified: false,
    since: START,
    moved: START + 5,
    last_used: START,
    keys: [identity.fingerprint(phone.key)],
    ref: "r",
  });
});

test("The keys of a name are told by their fingerprints: those of its owner, else that of the user", async (chat) => {
  const fingerprintOf = (key: TestKey) => keyFingerprint(readPublicKeyBlob(fromBase64(key.key)!));
  const [ofLaptop, ofPhone] = [await fingerprintOf(laptop), await fingerprintOf(phone)];
  const bo = chat.join("bo");
  const keysOf = (username: string) => ask(bo, { code: 123, username }).keys;
  const ana = chat.comes(laptop, "ana");
  assertEquals([keysOf("ana"), keysOf("bo"), keysOf("nobody")], [[ofLaptop], undefined, undefined]);
  ana.sends({ code: 100, message: "mine" });
  ask(ana, { code: 114, key: phone.key });
  ana.disconnects();
  assertEquals(keysOf("ANA"), [ofLaptop, ofPhone]);
});

test("A name that is not used for 90 days is freed; one that is online is used", (chat) => {
  chat.owns(laptop, "gone").disconnects();
  const here = chat.owns(phone, "here");
  chat.advance(90 * DAY_MS);
  chat.hub.expireNames();
  assertEquals(chat.registry.names.size, 2);
  chat.advance(DAY_MS);
  chat.hub.expireNames();
  assertEquals(chat.registry.names.ownerOf("gone"), undefined);
  here.sends({ code: 100, message: "still here" });
  assertEquals(verified(here.receives()), [true]);
});

test("Without a registry the hub offers no keys, and knows no requests about them", () => {
  const chat = new TestHub();
  const user = chat.connect();
  const [offer] = user.receives();
  assertEquals(Object.keys(offer!.server as object), ["version", "protocol", "nonce"]);
  user.sends({ code: 102, client: "test/1", key: "k", signature: "s", nonce: "0123456789abcdefghijkl" });
  const [welcome] = user.receives();
  assertEquals([welcome!.code, welcome!.identity_signature], [210, undefined]);
  assertEquals(ask(user, { code: 113 }).error, "unavailable");
});

Deno.test("Whoever gets a freed name reads nothing of its former owner, and its messages have new numbers", () => {
  using folder = new DataFolder();
  const stored = folder.open();
  const chat = new OwnedHub(undefined, stored);
  const bo = chat.owns(phone, "bo");
  const ana = chat.owns(laptop, "ana", bo);
  ana.sends({ code: 104, to: "bo", message: "secret" });
  assertEquals(ask(ana, { code: 113 }).code, 207);
  ana.disconnects();
  const next = chat.owns(thief, "ana", bo);
  const history = (user: TestUser, room: string) => {
    user.receives();
    user.sends({ code: 105, room, ref: "r" });
    chat.runTurns();
    return (user.receives().find(({ ref }) => ref === "r")!.messages as {
      message: string;
      sequence: number;
    }[]);
  };
  assertEquals(history(next, "@bo"), []);
  next.sends({ code: 104, to: "bo", message: "hello" });
  assertEquals(history(bo, "@ana").map(({ message, sequence }) => [message, sequence]), [["hello", 2]]);
  stored.close();
});

Deno.test("Names are those before after the hub was killed", () => {
  using folder = new DataFolder();
  const chat = new OwnedHub(registryIn(folder.path));
  chat.owns(laptop, "ana");
  // Another connection reads what a hub that was killed has left.
  const again = new OwnedHub(registryIn(folder.path));
  assertEquals(brief(again.comes(thief, "ana").receives()), ["name_owned"]);
  assertMatch(brief(again.comes(laptop, "ana").receives())[0]!, /^210 ana$/);
  for (const { registry } of [chat, again]) registry.close();
});
