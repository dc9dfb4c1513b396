/**
 * What operators and owners of rooms do at one hub of a cluster to users of another one is what it would be on one hub:
 * a ban holds for the address and the key of a guest, too, and slow mode counts what is said at all hubs. With the real
 * program and NATS server; the clients come through a proxy, so that they have addresses of their own.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import type { OriginalClient, Received } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { connectFrom, outcome, TwoHubs, untilPrinted } from "../helpers/nats/cluster_hub_program.ts";
import { natsTest } from "../helpers/nats/nats_server.ts";

const [opKey, trollKey, anaKey] = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

const TROLL = "203.0.113.7", SITE = "198.51.100.5", ELSEWHERE = "192.0.2.9", LOOPBACK = "127.0.0.1";

/** Whoever connects. */
interface Newcomer {
  /** The address. */
  from: string;
  /** The key, if there is one. */
  key?: TestKey;
  /** Rooms to join. */
  rooms?: string[];
}

/** Two hubs with an operator at the first one. */
class Chat implements AsyncDisposable {
  readonly two: TwoHubs;
  readonly #folder: string;
  op!: OriginalClient;

  private constructor(two: TwoHubs, folder: string) {
    this.two = two;
    this.#folder = folder;
  }

  static async start(): Promise<Chat> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/operators`, `ssh-ed25519 ${opKey.key} op\n`, { mode: 0o600 });
    const flags = ["--proxy", "127.0.0.1", "--operators", `${folder}/operators`];
    const chat = new Chat(await TwoHubs.start(...flags), folder);
    chat.op = await chat.comes(0, "op", { from: ELSEWHERE, key: opKey });
    assertEquals(await outcome(chat.op), "op");
    return chat;
  }

  /** Connects somebody to a hub; the answer to the hello is still to be read. */
  async comes(hub: 0 | 1, username: string, { from, key, rooms }: Newcomer): Promise<OriginalClient> {
    const client = await connectFrom(this.two.hubs[hub]!, from);
    const { server } = await client.nextOf(202) as Received & { server: { identity: string; nonce: string } };
    const proof = key?.proof(server, username) ?? {};
    const more = { ...proof, ...rooms === undefined ? {} : { rooms } };
    await client.sendJson({ code: 102, client: "test/1", username, ref: "hello", ...more });
    return client;
  }

  /** Connects a user of the second hub, of whom the first one knows then. */
  async isThere(username: string, from: Newcomer): Promise<OriginalClient> {
    const client = await this.comes(1, username, from);
    assertEquals(await outcome(client), username);
    await this.op.until(({ code, new: name }) => code === 201 && name === username);
    return client;
  }

  /** Tries to come in; returns the name, or the error word. */
  async tries(hub: 0 | 1, username: string, newcomer: Newcomer): Promise<unknown> {
    await using client = await this.comes(hub, username, newcomer);
    return await outcome(client);
  }

  /** Has somebody moderate; returns the answer. */
  async does(request: Record<string, string | number | boolean>, by = this.op): Promise<Received> {
    await by.sendJson({ code: 124, ref: "do", ...request });
    return await by.until(({ ref }) => ref === "do");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.op?.[Symbol.asyncDispose]();
    await this.two[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Waits until a session is ended; returns with which error. */
async function ended(client: OriginalClient): Promise<unknown> {
  const { error } = await client.nextOf(216);
  await client.closed;
  return error;
}

natsTest(
  "A ban of a guest at another hub holds for the address, and its preview says whom it hits",
  async () => {
    await using chat = await Chat.start();
    await using troll = await chat.isThere("troll", { from: TROLL });
    await using neighbor = await chat.isThere("neighbor", { from: TROLL });
    await using cy = await chat.isThere("cy", { from: SITE });
    const preview = await chat.does({ action: "ban", target: "troll", preview: true });
    assertEquals([preview.names, preview.others, preview.done], [["troll"], 1, false]);
    const done = await chat.does({ action: "ban", target: "troll", reason: "spam" });
    assertEquals([done.names, done.others, done.done], [["troll"], 1, true]);
    assertEquals([await ended(troll), await ended(neighbor)], ["banned", "banned"]);
    for (const hub of [0, 1] as const) {
      assertEquals(await chat.tries(hub, "somebody", { from: TROLL }), "banned");
      assertEquals(await chat.tries(hub, "troll", { from: ELSEWHERE }), "banned");
      await untilPrinted(chat.two.folders[hub], ["audit"], `op  ban troll (${TROLL}): spam`);
    }
    await cy.sendJson({ code: 108, ref: "ping" });
    await cy.until(({ ref }) => ref === "ping");
    const { others } = await chat.does({ action: "unban", target: "troll" });
    assertEquals([others, await chat.tries(0, "somebody", { from: TROLL })], [0, "somebody"]);
  },
);

natsTest(
  "A ban of a guest with a key at another hub holds for the key, and for the address if asked for",
  async () => {
    await using chat = await Chat.start();
    await using troll = await chat.isThere("troll", { from: SITE, key: trollKey });
    await using neighbor = await chat.isThere("neighbor", { from: SITE });
    const withAddress = await chat.does({ action: "ban", target: "troll", address: true, preview: true });
    assertEquals([withAddress.names, withAddress.others], [["troll"], 1]);
    const { names, others } = await chat.does({ action: "ban", target: "troll" });
    assertEquals([names, others], [["troll"], 0]);
    assertEquals(await ended(troll), "banned");
    assertEquals(await chat.tries(0, "innocent", { from: ELSEWHERE, key: trollKey }), "banned");
    assertEquals(await chat.tries(0, "innocent", { from: SITE }), "innocent");
    assertEquals((await chat.does({ action: "ban", target: "neighbor", preview: true })).names, ["neighbor"]);
    await neighbor.close();
  },
);

natsTest("The address of the machine of another hub is not banned along with a guest", async () => {
  await using chat = await Chat.start();
  await using troll = await chat.isThere("troll", { from: LOOPBACK });
  await using _neighbor = await chat.isThere("neighbor", { from: LOOPBACK });
  const { names, others } = await chat.does({ action: "ban", target: "troll" });
  assertEquals([names, others, await ended(troll)], [["troll"], 0, "banned"]);
  assertEquals(await chat.tries(1, "somebody", { from: LOOPBACK }), "somebody");
});

for (const signal of ["SIGKILL", "SIGCONT"] as const) {
  const what = signal === "SIGKILL" ? "dies before it has read of" : "stands still during";
  natsTest(`A ban of a guest holds for the address if the guest's hub ${what} it`, async () => {
    await using chat = await Chat.start();
    await using troll = await chat.isThere("troll", { from: TROLL });
    await chat.two.hubs[1]!.suspend();
    const { names, done } = await chat.does({ action: "ban", target: "troll" });
    assertEquals([names, done], [["troll"], true]);
    assertEquals(await chat.tries(0, "somebody", { from: TROLL }), "banned");
    chat.two.hubs[1]!.kill(signal);
    if (signal === "SIGCONT") return assertEquals(await ended(troll), "banned");
    await troll.closed;
    await chat.two.hubs[1]!.status;
    await chat.two.startHub(1, "--proxy", "127.0.0.1");
    assertEquals(await chat.tries(1, "somebody", { from: TROLL }), "banned");
  });
}

natsTest("A mute of a guest at another hub holds under every name at the address", async () => {
  await using chat = await Chat.start();
  await using troll = await chat.isThere("troll", { from: TROLL });
  const { names } = await chat.does({ action: "mute", target: "troll" });
  assertEquals(names, ["troll"]);
  await troll.until(({ message }) => JSON.stringify(message ?? "").includes("you are muted on this hub"));
  await troll.sendJson({ code: 101, username: "other", ref: "name" });
  assertEquals((await troll.until(({ ref }) => ref === "name")).error, "muted");
  await using again = await chat.comes(0, "other", { from: TROLL });
  assertEquals(await outcome(again), "other");
  await again.sendJson({ code: 103, room: "main", message: "hi", ref: "say" });
  assertEquals((await again.until(({ ref }) => ref === "say")).error, "muted");
});

natsTest("An owner of a room bans a guest at another hub by the address, and learns no address", async () => {
  await using chat = await Chat.start();
  await using ana = await chat.comes(0, "ana", { from: ELSEWHERE, key: anaKey, rooms: ["dev"] });
  assertEquals(await outcome(ana), "ana");
  await ana.say("hello");
  await ana.sendJson({ code: 107, room: "den", ref: "den" });
  await ana.until(({ ref }) => ref === "den");
  await using troll = await chat.isThere("troll", { from: TROLL, rooms: ["den"] });
  await ana.until(({ code, username, room }) => code === 211 && username === "troll" && room === "den");
  const { names, others } = await chat.does({ action: "ban", target: "troll", room: "den" }, ana);
  assertEquals([names, others], [["troll"], 0]);
  await troll.until(({ code, room }) => code === 212 && room === "den");
  await using again = await chat.comes(0, "other", { from: TROLL });
  assertEquals(await outcome(again), "other");
  await again.sendJson({ code: 107, room: "den", ref: "join" });
  assertEquals((await again.until(({ ref }) => ref === "join")).error, "banned");
  await ana.sendJson({ code: 125, room: "den", ref: "bans" });
  await ana.until(({ ref }) => ref === "bans");
  await ana.sendJson({ code: 123, username: "troll", ref: "whois" });
  await ana.until(({ ref }) => ref === "whois");
  await ana.sendJson({ code: 106, ref: "who" });
  await ana.until(({ ref }) => ref === "who");
  for (const client of [ana, again, troll]) {
    assert(!JSON.stringify(client.received).includes(TROLL), JSON.stringify(client.received));
  }
});

natsTest(
  "A ban from a room with members at another hub alone hits none of those who are not in it",
  async () => {
    await using chat = await Chat.start();
    await using troll = await chat.isThere("troll", { from: TROLL, rooms: ["dev"] });
    await using nia = await chat.comes(0, "nia", { from: TROLL });
    assertEquals(await outcome(nia), "nia");
    const { names, others } = await chat.does({ action: "ban", target: "troll", room: "dev" });
    assertEquals([names, others], [["troll"], 0]);
    await troll.until(({ code, room }) => code === 212 && room === "dev");
  },
);

natsTest(
  "Operators learn who a user at another hub is, and nobody acts against an operator there",
  async () => {
    await using chat = await Chat.start();
    await using troll = await chat.isThere("troll", { from: TROLL, key: trollKey });
    const whois = async (username: string) => {
      await chat.op.sendJson({ code: 123, username, ref: "whois" });
      return await chat.op.until(({ ref }) => ref === "whois");
    };
    const { online, verified, addresses, keys } = await whois("troll");
    assertEquals([online, verified, addresses, (keys as string[]).length], [true, false, [TROLL], 1]);
    await troll.say("hello");
    await chat.op.until(({ code, message }) => code === 200 && JSON.stringify(message).includes("hello"));
    while ((await whois("troll")).verified !== true);
    await troll.close();
    while ((await whois("troll")).online !== false);
    // Without a word, so that the name belongs to nobody.
    await using second = await chat.isThere("second", { from: TROLL, key: opKey });
    for (const action of ["kick", "ban", "mute"]) {
      const { error, message } = await chat.does({ action, target: "second" });
      assertEquals(error, "not_allowed", String(message));
    }
    assertEquals((await chat.does({ action: "ban", target: TROLL, preview: true })).names, []);
    await second.sendJson({ code: 108, ref: "ping" });
    await second.until(({ ref }) => ref === "ping");
  },
);

natsTest("In slow mode an owner of a name may say as much at two hubs as at one", async () => {
  await using chat = await Chat.start();
  await using here = await chat.comes(0, "ana", { from: SITE, key: anaKey });
  assertEquals(await outcome(here), "ana");
  await here.say("hello");
  await here.nextOf(200);
  await using there = await chat.comes(1, "ana", { from: SITE, key: anaKey });
  assertEquals(await outcome(there), "ana");
  await chat.does({ action: "slow", every_ms: 3_600_000 });
  const isSlow = ({ message }: Received) => JSON.stringify(message ?? "").includes("Slow mode is on");
  await Promise.all([here.until(isSlow), there.until(isSlow)]);
  const says = async (client: OriginalClient, text: string) => {
    await client.sendJson({ code: 103, room: "main", message: text, ref: text });
    const { code, error } = await client.until(({ ref }) => ref === text);
    return error ?? code;
  };
  assertEquals(await says(here, "first"), 207);
  await there.until(({ message }) => JSON.stringify(message ?? "").includes("first"));
  assertEquals([await says(there, "second"), await says(here, "third")], ["too_fast", "too_fast"]);
});
