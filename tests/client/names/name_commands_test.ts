/**
 * The commands about names, against a hub where names can belong to keys.
 *
 * @module
 */
import { keyInFile, NameCommands, type NameResult } from "../../../client/names/mod.ts";
import type { NameAction } from "../../../client/commands/mod.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { textOf } from "../../../client/text/style.ts";
import {
  formatPublicKey,
  fromBase64,
  generatePrivateKey,
  keyFingerprint,
  readPublicKeyBlob,
} from "../../../identity/mod.ts";
import { nameSkeletons, type ServerOffer, type Welcome } from "../../../protocol/mod.ts";
import { hubIdentityOf, openRegistry } from "../../../server/registry/mod.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { START, TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

const identity = await hubIdentityOf(await generatePrivateKey("hub"));
const [laptop, phone] = await Promise.all([TestKey.make(), TestKey.make()]);

/** A user of a hub, and the commands of their client. */
class Client {
  readonly user: TestUser;
  readonly #commands: NameCommands;

  /** Connects under a name, with a key or as a guest; `owns`: says something, so that the key owns the name. */
  constructor(chat: TestHub, name: string, key?: TestKey, owns = true) {
    this.user = chat.connect();
    const { server } = this.user.receives()[0]! as unknown as { server: ServerOffer };
    const proof = key && server.identity === undefined ? {} : key?.proof(
      { identity: server.identity!, nonce: server.nonce },
      name,
    );
    this.user.sends({ code: 102, client: "test/1", username: name, ...proof });
    const welcome = this.user.receives().find(({ code }) => code === 210) as unknown as Welcome;
    if (owns) this.user.sends({ code: 100, message: "hello" });
    this.#commands = new NameCommands({
      keyInFile,
      ask: (request) => Promise.resolve(this.ask(request)),
      session: () => ({ extended: true, name: this.user.session.name, welcome }),
      ownKey: () => key?.key,
      now: () => START,
      offsetMinutes: () => 0,
    });
  }

  ask(request: ControlRequest): Answer {
    this.user.receives();
    this.user.sends({ ...request, ref: "r" });
    const answer = this.user.receives().find(({ ref }) => ref === "r");
    return answer as unknown as Answer;
  }

  /** Runs a command; returns its lines, or the error. */
  async run(action: NameAction): Promise<string[]> {
    return linesOf(await this.#commands.do(action));
  }

  async result(action: NameAction): Promise<NameResult> {
    return await this.#commands.do(action);
  }
}

function linesOf(result: NameResult): string[] {
  switch (result.kind) {
    case "done":
      return result.lines.map(textOf);
    case "confirm":
      return [...result.lines, result.input];
    case "failed":
      return [`! ${result.message}`];
  }
}

function ownedHub(): TestHub {
  const registry = openRegistry({
    folder: undefined,
    nameMs: Infinity,
    skeletons: nameSkeletons,
    now: START,
    report: (text) => assertEquals(text, ""),
  });
  return new TestHub(undefined, undefined, { registry, identity });
}

const fingerprintOf = (key: TestKey) => keyFingerprint(readPublicKeyBlob(fromBase64(key.key)!));
const lineOf = (key: TestKey) =>
  formatPublicKey({ key: readPublicKeyBlob(fromBase64(key.key)!), comment: "me" });

Deno.test("The keys of a name are listed, added and removed, by the key or the start of its fingerprint", async () => {
  const ana = new Client(ownedHub(), "ana", laptop);
  const [ofLaptop, ofPhone] = [await fingerprintOf(laptop), await fingerprintOf(phone)];
  const heading = "-- ana is yours since Tuesday 14 November 2023; it has";
  const inUse = `  ${ofLaptop}  2023-11-14  in use here`;
  assertEquals(await ana.run({ kind: "keys" }), [`${heading} 1 key, added on these days:`, inUse]);
  const added = [`-- the key ${ofPhone} can use the name ana now`];
  assertEquals(await ana.run({ kind: "addKey", text: lineOf(phone) }), added);
  assertEquals(
    new Set(await ana.run({ kind: "keys" })),
    new Set([
      `${heading} 2 keys, added on these days:`,
      inUse,
      `  ${ofPhone}  2023-11-14`,
    ]),
  );
  for (
    const [text, error] of [
      [
        ofLaptop,
        `! Cannot remove that key: ${ofLaptop} is the key in use here; remove it on another device, or`,
      ],
      ["SHA256:", "! Cannot remove that key: several keys of this name have a fingerprint like SHA256:;"],
      [`SHA256:${"A".repeat(43)}`, "! Cannot remove that key: no key of this name has"],
      ["no-such-file", "! Cannot remove that key: there is no file no-such-file;"],
      ["a b c d e f", "! Cannot remove that key: a code adds a key"],
    ] as const
  ) assertStringIncludes((await ana.run({ kind: "removeKey", text }))[0]!, error);
  const removed = [`-- the key ${ofPhone} cannot use the name ana any more`];
  assertEquals(await ana.run({ kind: "removeKey", text: ofPhone.slice(0, 15) }), removed);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, lineOf(phone));
    assertEquals(await ana.run({ kind: "addKey", text: file }), added);
    assertEquals(await ana.run({ kind: "removeKey", text: file }), removed);
    await Deno.writeTextFile(file, "no key");
    assertMatch(
      (await ana.run({ kind: "addKey", text: file }))[0]!,
      /^! Cannot add that key: cannot use the key /,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("A code that one device shows gives its name to the other one", async () => {
  const chat = ownedHub();
  const ana = new Client(chat, "ana", laptop);
  const other = new Client(chat, "guest", phone, false);
  const lines = await ana.run({ kind: "keyCode" });
  assertMatch(lines[0]!, /^-- to use ana on another device/);
  assertMatch(lines[2]!, /until 22:23 \(10 minutes\)/);
  const code = lines[1]!.replace("  :key add ", "");
  // The hub of this test makes codes that are no six words.
  assertEquals((await other.result({ kind: "addKey", text: "a b c d e f" })).kind, "failed");
  assertEquals(other.ask({ code: 114, key_code: code }), { code: 207, username: "ana", ref: "r" });
  assertEquals(await other.run({ kind: "addKey", text: "a b c" }), [
    "! Cannot add that key: a code has 6 words: this has 3",
  ]);
});

Deno.test("A name is given up only by naming it, after the user has read what that means", async () => {
  const chat = ownedHub();
  const ana = new Client(chat, "ana", laptop);
  const asked = await ana.run({ kind: "release" });
  assertEquals(asked.at(-1), ":release ana");
  assertStringIncludes(asked[0]!, "ana will belong to nobody");
  assertEquals(await ana.run({ kind: "release", name: "bo" }), [
    "! Cannot give up the name: your name is ana and not bo; take that name first by :username bo",
  ]);
  assertStringIncludes((await ana.run({ kind: "keys" }))[0]!, "ana is yours");
  assertStringIncludes((await ana.run({ kind: "release", name: "ANA" }))[0]!, "ana belongs to nobody now");
  assertStringIncludes((await ana.run({ kind: "keys" }))[0]!, "you have given up ana");
});

Deno.test("Whoever has a name is described: owner, keys, online or not", async () => {
  const chat = ownedHub();
  const ana = new Client(chat, "ana", laptop);
  const bo = new Client(chat, "bo");
  const key = `  key ${await fingerprintOf(laptop)}`;
  assertEquals(await bo.run({ kind: "whois", name: "ANA" }), [
    "-- ana: online, owned since Tuesday 14 November 2023",
    key,
    "  ana  #main  here 0s  idle 0s  verified",
  ]);
  ana.user.disconnects();
  assertEquals(await bo.run({ kind: "whois", name: "ana" }), [
    "-- ana: not online, owned since Tuesday 14 November 2023, last used Tuesday 14 November 2023",
    key,
  ]);
  assertEquals(await bo.run({ kind: "whois", name: "bo" }), [
    "-- bo: online, the name belongs to nobody",
    " ~bo  #main  here 0s  idle 0s",
  ]);
  assertEquals(await bo.run({ kind: "whois", name: "cy" }), ["-- cy: not online, nobody owns the name"]);
});

Deno.test("A guest, and a hub where no name belongs to anybody, get a reason for each command", async () => {
  const bo = new Client(ownedHub(), "bo");
  assertEquals(await bo.run({ kind: "keys" }), [
    "! Cannot list the keys: you are here as a guest, without a key, so bo is not yours",
  ]);
  const elsewhere = new Client(new TestHub(), "bo");
  for (const action of [{ kind: "keys" }, { kind: "release" }, { kind: "whois", name: "bo" }] as const) {
    assertMatch((await elsewhere.run(action))[0]!, /^! Cannot .*: on this hub no name belongs to anybody$/);
  }
});
