/**
 * A reconnecting link over real sockets and a manual clock: to a hub in this process, to a hub process that can be
 * killed, to a server that behaves like the original, and through a proxy that can fail. The file is long because it
 * covers every way to lose a link.
 */
import { LEAVE_LIMIT_MS, ReconnectingLink, STABLE_MS } from "../../../client/link/reconnecting_link.ts";
import { LinkError } from "../../../client/net/mod.ts";
import { MAX_IN_FLIGHT } from "../../../client/link/requests.ts";
import { MAX_PENDING_LINES } from "../../../client/link/pending.ts";
import { IDLE_LIMIT_MS, PING_TIMEOUT_MS } from "../../../client/link/heartbeat.ts";
import { CHECK_INTERVAL_MS } from "../../../client/link/wake_watch.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { FlakyProxy } from "../../helpers/wire/flaky_proxy.ts";
import { TestLink } from "../../helpers/terminal/test_link.ts";
import { OriginalServer } from "../../helpers/hubs/original_server.ts";
import { HubProgram } from "../../helpers/program.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { HubHere } from "../../helpers/hubs/hub_here.ts";
import { keptPort } from "../../helpers/kept_ports.ts";

const HOST = "127.0.0.1";

Deno.test("A reconnecting link connects, reports that with the time, and leaves when it is closed", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  const open = await ana.state("open");
  assertEquals(ana.states[0], { kind: "connecting", since: 0, attempt: 1 });
  assertEquals([open.since, open.session.name, open.session.welcome?.username], [0, "ana", "ana"]);
  assertEquals([ana.link.name, ana.link.state], ["ana", open]);
  ana.link.close();
  assertEquals(await ana.ended, {
    kind: "ended",
    how: "left",
    why: `left ${HOST}:${hub.port}`,
    unsettled: [],
  });
  assertEquals(ana.stateKinds, ["connecting", "open", "ended"]);
});

Deno.test("It ends if the first attempt reaches no hub, and gives the messages back", async () => {
  await using ana = new TestLink(keptPort());
  ana.link.say("anyone?");
  const ended = await ana.ended;
  assertEquals(ended.how, "unreachable");
  assertStringIncludes(ended.why, "connection refused; is a hub running there? (riftchat serve)");
  assertEquals(ended.unsettled, [{ id: 1, text: "anyone?", resent: false, state: { kind: "unsent" } }]);
  assertEquals(ana.lineChanges, ["anyone? waiting", "anyone? unsent"]);
});

Deno.test("It ends if the hub refuses the first attempt, with the hub's words", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  await using namesake = new TestLink(hub.port, { name: "Ana" });
  const taken = await namesake.ended;
  assertEquals(taken.how, "refused");
  assertStringIncludes(taken.why, "Cannot use the name Ana: ana is online already");
  await using small = new HubHere({ maxConnections: 1 });
  await using bo = new TestLink(small.port, { name: "bo" });
  await bo.state("open");
  await using cy = new TestLink(small.port, { name: "cy" });
  const full = await cy.ended;
  assertEquals(full.how, "refused");
  assertStringIncludes(full.why, "the hub is full");
});

Deno.test("A message before the first link is sent when there is one", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  for (const text of ["one", "two"]) ana.link.say(text);
  const [one, two] = [await ana.line(1, "acknowledged"), await ana.line(2, "acknowledged")];
  assertEquals([one.state, two.state], [
    { kind: "acknowledged", sequence: 1 },
    { kind: "acknowledged", sequence: 2 },
  ]);
  assertEquals(ana.link.pending, []);
});

Deno.test("A refused message is reported and affects no other", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  ana.link.say("a\u0007b");
  ana.link.say("fine");
  const refused = await ana.line(1, "refused");
  assert(refused.state.kind === "refused");
  assertStringIncludes(refused.state.message, "U+0007");
  await ana.line(2, "acknowledged");
});

Deno.test("A killed and restarted hub is found again, and every message arrives once and in order", async () => {
  const port = keptPort();
  await using first = await HubProgram.start(["--port", String(port)]);
  await using ana = new TestLink(port);
  await using bo = new TestLink(port, { name: "bo" });
  await Promise.all([ana.state("open"), bo.state("open")]);
  ana.link.say("before");
  await Promise.all([ana.line(1, "acknowledged"), bo.receives("ana: before")]);
  first.kill("SIGKILL");
  const waiting = await ana.state("waiting");
  assertEquals([waiting.how, waiting.attempt], ["lost", 0]);
  for (let i = 1; i <= 100; i++) ana.link.say(`line ${i}`);
  await ana.skipWait(1);
  const again = await ana.state("waiting", 2);
  assertEquals([again.how, again.attempt], ["unreachable", 1]);
  await first.status;
  await using _second = await HubProgram.start(["--port", String(port)]);
  await bo.skipWait(1);
  await bo.state("open", 2);
  await ana.skipWait(2);
  const open = await ana.state("open", 2);
  assertEquals([open.session.name, open.reclaim], ["ana", undefined]);
  const last = await ana.line(101, "acknowledged");
  assertEquals(last.state, { kind: "acknowledged", sequence: 100 });
  await bo.receives("ana: line 100");
  assertEquals(bo.chat, ["ana: before", ...Array.from({ length: 100 }, (_, i) => `ana: line ${i + 1}`)]);
  assert(ana.lines.every(({ resent }) => !resent));
  assertEquals(ana.stateKinds, [
    "connecting",
    "open",
    "waiting",
    "connecting",
    "waiting",
    "connecting",
    "open",
  ]);
});

Deno.test("A hub that shut down is reported as that, and tried with back-off from 1 s to a minute", async () => {
  const hub = new HubHere();
  await using ana = new TestLink(hub.port, { random: () => 1 - Number.EPSILON });
  await ana.state("open");
  await hub[Symbol.asyncDispose]();
  const waits: number[] = [];
  for (let count = 1; count <= 8; count++) {
    const { since, until, how, why, attempt } = await ana.skipWait(count);
    waits.push(until - since);
    assertEquals(attempt, count - 1);
    if (count === 1) assertEquals([how, why], ["down", "the hub shut down"]);
    else assertEquals(how, "unreachable");
    const connecting = await ana.state("connecting", count + 1);
    assertEquals([connecting.since, connecting.attempt], [until, count]);
  }
  assertEquals(waits, [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

Deno.test("A link that is lost soon does not reset the back-off", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const waits: number[] = [];
  for (let count = 1; count <= 6; count++) {
    const guest = await hub.welcome();
    await ana.state("open", count);
    // The fifth link lasts, so the loss of the sixth counts as the first.
    ana.clock.advance(count === 5 ? STABLE_MS : STABLE_MS - 1);
    guest.close();
    const { since, until } = await ana.skipWait(count);
    waits.push(until - since);
  }
  assertEquals(waits, [1500, 2500, 4500, 8500, 1500, 2500]);
});

Deno.test("A hub that says when to connect again is followed, up to a limit", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { random: () => 0 });
  const waits: number[] = [];
  for (
    const [i, asked] of [{}, { retry_after_ms: 0 }, { retry_after_ms: 7000 }, { retry_after_ms: 1e15 }]
      .entries()
  ) {
    const guest = await hub.welcome();
    await ana.state("open", i + 1);
    await guest.send({ code: 216, reason: "tidying up", ...asked });
    guest.close();
    const { since, until, how, why } = await ana.skipWait(i + 1);
    assertEquals([how, why], ["ended", "the hub ended it: tidying up"]);
    waits.push(until - since);
  }
  const hello = await hub.accept();
  await hello.send({ code: 216, reason: "still tidying up", retry_after_ms: 9000 });
  hello.close();
  const { since, until, how } = await ana.state("waiting", 5);
  waits.push(until - since);
  assertEquals([how, waits], ["refused", [1000, 1000, 7000, 300_000, 9000]]);
});

Deno.test("It ends when the hub bans the client; a full hub is tried again", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  (await hub.welcome()).close();
  for (const [i, error] of ["server_full", "something_new", "banned"].entries()) {
    await ana.skipWait(i + 1);
    await hub.refuse(error);
  }
  const { how, why } = await ana.ended;
  assertEquals([how, why], ["refused", `cannot join ${HOST}:${hub.port}: no: banned`]);
  assertEquals((await ana.state("waiting", 3)).why, `cannot join ${HOST}:${hub.port}: no: something_new`);
});

Deno.test("Messages in flight at a loss are sent again before newer ones, and arrive once", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using bo = new TestLink(hub.port, { name: "bo" });
  await using ana = new TestLink(cable.port);
  await Promise.all([bo.state("open"), ana.state("open")]);
  ana.link.say("one");
  await ana.line(1, "acknowledged");
  cable.dropFromHub();
  ana.link.say("psst", { kind: "person", name: "bo" });
  for (const text of ["two", "three"]) ana.link.say(text);
  await bo.receives("ana: three");
  cable.closeClients();
  await ana.state("waiting");
  assertEquals(ana.link.pending.map(({ text, state }) => `${text} ${state.kind}`), [
    "psst unsure",
    "two unsure",
    "three unsure",
  ]);
  ana.link.say("four");
  cable.closeHubEnds();
  await bo.message("ana has left", ({ code }) => code === 204);
  await ana.skipWait(1);
  await ana.line(5, "acknowledged");
  await bo.receives("ana: four");
  assertEquals(bo.chat, ["one", "two", "three", "four"].map((text) => `ana: ${text}`));
  assertEquals(bo.bodies.filter(({ code }) => code === 213).length, 1);
  const texts = ["psst", "two", "three"];
  assertEquals(ana.lineChanges.slice(3), [
    ...texts.flatMap((text) => [`${text} waiting`, `${text} sent`]),
    ...texts.map((text) => `${text} unsure`),
    "four waiting",
    // A hub without history may have restarted meanwhile; the client cannot know.
    ...texts.map((text) => `${text} sent again`),
    "four sent",
    ...texts.map((text) => `${text} acknowledged again`),
    "four acknowledged",
  ]);
});

Deno.test("A message that is lost twice is not sent a third time, and its state is unknown", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const first = await hub.welcome();
  await ana.state("open");
  ana.link.say("one");
  assertEquals((await first.receive()).message, "one");
  first.close();
  await ana.skipWait(1);
  const second = await hub.welcome();
  assertEquals((await second.receive()).message, "one");
  ana.link.say("two");
  assertEquals((await second.receive()).message, "two");
  second.close();
  await ana.skipWait(2);
  const third = await hub.welcome();
  assertEquals((await third.receive()).message, "two");
  assertEquals(ana.lineChanges, [
    "one waiting",
    "one sent",
    "one unsure",
    "one sent again",
    "two waiting",
    "two sent",
    "one unknown again",
    "two unsure",
    "two sent again",
  ]);
});

Deno.test("On an original server a message without echo is sent once more, under the same name", async () => {
  await using server = new OriginalServer("x1", "x2", "x3");
  await using cable = new FlakyProxy(server.port);
  await using bo = new TestLink(server.port, { name: "bo" });
  await bo.state("open");
  await using ana = new TestLink(cable.port);
  const open = await ana.state("open");
  assertEquals(open.session, { extended: false, name: "ana" });
  ana.link.say("one");
  await ana.line(1, "acknowledged");
  cable.dropFromHub();
  for (const text of ["two", "three"]) ana.link.say(text);
  await bo.receives("ana: two");
  assertEquals(ana.link.pending.map(({ text, state }) => `${text} ${state.kind}`), [
    "two sent",
    "three waiting",
  ]);
  cable.closeClients();
  await ana.skipWait(1);
  assertEquals((await ana.state("open", 2)).session.name, "ana");
  ana.link.say("four");
  await ana.line(4, "acknowledged");
  await bo.receives("ana: four");
  assertEquals(bo.chat, ["one", "two", "two", "three", "four"].map((text) => `ana: ${text}`));
  assertEquals(
    ana.lines.filter(({ state }) => state.kind === "acknowledged").map(({ text, resent }) => [text, resent]),
    [["one", false], ["two", true], ["three", false], ["four", false]],
  );
});

Deno.test("An original server that is killed and started again is found, and so is one that sends 205", async () => {
  const first = new OriginalServer({ port: keptPort() }, "x1");
  await using ana = new TestLink(first.port);
  await ana.state("open");
  await first.down();
  assertEquals((await ana.skipWait(1)).how, "down");
  ana.link.say("meanwhile");
  await ana.state("waiting", 2);
  await using second = new OriginalServer({ port: first.port }, "x2");
  await ana.skipWait(2);
  await ana.line(1, "acknowledged");
  assertEquals(second.requests, [{ code: 101, username: "ana" }, { code: 100, message: "meanwhile" }]);
});

Deno.test("A dead hub is detected within 75 s of silence", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using ana = new TestLink(cable.port);
  await ana.state("open");
  cable.dropAll();
  ana.clock.advance(IDLE_LIMIT_MS + PING_TIMEOUT_MS);
  const { how, why, since } = await ana.state("waiting");
  assertEquals([how, why], ["lost", "the hub did not respond within 20 s"]);
  assert(since <= 75_000);
  cable.closeHubEnds();
  await ana.skipWait(1);
  await ana.state("open", 2);
});

Deno.test("A silent hub that answers pings keeps its link", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  for (let times = 1; times <= 10; times++) {
    ana.clock.advance(IDLE_LIMIT_MS);
    await ana.until(
      "a pong",
      () => ana.bodies.filter(({ code }) => code === 215).length === times || undefined,
    );
  }
  assertEquals(ana.stateKinds, ["connecting", "open"]);
});

Deno.test("Handling a message for long does not lose the link", async () => {
  await using hub = new HubHere();
  const { promise: read, resolve: readOn } = Promise.withResolvers<void>();
  await using ana = new TestLink(hub.port, { received: ({ body }) => body.code === 200 ? read : undefined });
  await ana.state("open");
  ana.link.say("the terminal is held");
  await ana.message("the line", ({ code }) => code === 200);
  ana.clock.advance(600_000);
  ana.link.say("and goes on");
  readOn();
  await ana.line(2, "acknowledged");
  assertEquals(ana.stateKinds, ["connecting", "open"]);
});

Deno.test("After sleep the hub is pinged at once, and a link that died meanwhile is detected", async () => {
  await using hub = new HubHere();
  await using cable = new FlakyProxy(hub.port);
  await using ana = new TestLink(cable.port);
  await ana.state("open");
  ana.clock.sleep(3_600_000);
  ana.clock.advance(CHECK_INTERVAL_MS);
  await ana.message("a pong", ({ code }) => code === 215);
  cable.dropAll();
  ana.clock.sleep(3_600_000);
  ana.clock.advance(CHECK_INTERVAL_MS);
  ana.clock.advance(PING_TIMEOUT_MS);
  assertEquals((await ana.state("waiting")).since, 2 * CHECK_INTERVAL_MS + PING_TIMEOUT_MS);
});

Deno.test("After sleep during a wait it connects at once", async () => {
  const hub = new HubHere({ port: keptPort() });
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  await hub[Symbol.asyncDispose]();
  for (let count = 1; count <= 6; count++) await ana.skipWait(count);
  const { since, until } = await ana.state("waiting", 7);
  assert(until - since > 30_000);
  await using _again = new HubHere({ port: hub.port });
  ana.clock.sleep(3_600_000);
  ana.clock.advance(CHECK_INTERVAL_MS);
  assertEquals((await ana.state("open", 2)).since, since + CHECK_INTERVAL_MS);
});

Deno.test("An original server is never pinged, as it knows no ping", async () => {
  await using server = new OriginalServer();
  await using ana = new TestLink(server.port);
  await ana.state("open");
  ana.clock.sleep(3_600_000);
  ana.clock.advance(600_000);
  ana.link.say("still here");
  await ana.line(1, "acknowledged");
  assertEquals(server.requests.map(({ code }) => code), [101, 100]);
});

Deno.test("reconnectNow() connects at once, also with an open link", async () => {
  const hub = new HubHere({ port: keptPort() });
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  await hub[Symbol.asyncDispose]();
  await ana.state("waiting");
  await using _again = new HubHere({ port: hub.port });
  ana.link.reconnectNow();
  await ana.state("open", 2);
  ana.link.reconnectNow();
  const open = await ana.state("open", 3);
  assertEquals([open.since, open.session.name], [0, "ana"]);
  assertEquals(ana.stateKinds.slice(-3), ["open", "connecting", "open"]);
});

Deno.test("The list of users can be requested if there is a link", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  const error = await assertRejects(() => ana.link.ask({ code: Code.Who }), LinkError);
  assertEquals(error.message, `not connected to ${HOST}:${hub.port}`);
  await ana.state("open");
  const answer = await ana.link.ask({ code: Code.Who });
  assert(answer.code === Code.Users);
  assertEquals(answer.users.map(({ username }) => username), ["ana"]);
});

Deno.test("A message behind many requests is sent when they are answered", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  const answers = Array.from({ length: MAX_IN_FLIGHT }, () => ana.link.ask({ code: Code.Who }));
  assertEquals(ana.link.say("and?").state.kind, "waiting");
  await ana.line(1, "acknowledged");
  await Promise.all(answers);
});

Deno.test("A message over the limit is refused with the reason, and the waiting ones are sent in order", async () => {
  const first = new HubHere({ port: keptPort() });
  await using ana = new TestLink(first.port);
  await ana.state("open");
  await first[Symbol.asyncDispose]();
  await ana.state("waiting");
  for (let i = 1; i <= MAX_PENDING_LINES; i++) {
    assertEquals(ana.link.say(`line ${i}`).state.kind, "waiting");
  }
  const { state } = ana.link.say("one too many");
  assert(state.kind === "refused");
  assertStringIncludes(state.message, "at most 1000 messages may wait");
  await using second = new HubHere({ port: first.port });
  await using bo = new TestLink(second.port, { name: "bo" });
  await bo.state("open");
  await ana.skipWait(1);
  await bo.receives(`ana: line ${MAX_PENDING_LINES}`);
  assertEquals(bo.chat, Array.from({ length: MAX_PENDING_LINES }, (_, i) => `ana: line ${i + 1}`));
});

Deno.test("leave() waits for the acknowledgement of pending messages, but not for ever", async () => {
  await using hub = new HubHere();
  await using bo = new TestLink(hub.port, { name: "bo" });
  await bo.state("open");
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  for (let i = 1; i <= 200; i++) ana.link.say(`line ${i}`);
  ana.link.leave();
  assertEquals(ana.link.say("too late").state, {
    kind: "refused",
    message: "Cannot send this message: the chat is closed",
  });
  assertEquals((await ana.ended).unsettled, []);
  await bo.receives("ana: line 200");

  await using silent = new FakeHub();
  await using cy = new TestLink(silent.port, { name: "cy" });
  await silent.welcome();
  await cy.state("open");
  cy.link.say("hello?");
  cy.link.leave();
  cy.clock.advance(LEAVE_LIMIT_MS - 1);
  assertEquals(cy.link.state?.kind, "open");
  cy.clock.advance(1);
  const { how, unsettled } = await cy.ended;
  assertEquals([how, unsettled.map(({ state }) => state.kind)], ["left", ["unknown"]]);
});

Deno.test("A client that leaves while the hub goes learns that its messages may be lost", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port);
  const guest = await hub.welcome();
  await ana.state("open");
  ana.link.say("hello?");
  ana.link.leave();
  guest.close();
  const { how, unsettled } = await ana.ended;
  assertEquals([how, unsettled.map(({ state }) => state.kind)], ["lost", ["unknown"]]);
});

Deno.test("leave() without a link leaves at once", async () => {
  const hub = new HubHere();
  await using ana = new TestLink(hub.port);
  await ana.state("open");
  await hub[Symbol.asyncDispose]();
  await ana.state("waiting");
  ana.link.say("later");
  const renamed = ana.link.rename("bo");
  ana.link.leave();
  const { how, unsettled } = await ana.ended;
  assertEquals([how, unsettled.map(({ state }) => state.kind)], ["left", ["unsent"]]);
  assertEquals([await renamed, await ana.link.rename("cy")], [{ kind: "dropped" }, { kind: "dropped" }]);
});

Deno.test("It can be closed in every state, and nothing is left open", async () => {
  const address = { hostname: HOST, port: keptPort() };
  const told: string[] = [];
  const early = new ReconnectingLink(address, {
    received: () => {},
    changed: ({ kind }) => told.push(kind),
    lineChanged: () => {},
  });
  early.close();
  assertEquals((await early.run()).how, "left");
  assertEquals(told, ["ended"]);

  await using hub = new FakeHub();
  for (const kind of ["connecting", "open", "waiting"] as const) {
    await using ana = new TestLink(hub.port, {
      changed: (state) => state.kind === kind && queueMicrotask(() => ana.link.close()),
    });
    if (kind !== "connecting") {
      const guest = await hub.welcome();
      if (kind === "waiting") guest.close();
    } else await hub.accept();
    assertEquals((await ana.ended).how, "left");
    assertEquals(ana.stateKinds.at(-2), kind);
    ana.link.close();
    ana.link.leave();
    ana.link.reconnectNow();
  }
  // During the handshake, before the first message of the hub.
  await using silent = new FakeHub();
  await using bo = new TestLink(silent.port, { name: "bo" });
  await silent.accept();
  bo.link.close();
  assertEquals((await bo.ended).how, "left");
});

Deno.test("An error in the handler of a message ends it, closes everything, and is not swallowed", async () => {
  await using hub = new HubHere();
  await using ana = new TestLink(hub.port, {
    received: ({ body }) => {
      if (body.code === 200) throw new TypeError("ours");
    },
  });
  await ana.state("open");
  ana.link.say("one");
  await assertRejects(() => ana.ended, TypeError, "ours");
  assertEquals(ana.clock.waiting, 0);
});

Deno.test("The hello of each link has the rooms that are wanted then, and messages go to their targets", async () => {
  await using hub = new HubHere();
  let rooms = ["dev"];
  await using ana = new TestLink(hub.port, { rooms: () => rooms });
  const open = await ana.state("open");
  assertEquals(open.session.welcome?.rooms, ["main", "dev"]);
  ana.link.say("in dev", { kind: "room", name: "dev" });
  ana.link.say("in main");
  ana.link.say("to myself", { kind: "person", name: "ana" });
  ana.link.say("to nobody", { kind: "person", name: "bo" });
  ana.link.say("in ops", { kind: "room", name: "ops" });
  assertEquals((await ana.line(1, "acknowledged")).target, { kind: "room", name: "dev" });
  await ana.line(2, "acknowledged");
  await ana.line(3, "acknowledged");
  const refused = [await ana.line(4, "refused"), await ana.line(5, "refused")];
  assertEquals(refused.map(({ state }) => state.kind === "refused" && state.message), [
    "Cannot send to bo: no user of that name is online",
    "Cannot send to #ops: there is no such room; create it with :join #ops",
  ]);
  const told = await ana.message("the line to herself", ({ code }) => code === 213);
  assertEquals((told.message as { message: string }).message, "to myself");
  rooms = ["dev", "ops"];
  ana.link.reconnectNow();
  assertEquals((await ana.state("open", 2)).session.welcome?.rooms, ["main", "dev", "ops"]);
});

Deno.test("If the hub refuses the rooms, it connects without them at once", async () => {
  await using hub = new HubHere();
  const rooms = Array.from({ length: 70 }, (_, i) => `r${i}`);
  await using ana = new TestLink(hub.port, { rooms: () => rooms });
  const open = await ana.state("open");
  assertEquals([open.session.name, open.session.welcome?.rooms], ["ana", ["main"]]);
  assertEquals(ana.stateKinds, ["connecting", "connecting", "open"]);
});

Deno.test("On request the first link is retried, and a name that is taken gets a suffix", async () => {
  const port = keptPort();
  await using ana = new TestLink(port, { retryFirst: true, suffixName: true });
  ana.link.say("anyone?");
  const waiting = await ana.state("waiting");
  assertEquals([waiting.how, waiting.attempt], ["unreachable", 1]);
  await using _hub = new HubHere({ port });
  await using first = new TestLink(port);
  await first.state("open");
  ana.clock.advance(waiting.until - waiting.since);
  const open = await ana.state("open");
  assertEquals([open.session.name, ana.link.name, open.reclaim], ["ana-2", "ana-2", undefined]);
  await ana.line(1, "acknowledged");
});
