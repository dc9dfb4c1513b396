/** A reconnecting link to several hubs that form one chat: which one it joins, and what it reports. */
import { GOOD_MS, STABLE_MS } from "../../../client/link/reconnecting_link.ts";
import { type Address, formatAddress } from "../../../client/net/mod.ts";
import type { LinkState } from "../../../client/link/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { needs, NO_LINUX } from "../../helpers/needs.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { keptPort } from "../../helpers/kept_ports.ts";
import { HubHere } from "../../helpers/hubs/hub_here.ts";
import { HubProgram } from "../../helpers/program.ts";
import { TestLink } from "../../helpers/terminal/test_link.ts";

const HOST = "127.0.0.1";

/** The addresses of hubs on this machine. */
const at = (...hubs: { port: number }[]): Address[] => hubs.map(({ port }) => ({ hostname: HOST, port }));

/** A port on which nothing listens. */
function dead(): { port: number } {
  return { port: keptPort() };
}

/** The states, each with what is said of the hub. */
const told = (states: readonly LinkState[]) =>
  states.map((state) => {
    switch (state.kind) {
      case "connecting":
        return "connecting";
      case "open":
        return `open at ${state.address.port}${state.hasMoved ? ", moved" : ""}`;
      case "waiting":
        return state.isMoving ? `moving: ${state.how}` : `waiting: ${state.how}`;
      case "ended":
        return `ended: ${state.how}`;
    }
  });

Deno.test("A hub that does not answer is passed over at once, at the start too", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(at(dead(), hub));
  const { address, hasMoved } = await ana.state("open");
  assertEquals([address.port, hasMoved, ana.link.address.port], [hub.port, false, hub.port]);
  assertEquals(told(ana.states), ["connecting", "connecting", `open at ${hub.port}`]);
});

Deno.test("The client begins with one of the hubs at random", async () => {
  await using one = new HubHere();
  await using other = new HubHere();
  for (const [random, hub] of [[0.9, one], [0, other]] as const) {
    await using ana = new TestLink(at(one, other), { random: () => random });
    assertEquals((await ana.state("open")).address.port, hub.port);
  }
});

Deno.test("A hub that is full is passed over, and a name that is taken is not", async () => {
  await using full = new HubHere({ maxConnections: 1 });
  await using other = new HubHere();
  await using first = new TestLink(full.port);
  await first.state("open");
  await using bo = new TestLink(at(full, other), { name: "bo" });
  assertEquals((await bo.state("open")).address.port, other.port);
  await using namesake = new TestLink(at(other, dead()), { name: "Bo" });
  const { how, why, refusedName } = await namesake.ended;
  assertEquals([how, refusedName?.isOwned, told(namesake.states)], ["refused", false, [
    "connecting",
    "ended: refused",
  ]]);
  assertStringIncludes(why, formatAddress(at(other)[0]!));
});

Deno.test("When its hub shuts down the client moves at once, and messages meanwhile are sent there", async () => {
  const first = new HubHere();
  await using other = new HubHere();
  await using bo = new TestLink(other.port, { name: "bo" });
  await using ana = new TestLink(at(first, other));
  await Promise.all([ana.state("open"), bo.state("open")]);
  const stopping = first[Symbol.asyncDispose]();
  await ana.state("waiting");
  ana.link.say("still here");
  const { address, hasMoved } = await ana.state("open", 2);
  assertEquals([address.port, hasMoved], [other.port, true]);
  await bo.receives("ana: still here");
  await stopping;
  // No time has passed on its clock.
  assertEquals(ana.clock.elapsed(), 0);
  assertEquals(told(ana.states), [
    "connecting",
    `open at ${first.port}`,
    "moving: down",
    "connecting",
    `open at ${other.port}, moved`,
  ]);
});

Deno.test("When its hub is killed the client moves at once, and moves back when the other one is killed", async () => {
  await using first = await HubProgram.start(["--no-history", "--port", String(keptPort())]);
  await using other = await HubProgram.start(["--no-history"]);
  await using ana = new TestLink(at(first, other));
  assertEquals((await ana.state("open")).address.port, first.port);
  first.kill("SIGKILL");
  assertEquals((await ana.state("open", 2)).address.port, other.port);
  await first.status;
  await using again = await HubProgram.start(["--no-history", "--port", String(first.port)]);
  // A hub that was good makes the others worth another attempt.
  ana.clock.advance(GOOD_MS);
  other.kill("SIGKILL");
  assertEquals((await ana.state("open", 3)).address.port, again.port);
  assert(ana.states.every((state) => state.kind !== "waiting" || state.isMoving));
});

Deno.test("If no hub answers, the text has all with their reasons; on request all are tried again", async () => {
  const [one, other] = [dead(), dead()];
  await using ana = new TestLink(at(one, other));
  const { how, why } = await ana.ended;
  assertEquals(how, "unreachable");
  assertEquals(
    why,
    `none of the 2 hubs can be joined: cannot reach ${HOST}:${one.port}: connection refused; ` +
      `cannot reach ${HOST}:${other.port}: connection refused`,
  );
  await using bo = new TestLink(at(one, other), { retryFirst: true });
  const waiting = await bo.state("waiting");
  assertEquals(waiting.why, why);
  await using hub = new HubHere({ port: one.port });
  bo.clock.advance(waiting.until - waiting.since);
  assertEquals((await bo.state("open")).address.port, hub.port);
});

Deno.test("The client waits when all hubs were tried, and not before", async () => {
  const first = new HubHere();
  const gone = dead();
  await using ana = new TestLink(at(first, gone));
  await ana.state("open");
  ana.clock.advance(STABLE_MS);
  await first[Symbol.asyncDispose]();
  const waiting = await ana.state("waiting", 2);
  assertEquals(waiting.isMoving, undefined);
  assertMatch(
    waiting.why,
    /^none of the 2 hubs can be joined: connection to [\d.:]+ lost: the hub shut down; cannot reach [\d.:]+: conn/,
  );
  assertEquals(told(ana.states), [
    "connecting",
    `open at ${first.port}`,
    "moving: down",
    "connecting",
    "waiting: unreachable",
  ]);
});

Deno.test("Hubs that lose each client at once are not tried in a circle without a wait", async () => {
  await using one = new FakeHub();
  await using other = new FakeHub();
  await using ana = new TestLink(at(one, other));
  (await one.welcome()).close();
  (await other.welcome()).close();
  await ana.state("waiting", 2);
  assertEquals(told(ana.states).at(-1), "waiting: lost");
});

Deno.test("A client that its hub has put out goes to no other one", async () => {
  await using hub = new FakeHub();
  await using other = new HubHere();
  await using ana = new TestLink(at(hub, other));
  const connection = await hub.welcome();
  await connection.send({ code: 216, error: "kicked", reason: "out" });
  connection.close();
  assertEquals((await ana.ended).how, "refused");
});

Deno.test("Connecting again on request stays at the hub", async () => {
  await using one = new HubHere();
  await using other = new HubHere();
  await using ana = new TestLink(at(one, other));
  await ana.state("open");
  ana.link.reconnectNow();
  assertEquals((await ana.state("open", 2)).address.port, one.port);
});

Deno.test({
  ...needs("A name with two IP addresses is two hubs: the client moves from one to the other", NO_LINUX),
  async fn() {
    const first = new HubHere({ host: "127.0.0.2", port: keptPort() });
    const { port } = first;
    await using other = new HubHere({ host: "127.0.0.3", port });
    await using bo = new TestLink([{ hostname: "127.0.0.3", port }], { name: "bo" });
    await bo.state("open");
    const asked: string[] = [];
    await using ana = new TestLink([{ hostname: "chat.example.org", port }], {
      resolve: (hostname) => {
        asked.push(hostname);
        return Promise.resolve(["127.0.0.2", "127.0.0.3"]);
      },
      random: () => 0.9,
    });
    await ana.state("open");
    ana.link.say("from the first");
    await ana.receives("ana: from the first");
    await first[Symbol.asyncDispose]();
    const { address, hasMoved } = await ana.state("open", 2);
    assertEquals([formatAddress(address), hasMoved, asked], [`chat.example.org:${port}`, false, [
      "chat.example.org",
    ]]);
    ana.link.say("from the other");
    await bo.receives("ana: from the other");
    assertEquals(bo.chat, ["ana: from the other"]);
    assertEquals(other.port, port);
  },
});

Deno.test("Leaving while a name is looked up ends the link", async () => {
  await using ana = new TestLink([{ hostname: "chat.example.org", port: 8000 }], {
    resolve: () => new Promise(() => {}),
  });
  await ana.state("connecting");
  ana.link.close();
  assertEquals((await ana.ended).how, "left");
});

Deno.test("A client with one address moves to the hub that its hub has named", async () => {
  await using other = new HubHere();
  const first = new HubHere({ peers: [`rift://${HOST}:${other.port}`, "ssh://elsewhere"] });
  await using ana = new TestLink(first.port);
  const { session } = await ana.state("open");
  assertEquals(session.welcome?.hubs, [`rift://${HOST}:${other.port}`, "ssh://elsewhere"]);
  await first[Symbol.asyncDispose]();
  const { address, hasMoved } = await ana.state("open", 2);
  assertEquals([address.port, hasMoved], [other.port, true]);
});

Deno.test("A hub with another identity than the one that has named it gets nothing", async () => {
  await using impostor = new FakeHub();
  await using ana = new TestLink([{ hostname: HOST, port: impostor.port, identity: "another" }]);
  const connection = await impostor.accept();
  const server = { version: "1", protocol: 1, nonce: "00", identity: "mine" };
  await connection.send({ code: 202, new: "x", server });
  const { how, why } = await ana.ended;
  assertEquals(how, "untrusted");
  assertStringIncludes(why, "it is not a hub of the same chat");
  assertEquals(await connection.waitForClose(), 0);
});
