/**
 * Rooms with more people than are announced: two hubs of a cluster, a terminal, a pipe, and a client of the original.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { TwoHubs } from "../helpers/nats/cluster_hub_program.ts";
import { natsTest } from "../helpers/nats/nats_server.ts";
import { HubProgram, Program } from "../helpers/program.ts";
import { ana, joinHub, submit, terminalTest, untilPrompt } from "../helpers/terminal/users.ts";

/** Waits for a 232 of a room; fails if somebody is announced before. */
async function peopleIn(client: OriginalClient, room: string): Promise<Received> {
  const seen: unknown[] = [];
  const notice = await client.until((message) => {
    if ([201, 204, 211, 212].includes(message.code as number)) seen.push(message);
    return message.code === 232 && message.room === room;
  });
  assertEquals(seen, []);
  return notice;
}

/** Waits until a client has seen somebody join `main` and a room, in any order: each room has its own. */
async function sees(client: OriginalClient, name: string): Promise<void> {
  const missing = new Set([201, 211]);
  await client.until(({ code, new: joined, username }) => {
    if (joined === name || username === name) missing.delete(code);
    return missing.size === 0;
  });
}

const names = (answer: Received) => (answer.users as { username: string }[]).map(({ username }) => username);

natsTest(
  "A room is big by the people at all hubs, its number follows, and it is small again with a list",
  async () => {
    await using two = await TwoHubs.start("--announce-up-to", "3");
    const join = async (hub: 0 | 1, name: string, more: Record<string, unknown> = {}) => {
      const client = await two.join(hub, name, more);
      const notice = await client.until(({ code }) => code === 232 || code === 210);
      // Its own 201, so that all before it are here.
      await client.until(({ code, new: joined }) => code === 201 && joined === name);
      return { client, notice };
    };
    await using ana = (await join(0, "ana", { rooms: ["dev"] })).client;
    await using bo = (await join(1, "bo", { rooms: ["dev"] })).client;
    await sees(ana, "bo");
    await using cy = (await join(0, "cy")).client;
    for (const one of [ana, bo]) await one.until(({ code, new: name }) => code === 201 && name === "cy");
    const di = (await join(1, "di")).client;
    for (const one of [ana, bo, cy]) {
      assertEquals(await peopleIn(one, "main"), { code: 232, room: "main", users: 4, announced: false });
    }
    const { client: ed, notice } = await join(0, "ed");
    assertEquals(notice, { code: 232, room: "main", users: 4, announced: false });
    for (const one of [ana, bo, cy]) assertEquals((await peopleIn(one, "main")).users, 5);
    // A list on request is whole, at each hub.
    for (const one of [ana, bo]) {
      await one.sendJson({ code: 106, ref: "who" });
      assertEquals(names(await one.nextOf(209)).sort(), ["ana", "bo", "cy", "di", "ed"]);
    }
    // A direct message reaches somebody who was not announced; the author may be followed from then on.
    await di.sendJson({ code: 104, to: "ed", message: "only you", ref: "dm" });
    await ed.nextOf(213);
    await di.sendJson({ code: 101, username: "dia", ref: "name" });
    await ana.until(({ code, old, new: name }) => code === 203 && old === "di" && name === "dia");
    // In the room that is not big everybody sees who goes.
    await bo.close();
    await ana.until(({ code, room, username }) => code === 212 && room === "dev" && username === "bo");
    await di.close();
    await ed.close();
    for (const one of [ana, cy]) {
      const small = await one.until(({ code, announced }) => code === 232 && announced === true);
      assertEquals([small.room, small.users, [...small.usernames as string[]].sort()], ["main", 2, [
        "ana",
        "cy",
      ]]);
    }
    await using fay = (await join(1, "fay")).client;
    await ana.until(({ code, new: name }) => code === 201 && name === "fay");
    await fay.close();
    await ana.until(({ code, username }) => code === 204 && username === "fay");
  },
);

for (const by of ["hello", "rename"] as const) {
  natsTest(`Who has said something is followed by name after going to another hub by a ${by}`, async () => {
    await using two = await TwoHubs.start("--announce-up-to", "1");
    await using ana = await two.join(0, "ana");
    await using bo = await two.join(1, "bo");
    const session = "a secret of one run";
    await using before = await two.join(0, "cy", { session });
    await before.sendJson({ code: 100, message: "hi" });
    for (const one of [ana, bo]) await one.nextOf(200);
    await using cy = await two.join(1, by === "hello" ? "cy" : "cyd", { session });
    await cy.nextOf(210);
    await cy.sendJson({ code: 101, username: "cy", ref: "take" });
    await cy.until(({ ref }) => ref === "take");
    await before.nextOf(216);
    await cy.sendJson({ code: 101, username: "cyrus", ref: "other" });
    // The first rename that they are told.
    for (const one of [ana, bo]) {
      assertEquals(await one.nextOf(203), { code: 203, old: "cy", new: "cyrus" });
    }
  });
}

natsTest("Who got a direct message from another hub is followed by name at all hubs", async () => {
  await using two = await TwoHubs.start("--announce-up-to", "1");
  await using ana = await two.join(0, "ana");
  await using bo = await two.join(1, "bo");
  await using cy = await two.join(1, "cy");
  for (const one of [ana, bo, cy]) await one.nextOf(210);
  // A hub tells of its session a little later than it welcomes that.
  for (let isKnown = false; !isKnown;) {
    await ana.sendJson({ code: 106 });
    isKnown = names(await ana.nextOf(209)).includes("cy");
  }
  await ana.sendJson({ code: 104, to: "cy", message: "are you there" });
  await cy.nextOf(213);
  await cy.sendJson({ code: 101, username: "cyrus", ref: "name" });
  for (const one of [ana, bo]) assertEquals(await one.nextOf(203), { code: 203, old: "cy", new: "cyrus" });
});

natsTest("The people of a hub that is killed are gone from a big room, and from the small ones", async () => {
  await using two = await TwoHubs.start("--announce-up-to", "3");
  await using ana = await two.join(0, "ana", { rooms: ["dev"] });
  // So that it is there when the other one comes.
  await ana.nextOf(210);
  await using bo = await two.join(1, "bo", { rooms: ["dev"] });
  await sees(ana, "bo");
  await using _cy = await two.join(1, "cy");
  await using _di = await two.join(1, "di");
  for (const one of [ana, bo]) await one.nextOf(232);
  two.hubs[1]!.kill("SIGKILL");
  await two.hubs[1]!.status;
  await ana.until(({ code, room, username }) => code === 212 && room === "dev" && username === "bo");
  const small = await ana.until(({ code, announced }) => code === 232 && announced === true);
  assertEquals([small.users, small.usernames], [1, ["ana"]]);
});

Deno.test("A client of the original sees nobody come to a big room, talks there, and gets no number", async () => {
  await using hub = await HubProgram.start(["--announce-up-to", "2"]);
  await using original = await OriginalClient.connect(hub.port);
  await original.sendJson({ code: 101, username: "old" });
  await original.until(({ code, new: name }) => code === 201 && name === "old");
  const extended = await Promise.all(["ana", "bo", "cy"].map(async (username) => {
    const client = await OriginalClient.connect(hub.port);
    await client.nextOf(202);
    await client.sendJson({ code: 102, client: "test/1", username });
    await client.nextOf(210);
    return client;
  }));
  // The number after the first one comes to all who speak the extension.
  await using late = await OriginalClient.connect(hub.port);
  await late.nextOf(202);
  await late.sendJson({ code: 102, client: "test/1", username: "late" });
  await extended[0]!.until(({ code, users }) => code === 232 && users === 5);
  await extended[1]!.sendJson({ code: 100, message: "are you there" });
  const codes: unknown[] = [];
  await original.until(({ code }) => {
    codes.push(code);
    return code === 200;
  });
  assert(codes.every((code) => code === 200 || code === 201), codes.join());
  assert(codes.filter((code) => code === 201).length <= 1, codes.join());
  await original.sendJson({ code: 100, message: "yes" });
  assertEquals(((await original.nextOf(200)).message as Record<string, unknown>).username, "old");
  for (const client of extended) await client.close();
});

terminalTest(
  "A terminal says that a room is big, completes who has talked there, and lists who is there",
  async () => {
    await using hub = await HubProgram.start(["--announce-up-to", "2"]);
    await using pty = await ana(hub);
    await using bo = await joinHub(hub, "bo", ["#dev"]);
    await pty.until(/^\+ bo joined$/);
    await using cy = await joinHub(hub, "cyrus", ["#dev"]);
    await pty.until(/^-- people in #main: 3; joins and leaves are not shown; :who lists who is there$/);
    await cy.until(/^-- people in #main: 3; joins and leaves are not shown/);
    await using dora = await joinHub(hub, "dora", ["#dev"]);
    await dora.until(/^-- people in #main: 3;/);
    // Everybody has the number of now, without a line for each.
    await untilPrompt(dora, "[#dev, 3 people] > ");
    await untilPrompt(pty, "[#main, 4 people] > ");
    assert(!pty.allRows.some((row) => /people in #main: 4/.test(row)), pty.allRows.join("\n"));
    // The hub has not announced cyrus to ana; what cyrus says does.
    await submit(cy, ":switch main", /#main/);
    await submit(cy, "here I am", /cyrus {2,}here I am$/);
    await pty.until(/cyrus {2,}here I am$/);
    await pty.type("cyr\t");
    await untilPrompt(pty, "[#main, 4 people] > cyrus: ");
    await pty.type("\x15");
    await submit(pty, ":who", /^-- 4 online$|4 online/);
    await pty.until(/dora/);
    await pty.type("dor\t");
    await untilPrompt(pty, "[#main, 4 people] > dora: ");
    await pty.type("\x15");
    await submit(pty, ":msg dora psst", /psst/);
    await dora.until(/psst/);
    // A big room that is joined is not listed.
    await submit(pty, ":join dev", /^-- people in #dev: 3; joins and leaves are not shown/);
    assert(!pty.allRows.some((row) => /also in it: .*dora/.test(row)), pty.allRows.join("\n"));
    for (const other of [bo, cy, dora]) await submit(other, ":quit", /./);
    await pty.until(/^-- people in #main: 1; joins and leaves are shown again$/);
    await submit(pty, ":switch main", /#main/);
    await untilPrompt(pty, "[#main] > ");
  },
);

for (
  const [args, shown] of [
    [["--json"], '{"kind":"people","room":"main","users":3,"announced":false}'],
    [[], "* people in #main: 3; joins and leaves are not shown; :who lists who is there"],
  ] as const
) {
  Deno.test(`tail ${args.join()} says that joins and leaves are not shown any more`, async () => {
    await using hub = await HubProgram.start(["--announce-up-to", "2"]);
    await using bo = await OriginalClient.connect(hub.port);
    await bo.sendJson({ code: 102, client: "test/1", username: "bo" });
    await using tail = new Program(["tail", `127.0.0.1:${hub.port}`, ...args]);
    for (let count = 1; count < 2;) {
      await bo.sendJson({ code: 106 });
      count = names(await bo.nextOf(209)).length;
    }
    await using cy = await OriginalClient.connect(hub.port);
    await cy.sendJson({ code: 102, client: "test/1", username: "cy" });
    await tail.lineWhere((line) => line === shown);
  });
}

Deno.test("tail --json prints one record of a room that is small again, however many parts its list has", async () => {
  await using hub = new FakeHub();
  await using tail = new Program(["tail", `127.0.0.1:${hub.port}`, "--json"]);
  const connection = await hub.welcome();
  const people = { code: 232, room: "main", users: 3, announced: true };
  await connection.send({ ...people, usernames: ["ana", "bo"], more: true });
  await connection.send({ ...people, usernames: ["cy"] });
  await connection.send({ code: 204, username: "cy" });
  await tail.lineWhere((line) => line === '{"kind":"left","username":"cy"}');
  assertEquals(tail.stdout.filter((line) => line.includes('"people"')), [
    '{"kind":"people","room":"main","users":3,"announced":true,"usernames":["ana","bo","cy"]}',
  ]);
});
