/**
 * Streams of messages: as events and as lines, resumed, and their ends.
 *
 * @module
 */
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { dataTest, RestHub } from "../../helpers/hubs/rest_hub.ts";
import { EventStream } from "../../helpers/clients/event_stream.ts";

const numbers = (events: { data: Record<string, unknown> }[]) => events.map(({ data }) => data.sequence);

dataTest("A stream has each message of its room as it is sent, and those of no other room", async (data) => {
  await using hub = await RestHub.start({ data });
  await hub.post("ci", "before");
  await using stream = await EventStream.open(hub, "/rooms/CI/stream");
  assertEquals(stream.type, "text/event-stream");
  await hub.post("main", "elsewhere");
  const [, sent] = await hub.post("ci", "first\nline two");
  await hub.post("ci", "second");
  const [first, second] = await stream.take(2);
  assertEquals(first!.event, undefined);
  assertEquals(first!.data.type, "message");
  assertEquals([first!.data.message, first!.data.timestamp], ["first\nline two", sent.timestamp]);
  assertMatch(first!.id!, /^2\.0-[\w.:-]+$/);
  assertEquals(second!.data.message, "second");
});

dataTest(
  "A stream in main begins with a number, and has all messages after it, also more than a page",
  async (data) => {
    await using hub = await RestHub.start({ data });
    for (let i = 1; i <= 60; i++) await hub.post("main", `${i} ${"x".repeat(4000)}`);
    await using stream = await EventStream.open(hub, "/rooms/main/stream?after=2");
    await hub.post("main", "live");
    assertEquals(numbers(await stream.take(59)), Array.from({ length: 59 }, (_, i) => i + 3));
  },
);

dataTest(
  "Last-Event-ID resumes without gaps and doubles, while others send, on a hub that started again",
  async (data) => {
    const got: unknown[] = [];
    let id: string;
    {
      await using hub = await RestHub.start({ data });
      await hub.post("ci", "0");
      await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=0");
      const sending = (async () => {
        for (let i = 1; i < 20; i++) await hub.post("ci", String(i));
      })();
      const events = await stream.take(7);
      got.push(...events.map(({ data }) => data.message));
      id = events.at(-1)!.id!;
      await sending;
    }
    await using hub = await RestHub.start({ data });
    const sending = (async () => {
      for (let i = 20; i < 40; i++) await hub.post("ci", String(i));
    })();
    // The header is more exact than the query of the first request, which a browser repeats.
    await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=0", { "last-event-id": id });
    got.push(...(await stream.take(33)).map(({ data }) => data.message));
    await sending;
    assertEquals(got, Array.from({ length: 40 }, (_, i) => String(i)));
  },
);

dataTest(
  "A stream that is resumed on a hub restored from a backup has the messages after the backup",
  async (data) => {
    const backup = await Deno.makeTempDir();
    try {
      {
        await using hub = await RestHub.start({ data });
        await hub.post("ci", "kept");
      }
      for await (const { name, isFile } of Deno.readDir(data)) {
        if (isFile) await Deno.copyFile(`${data}/${name}`, `${backup}/${name}`);
      }
      let id: string;
      {
        await using hub = await RestHub.start({ data });
        await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=1");
        for (const text of ["lost 1", "lost 2"]) await hub.post("ci", text);
        id = (await stream.take(2)).at(-1)!.id!;
      }
      await using hub = await RestHub.start({ data: backup });
      for (const text of ["new 1", "new 2", "new 3"]) await hub.post("ci", text);
      await using stream = await EventStream.open(hub, "/rooms/ci/stream", { "last-event-id": id });
      assertEquals((await stream.take(3)).map(({ data }) => data.message), ["new 1", "new 2", "new 3"]);
    } finally {
      await Deno.remove(backup, { recursive: true });
    }
  },
);

dataTest("Lines of JSON have the same, and the id with which they go on", async (data) => {
  await using hub = await RestHub.start({ data });
  await hub.post("ci", "one");
  await using lines = await EventStream.open(hub, "/rooms/ci/stream?after=0", {
    accept: "application/x-ndjson",
  });
  assertEquals(lines.type, "application/x-ndjson");
  const [one] = await lines.take(1);
  assertEquals([one!.data.type, one!.data.message], ["message", "one"]);
  await hub.post("ci", "two");
  const after = encodeURIComponent(String(one!.data.event_id));
  await using resumed = await EventStream.open(hub, `/rooms/ci/stream?after=${after}`);
  assertEquals((await resumed.take(1))[0]!.data.message, "two");
});

dataTest("A stream has edits, deletions and reactions as changes", async (data) => {
  await using hub = await RestHub.start({ data });
  await using ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: Code.Hello, client: "test/1", username: "ana", rooms: ["ci"], ref: "h" });
  await ana.until(({ ref }) => ref === "h");
  await using stream = await EventStream.open(hub, "/rooms/ci/stream");
  await ana.sendJson({ code: Code.SayIn, room: "ci", message: "helo", id: "a" });
  await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: 1, message: "hello", id: "a" });
  await ana.sendJson({ code: Code.React, room: "ci", sequence: 1, reaction: "+1" });
  const [said, edited, reacted] = await stream.take(3);
  assertEquals(said!.data.message, "helo");
  assertEquals([edited!.event, edited!.data.type, edited!.data.message], ["change", "change", "hello"]);
  assertEquals([reacted!.data.reaction, reacted!.data.by], ["+1", "ana"]);
});

dataTest("A revoked token ends its stream with the reason, and no other stream", async (data) => {
  await using hub = await RestHub.start({ data });
  await hub.post("ci", "x");
  const [one, two] = [hub.token("one"), hub.token("two")];
  await using ended = await EventStream.open(hub, "/rooms/ci/stream", one.headers);
  await using other = await EventStream.open(hub, "/rooms/ci/stream", two.headers);
  hub.hub.operator({ do: "revoke token", id: one.id });
  const [last] = await ended.take(1);
  assertEquals([last!.event, last!.data.type], ["end", "end"]);
  assertMatch(String(last!.data.reason), /your token was revoked/);
  assertEquals(await ended.isOver(), true);
  await hub.post("ci", "y", two);
  assertEquals((await other.take(1))[0]!.data.message, "y");
});

dataTest("A kick ends the streams of a room, and the end of the hub all streams", async (data) => {
  const hub = await RestHub.start({ data });
  await hub.post("ci", "x");
  const deploy = hub.token("deploy");
  await using kept = await EventStream.open(hub, "/rooms/ci/stream");
  await using banned = await EventStream.open(hub, "/rooms/ci/stream", deploy.headers);
  hub.moderation!.ban({ target: "deploy", room: "ci", by: { name: "op", operator: true }, now: Date.now() });
  const [end] = await banned.take(1);
  assertEquals(end!.data.type, "end");
  assertEquals(await banned.isOver(), true);
  const stopped = hub[Symbol.asyncDispose]();
  const [last] = await kept.take(1);
  assertMatch(String(last!.data.reason), /the hub shuts down/);
  assertEquals(await kept.isOver(), true);
  await stopped;
});

dataTest("A hub that shuts down refuses requests, and says when to try again", async (data) => {
  const hub = await RestHub.start({ data });
  const { rest } = hub.hub;
  await hub[Symbol.asyncDispose]();
  const { status, headers } = await rest!.handle({
    method: "POST",
    path: ["rooms", "ci"],
    query: new URLSearchParams(),
    headers: new Headers(),
    address: "127.0.0.1",
    body: () => Promise.resolve(new Uint8Array(1)),
    signal: new AbortController().signal,
  });
  assertEquals([status, headers["retry-after"]], [503, "5"]);
});

dataTest("A script that goes leaves nothing behind on the hub", async (data) => {
  await using hub = await RestHub.start({ data });
  await hub.post("ci", "x");
  for (let i = 0; i < 10; i++) {
    await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=0");
    await stream.take(1);
  }
  await using ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: Code.Hello, client: "test/1", username: "ana", ref: "h" });
  await ana.until(({ ref }) => ref === "h");
  for (let users = 11; users > 1;) {
    await ana.sendJson({ code: Code.Who, ref: "w" });
    users = ((await ana.until(({ ref }) => ref === "w")).users as unknown[]).length;
  }
  assertEquals(hub.hub.measures.sessions, 1);
});

dataTest(
  "A stream that is not read is ended, and what waits for it does not grow without an end",
  async (data) => {
    await using hub = await RestHub.start({ data, lagBytes: 64 * 1024 });
    await hub.post("ci", "x");
    const { hostname, port } = new URL(hub.url);
    using unread = await Deno.connect({ hostname, port: Number(port) });
    await unread.write(
      new TextEncoder().encode(`GET /rooms/ci/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`),
    );
    await unread.read(new Uint8Array(1));
    await using ana = await OriginalClient.connect(hub.port);
    await ana.sendJson({ code: Code.Hello, client: "test/1", username: "ana", rooms: ["ci"], ref: "h" });
    await ana.until(({ ref }) => ref === "h");
    // Its buffers on the way take some megabytes.
    let isOver = false;
    for (let i = 0; i < 20_000 && !isOver; i++) {
      await ana.sendJson({ code: Code.SayIn, room: "ci", message: "x".repeat(4000), ref: `${i}` });
      await ana.until(({ ref }) => ref === `${i}`);
      isOver = hub.hub.measures.sessions === 1;
    }
    assertEquals(isOver, true);
  },
);

dataTest("A stream that cannot begin says why: an invalid id, a room that does not exist", async (data) => {
  await using hub = await RestHub.start({ data });
  await hub.post("ci", "x");
  for (
    const [path, headers, status] of [
      ["/rooms/ci/stream?after=x", {}, 400],
      ["/rooms/ci/stream", { "last-event-id": "-1" }, 400],
      ["/rooms/ci/stream?before=1", {}, 400],
      ["/rooms/none/stream", {}, 404],
    ] as const
  ) {
    const response = await hub.fetch(path, { headers });
    assertEquals([response.status, response.headers.get("content-type")], [
      status,
      "application/problem+json",
    ]);
    assert((await response.json()).detail.length > 20);
  }
});
