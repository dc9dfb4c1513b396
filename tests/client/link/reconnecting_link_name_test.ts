/**
 * The name after a loss: taken by the own dead connection, by another user, or changed meanwhile; and the messages
 * that were sent under it. This file is long because each is shown on hubs that know the session, and on others.
 *
 * @module
 */
import { MAX_RECLAIMS } from "../../../client/link/name_reclaim.ts";
import { NAME_TRIES } from "../../../client/link/own_name.ts";
import { type Body, Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { FlakyProxy } from "../../helpers/wire/flaky_proxy.ts";
import { TestLink } from "../../helpers/terminal/test_link.ts";
import { FakeHub, type FakeHubConnection } from "../../helpers/hubs/fake_hub.ts";
import { keptPort } from "../../helpers/kept_ports.ts";
import { HubHere } from "../../helpers/hubs/hub_here.ts";
import { OriginalServer } from "../../helpers/hubs/original_server.ts";

/** Makes a hub refuse the name until a link opens without it. */
async function loseName(somebody: TestLink, hub: FakeHub): Promise<void> {
  for (let count = 1; count <= NAME_TRIES; count++) {
    await somebody.skipWait(count);
    await hub.refuse("name_taken");
  }
}

/** Ends the connections of a cable for clients and hub; returns when the hub has announced that `name` has left. */
async function cut(cable: FlakyProxy, watcher: TestLink, name: string): Promise<void> {
  cable.closeClients();
  cable.closeHubEnds();
  await watcher.message(`${name} has left`, ({ code, username }) => code === 204 && username === name);
}

/** The progress of the reclaim, as soon as it waits after so many requests. */
function reclaimOf(link: TestLink, tries: number) {
  return link.until(`claim ${tries}`, () => {
    const { state } = link.link;
    if (state?.kind !== "open" || state.reclaim?.tries !== tries || state.reclaim.until === undefined) return;
    return { ...state.reclaim, waitMs: state.reclaim.until - link.clock.elapsed() };
  });
}

Deno.test("While the old connection is dead, a new one has lines once, under the user's name, at once", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using bo = new TestLink(hub.port, { name: "bo" });
  await using ana = new TestLink(cable.port);
  await Promise.all([bo.state("open"), ana.state("open")]);
  ana.link.say("one");
  await bo.receives("ana: one");
  cable.dropFromHub();
  for (const text of ["two", "three"]) ana.link.say(text);
  ana.link.say("psst", { kind: "person", name: "bo" });
  await bo.message("psst", ({ code }) => code === 213);
  // The hub does not notice.
  cable.closeClients();
  ana.link.say("four");
  await ana.skipWait(1);
  const open = await ana.state("open", 2);
  assertEquals([open.session.name, open.reclaim], ["ana", undefined]);
  await bo.receives("ana: four");
  assertEquals(bo.chat, ["one", "two", "three", "four"].map((text) => `ana: ${text}`));
  assertEquals(bo.bodies.filter(({ code }) => code === 213).length, 1);
  assertEquals(bo.bodies.filter(({ code }) => code === 203 || code === 204), []);
  assertEquals(bo.bodies.filter(({ code, new: name }) => code === 201 && name === "ana").length, 1);
});

Deno.test("If somebody else has the name, what the hub has is not sent again under another one", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using bo = new TestLink(hub.port, { name: "bo" });
  await using ana = new TestLink(cable.port);
  await Promise.all([bo.state("open"), ana.state("open")]);
  cable.dropFromHub();
  for (const text of ["one", "two"]) ana.link.say(text);
  await bo.receives("ana: two");
  await cut(cable, bo, "ana");
  await using other = new TestLink(hub.port);
  await other.state("open");
  ana.link.say("three");
  await ana.skipWait(1);
  const { session, reclaim, holdsMessages } = await ana.state("open", 2);
  assertEquals([reclaim?.name, reclaim?.tries, reclaim?.gaveUp, holdsMessages], ["ana", 0, false, false]);
  await ana.line(3, "acknowledged");
  await bo.receives(`${session.name}: three`);
  assertEquals(bo.chat, ["ana: one", "ana: two", `${session.name}: three`]);
});

Deno.test("A name that somebody else has is taken back when it is free", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using bo = new TestLink(hub.port, { name: "bo" });
  await using ana = new TestLink(cable.port);
  await Promise.all([bo.state("open"), ana.state("open")]);
  await cut(cable, bo, "ana");
  const other = new TestLink(hub.port);
  await other.state("open");
  await ana.skipWait(1);
  const { session: { name: otherName }, reclaim } = await ana.state("open", 2);
  assertMatch(otherName, /^[a-z0-9]{10}$/);
  assertMatch(reclaim!.why, /^Cannot use the name ana: ana is online already$/);
  assertEquals([ana.link.name, reclaim?.name, reclaim?.tries, reclaim?.gaveUp], [
    otherName,
    "ana",
    0,
    false,
  ]);
  ana.link.say("under another name");
  await ana.line(1, "acknowledged");
  ana.clock.advance((await reclaimOf(ana, 0)).waitMs);
  const { waitMs } = await reclaimOf(ana, 1);
  await other[Symbol.asyncDispose]();
  await ana.message("the other one has left", ({ code, username }) => code === 204 && username === "ana");
  ana.clock.advance(waitMs);
  await ana.until("ana again", () => {
    const { state } = ana.link;
    return state?.kind === "open" && state.reclaim === undefined || undefined;
  });
  assertEquals(ana.link.name, "ana");
  ana.link.say("under mine");
  await ana.line(2, "acknowledged");
  await ana.receives("ana: under mine");
  assertEquals(ana.chat, [`${otherName}: under another name`, "ana: under mine"]);
});

Deno.test("A name that stays taken is given up in the end, and reclaimed anew on the next link", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using bo = new TestLink(hub.port, { name: "bo" });
  await using ana = new TestLink(cable.port);
  await Promise.all([bo.state("open"), ana.state("open")]);
  await cut(cable, bo, "ana");
  const other = new TestLink(hub.port);
  await other.state("open");
  await ana.skipWait(1);
  await ana.state("open", 2);
  for (let tries = 0; tries < MAX_RECLAIMS; tries++) {
    const { waitMs } = await reclaimOf(ana, tries);
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
  await other[Symbol.asyncDispose]();
  await bo.until(
    "both have left",
    () => bo.bodies.filter(({ code }) => code === 204).length === 2 || undefined,
  );
  ana.link.reconnectNow();
  const open = await ana.state("open", ana.states.filter(({ kind }) => kind === "open").length + 1);
  assertEquals([open.session.name, open.reclaim], ["ana", undefined]);
});

Deno.test("A rename is sent at once, after the messages before it, and ends the reclaim of a lost name", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using watcher = new TestLink(hub.port, { name: "watcher" });
  await using ana = new TestLink(cable.port);
  await Promise.all([watcher.state("open"), ana.state("open")]);
  ana.link.say("one");
  assertEquals(await ana.link.rename("bo"), { kind: "renamed", name: "bo" });
  ana.link.say("two");
  await ana.line(2, "acknowledged");
  await cut(cable, watcher, "bo");
  await using other = new TestLink(hub.port, { name: "bo" });
  await other.state("open");
  await ana.skipWait(1);
  assertEquals((await ana.state("open", 2)).reclaim?.name, "bo");
  const taken = await ana.link.rename("bo");
  assert(taken.kind === "refused");
  assertStringIncludes(taken.message, "bo is online already");
  const { state } = ana.link;
  assert(state?.kind === "open" && state.reclaim?.until !== undefined);
  assertEquals(await ana.link.rename("cy"), { kind: "renamed", name: "cy" });
  assertEquals(ana.link.state?.kind === "open" && ana.link.state.reclaim, undefined);
  cable.closeClients();
  await ana.skipWait(2);
  await ana.until("cy again", () => {
    const { state } = ana.link;
    return state?.kind === "open" && state.session.name === "cy" || undefined;
  });
});

/** The next message or rename of a client that a fake hub receives. */
async function nextRequest(guest: FakeHubConnection): Promise<Body> {
  for (;;) {
    const body = await guest.receive();
    if (body.code === 100 || body.code === 101) return body;
  }
}

/** A client of an older hub whose name is taken: it has sent "one", and was asked to send "two" without a link. */
async function loseNameWithMessages(ana: TestLink, hub: FakeHub): Promise<FakeHubConnection> {
  const first = await hub.welcome();
  await ana.state("open");
  ana.link.say("one");
  assertEquals((await nextRequest(first)).message, "one");
  first.close();
  await ana.state("waiting");
  ana.link.say("two");
  await loseName(ana, hub);
  const guest = await hub.welcome();
  const { holdsMessages } = await ana.state("open", 2);
  assertEquals([holdsMessages, ana.link.name], [true, "x7f3"]);
  ana.link.say("three");
  return guest;
}

Deno.test("On an older hub messages wait for the name, in order", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const guest = await loseNameWithMessages(ana, hub);
  ana.clock.advance((await reclaimOf(ana, 0)).waitMs);
  const { code, username, ref } = await nextRequest(guest);
  assertEquals([code, username], [101, "ana"]);
  await guest.send({ code: 202, new: "ana", ref });
  for (const text of ["one", "two", "three"]) assertEquals((await nextRequest(guest)).message, text);
  assertEquals(ana.lineChanges.slice(-3), ["one sent again", "two sent", "three sent"]);
});

Deno.test("On an older hub a rename overtakes the messages that wait; what was sent before is given up", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const guest = await loseNameWithMessages(ana, hub);
  const renamed = ana.link.rename("cy");
  const { code, username, ref } = await nextRequest(guest);
  assertEquals([code, username], [101, "cy"]);
  await guest.send({ code: 202, new: "cy", ref });
  assertEquals(await renamed, { kind: "renamed", name: "cy" });
  for (const text of ["two", "three"]) assertEquals((await nextRequest(guest)).message, text);
  assertEquals(ana.lineChanges.slice(-3), ["one unknown", "two sent", "three sent"]);
});

Deno.test("On an older hub a name that cannot come back holds nothing: what was sent before is given up", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const guest = await loseNameWithMessages(ana, hub);
  ana.clock.advance((await reclaimOf(ana, 0)).waitMs);
  const { ref } = await nextRequest(guest);
  await guest.send({ code: 206, error: "name_reserved", message: "no", ref });
  for (const text of ["two", "three"]) assertEquals((await nextRequest(guest)).message, text);
  assertEquals(ana.lineChanges.slice(-3), ["one unknown", "two sent", "three sent"]);
  // What was sent under that name is not sent again under the first one.
  guest.close();
  await ana.skipWait(NAME_TRIES + 1);
  await hub.welcome();
  await ana.state("open", ana.states.filter(({ kind }) => kind === "open").length);
  await ana.line(3, "unknown");
  assertEquals(ana.link.pending, []);
});

Deno.test("A rename without a link waits for the messages that were sent before it", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const first = await hub.welcome();
  await ana.state("open");
  ana.link.say("one");
  await nextRequest(first);
  first.close();
  await ana.state("waiting");
  ana.link.rename("bo");
  await ana.skipWait(1);
  const second = await hub.welcome();
  assertEquals(second.hello.username, "ana");
  assertEquals((await nextRequest(second)).message, "one");
  assertEquals((await nextRequest(second)).username, "bo");
});

Deno.test("All links of a client have the same session, and those of another client another one", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const first = await hub.welcome();
  first.close();
  await ana.skipWait(1);
  const second = await hub.welcome();
  await using bo = new TestLink(hub.port, { name: "bo" });
  const other = await hub.welcome();
  await bo.state("open");
  const [one, two, three] = [first, second, other].map(({ hello }) => String(hello.session));
  assertEquals([one === two, one === three, one!.length >= 16 && one!.length <= 64], [true, false, true]);
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
  const first = new HubHere({ port: keptPort() });
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
