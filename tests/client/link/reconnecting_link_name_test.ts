/**
 * The name after a loss: taken by the own dead connection, taken by another user, or changed meanwhile.
 *
 * @module
 */
import { MAX_RECLAIMS } from "../../../client/link/name_reclaim.ts";
import { NAME_TRIES } from "../../../client/link/own_name.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { FlakyProxy } from "../../helpers/wire/flaky_proxy.ts";
import { TestLink } from "../../helpers/terminal/test_link.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { HubHere } from "../../helpers/hubs/hub_here.ts";
import { OriginalServer } from "../../helpers/hubs/original_server.ts";

/** Makes a hub refuse the name until a link opens without it. */
async function loseName(somebody: TestLink, hub: FakeHub): Promise<void> {
  for (let count = 1; count <= NAME_TRIES; count++) {
    await somebody.skipWait(count);
    await hub.refuse("name_taken");
  }
}

Deno.test("A name that the own dead connection has is taken back when the hub frees it", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using ana = new TestLink(cable.port);
  await ana.state("open");
  cable.closeClients();
  const whys: string[] = [];
  for (let count = 1; count <= NAME_TRIES; count++) whys.push((await ana.skipWait(count)).why);
  assertMatch(whys[1]!, /^cannot join .*: Cannot use the name ana: ana is online already$/);
  const { session, reclaim } = await ana.state("open", 2);
  assertMatch(session.name, /^[a-z0-9]{10}$/);
  assertEquals([ana.link.name, reclaim?.name, reclaim?.tries, reclaim?.gaveUp], [
    session.name,
    "ana",
    0,
    false,
  ]);
  ana.link.say("under another name");
  await ana.line(1, "acknowledged");
  const claimed = (tries: number) =>
    ana.until(`claim ${tries}`, () => {
      const { state } = ana.link;
      const until = state?.kind === "open" && state.reclaim?.tries === tries
        ? state.reclaim.until
        : undefined;
      return until === undefined ? undefined : until - ana.clock.elapsed();
    });
  ana.clock.advance(await claimed(0));
  const waitMs = await claimed(1);
  cable.closeHubEnds();
  await ana.message("the dead one has left", ({ code, username }) => code === 204 && username === "ana");
  ana.clock.advance(waitMs);
  await ana.until("ana again", () => {
    const { state } = ana.link;
    return state?.kind === "open" && state.reclaim === undefined || undefined;
  });
  assertEquals(ana.link.name, "ana");
  ana.link.say("under mine");
  await ana.line(2, "acknowledged");
  await ana.receives("ana: under mine");
  assertEquals(ana.chat, [`${session.name}: under another name`, "ana: under mine"]);
});

Deno.test("A name that stays taken is given up in the end, and reclaimed anew on the next link", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using ana = new TestLink(cable.port);
  await ana.state("open");
  cable.closeClients();
  for (let count = 1; count <= NAME_TRIES; count++) await ana.skipWait(count);
  await ana.state("open", 2);
  for (let tries = 0; tries < MAX_RECLAIMS; tries++) {
    const waitMs = await ana.until(`claim ${tries}`, () => {
      const { state } = ana.link;
      if (state?.kind !== "open" || state.reclaim?.tries !== tries || state.reclaim.until === undefined) {
        return;
      }
      return state.reclaim.until - ana.clock.elapsed();
    });
    // In steps, so that the answers to pings can arrive.
    for (let left = waitMs; left > 0; left -= 20_000) {
      ana.clock.advance(Math.min(left, 20_000));
      await ana.link.ask({ code: Code.Who });
    }
  }
  const over = await ana.until("the end", () => {
    const { state } = ana.link;
    return state?.kind === "open" && state.reclaim?.gaveUp ? state.reclaim : undefined;
  });
  assertEquals([over.tries, over.until], [MAX_RECLAIMS, undefined]);
  cable.closeHubEnds();
  ana.link.reconnectNow();
  const open = await ana.state("open", ana.states.filter(({ kind }) => kind === "open").length + 1);
  assertEquals([open.session.name, open.reclaim], ["ana", undefined]);
});

Deno.test("A rename is sent at once, after the messages before it, and ends the reclaim of a lost name", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using ana = new TestLink(cable.port);
  await ana.state("open");
  ana.link.say("one");
  assertEquals(await ana.link.rename("bo"), { kind: "renamed", name: "bo" });
  ana.link.say("two");
  await ana.line(2, "acknowledged");
  cable.closeClients();
  for (let count = 1; count <= NAME_TRIES; count++) await ana.skipWait(count);
  assertEquals((await ana.state("open", 2)).reclaim?.name, "bo");
  const taken = await ana.link.rename("bo");
  assert(taken.kind === "refused");
  assertStringIncludes(taken.message, "bo is online already");
  const { state } = ana.link;
  assert(state?.kind === "open" && state.reclaim?.until !== undefined);
  assertEquals(await ana.link.rename("cy"), { kind: "renamed", name: "cy" });
  assertEquals(ana.link.state?.kind === "open" && ana.link.state.reclaim, undefined);
  cable.closeClients();
  await ana.skipWait(NAME_TRIES + 1);
  await ana.until("cy is tried", () => ana.states.at(-1)?.kind === "waiting" || undefined);
  assertEquals(ana.link.name, "cy");
});

Deno.test("The reclaim pauses during a rename", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  (await hub.welcome()).close();
  await loseName(ana, hub);
  const guest = await hub.welcome();
  const { reclaim } = await ana.state("open", 2);
  assertEquals([reclaim?.name, reclaim?.why], ["ana", "no: name_taken"]);
  const renamed = ana.link.rename("bo");
  const { username, ref } = await guest.receive();
  assertEquals(username, "bo");
  ana.clock.advance(30_000);
  await guest.send({ code: 206, error: "name_taken", message: "no: bo", ref });
  assertEquals(await renamed, { kind: "refused", message: "no: bo" });
  assertEquals(ana.link.state?.kind === "open" && ana.link.state.reclaim?.tries, 0);
  ana.clock.advance(30_000);
  assertEquals((await guest.receive()).username, "ana");
});

Deno.test("Leaving during a reclaim leaves no timer", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  (await hub.welcome()).close();
  await loseName(ana, hub);
  await hub.welcome();
  const { reclaim } = await ana.state("open", 2);
  assert(reclaim?.until !== undefined);
  ana.link.close();
  await ana.ended;
  assertEquals(ana.clock.waiting, 0);
});

Deno.test("Also on an original server messages before a rename are sent before it", async () => {
  await using server = new OriginalServer();
  await using ana = new TestLink(server.port);
  await ana.state("open");
  for (const text of ["one", "two"]) ana.link.say(text);
  const renamed = ana.link.rename("bo");
  ana.link.say("three");
  assertEquals(await renamed, { kind: "renamed", name: "bo" });
  await ana.line(3, "acknowledged");
  assertEquals(server.requests.slice(1).map(({ message, username }) => message ?? username), [
    "one",
    "two",
    "bo",
    "three",
  ]);
});

Deno.test("A rename without a link is asked for by the next link, unless it is taken", async () => {
  const first = new HubHere();
  await using ana = new TestLink(first.port);
  await ana.state("open");
  await first[Symbol.asyncDispose]();
  await ana.state("waiting");
  const [dropped, renamed] = [ana.link.rename("bo"), ana.link.rename("cy")];
  assertEquals(await dropped, { kind: "dropped" });
  assertEquals(ana.link.name, "cy");
  const second = new HubHere({ port: first.port });
  await ana.skipWait(1);
  assertEquals(await renamed, { kind: "renamed", name: "cy" });
  assertEquals((await ana.state("open", 2)).session.name, "cy");

  await second[Symbol.asyncDispose]();
  await ana.state("waiting", 2);
  const refused = ana.link.rename("di");
  await using third = new HubHere({ port: first.port });
  await using di = new TestLink(third.port, { name: "di" });
  await di.state("open");
  await ana.skipWait(2);
  assertEquals(await refused, { kind: "refused", message: "Cannot use the name di: di is online already" });
  const open = await ana.state("open", 3);
  assertEquals([open.session.name, open.reclaim, open.since], ["cy", undefined, ana.clock.elapsed()]);
});

Deno.test("A rename in flight when the link was lost is asked for by the next link", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const guest = await hub.welcome();
  await ana.state("open");
  const renamed = ana.link.rename("bo");
  assertEquals((await guest.receive()).username, "bo");
  guest.close();
  await ana.skipWait(1);
  await hub.welcome();
  assertEquals(await renamed, { kind: "renamed", name: "bo" });
});
