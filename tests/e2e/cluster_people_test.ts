/**
 * Who is at the hubs of a cluster, on the real NATS server: names, lists, direct messages, hubs that are killed.
 *
 * @module
 */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { type Json, OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { outcome, TwoHubs } from "../helpers/nats/cluster_hub_program.ts";
import { natsTest } from "../helpers/nats/nats_server.ts";

/** Asks who is there. */
async function who(client: OriginalClient, room?: string): Promise<string[]> {
  await client.sendJson({ code: 106, ...room === undefined ? {} : { room }, ref: "who" });
  const { users } = await client.nextOf(209);
  return (users as { username: string }[]).map(({ username }) => username).sort();
}

natsTest(
  "Users of all hubs are in one list, see each other join and leave, and write to each other",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana", { rooms: ["dev"] });
    assertEquals(await outcome(ana), "ana");
    const bo = await two.join(1, "bo", { rooms: ["dev"] });
    assertEquals(await outcome(bo), "bo");
    // In any order: each room has its own stream.
    const missing = new Set([201, 211]);
    await ana.until(({ code, new: name, username }) => {
      if (name === "bo" || username === "bo") missing.delete(code);
      return missing.size === 0;
    });
    assertEquals(await who(bo), ["ana", "bo"]);
    assertEquals(await who(ana, "dev"), ["ana", "bo"]);
    await bo.sendJson({ code: 109, ref: "rooms" });
    const { rooms } = await bo.nextOf(214);
    assertEquals((rooms as { name: string; users: number }[]).map(({ name, users }) => [name, users]), [
      ["main", 2],
      ["dev", 2],
    ]);
    await bo.sendJson({ code: 104, to: "ana", message: "only you", ref: "dm" });
    const direct = await ana.nextOf(213);
    assertEquals((direct.message as { message: string }).message, "only you");
    await bo.nextOf(207);
    await bo.close();
    await ana.until(({ code, username }) => code === 204 && username === "bo");
    assertEquals(await who(ana), ["ana"]);
  },
);

natsTest(
  "A name belongs to one client of all hubs, also if two ask for it at once, and is free when it leaves",
  async () => {
    await using two = await TwoHubs.start();
    const clients = await Promise.all([two.join(0, "ana"), two.join(1, "Ana")]);
    const outcomes = await Promise.all(clients.map(outcome));
    assertEquals(outcomes.filter((name) => name === "name_taken").length, 1);
    const winner = outcomes.findIndex((name) => name !== "name_taken");
    const [first, second] = winner === 0 ? clients : clients.toReversed();
    await second!.sendJson({ code: 101, username: "ANA", ref: "again" });
    assertEquals((await second!.nextOf(206)).error, "name_taken");
    await second!.beAnnounced();
    await first!.close();
    await second!.until(({ code, username }) => code === 204 && String(username).toLowerCase() === "ana");
    await second!.sendJson({ code: 101, username: "ANA", ref: "free" });
    await second!.until(({ code, new: name }) => code === 202 && name === "ANA");
    await second!.close();
  },
);

natsTest(
  "Whoever asks first for a name that was given back has it, at whichever hub, and nobody else",
  async () => {
    await using two = await TwoHubs.start();
    const clients = await Promise.all([
      two.join(0, "bo"),
      two.join(1, "cy"),
      two.join(0, "di"),
      two.join(1, "ed"),
    ]);
    await Promise.all(clients.map(outcome));
    const asks = async (client: OriginalClient, username: string) => {
      await client.sendJson({ code: 101, username, ref: "take" });
      const { new: name, error } = await client.until(({ ref }) => ref === "take");
      return name ?? error;
    };
    for (let round = 1; round <= 5; round++) {
      const outcomes = await Promise.all(clients.map((client) => asks(client, "ana")));
      assertEquals(outcomes.filter((name) => name !== "name_taken"), ["ana"]);
      // It is given back and asked for again in the same moment: the owner of it may be anyone, but only one.
      const holder = clients[outcomes.indexOf("ana")]!;
      const others = clients.filter((client) => client !== holder);
      const [, ...again] = await Promise.all([
        asks(holder, `was${round}`),
        ...others.map((client) => asks(client, "ana")),
      ]);
      assertEquals(again.filter((name) => name !== "name_taken").slice(1), []);
      const next = again.indexOf("ana");
      if (next >= 0) assertEquals(await asks(others[next]!, `had${round}`), `had${round}`);
    }
    for (const client of clients) await client.close();
  },
);

natsTest(
  "A client that comes back at another hub takes its name over, and nobody sees it leave",
  async () => {
    await using two = await TwoHubs.start();
    await using watcher = await two.join(0, "watcher");
    await outcome(watcher);
    const session = "a-secret-of-one-client";
    await using older = await two.join(0, "ana", { session, rooms: ["dev"] });
    assertEquals(await outcome(older), "ana");
    await watcher.until(({ code, new: name }) => code === 201 && name === "ana");
    await using newer = await two.join(1, "ana", { session, rooms: ["dev"] });
    assertEquals(await outcome(newer), "ana");
    await older.nextOf(216);
    await newer.sendJson({ code: 103, room: "main", message: "still me", ref: "say" });
    const next = await watcher.next();
    assertEquals([next.code, (next.message as { message: string }).message], [200, "still me"]);
  },
);

natsTest("A client that comes back at the same hub is still there for the other one", async () => {
  await using two = await TwoHubs.start();
  await using watcher = await two.join(1, "watcher");
  await outcome(watcher);
  const session = "a-secret-of-one-client";
  await using older = await two.join(0, "ana", { session });
  await outcome(older);
  await watcher.until(({ code, new: name }) => code === 201 && name === "ana");
  await using newer = await two.join(0, "ana", { session });
  assertEquals(await outcome(newer), "ana");
  await newer.sendJson({ code: 103, room: "main", message: "still me", ref: "say" });
  await watcher.nextOf(200);
  assertEquals(await who(watcher), ["ana", "watcher"]);
  await watcher.sendJson({ code: 104, to: "ana", message: "only you", ref: "dm" });
  const direct = await newer.nextOf(213);
  assertEquals((direct.message as { message: string }).message, "only you");
});

natsTest(
  "Devices of one person share a name at both hubs, also before it is owned, in one spelling",
  async () => {
    await using two = await TwoHubs.start();
    const key = await TestKey.make();
    const device = async (hub: 0 | 1) => {
      const client = await OriginalClient.connect(two.hubs[hub]!.port);
      const offer = (await client.nextOf(202)).server as { identity: string; nonce: string };
      const proof = key.proof(offer, "ana");
      await client.sendJson({ code: 102, client: "test/1", username: "ana", ...proof, ref: "hello" });
      return client;
    };
    await using watcher = await two.join(1, "watcher");
    await outcome(watcher);
    await using first = await device(0);
    assertEquals(await outcome(first), "ana");
    await watcher.until(({ code, new: name }) => code === 201 && name === "ana");
    await using second = await device(1);
    assertEquals(await outcome(second), "ana");
    await using stranger = await two.join(1, "ana");
    assertEquals(await outcome(stranger), "name_taken");
    // Who says something owns the name, also if both do so at once.
    await Promise.all([first.say("mine"), second.say("mine, too")]);
    await watcher.nextOf(200);
    await watcher.nextOf(200);
    await using third = await device(0);
    assertEquals(await outcome(third), "ana");
    await third.sendJson({ code: 101, username: "Ana", ref: "spell" });
    await watcher.until(({ code, new: name }) => code === 203 && name === "Ana");
    await second.until(({ code, new: name }) => code === 202 && name === "Ana");
    await watcher.sendJson({ code: 106, ref: "who" });
    const { users } = await watcher.nextOf(209);
    const shown = (users as { username: string; verified?: boolean }[]).map(({ username, verified }) =>
      `${username} ${verified}`
    );
    assertEquals(shown.sort(), ["Ana true", "watcher false"]);
  },
);

natsTest("The users of a hub that is killed are gone, each once; they come back with the hub", async () => {
  await using two = await TwoHubs.start();
  await using ana = await two.join(0, "ana");
  await outcome(ana);
  await using bo = await two.join(1, "bo");
  await outcome(bo);
  await using cy = await two.join(1, "cy");
  await outcome(cy);
  await ana.until(({ code, new: name }) => code === 201 && name === "cy");
  two.hubs[1]!.kill("SIGKILL");
  await two.hubs[1]!.status;
  const left = [await ana.nextOf(204), await ana.nextOf(204)].map(({ username }) => String(username));
  assertEquals(left.sort(), ["bo", "cy"]);
  assertEquals(await who(ana), ["ana"]);
  await two.startHub(1);
  await using again = await two.join(1, "bo");
  assertEquals(await outcome(again), "bo");
  assertEquals(await who(again), ["ana", "bo"]);
});

natsTest(
  "The users of a hub that was stopped too long come back with it, but for a name that was taken",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana");
    await outcome(ana);
    await using bo = await two.join(1, "bo");
    await outcome(bo);
    await using cy = await two.join(1, "cy");
    await outcome(cy);
    await ana.until(({ code, new: name }) => code === 201 && name === "cy");
    two.hubs[1]!.kill("SIGSTOP");
    const left = [await ana.nextOf(204), await ana.nextOf(204)].map(({ username }) => String(username));
    assertEquals(left.sort(), ["bo", "cy"]);
    await ana.sendJson({ code: 101, username: "bo", ref: "take" });
    assertEquals((await ana.until(({ ref }) => ref === "take")).new, "bo");
    two.hubs[1]!.kill("SIGCONT");
    const { new: other } = await bo.nextOf(202);
    const names = ["bo", "cy", String(other)].sort();
    let seen: string[] = [];
    for (const client of [ana, cy]) {
      while (seen.join() !== names.join()) seen = await who(client);
      seen = [];
    }
    await cy.sendJson({ code: 104, to: "bo", message: "only you", ref: "dm" });
    assertEquals((await ana.nextOf(213)).message, (await cy.nextOf(213)).message);
  },
);

natsTest(
  "When a hub is stopped, nobody is told of those who come back at another one, and once of those who do not",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana");
    await outcome(ana);
    const secret = { session: "a-secret-of-one-client" };
    await using bo = await two.join(1, "bo", secret);
    await outcome(bo);
    await using cy = await two.join(1, "cy");
    await outcome(cy);
    await ana.until(({ code, new: name }) => code === 201 && name === "cy");
    await two.hubs[1]!.stop();
    await using again = await two.join(0, "bo", secret);
    assertEquals(await outcome(again), "bo");
    const told: unknown[] = [];
    await ana.until(({ code, username, new: name }) => {
      if (code === 204 || code === 201) told.push([code, username ?? name]);
      return code === 204 && username === "cy";
    });
    assertEquals(told, [[204, "cy"]]);
    assertEquals(await who(ana), ["ana", "bo"]);
  },
);

natsTest("A hub whose data folder is a copy of that of another one ends, and says why", async () => {
  await using two = await TwoHubs.start();
  await using ana = await two.join(0, "ana");
  await outcome(ana);
  await two.hubs[1]!.stop();
  await Deno.copyFile(`${two.folders[0].path}/hub_id`, `${two.folders[1].path}/hub_id`);
  await two.startHub(1);
  const twin = two.hubs[1]!;
  assertEquals(await withDeadline(twin.status, () => twin.stderr), 1);
  assertMatch(twin.stderr, /another hub of the cluster has the id \S+ of this one.*Remove the file hub_id/);
  assertEquals(await who(ana), ["ana"]);
});

natsTest(
  "A hub with a public address is named to the clients of the other hubs, and not any more once it has stopped",
  async () => {
    await using two = await TwoHubs.start();
    await two.hubs[1]!.stop();
    await two.startHub(1, "--at", "b.example.org:7777");
    // A hub reads of the others beside the log.
    const named = async (isWanted: (hubs: Json | undefined) => boolean) => {
      for (;;) {
        await using ana = await two.join(0, "ana");
        const { hubs } = await ana.nextOf(210);
        if (isWanted(hubs)) return;
      }
    };
    const isNamed = (hubs: Json | undefined) => JSON.stringify(hubs) === '["rift://b.example.org:7777"]';
    await withDeadline(named(isNamed), () => "the address is not named");
    await two.hubs[1]!.stop();
    await withDeadline(named((hubs) => hubs === undefined), () => "the address is still named");
  },
);
