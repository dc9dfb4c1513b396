/**
 * The description of the API, checked against what the hub answers: each operation, each status that a script can
 * cause, each type of content.
 *
 * @module
 */
import { Code, VERSION } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { EventStream } from "../../helpers/clients/event_stream.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { RestHub } from "../../helpers/hubs/rest_hub.ts";
import { type Schema, schemaProblems } from "../../helpers/schema.ts";

interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content: Record<string, { schema: Schema }>; headers?: Schema }>;
}

const text = await Deno.readTextFile(new URL("../../../docs/openapi.json", import.meta.url));
const openapi = JSON.parse(text) as Schema & {
  paths: Record<string, Record<string, Operation>>;
  info: Schema;
};
const schemaNamed = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Checks an answer against the description, and returns its JSON. */
async function described(path: string, method: string, response: Response): Promise<unknown> {
  const operation = openapi.paths[path]?.[method];
  assert(operation !== undefined, `${method} ${path} is not described`);
  const answer = operation.responses[response.status];
  const body = await response.text();
  assert(answer !== undefined, `${method} ${path}: ${response.status} is not described: ${body}`);
  const type = response.headers.get("content-type") ?? "";
  const content = answer.content[type];
  assert(content !== undefined, `${method} ${path}: ${response.status} has the type ${type}`);
  for (const name of Object.keys(answer.headers ?? {})) assert(response.headers.has(name), name);
  if (type.endsWith("ndjson")) return body;
  const value = JSON.parse(body);
  assertEquals(schemaProblems(value, content.schema, openapi), []);
  return value;
}

/** Runs a test with a hub that stores messages. */
async function withHub(fn: (hub: RestHub) => Promise<void>, rate?: { burst: number; perSecond: number }) {
  const data = await Deno.makeTempDir();
  try {
    await using hub = await RestHub.start(rate === undefined ? { data } : { data, rate });
    await fn(hub);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

Deno.test("The description is of this version, and the hub serves it", async () => {
  assertEquals(openapi.info.version, VERSION);
  await withHub(async (hub) => {
    const response = await hub.fetch("/openapi.json");
    assertEquals(await described("/openapi.json", "get", response), openapi);
  });
});

Deno.test("Every answer to a message is as it is described, and so is the message itself", async () => {
  await withHub(async (hub) => {
    const post = async (body: BodyInit, status: number, init: RequestInit = {}, room = "ci") => {
      const response = await hub.fetch(`/rooms/${room}`, { method: "POST", body, ...init });
      assertEquals(response.status, status);
      return await described("/rooms/{room}", "post", response);
    };
    const json = { headers: { "content-type": "application/json" } };
    const message = { message: "built", id: "build-7" };
    assertEquals(schemaProblems(message, schemaNamed("NewMessage"), openapi), []);
    await post("deployed", 201);
    await post(JSON.stringify(message), 201, json);
    await post(JSON.stringify(message), 200, json);
    await post("", 400);
    await post("x", 401, { headers: { authorization: "Bearer x" } });
    await post("x", 403, hub.token("reader", { write: false }));
    await post('{"message":"x","reply_to":99}', 404, json);
    await post("x", 409, {}, "server");
    await post("x".repeat(5000), 413);
    await post("x".repeat(300 * 1024), 413);
    await post(new FormData(), 415);
    const notification = { status: "firing", alerts: [{ status: "firing", labels: { alertname: "Down" } }] };
    assertEquals(schemaProblems(notification, schemaNamed("AlertmanagerNotification"), openapi), []);
    await post(JSON.stringify(notification), 201, json);
  });
  await withHub(async (hub) => {
    await hub.post("ci", "x");
    const response = await hub.fetch("/rooms/ci", { method: "POST", body: "y" });
    assertEquals(response.status, 429);
    await described("/rooms/{room}", "post", response);
  }, { burst: 1, perSecond: 0.001 });
});

Deno.test("Every answer with earlier messages is as it is described, also of changed ones", async () => {
  await withHub(async (hub) => {
    await using ana = await OriginalClient.connect(hub.port);
    await ana.sendJson({ code: Code.Hello, client: "test/1", username: "ana", rooms: ["ci"], ref: "h" });
    await ana.until(({ ref }) => ref === "h");
    for (const id of ["a", "b"]) {
      await ana.sendJson({ code: Code.SayIn, room: "ci", message: id, id, ref: id });
      await ana.until(({ ref }) => ref === id);
    }
    await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=0");
    await using lines = await EventStream.open(hub, "/rooms/ci/stream?after=0", {
      accept: "application/x-ndjson",
    });
    // Both are in the room when they have what was sent before.
    const items = [...await stream.take(2), ...await lines.take(2)];
    const changes = [
      { code: Code.EditLine, room: "ci", sequence: 1, message: "A", id: "a" },
      { code: Code.React, room: "ci", sequence: 1, reaction: "+1" },
      { code: Code.DeleteLines, room: "ci", sequence: 2, id: "b" },
      { code: Code.SayIn, room: "ci", message: "re", reply_to: 1 },
    ];
    for (const [index, change] of changes.entries()) {
      await ana.sendJson({ ...change, ref: `${index}` });
      assertEquals((await ana.until(({ ref }) => ref === `${index}`)).code, Code.Done);
    }
    items.push(...await stream.take(4), ...await lines.take(4));
    hub.moderation!.ban({ target: "127.0.0.1", by: { name: "op", operator: true }, now: Date.now() });
    items.push(...await stream.take(1), ...await lines.take(1));
    const types = new Set<unknown>();
    for (const { data } of items) {
      assertEquals(schemaProblems(data, schemaNamed("StreamItem"), openapi), [], JSON.stringify(data));
      types.add(data.type);
    }
    assertEquals([items.length, types], [14, new Set(["message", "change", "end"])]);
    const reader = hub.token("reader");
    const banned = await hub.fetch("/rooms/ci/messages");
    assertEquals(banned.status, 403);
    await described("/rooms/{room}/messages", "get", banned);
    hub.moderation!.unban("127.0.0.1", { by: { name: "op", operator: true }, now: Date.now() });
    const read = async (query: string, status: number, headers = {}) => {
      const response = await hub.fetch(`/rooms/ci/messages${query}`, {
        headers: { ...reader.headers, ...headers },
      });
      assertEquals(response.status, status);
      return await described("/rooms/{room}/messages", "get", response) as Record<string, Schema[]>;
    };
    const { messages } = await read("", 200);
    assertEquals(
      messages!.map(({ deleted, edited, reactions, reply_to: reply }) => [
        deleted === true,
        edited !== undefined,
        reactions !== undefined,
        reply,
      ]),
      [[false, true, true, undefined], [true, false, false, undefined], [false, false, false, 1]],
    );
    await read("?after=0&before=3&limit=1&match=A", 200);
    const text = await read("", 200, { accept: "application/x-ndjson" }) as unknown as string;
    for (const line of text.trimEnd().split("\n")) {
      assertEquals(schemaProblems(JSON.parse(line), schemaNamed("Message"), openapi), []);
    }
    await read("?limit=x", 400);
    const missing = await hub.fetch("/rooms/nowhere/messages");
    assertEquals(missing.status, 404);
    await described("/rooms/{room}/messages", "get", missing);
    for (
      const [path, status] of [["/rooms/nowhere/stream", 404], ["/rooms/ci/stream?after=x", 400]] as const
    ) {
      const response = await hub.fetch(path);
      assertEquals(response.status, status);
      await described("/rooms/{room}/stream", "get", response);
    }
  });
});

Deno.test("What is described of parameters is what the hub takes, and it takes no others", async () => {
  await withHub(async (hub) => {
    await hub.post("ci", "x");
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (method === "parameters" || path === "/openapi.json") continue;
        const url = path.replace("{room}", "ci");
        const names = (operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) =>
          name
        );
        const unknown = await hub.fetch(`${url}?other=1`, { method: method.toUpperCase() });
        const { detail } = await unknown.json();
        assertEquals(unknown.status, 400);
        assert(String(detail).endsWith(`there are ${names.join(", ")}`), `${path}: ${detail}`);
      }
    }
  });
});
