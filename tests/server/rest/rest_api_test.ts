/**
 * The API for scripts: sending, reading, tokens, limits; beside clients of the chat on real sockets.
 *
 * The file is long because it holds one test for each thing that a script may do or not.
 *
 * @module
 */
import { Code, type ServerOffer } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { RestHub, type RestHubOptions } from "../../helpers/hubs/rest_hub.ts";

/** Runs a test with a hub. */
function test(
  name: string,
  fn: (hub: RestHub) => Promise<void>,
  { isStored = true, ...options }: RestHubOptions & { isStored?: boolean } = {},
): void {
  Deno.test(name, async () => {
    const data = await Deno.makeTempDir();
    try {
      await using hub = await RestHub.start(isStored ? { data, ...options } : options);
      await fn(hub);
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}

/** Connects a client of the chat, in `main` and further rooms. */
async function joins(hub: RestHub, username: string, ...rooms: string[]): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, rooms, ref: "h" });
  await client.until(({ ref }) => ref === "h");
  return client;
}

/** Connects somebody with a key; `does` sends a request and waits until it is done. */
async function comes(hub: RestHub, key: TestKey, username: string) {
  const client = await OriginalClient.connect(hub.port);
  const { server } = await client.nextOf(Code.YourName) as unknown as { server: ServerOffer };
  const proof = key.proof({ identity: server.identity!, nonce: server.nonce }, username);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, ref: "h", ...proof });
  await client.until(({ ref }) => ref === "h");
  const does = async (message: Record<string, unknown>) => {
    await client.sendJson({ ...message, ref: "does" });
    const answer = await client.until(({ ref }) => ref === "does");
    assertEquals(answer.code, Code.Done, JSON.stringify(answer));
  };
  return {
    say: (text: string) => client.say(text),
    does,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A ban until it is ended. */
const sanction = (target: string) => ({ target, by: { name: "op", operator: true }, now: Date.now() });

/** Requests something, and returns the status. */
async function statusOf(hub: RestHub, path: string, init?: RequestInit): Promise<number> {
  const response = await hub.fetch(path, init);
  await response.body?.cancel();
  return response.status;
}

const problem = ([status, { word, detail }]: [number, Record<string, unknown>]) => [status, word, detail];

test("A guest sends a message to a room, which people there read; nobody sees it come or go", async (hub) => {
  await using ana = await joins(hub, "ana", "ci");
  const [status, sent] = await hub.post("CI", "deployed\n");
  assertEquals(status, 201);
  const { message } = await ana.nextOf(Code.Said) as unknown as { message: Record<string, unknown> };
  assertEquals(sent, { room: "ci", sequence: 1, timestamp: message.timestamp });
  assertEquals([message.message, message.room, message.verified], ["deployed", "ci", false]);
  assertMatch(String(message.username), /^[a-z0-9]{10}$/);
  await ana.sendJson({ code: Code.Ping, ref: "p" });
  await ana.until(({ ref }) => ref === "p");
  // Only what is about ana itself.
  const names = ana.received.filter(({ code }) => [201, 203, 204, 211, 212].includes(code as number));
  assertEquals(names.map(({ new: name, username }) => name ?? username), ["ana", "ana"]);
});

test("A token sends under its name, which is verified and which nobody else can take", async (hub) => {
  const deploy = hub.token("deploy");
  await using ana = await joins(hub, "ana");
  const [status] = await hub.post("main", "done", deploy);
  assertEquals(status, 201);
  const { message } = await ana.nextOf(Code.Said) as unknown as { message: Record<string, unknown> };
  assertEquals([message.username, message.verified], ["deploy", true]);
  await ana.sendJson({ code: Code.Rename, username: "Deploy", ref: "r" });
  const refused = await ana.until(({ ref }) => ref === "r");
  assertEquals([refused.code, refused.error], [Code.Refused, "name_owned"]);
});

test("A user who has the name of a new token gets another one at once", async (hub) => {
  await using ana = await joins(hub, "deploy");
  const deploy = hub.token("deploy");
  const { new: name } = await ana.nextOf(Code.YourName);
  assertMatch(String(name), /^[a-z0-9]{10}$/);
  assertEquals((await hub.post("main", "mine", deploy))[0], 201);
});

test("JSON has a message, an id and reply_to; with the same id a message is sent once", async (hub) => {
  const deploy = hub.token("deploy");
  const headers = { ...deploy.headers, "content-type": "application/json" };
  const body = JSON.stringify({ message: "built\n", id: "build-7" });
  const [first, sent] = await hub.post("ci", body, { headers });
  const [again, same] = await hub.post("ci", body, { headers });
  assertEquals([first, again, same], [201, 200, sent]);
  assertEquals(sent.id, "build-7");
  const reply = JSON.stringify({ message: "deployed", reply_to: sent.sequence });
  assertEquals((await hub.post("ci", reply, { headers }))[0], 201);
  const page = await (await hub.fetch("/rooms/ci/messages", deploy)).json();
  assertEquals(
    page.messages.map(({ message, reply_to: reply }: Record<string, unknown>) => [message, reply]),
    [["built\n", undefined], ["deployed", 1]],
  );
  const none = JSON.stringify({ message: "x", reply_to: 9 });
  assertEquals(problem(await hub.post("ci", none, { headers })).slice(0, 2), [404, "no_such_message"]);
});

for (const isStored of [true, false]) {
  test(`A guest's id holds for its address, ${isStored ? "with" : "without"} a history`, async (hub) => {
    const [first, sent] = await hub.post("ci?id=a", "one");
    const [again, same] = await hub.post("ci?id=a", "one");
    assertEquals([first, again, same.sequence, same.id], [201, 200, sent.sequence, "a"]);
    assertEquals("timestamp" in same, isStored);
    // Another text is another message.
    assertEquals((await hub.post("ci?id=a", "two"))[0], 201);
  }, { isStored });
}

test("Many requests of one token at the same time are all carried out, under one name", async (hub) => {
  const deploy = hub.token("deploy");
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => hub.post("ci", `line ${i}`, deploy)),
  );
  assertEquals(new Set(answers.map(([status]) => status)), new Set([201]));
  assertEquals(new Set(answers.map(([, { sequence }]) => sequence)).size, 50);
  const page = await (await hub.fetch("/rooms/ci/messages?limit=500", deploy)).json();
  assertEquals(
    new Set(page.messages.map(({ username }: { username: string }) => username)),
    new Set(["deploy"]),
  );
});

test("Messages are read in pages, from both ends, by words, and as lines of JSON", async (hub) => {
  for (let i = 1; i <= 5; i++) await hub.post("ci", `line ${i}`);
  const read = async (query: string) => {
    const { messages, more } = await (await hub.fetch(`/rooms/CI/messages${query}`)).json();
    return [messages.map(({ sequence }: { sequence: number }) => sequence), more];
  };
  assertEquals(await read(""), [[1, 2, 3, 4, 5], false]);
  assertEquals(await read("?limit=2"), [[4, 5], true]);
  assertEquals(await read("?limit=2&before=4"), [[2, 3], true]);
  assertEquals(await read("?limit=2&after=2"), [[3, 4], true]);
  assertEquals(await read("?match=LINE+3"), [[3], false]);
  const lines = await hub.fetch("/rooms/ci/messages?after=3", {
    headers: { accept: "application/x-ndjson" },
  });
  assertEquals(lines.headers.get("content-type"), "application/x-ndjson");
  const parsed = (await lines.text()).trimEnd().split("\n").map((line) => JSON.parse(line).message);
  assertEquals(parsed, ["line 4", "line 5"]);
});

test("Invalid requests are refused with the words of the protocol and what was expected", async (hub) => {
  const json = { headers: { "content-type": "application/json" } };
  const refused = async (
    room: string,
    body: BodyInit,
    status: number,
    word: string,
    text: RegExp,
    init = {},
  ) => {
    const [given, { word: named, detail }] = await hub.post(room, body, init);
    assertEquals([given, named], [status, word], String(detail));
    assertMatch(String(detail), text);
  };
  await refused("ci", "", 400, "bad_text", /empty/);
  await refused("ci", "a\u0007b", 400, "bad_text", /U\+0007/);
  await refused("ci", new Uint8Array([0xff, 0xfe]), 400, "bad_text", /UTF-8/);
  await refused("ci", "x".repeat(4097), 413, "too_long", /4,?096/);
  await refused("a%20b", "x", 400, "bad_name", /a space/);
  await refused("server", "x", 409, "name_reserved", /reserved/);
  await refused("ci", "{", 400, "bad_message", /content-type says JSON/, json);
  await refused("ci", "7", 400, "bad_message", /must be JSON such as/, json);
  await refused("ci", '{"message":7}', 400, "bad_message", /message a text/, json);
  await refused("ci", '{"message":"x","id":7}', 400, "bad_message", /id must be a text/, json);
  await refused("ci", '{"message":"x","id":""}', 400, "bad_message", /1 to 64/, json);
  await refused("ci", '{"message":"x","reply_to":"1"}', 400, "bad_message", /reply_to/, json);
  await refused("ci?x=1", "x", 400, "bad_message", /no parameter x; there are id/);
  await refused("ci?id=a&id=b", "x", 400, "bad_message", /id is there twice/);
  const form = new FormData();
  form.set("message", "x");
  await refused("ci", form, 415, "bad_message", /--data-binary/);
  for (
    const [query, text] of [
      ["limit=0", /from 1 to 500: it is 0/],
      ["limit=501", /from 1 to 500/],
      ["after=-1", /after must be a whole number/],
      ["after=1e3", /it is 1e3/],
      ["match=%21", /must contain a letter or a digit/],
    ] as const
  ) {
    await hub.post("ci", "x");
    const response = await hub.fetch(`/rooms/ci/messages?${query}`);
    assertEquals(response.status, 400, query);
    assertMatch((await response.json()).detail, text);
  }
});

test("Unknown paths and methods are refused, and a 405 says what there is", async (hub) => {
  for (
    const path of ["/rooms", "/rooms/", "/rooms/ci/other", "/rooms/ci/messages/1", "/rooms/ci/constructor"]
  ) {
    const response = await hub.fetch(path);
    assertEquals([response.status, (await response.json()).word], [404, "bad_message"], path);
  }
  for (
    const [path, method, allow] of [
      ["/rooms/ci", "GET", "POST"],
      ["/rooms/ci", "DELETE", "POST"],
      ["/rooms/ci/messages", "POST", "GET"],
      ["/rooms/ci/stream", "PUT", "GET"],
      ["/openapi.json", "POST", "GET"],
    ] as const
  ) {
    const response = await hub.fetch(path, { method });
    assertEquals([response.status, response.headers.get("allow")], [405, allow], `${method} ${path}`);
    await response.body?.cancel();
  }
});

test("A room that does not exist and one that only members know of answer alike", async (hub) => {
  const [reader, member] = [hub.token("reader"), hub.token("member")];
  await using owner = await comes(hub, await TestKey.make(), "owner");
  await owner.say("mine");
  await owner.does({ code: Code.Join, room: "secret" });
  await owner.does({ code: Code.SetRoom, room: "secret", mode: "private" });
  await owner.does({ code: Code.Invite, room: "secret", username: "member" });
  assertEquals((await hub.post("secret", "for members", member))[0], 201);
  const answers = new Set<string>();
  for (const room of ["secret", "nowhere"]) {
    for (const init of [reader, {}]) {
      const response = await hub.fetch(`/rooms/${room}/messages`, init);
      assertEquals(response.status, 404);
      answers.add((await response.text()).replace(room, "ROOM"));
    }
  }
  assertEquals(answers.size, 1);
  assertEquals(problem(await hub.post("secret", "x", reader)).slice(0, 2), [404, "no_such_room"]);
  const { messages } = await (await hub.fetch("/rooms/secret/messages", member)).json();
  assertEquals(messages.map(({ username }: { username: string }) => username), ["member"]);
  await owner.does({ code: Code.RemoveMember, room: "secret", username: "member" });
  assertEquals(await statusOf(hub, "/rooms/secret/messages", member), 404);
  const missing = await hub.fetch("/rooms/nowhere/messages", reader);
  assertEquals([missing.status, (await missing.json()).word], [404, "no_such_room"]);
  // Reading it has not created it.
  const again = await hub.fetch("/rooms/nowhere/stream", reader);
  assertEquals(again.status, 404);
  await again.body?.cancel();
});

test("A token is for its rooms, and to read or to write, as it says", async (hub) => {
  await hub.post("ci", "one");
  await hub.post("ops", "one");
  const writer = hub.token("writer", { rooms: ["CI"], read: false });
  const reader = hub.token("reader", { rooms: ["ci"], write: false });
  assertEquals((await hub.post("ci", "x", writer))[0], 201);
  assertEquals(problem(await hub.post("ops", "x", writer)), [
    403,
    "not_allowed",
    "Cannot write there with your token: it is for #CI",
  ]);
  assertEquals(problem(await hub.post("ci", "x", reader)), [
    403,
    "not_allowed",
    "Cannot write with your token: it is to read only",
  ]);
  assertEquals(await statusOf(hub, "/rooms/ci/messages", reader), 200);
  assertEquals(await statusOf(hub, "/rooms/ops/messages", reader), 403);
  assertEquals(await statusOf(hub, "/rooms/ci/messages", writer), 403);
  assertEquals(await statusOf(hub, "/rooms/ci/stream", writer), 403);
});

test("An unknown token, a revoked one and another scheme are refused, and never become a guest", async (hub) => {
  const deploy = hub.token("deploy");
  const refused = async (authorization: string, text: RegExp) => {
    const response = await hub.fetch("/rooms/ci", { method: "POST", body: "x", headers: { authorization } });
    assertEquals([response.status, response.headers.get("www-authenticate")], [
      401,
      'Bearer realm="riftchat"',
    ]);
    const { word, detail } = await response.json();
    assertEquals(word, "bad_token");
    assertMatch(detail, text);
  };
  await refused(`Bearer ${deploy.secret}x`, /does not know it/);
  await refused("Bearer", /must be Bearer and a token/);
  await refused("Basic YTpi", /must be Bearer and a token/);
  assertEquals(
    (await hub.post("ci", "x", { headers: { authorization: `bearer  ${deploy.secret} ` } }))[0],
    201,
  );
  hub.hub.operator({ do: "revoke token", id: deploy.id });
  await refused(`Bearer ${deploy.secret}`, /it was revoked/);
});

test("A hub with a password takes no guests, and a token needs no password", async (hub) => {
  const [status, { word, detail }] = await hub.post("ci", "x");
  assertEquals([status, word], [401, "bad_token"]);
  assertStringIncludes(String(detail), "Authorization: Bearer TOKEN");
  assertEquals((await hub.post("ci", "x", hub.token("deploy")))[0], 201);
  assertEquals(await statusOf(hub, "/rooms/ci/messages"), 401);
}, { password: "open sesame" });

test(
  "A hub without a history has no earlier messages and no tokens, and takes messages of guests",
  async (hub) => {
    const [status, sent] = await hub.post("main", "hello");
    assertEquals([status, sent.room, sent.sequence], [201, "main", 1]);
    const response = await hub.fetch("/rooms/main/messages");
    assertEquals([response.status, (await response.json()).word], [503, "unavailable"]);
    const refused = await hub.post("main", "x", { headers: { authorization: "Bearer rift_x" } });
    assertEquals(problem(refused), [401, "bad_token", "Cannot use your token: this hub has no tokens"]);
  },
  { isStored: false },
);

test(
  "Requests beyond the rate are refused with 429 and when to try again; each token has its own rate",
  async (hub) => {
    const [one, two] = [hub.token("one"), hub.token("two")];
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await hub.post("ci", `${i}`, one))[0]);
    assertEquals(statuses, [201, 201, 201, 429, 429]);
    assertEquals((await hub.post("ci", "x", two))[0], 201);
    assertEquals((await hub.post("ci", "x"))[0], 201);
    const response = await hub.fetch("/rooms/ci", { method: "POST", body: "x", ...one });
    const { word, detail, retry_after_ms: retryMs } = await response.json();
    assertEquals([response.status, word], [429, "too_fast"]);
    assertMatch(detail, /3 requests at once, and 0\.001 a second after that; try again in \d+ s/);
    assertEquals(response.headers.get("retry-after"), String(Math.ceil(retryMs / 1000)));
    // What was refused was not said.
    const { messages } = await (await hub.fetch("/rooms/ci/messages", two)).json();
    assertEquals(messages.length, 5);
  },
  { rate: { burst: 3, perSecond: 0.001 } },
);

test("Guesses of tokens are limited as requests of guests are", async (hub) => {
  const statuses = [];
  for (let i = 0; i < 4; i++) {
    statuses.push((await hub.post("ci", "x", { headers: { authorization: `Bearer rift_${i}` } }))[0]);
  }
  assertEquals(statuses, [401, 401, 429, 429]);
}, { rate: { burst: 2, perSecond: 0.001 } });

test("A page of another host cannot use the API in the name of who opens it", async (hub) => {
  // As a browser sends it; fetch does not let a script set these headers.
  const ask = async (...headers: string[]) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(hub.url).port) });
    const host = new URL(hub.url).host;
    const head = [
      `POST /rooms/ci HTTP/1.1`,
      ...headers.some((line) => line.startsWith("Host:")) ? [] : [`Host: ${host}`],
      "Content-Length: 1",
      "Connection: close",
      ...headers,
    ];
    await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\nx`));
    return (await new Response(connection.readable).text()).slice(9, 12);
  };
  assertEquals(await ask("Origin: https://evil.example"), "403");
  assertEquals(await ask("Origin: null"), "403");
  assertEquals(await ask("Sec-Fetch-Site: cross-site"), "403");
  assertEquals(await ask("Sec-Fetch-Site: same-site"), "403");
  assertEquals(await ask("Sec-Fetch-Site: none"), "201");
  assertEquals(await ask(`Origin: ${hub.url.replace("http:", "HTTP:")}`), "201");
  assertEquals(await ask(`Origin: ${hub.url}0`), "403");
  // The name of a page that points to the hub (DNS rebinding).
  assertEquals(await ask("Host: evil.example", "Origin: http://evil.example"), "421");
  assertEquals(await ask(`Origin: ${hub.url}`, "Sec-Fetch-Site: same-origin"), "201");
});

test("A ban, a mute and slow mode hold for scripts, too", async (hub) => {
  const deploy = hub.token("deploy");
  // Otherwise the room belongs to the name of the token, for which slow mode does not hold.
  await hub.post("ci", "x");
  const by = { name: "op", operator: true };
  hub.moderation!.slow(3_600_000, { room: "ci", by, now: Date.now() });
  assertEquals((await hub.post("ci", "y", deploy))[0], 201);
  const slow = await hub.fetch("/rooms/ci", { method: "POST", body: "z", ...deploy });
  assertEquals([slow.status, (await slow.json()).word], [429, "too_fast"]);
  assert(Number(slow.headers.get("retry-after")) > 3000);
  assertEquals(problem(await hub.post("ci", "z")), [
    403,
    "not_allowed",
    "Cannot send your message without a token: #ci is in slow mode",
  ]);
  hub.moderation!.ban(sanction("deploy"));
  assertEquals(problem(await hub.post("main", "x", deploy)).slice(0, 2), [403, "banned"]);
  assertEquals((await hub.post("main", "x"))[0], 201);
  hub.moderation!.ban(sanction("127.0.0.1"));
  assertEquals(problem(await hub.post("main", "x")).slice(0, 2), [403, "banned"]);
});
