/** A link whose messages are refused for now: by slow mode, or by a hub that does not reach the others. */
import { Code } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { FakeHub, type FakeHubConnection } from "../../helpers/hubs/fake_hub.ts";
import { LATE_MS } from "../../../client/link/postponement.ts";
import { TestLink } from "../../helpers/terminal/test_link.ts";

const ROOMS = { features: ["rooms", "ping"] };

/** Receives the next message of the client; pings, which a heartbeat may send, are answered. */
async function nextText(guest: FakeHubConnection): Promise<{ text: unknown; ref: unknown }> {
  for (;;) {
    const { code, message, ref } = await guest.receive();
    if (code !== Code.Ping) return { text: message, ref };
    await guest.send({ code: 215, ref });
  }
}

/** Waits until a message waits for the nth time: first for its turn, then after each refusal. */
const waits = (link: TestLink, id: number, count: number) =>
  link.until(`line ${id} waiting ${count} times`, () => {
    const states = link.lines.filter((line) => line.id === id && line.state.kind === "waiting");
    return states.length >= count ? true : undefined;
  });

const tooFast = (ref: unknown, retry_after_ms?: number) => ({
  code: 206,
  error: "too_fast",
  message: "Cannot send this message: slow mode allows one message in 10 s",
  ref,
  ...(retry_after_ms !== undefined && { retry_after_ms }),
});

Deno.test("A link that waits its turn sends what slow mode refuses again, one by one and in order", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { waitsItsTurn: true });
  const guest = await hub.welcome("ana", ROOMS);
  await ana.state("open");
  for (const text of ["one", "two", "three"]) ana.link.say(text);
  const [one, two, three] = [await nextText(guest), await nextText(guest), await nextText(guest)];
  assertEquals([one.text, two.text, three.text], ["one", "two", "three"]);
  await guest.send(
    { code: 207, ref: one.ref, sequence: 1 },
    tooFast(two.ref, 10_000),
    tooFast(three.ref, 10_000),
  );
  await waits(ana, 3, 2);
  assertEquals(ana.link.pending.map(({ text, state }) => `${text} ${state.kind}`), [
    "two waiting",
    "three waiting",
  ]);
  ana.link.say("four");
  for (const [i, expected] of ["two", "three", "four"].entries()) {
    await ana.clock.advance(10_000);
    const { text, ref } = await nextText(guest);
    assertEquals(text, expected);
    // Nothing else is sent meanwhile: a ping would come behind it.
    const pong = ana.link.ask({ code: Code.Ping });
    const { code, ref: ping } = await guest.receive();
    assertEquals(code, Code.Ping);
    await guest.send({ code: 215, ref: ping }, { code: 207, ref, sequence: 2 + i });
    await pong;
    await ana.line(2 + i, "acknowledged");
    if (expected === "four") break;
    const early = await nextText(guest);
    await guest.send(tooFast(early.ref, 10_000));
    await waits(ana, 3 + i, expected === "two" ? 3 : 2);
  }
});

Deno.test("A link that does not wait has the message refused, and so has one without a time to wait", async () => {
  for (const [waitsItsTurn, retryAfterMs] of [[false, 10_000], [true, undefined]] as const) {
    await using hub = new FakeHub();
    await using ana = new TestLink(hub.port, { waitsItsTurn });
    const guest = await hub.welcome("ana", ROOMS);
    await ana.state("open");
    ana.link.say("one");
    await guest.send(tooFast((await nextText(guest)).ref, retryAfterMs));
    const { state } = await ana.line(1, "refused");
    assertEquals(state, {
      kind: "refused",
      message: "Cannot send this message: slow mode allows one message in 10 s",
    });
  }
});

Deno.test("Messages that wait for slow mode are sent at once on another link", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { waitsItsTurn: true });
  const guest = await hub.welcome("ana", ROOMS);
  await ana.state("open");
  ana.link.say("one");
  await guest.send(tooFast((await nextText(guest)).ref, 600_000));
  await waits(ana, 1, 2);
  guest.close();
  await ana.skipWait(1);
  const again = await hub.welcome("ana", ROOMS);
  assertEquals((await nextText(again)).text, "one");
});

const unavailable = (ref: unknown, retry_after_ms?: number) => ({
  code: 206,
  error: "unavailable",
  message: "Cannot send your message now: this hub does not reach the other hubs; try again later",
  ref,
  ...(retry_after_ms !== undefined && { retry_after_ms }),
});

Deno.test("Messages that a hub cannot take now are sent again in order, and together once it takes one", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { waitsForHubMs: 60_000 });
  const guest = await hub.welcome("ana", ROOMS);
  await ana.state("open");
  for (const text of ["one", "two", "three"]) ana.link.say(text);
  const refs = [await nextText(guest), await nextText(guest), await nextText(guest)].map(({ ref }) => ref);
  await guest.send(...refs.map((ref) => unavailable(ref, 5000)));
  await waits(ana, 3, 2);
  await ana.clock.advance(5000);
  const first = await nextText(guest);
  assertEquals(first.text, "one");
  await guest.send({ code: 207, ref: first.ref, sequence: 1 });
  await ana.line(1, "acknowledged");
  // Both are sent without an answer to the first of them.
  assertEquals([await nextText(guest), await nextText(guest)].map(({ text }) => text), ["two", "three"]);
});

Deno.test("After a late answer nothing new is sent before the hub has said which messages it refuses", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { waitsForHubMs: 60_000 });
  const guest = await hub.welcome("ana", ROOMS);
  await ana.state("open");
  for (const text of ["one", "two", "three"]) ana.link.say(text);
  const [one, ...held] = [await nextText(guest), await nextText(guest), await nextText(guest)];
  await ana.clock.advance(LATE_MS);
  await guest.send({ code: 207, ref: one!.ref, sequence: 1 });
  await ana.line(1, "acknowledged");
  ana.link.say("four");
  // A message that the client sends now would be before this ping.
  const pong = ana.link.ask({ code: Code.Ping });
  const { code, ref: ping } = await guest.receive();
  assertEquals(code, Code.Ping);
  await guest.send(...held.map(({ ref }) => unavailable(ref, 5000)), { code: 215, ref: ping });
  await pong;
  await waits(ana, 3, 2);
  await ana.clock.advance(5000);
  for (const text of ["two", "three", "four"]) {
    const next = await nextText(guest);
    assertEquals(next.text, text);
    await guest.send({ code: 207, ref: next.ref, sequence: 2 });
  }
});

Deno.test("A message is refused when a hub takes none for too long, counted anew after each it takes", async () => {
  await using hub = new FakeHub();
  await using ana = new TestLink(hub.port, { waitsForHubMs: 12_000 });
  const guest = await hub.welcome("ana", ROOMS);
  await ana.state("open");
  ana.link.say("one");
  // After 12 s it is tried once more, and that is final.
  for (const [count, waitMs] of [[2, 5000], [3, 5000], [4, 2000]] as const) {
    await guest.send(unavailable((await nextText(guest)).ref, 5000));
    await waits(ana, 1, count);
    await ana.clock.advance(waitMs);
  }
  await guest.send(unavailable((await nextText(guest)).ref, 5000));
  await ana.line(1, "refused");
  ana.link.say("two");
  await guest.send(unavailable((await nextText(guest)).ref, 5000));
  await ana.line(2, "refused");
  ana.link.say("three");
  await guest.send({ code: 207, ref: (await nextText(guest)).ref, sequence: 1 });
  await ana.line(3, "acknowledged");
  ana.link.say("four");
  await guest.send(unavailable((await nextText(guest)).ref, 5000));
  await waits(ana, 4, 2);
});

Deno.test("A refusal without a time to try again is final, and so is one for a link that does not wait", async () => {
  for (const [waitsForHubMs, retryAfterMs] of [[0, 5000], [60_000, undefined]] as const) {
    await using hub = new FakeHub();
    await using ana = new TestLink(hub.port, { waitsForHubMs, waitsItsTurn: true });
    const guest = await hub.welcome("ana", ROOMS);
    await ana.state("open");
    ana.link.say("one");
    await guest.send(unavailable((await nextText(guest)).ref, retryAfterMs));
    await ana.line(1, "refused");
  }
});
