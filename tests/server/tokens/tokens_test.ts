/**
 * Tokens and their names: what is stored, over restarts, and who gets a name.
 *
 * @module
 */
import { join } from "node:path";
import { nameSkeletons } from "../../../protocol/mod.ts";
import { OperatorError } from "../../../server/control/mod.ts";
import { MAX_KEYS_OF_NAME, MAX_NEW_NAMES } from "../../../server/limits.ts";
import { openModeration } from "../../../server/moderation/mod.ts";
import { openRegistry } from "../../../server/registry/mod.ts";
import { openTokens } from "../../../server/tokens/open_tokens.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { OWNED_HUB_IDENTITY } from "../../helpers/hubs/owned_hub.ts";

const DAY_MS = 86_400_000;

/** A folder with tokens, names and an audit, opened like a hub does. */
class Scene implements Disposable {
  now = 1_700_000_000_000;
  readonly folder = Deno.makeTempDirSync();
  readonly events: string[] = [];
  reports: string[] = [];

  async open(folder: string | undefined = this.folder) {
    const report = (text: string) => void this.reports.push(text);
    const registry = openRegistry({
      folder,
      nameMs: 90 * DAY_MS,
      skeletons: nameSkeletons,
      now: this.now,
      report,
    });
    const moderation = openModeration({ folder, names: registry.names, now: this.now, report });
    const tokens = await openTokens({ folder, now: this.now, report });
    const manager = tokens.manage({
      registry,
      clock: { wall: () => this.now },
      keysChanged: ({ name, keys }) => void this.events.push(`${name} has ${keys.length} keys`),
      free: (owner) => {
        this.events.push(`${owner.name} is freed`);
        registry.free(owner, { detach: () => {}, erase: () => {} });
      },
      moderation,
      failed: (error) => void this.events.push(`failed: ${error}`),
    });
    const close = () => {
      registry.close();
      moderation.close();
      tokens.close();
    };
    return { registry, manager, moderation, close, [Symbol.dispose]: close };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

type Opened = Awaited<ReturnType<Scene["open"]>>;

function add(
  { manager }: Opened,
  name: string,
  more: { rooms?: string[]; read?: boolean; write?: boolean } = {},
) {
  const answer = manager.handle({ do: "add token", name, read: true, write: true, ...more });
  if (answer === undefined || !("secret" in answer)) throw new Error("no secret");
  return answer;
}

function list({ manager }: Opened) {
  const answer = manager.handle({ do: "list tokens" });
  if (answer === undefined || !("tokens" in answer)) throw new Error("no list");
  return answer.tokens;
}

Deno.test("A token is found by its secret over a restart, and only its hash is stored", async () => {
  using scene = new Scene();
  let secret: string;
  {
    using hub = await scene.open();
    const added = add(hub, "deploy", { rooms: ["ci", "CI", "ops"], read: false });
    secret = added.secret;
    assertMatch(secret, /^rift_[\w-]{32}$/);
    assertEquals(added.token, {
      id: added.token.id,
      name: "deploy",
      rooms: ["CI", "ops"],
      read: false,
      write: true,
      made: scene.now,
    });
  }
  for await (const { name } of Deno.readDir(scene.folder)) {
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(join(scene.folder, name)));
    assert(!bytes.includes(secret.slice(5)), name);
  }
  using hub = await scene.open();
  assertEquals(hub.manager.find(secret)?.name, "deploy");
  assertEquals(hub.manager.find(secret + "x"), undefined);
  assertEquals(hub.manager.find(""), undefined);
  assertEquals(list(hub)[0]!.lastUsed, scene.now);
  assertEquals(hub.registry.names.ownerOf("DEPLOY")?.name, "deploy");
});

Deno.test("The key of a token proves its name, for one connection and one name alone", async () => {
  using scene = new Scene();
  using hub = await scene.open();
  const { secret } = add(hub, "deploy");
  const offer = { identity: OWNED_HUB_IDENTITY.key, nonce: "AAAAAAAAAAAAAAAAAAAAAA==" };
  const { key, signature } = hub.manager.prove(secret, { ...offer, username: "deploy" });
  const statement = (nonce: string, name: string) =>
    ["riftchat hello 1", offer.identity, nonce, name, ""].join("\n");
  assertEquals(OWNED_HUB_IDENTITY.verify(signature, statement(offer.nonce, "deploy")), key);
  assertThrows(() => OWNED_HUB_IDENTITY.verify(signature, statement("other", "deploy")));
  assertThrows(() => OWNED_HUB_IDENTITY.verify(signature, statement(offer.nonce, "ana")));
  assertEquals(hub.registry.names.ownerOf("deploy")!.keys.map(({ key }) => key), [key]);
});

Deno.test("Two tokens share a name, which is free when the last one is revoked; the audit has all of it", async () => {
  using scene = new Scene();
  using hub = await scene.open();
  const one = add(hub, "deploy");
  const two = add(hub, "Deploy", { rooms: ["ci"] });
  assertEquals(two.token.name, "deploy");
  const ended: string[] = [];
  hub.manager.revoked = ({ id }) => ended.push(id);
  hub.manager.handle({ do: "revoke token", id: one.token.id });
  assertEquals(hub.manager.find(one.secret), undefined);
  assertEquals(hub.manager.find(two.secret)?.id, two.token.id);
  hub.manager.handle({ do: "revoke token", id: two.token.id });
  assertEquals(ended, [one.token.id, two.token.id]);
  assertEquals(scene.events, [
    "deploy has 1 keys",
    "deploy has 2 keys",
    "deploy has 1 keys",
    "deploy is freed",
  ]);
  assertEquals(hub.registry.names.ownerOf("deploy"), undefined);
  assertEquals(
    hub.moderation.auditEntries({ count: 10 }).map(({ action, target, detail, byOperator }) => [
      action,
      target,
      detail,
      byOperator,
    ]).sort(),
    [
      ["token add", "deploy", `${one.token.id}: read and write, all rooms`, true],
      ["token add", "deploy", `${two.token.id}: read and write, #ci`, true],
      ["token revoke", "deploy", one.token.id, true],
      ["token revoke", "deploy", two.token.id, true],
    ].sort(),
  );
});

Deno.test("A token takes neither the name of a person, nor one that looks like it, nor an invalid one", async () => {
  using scene = new Scene();
  using hub = await scene.open();
  const ana = await TestKey.make();
  hub.registry.names.claim("lil", ana.key, "192.0.2.1", scene.now, 0);
  const refused = (wanted: Parameters<typeof add>[2] & { name: string }, text: RegExp) =>
    assertMatch(assertThrows(() => add(hub, wanted.name, wanted), OperatorError).message, text);
  refused(
    { name: "lil" },
    /belongs to somebody; choose another name, or free it first: riftchat name free lil/,
  );
  refused({ name: "1i1" }, /looks like lil/);
  refused({ name: "server" }, /reserved/);
  refused({ name: "a b" }, /it has a space/);
  refused({ name: "deploy", rooms: ["a b"] }, /it has a space/);
  refused({ name: "deploy", rooms: [] }, /for 0 rooms/);
  refused({ name: "deploy", read: false, write: false }, /neither read nor write/);
  assertMatch(
    assertThrows(() => hub.manager.handle({ do: "revoke token", id: "none" }), OperatorError).message,
    /there is none with this id/,
  );
  assertEquals([list(hub), scene.events], [[], []]);
  add(hub, "deploy", { rooms: ["main"] });
  // Nobody is limited as newcomers of one address are.
  for (let i = 0; i < 2 * MAX_NEW_NAMES; i++) add(hub, `bot${i}`);
  for (let i = 1; i < MAX_KEYS_OF_NAME; i++) add(hub, "deploy");
  refused({ name: "deploy" }, new RegExp(`there are ${MAX_KEYS_OF_NAME} for it already`));
});

Deno.test("The name of a token that is not used for years is kept, and nobody else gets it", async () => {
  using scene = new Scene();
  using hub = await scene.open();
  add(hub, "deploy");
  const { names } = hub.registry;
  names.claim("ana", (await TestKey.make()).key, "192.0.2.1", scene.now, 0);
  const later = () => {
    hub.manager.keepNames();
    return names.expired(scene.now, scene.now).map(({ name }) => name);
  };
  scene.now += 91 * DAY_MS;
  later();
  scene.now += DAY_MS;
  assertEquals(later(), ["ana"]);
});

Deno.test("A damaged database of tokens is set aside; a name that is left belongs to no token", async () => {
  using scene = new Scene();
  {
    using hub = await scene.open();
    add(hub, "deploy");
  }
  await Deno.writeFile(join(scene.folder, "tokens.db"), new Uint8Array(8192).fill(7));
  using hub = await scene.open();
  assertMatch(scene.reports.join(), /the tokens were damaged .* make new ones where needed/);
  assertEquals(list(hub), []);
  const refusal = assertThrows(() => add(hub, "deploy"), OperatorError);
  assertMatch(refusal.message, /riftchat name free deploy/);
});
