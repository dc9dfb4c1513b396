/** `riftchat say` as a process: what others see of it, what it prints, and its exit statuses. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { bo } from "../helpers/terminal/users.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";

const QUIET = { stdout: "", stderr: "", status: 0 };

const at = ({ port }: { port: number }) => ["--hub", `127.0.0.1:${port}`];

/** Connects a client of the extension. */
async function member(hub: { port: number }, username: string, ...rooms: string[]): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.sendJson({ code: 102, client: "test/1", username, rooms });
  await client.until(({ code, room }) =>
    rooms.length > 0 ? code === 211 && room === rooms.at(-1) : code === 201
  );
  return client;
}

/** How many messages were sent to mark an end. */
let ends = 0;

/** What a client has received, up to a message of its own that it sends now. */
async function seenBy(client: OriginalClient, from: number): Promise<unknown[]> {
  const end = `end ${++ends}`;
  await client.sendJson({ code: 100, message: end });
  await client.until(({ code, message }) => code === 200 && JSON.stringify(message).includes(end));
  // The joins of the other clients of the test may arrive late.
  const received = client.received.slice(from, -1).filter(({ code, new: name }) =>
    code !== 201 || !["ana", "bo"].includes(String(name))
  );
  return received.map(({ code, message }) => {
    const { username, message: text, room, to } = (message ?? {}) as Record<string, unknown>;
    return [code, username, text, room ?? to];
  });
}

Deno.test("say sends one message, prints nothing, and nobody sees more than the message", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana");
  const before = ana.received.length;
  assertEquals(await run(["say", ...at(hub), "-n", "ci", "build", "412", "passed"]), QUIET);
  assertEquals(await seenBy(ana, before), [[200, "ci", "build 412 passed", "main"]]);
});

Deno.test("say --room sends to a room, and is not seen in main", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana", "ops");
  await using base = await bo(hub);
  const [before, beforeBase] = [ana.received.length, base.received.length];
  assertEquals(await run(["say", ...at(hub), "-n", "ci", "-r", "#ops", "disk full"]), QUIET);
  await ana.until(({ code }) => code === 200);
  assertEquals(await seenBy(ana, before), [[200, "ci", "disk full", "ops"]]);
  assertEquals((await seenBy(base, beforeBase)).map((seen) => String(seen)), [
    `200,ana,end ${ends - 1},main`,
  ]);
});

Deno.test("say --to sends a direct message", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana");
  const before = ana.received.length;
  assertEquals(await run(["say", ...at(hub), "-n", "ci", "--to", "@Ana", "look"]), QUIET);
  await ana.until(({ code }) => code === 213);
  assertEquals(await seenBy(ana, before), [[213, "ci", "look", "ana"]]);
});

Deno.test("say without text sends what it reads from stdin, as one message", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana");
  const before = ana.received.length;
  await using say = new Program(["say", ...at(hub), "-n", "ci"], { stdin: "piped" });
  await say.type("one\ntwo\n\n");
  await say.endInput();
  assertEquals(await say.finish(), QUIET);
  assertEquals(await seenBy(ana, before), [[200, "ci", "one\ntwo", "main"]]);
});

Deno.test("say gets a suffix if its name is taken, and fails with --exact-name", async () => {
  await using hub = await HubProgram.start();
  await using ci = await member(hub, "ci");
  const before = ci.received.length;
  assertEquals(await run(["say", ...at(hub), "-n", "ci", "hi"]), QUIET);
  assertEquals(await seenBy(ci, before), [[200, "ci-2", "hi", "main"]]);
  const { status, stderr } = await run(["say", ...at(hub), "-n", "ci", "--exact-name", "hi"]);
  assertEquals(status, 4);
  assertMatch(stderr, /^riftchat: cannot join [^\n]*ci is online already\n$/);
});

Deno.test("say to a user who is not online says so, with status 4", async () => {
  await using hub = await HubProgram.start();
  const { status, stdout, stderr } = await run(["say", ...at(hub), "--to", "ana", "hi"]);
  assertEquals([status, stdout], [4, ""]);
  assertMatch(stderr, /^riftchat: cannot send to ana: no user of that name is online\n$/);
});

Deno.test("say sends to an original server, but has no rooms there", async () => {
  await using server = new OriginalServer("x1", "x2");
  assertEquals(await run(["say", ...at(server), "hi"]), QUIET);
  const { status, stderr } = await run(["say", ...at(server), "-r", "ops", "hi"]);
  assertEquals(status, 4);
  assertMatch(stderr, /^riftchat: cannot [^\n]+\n$/);
  assertEquals(server.requests.map((request) => JSON.stringify(request).includes("hi")), [true]);
});

Deno.test("say --retry waits for a hub that is not there yet, and not longer than it was told", async () => {
  const port = keptPort();
  const gone = await run(["say", "--hub", `127.0.0.1:${port}`, "--retry", "1", "hi"]);
  assertEquals([gone.status, gone.stdout], [3, ""]);
  assertMatch(gone.stderr, /^riftchat: cannot reach [^\n]+\n$/);
  await using say = new Program(["say", "--hub", `127.0.0.1:${port}`, "--retry", "60s", "hi"]);
  await using _hub = await HubProgram.start(["--port", String(port)]);
  assertEquals(await say.finish(), QUIET);
});

for (
  const [args, status, wanted] of [
    [["-r", "ops", "--to", "ana", "x"], 2, /^riftchat: cannot take both --room and --to: /],
    [["-r", "a b", "x"], 2, /^riftchat: cannot use the room #a b: /],
    [["-n", "server", "x"], 2, /reserved for the hub\n$/],
    [["x".repeat(4097)], 2, /^riftchat: cannot [^\n]*4,?096/],
    [["--retry", "soon", "x"], 2, /--retry soon/],
    [[""], 2, /^riftchat: cannot [^\n]*empty/],
    [["--hub", "127.0.0.1:1", "x"], 3, /^riftchat: cannot reach 127\.0\.0\.1:1: connection refused/],
  ] as [string[], number, RegExp][]
) {
  Deno.test(`say ${args.join(" ").slice(0, 40)} says what is wrong, with status ${status}`, async () => {
    const result = await run(["say", ...args]);
    assertEquals([result.stdout, result.status], ["", status]);
    assertMatch(result.stderr, wanted);
  });
}
