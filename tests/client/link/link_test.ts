/**
 * A link over real sockets. The file is long because it covers every way to open, answer and lose a link.
 *
 * @module
 */
import type { Request } from "../../../client/link/requests.ts";
import { ANSWER_LIMIT_MS, HANDSHAKE_LIMIT_MS, Link, type LinkOptions } from "../../../client/link/link.ts";
import { LinkError, type Received } from "../../../client/net/mod.ts";
import { ANNOUNCED_CLOSE_LIMIT_MS, PEER_CLOSE_LIMIT_MS } from "../../../client/net/wire.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { frame, OriginalServer } from "../../helpers/hubs/original_server.ts";
import { OFFER, ScriptedHub, WELCOME } from "../../helpers/hubs/scripted_hub.ts";

const HOST = "127.0.0.1";
function say(message: string): Request {
  return { code: Code.Say, message };
}

/** Opens a link and collects what it receives. */
async function open(port: number, options: Partial<LinkOptions> = {}): Promise<[Link, Received[]]> {
  const received: Received[] = [];
  const link = await Link.open({ hostname: HOST, port }, {
    received: (message) => void received.push(message),
    ...options,
  });
  return [link, received];
}

/** Opens a link to a hub that follows a script, and resolves with the error. */
async function refusal(hub: ScriptedHub, plays: () => Promise<void>, options?: Partial<LinkOptions>) {
  const [error] = await Promise.all([assertRejects(() => open(hub.port, options), LinkError), plays()]);
  return error;
}

Deno.test("A link to an original server takes a name and receives its own messages", async () => {
  await using server = new OriginalServer("x1");
  const [link, received] = await open(server.port, { name: "ana" });
  assertEquals(link.session, { extended: false, name: "ana" });
  const answer = await link.request(say("grüße 👋\nzwei"));
  assert(answer.code === Code.Said);
  assertEquals(answer.message.username, "ana");
  assertEquals(answer.message.message, "grüße 👋\nzwei");
  assertEquals(server.requests, [{ code: 101, username: "ana" }, { code: 100, message: "grüße 👋\nzwei" }]);
  link.close();
  assertEquals((await link.closed).how, "left");
  assertEquals(received.map(({ body }) => body.code), [202, 201, 202, 203, 200]);
});

Deno.test("A link without a wanted name uses the one that the server chooses", async () => {
  await using server = new OriginalServer("x1");
  const [link] = await open(server.port);
  assertEquals(link.name, "x1");
  await link.request({ code: Code.Rename, username: "bo" });
  assertEquals(link.name, "bo");
  await link.request(say("hi"));
  link.close();
});

Deno.test("A link never has two frames in flight to an original server, which would not read the second", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
  let answered = 0;
  await Promise.all(lines.map(async (line) => {
    await link.request(say(line));
    assertEquals(server.unreadBytes, 0);
    // The server has read the answered requests and at most the one in flight.
    assert(server.requests.length - 1 <= ++answered + 1);
  }));
  assertEquals(server.requests.slice(1).map(({ message }) => message), lines);
  link.close();
});

Deno.test("A message of another user with the same name is told apart by its text", async () => {
  await using server = new OriginalServer();
  const [ana] = await open(server.port, { name: "ana" });
  const [other] = await open(server.port, { name: "ana" });
  const answers = await Promise.all([ana.request(say("mine")), other.request(say("yours"))]);
  assertEquals(answers.map((answer) => answer.code === Code.Said && answer.message.message), [
    "mine",
    "yours",
  ]);
  ana.close();
  other.close();
});

Deno.test("A caller with many messages can wait until the link is ready", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  await link.whenReady();
  let answered = false;
  const answer = link.request(say("one")).then(() => answered = true);
  await link.whenReady();
  assert(answered, "there was room before the answer");
  await answer;
  link.close();
  await link.whenReady();
});

Deno.test("A link is ready if a request would be sent at once", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  assertEquals(link.ready, true);
  const answer = link.request(say("one"));
  assertEquals(link.ready, false);
  await answer;
  assertEquals(link.ready, true);
  link.close();
  assertEquals(link.ready, false);
});

Deno.test("drop() loses the link, and open requests reject", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  const asked = assertRejects(() => link.request(say("one")), LinkError);
  link.drop("it seems dead");
  assertEquals(await link.closed, { how: "lost", why: "it seems dead" });
  assertEquals((await asked).kind, "lost");
});

Deno.test("A link to a server that goes away is lost, and open requests reject", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  const [close] = await Promise.all([link.closed, server[Symbol.asyncDispose]()]);
  assertEquals(close.how, "lost");
  const error = await assertRejects(() => link.request(say("anyone?")), LinkError);
  assertEquals(error.kind, "lost");
  assertStringIncludes(error.message, `connection to ${HOST}:${server.port} lost: `);
});

Deno.test("A link reports that the hub shut down if the hub said so", async () => {
  await using server = new OriginalServer();
  const [link, received] = await open(server.port, { name: "ana" });
  const [close] = await Promise.all([link.closed, server.down()]);
  assertEquals(close, { how: "down", why: "the hub shut down" });
  assertEquals(received.at(-1)?.body, { code: 205 });
});

Deno.test("All requests reject when the link ends, also those that were not sent", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, { name: "ana" });
  const requests = ["one", "two", "three"].map((line) =>
    assertRejects(() => link.request(say(line)), LinkError)
  );
  link.close();
  assertEquals((await Promise.all(requests)).map(({ kind }) => kind), ["left", "left", "left"]);
});

Deno.test("A message that cannot be parsed is skipped, and so is an unknown one", async () => {
  await using server = new OriginalServer();
  const [link, received] = await open(server.port, { name: "ana" });
  await server.writeRaw(frame({ code: 200, message: { timestamp: 0, username: 7, message: "hi" } }));
  await server.writeRaw(frame({ code: 299, future: true }));
  await link.request(say("still here"));
  const [bad, unknown] = received.slice(-3);
  assertStringIncludes(
    bad?.error?.message ?? "",
    "Cannot read a message with code 200: message.username must be ",
  );
  assertEquals(bad?.message, undefined);
  assertEquals(unknown, { body: { code: 299, future: true } });
  link.close();
});

Deno.test("Bytes that are not a frame end the link with that reason", async () => {
  for (const bytes of [new Uint8Array(16).fill(0xff), frame([1, 2])]) {
    await using server = new OriginalServer();
    const [link] = await open(server.port, { name: "ana" });
    await server.writeRaw(bytes);
    const close = await link.closed;
    assertEquals(close.how, "lost");
    assertStringIncludes(close.why, "the hub broke the protocol: Cannot read a body");
  }
});

Deno.test("A message is handled before the next one is read, and before its request resolves", async () => {
  await using server = new OriginalServer();
  const order: string[] = [];
  const [link] = await open(server.port, {
    name: "ana",
    received: async ({ body }) => {
      order.push(`begin ${body.code}`);
      // One turn of the event loop, so that code that does not wait fails.
      await new Promise<void>((resolve) => setTimeout(resolve));
      order.push(`end ${body.code}`);
    },
  });
  order.length = 0;
  const frames = [frame({ code: 298 }), frame({ code: 299 })];
  await server.writeRaw(Uint8Array.from(frames.flatMap((bytes) => [...bytes])));
  await link.request(say("one")).then(() => order.push("answered"));
  const dealtWith = order.slice(order.indexOf("begin 298"));
  assertEquals(dealtWith, [
    "begin 298",
    "end 298",
    "begin 299",
    "end 299",
    "begin 200",
    "end 200",
    "answered",
  ]);
  link.close();
});

Deno.test("An error in the handler of a message ends the link and is not swallowed", async () => {
  await using server = new OriginalServer();
  const [link] = await open(server.port, {
    name: "ana",
    received: ({ body }) => {
      if (body.code === 200) throw new TypeError("ours");
    },
  });
  const asked = assertRejects(() => link.request(say("one")), LinkError);
  await assertRejects(() => link.closed, TypeError, "ours");
  await asked;
});

Deno.test("With the extension many requests are in flight and their answers come in any order", async () => {
  await using hub = new ScriptedHub();
  const opened = open(hub.port, { name: "ana" });
  await hub.send(OFFER);
  assertStringIncludes(await hub.receive(), '"username":"ana"');
  await hub.send({ code: 201, new: "ana" }, WELCOME);
  const [link] = await opened;
  assertEquals(link.session.extended, true);
  assertEquals(link.name, "ana");
  const answers = Promise.all([link.request(say("one")), link.request({ code: Code.Who })]);
  await hub.send({ code: 209, users: [], ref: "2" }, {
    code: 206,
    error: "muted",
    message: "hush",
    ref: "1",
  });
  const [first, second] = await answers;
  assertEquals(first, { code: Code.Refused, error: "muted", message: "hush", ref: "1" });
  assertEquals(second.code, Code.Users);
  link.close();
});

Deno.test("A refused hello is reported in the hub's words", async () => {
  await using hub = new ScriptedHub();
  const error = await refusal(hub, async () => {
    await hub.send(OFFER);
    await hub.receive();
    const refused = { code: 206, error: "name_taken", message: "the name ana is taken", ref: "hello" };
    await hub.send({ ...refused, retry_after_ms: 500 });
  }, { name: "ana" });
  assertEquals([error.kind, error.word, error.retryAfterMs], ["refused", "name_taken", 500]);
  assertEquals(error.hubMessage, "the name ana is taken");
  assertEquals(error.message, `cannot join ${HOST}:${hub.port}: the name ana is taken`);
});

Deno.test("A hub that gives a reason and closes before its welcome has refused", async () => {
  await using hub = new ScriptedHub();
  const error = await refusal(hub, async () => {
    await hub.send({
      code: 200,
      message: { timestamp: 0, username: "server", message: "server_full: come back" },
    });
    await hub.closeWrite();
  });
  assertEquals(error.kind, "refused");
  assertEquals(error.message, `cannot join ${HOST}:${hub.port}: server_full: come back`);
});

Deno.test("A hub that ends a connection before its welcome says when to connect again", async () => {
  await using hub = new ScriptedHub();
  const error = await refusal(hub, async () => {
    await hub.send({ code: 216, reason: "too many at once", retry_after_ms: 3000 });
    await hub.closeWrite();
  });
  assertEquals([error.kind, error.word, error.retryAfterMs], ["refused", undefined, 3000]);
  assertStringIncludes(error.message, "too many at once");
});

Deno.test("A peer that closes without a message, or speaks another protocol, is not a hub", async () => {
  const scripts: [bytes: Uint8Array[], says: string][] = [
    [[], "the hub closed the connection; is that a RiftChat hub?"],
    [[new TextEncoder().encode("SSH-2.0-OpenSSH_9.6\r\n")], "is that a RiftChat hub?"],
  ];
  for (const [bytes, says] of scripts) {
    await using hub = new ScriptedHub();
    const error = await refusal(hub, async () => {
      await hub.send(...bytes);
      await hub.closeWrite();
    });
    assertEquals(error.kind, "unreachable");
    assertStringIncludes(error.message, `cannot reach ${HOST}:${hub.port}: `);
    assertStringIncludes(error.message, says);
  }
});

Deno.test("A hub that offers the extension and closes before its welcome is lost", async () => {
  await using hub = new ScriptedHub();
  const error = await refusal(hub, async () => {
    await hub.send(OFFER);
    await hub.closeWrite();
  });
  assertEquals(error.kind, "lost");
});

Deno.test("A hub that sends no welcome is given up", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  const error = await refusal(hub, async () => {
    await hub.send({ code: 201, new: "bo" });
    await heard;
    // The messages are handled at the end of this turn of the event loop.
    await new Promise<void>((resolve) => setTimeout(resolve));
    clock.advance(HANDSHAKE_LIMIT_MS);
  }, { clock, received: () => hear() });
  assertEquals(error.kind, "unreachable");
  assertStringIncludes(error.message, "no welcome within 10 s");
  assertEquals(clock.waiting, 0);
});

Deno.test("A hub that answers nothing is given up, counted from its last answer", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const opened = open(hub.port, { clock });
  await hub.send(OFFER, WELCOME);
  const [link] = await opened;
  assertEquals(clock.waiting, 0);
  const first = link.request(say("one"));
  const second = assertRejects(() => link.request(say("two")), LinkError);
  clock.advance(ANSWER_LIMIT_MS - 1);
  await hub.send({ code: 207, ref: "1" });
  await first;
  clock.advance(ANSWER_LIMIT_MS - 1);
  assertEquals(clock.waiting, 1);
  clock.advance(1);
  assertEquals(await link.closed, { how: "lost", why: "the hub did not answer within 60 s" });
  assertEquals((await second).kind, "lost");
});

Deno.test("A hub that says that requests wait is not given up", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const { promise: waits, resolve: saysSo } = Promise.withResolvers<void>();
  // The next message is read only when the one before has been taken.
  const opened = open(hub.port, { clock, received: ({ body }) => body.code === 204 ? saysSo() : undefined });
  await hub.send(OFFER, WELCOME);
  const [link] = await opened;
  const answer = link.request(say("one"));
  clock.advance(ANSWER_LIMIT_MS - 1);
  await hub.send({ code: 215 }, { code: 204, username: "bo" });
  await waits;
  // The time in which a message is handled does not count.
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(ANSWER_LIMIT_MS - 1);
  await hub.send({ code: 207, ref: "1" });
  assertEquals((await answer).code, Code.Done);
  link.close();
});

Deno.test("The time in which a message is handled does not count towards the hub's deadline", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const { promise: busy, resolve: getBusy } = Promise.withResolvers<void>();
  const { promise: freed, resolve: free } = Promise.withResolvers<void>();
  const opened = open(hub.port, {
    clock,
    received: ({ body }) => {
      if (body.code !== 204) return;
      getBusy();
      return freed;
    },
  });
  await hub.send(OFFER, WELCOME);
  const [link] = await opened;
  const answer = link.request(say("one"));
  await hub.send({ code: 204, username: "bo" }, { code: 207, ref: "1" });
  await busy;
  clock.advance(ANSWER_LIMIT_MS);
  free();
  assertEquals((await answer).code, Code.Done);
  link.close();
});

Deno.test("A hub that announced its close may still answer, until the deadline for that", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const { promise: toldSo, resolve: tell } = Promise.withResolvers<void>();
  const opened = open(hub.port, { clock, received: ({ body }) => body.code === 216 ? tell() : undefined });
  await hub.send(OFFER, WELCOME);
  const [link] = await opened;
  const [first] = [link.request(say("one")), assertRejects(() => link.request(say("two")), LinkError)];
  await hub.send({ code: 216, reason: "too far behind", retry_after_ms: 500 }, { code: 207, ref: "1" });
  await toldSo;
  assertEquals((await first).code, Code.Done);
  clock.advance(ANNOUNCED_CLOSE_LIMIT_MS);
  assertEquals(await link.closed, {
    how: "ended",
    why: "the hub ended it: too far behind",
    retryAfterMs: 500,
  });
});

Deno.test("A leaving client still receives what the hub has sent, and has left whatever that is", async () => {
  await using hub = new ScriptedHub();
  const opened = open(hub.port, { name: "ana" });
  await hub.send(OFFER, WELCOME);
  const [link, received] = await opened;
  await hub.receive();
  link.leave();
  assertEquals(await hub.receive(), "", "more came than the end");
  await hub.send({ code: 204, username: "bo" }, { code: 205 });
  await hub.closeWrite();
  assertEquals(await link.closed, { how: "left", why: "left" });
  assertEquals(received.map(({ body }) => body.code), [202, 210, 204, 205]);
});

Deno.test("A leaving client does not wait long for a hub that does not close", async () => {
  await using hub = new ScriptedHub();
  const clock = new ManualClock();
  const opened = open(hub.port, { clock });
  await hub.send(OFFER, WELCOME);
  const [link] = await opened;
  const asked = assertRejects(() => link.request(say("one")), LinkError);
  link.leave();
  clock.advance(PEER_CLOSE_LIMIT_MS - 1);
  assertEquals(clock.waiting, 1);
  clock.advance(1);
  assertEquals((await link.closed).how, "left");
  assertEquals((await asked).kind, "left");
  link.leave();
  assertEquals(clock.waiting, 0);
});

Deno.test("Aborting leaves, during the handshake and after it", async () => {
  await using hub = new ScriptedHub();
  const abort = new AbortController();
  const error = await refusal(hub, async () => {
    await hub.send({ code: 201, new: "bo" });
    abort.abort();
  }, { signal: abort.signal });
  assertEquals(error.kind, "left");

  await using server = new OriginalServer();
  const later = new AbortController();
  const [link] = await open(server.port, { signal: later.signal });
  later.abort();
  assertEquals((await link.closed).how, "left");
});

Deno.test("A hub that pauses reading is waited for, and its notice answers no request", async () => {
  await using hub = new FakeHub();
  const clock = new ManualClock();
  const handshake = Link.open({ hostname: "127.0.0.1", port: hub.port }, { received: () => {}, clock });
  const guest = await hub.welcome();
  const link = await handshake;
  const answer = link.request({ code: Code.Say, message: "hello" });
  const { ref } = await guest.receive();
  const paced = { code: 206, error: "too_fast", message: "wait", retry_after_ms: 100_000 };
  await guest.send(paced, { code: 202, new: "told" });
  while (link.name !== "told") await new Promise((resume) => setTimeout(resume));
  clock.advance(ANSWER_LIMIT_MS + 100_000 - 1);
  await guest.send({ code: 207, ref, sequence: 1 });
  assertEquals((await answer).code, Code.Done);
  link.close();
  await link.closed;
});
